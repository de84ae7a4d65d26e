/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact law of the reverse SDE from a fixed start, by Bayes component by component:
 *     w_k N(x_to; M_k, S_k)(to) N(x_from; A x_to, Q I)
 *         = w_k N(x_from; M_k, S_k)(from) N(x_to; c_k, P_k). */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "analytic/mixture_parts.h"

/* Component `in` of the mixture as component `out` of the law, without its weight. */
static void condition(const fk_marginal *from, const fk_marginal *to, double a, double q,
                      const double *x, size_t in, size_t out, fk_mixture *law)
{
    const fk_mixture *m = from->mixture;
    size_t n = m->dim;
    double *centre = law->mean + out * n, *var = law->var + out * n;
    memcpy(centre, to->mean + in * n, n * sizeof *centre);
    for (size_t j = 0; j < n; j++) {
        size_t at = in * n + j;
        const double *axis = m->kind == FK_FULL ? m->axes + at * n : NULL;
        double ratio = to->var[at] / from->var[at], along = 0;
        for (size_t i = axis ? 0 : j; i < (axis ? n : j + 1); i++) {
            double delta = x[i] - from->mean[in * n + i] - from->mean_low[in * n + i];
            along += (axis ? axis[i] : 1) * delta;
        }
        for (size_t i = axis ? 0 : j; i < (axis ? n : j + 1); i++)
            centre[i] += a * ratio * along * (axis ? axis[i] : 1);
        var[j] = q * ratio;
    }
    if (m->kind != FK_FULL) return;
    memcpy(law->axes + out * n * n, m->axes + in * n * n, n * n * sizeof *law->axes);
    memcpy(law->axes_low + out * n * n, m->axes_low + in * n * n, n * n * sizeof *law->axes);
}

int fk_reverse_law(const fk_mixture *m, const fk_coeffs *from, const double *x, const fk_coeffs *to,
                   fk_mixture **law, fk_error *err)
{
    /* Q = sigma_from^2 - A^2 sigma_to^2 as a product, so that nearby levels keep their digits. */
    double a = from->s / to->s;
    double q = (from->sigma - a * to->sigma) * (from->sigma + a * to->sigma);
    if (!(to->s > 0 && q >= 0))
        return fk_fail(err, FK_USAGE,
                       "the reverse law runs to less noise: from sigma/s = %g to %g it cannot",
                       from->sigma / from->s, to->sigma / to->s);
    fk_marginal *start = fk_marginal_new(m, from->s, from->sigma);
    fk_marginal *end = fk_marginal_new(m, to->s, to->sigma);
    double *r = fk_alloc(m->k, sizeof *r);
    fk_marginal_at(start, x, &(fk_point){.weight = r});
    size_t kept = 0;
    for (size_t k = 0; k < m->k; k++) kept += r[k] > 0;
    int status = FK_OK;
    if (kept == 0) {
        status = fk_fail(err, FK_USAGE,
                         "the reverse law has no start: the density at sigma = %g "
                         "does not exist at the given point",
                         from->sigma);
    } else {
        /* P_k is a function of C_k: it has the same axes, and equal eigenvalues where C_k has */
        *law = fk_mixture_alloc(m->name, m->dim, kept, m->kind);
        for (size_t k = 0, out = 0; k < m->k; k++) {
            if (!(r[k] > 0)) continue;
            (*law)->weight[out] = r[k];
            condition(start, end, a, q, x, k, out++, *law);
        }
    }
    free(r);
    fk_marginal_free(end);
    fk_marginal_free(start);
    return status;
}
