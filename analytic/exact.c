/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact flow map of the probability-flow ODE. */
#include "analytic/exact.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/tails.h"

bool fk_flow_is_exact(const fk_mixture *m)
{
    return m->dim == 1 || m->k == 1;
}

/* One Gaussian: y = M_to + sum_j axis_j sqrt(S_to,j / S_from,j) (axis_j . (x - M_from)). */
static void flow_gaussian(const fk_marginal *from, const fk_marginal *to, const double *x,
                          double *delta, double *y)
{
    const fk_mixture *m = from->mixture;
    size_t n = m->dim;
    for (size_t i = 0; i < n; i++) {
        delta[i] = x[i] - from->mean[i] - from->mean_low[i];
        y[i] = to->mean[i];
    }
    for (size_t j = 0; j < n; j++) {
        double ratio = sqrt(to->var[j] / from->var[j]), along = 0;
        if (m->kind != FK_FULL) {
            y[j] += ratio * delta[j];
            continue;
        }
        const double *axis = m->axes + j * n;
        for (size_t i = 0; i < n; i++) along += axis[i] * delta[i];
        for (size_t i = 0; i < n; i++) y[i] += ratio * along * axis[i];
    }
}

/* log |a - b| from log a and log b; -inf where they agree to the last two bits at 1: the difference
 * would be rounding, of the tails or of x itself. */
static double log_difference(double log_a, double log_b)
{
    double gap = fabs(log_a - log_b);
    return gap <= 0x1p-51 ? -INFINITY : fmax(log_a, log_b) + log(-expm1(-gap));
}

/* Every component on its own would carry x to y_k = M_k(to) + sqrt(S_k(to)/S_k(from)) (x -
 * M_k(from)), and the mixture's y lies between the least and the greatest of them: below the least,
 * each component has less mass under y than it had under x. The one that owns x gives the first
 * guess. Of the two tails a and b at x only the difference counts, F - W_left = b - a. It is taken
 * before they meet those at y, which may be smaller than a's last bit by hundreds of decades. */
static double flow_mixture(const fk_marginal *from, const fk_marginal *to, double x, bool *left)
{
    double lo = INFINITY, hi = -INFINITY, guess = NAN, best = -INFINITY;
    for (size_t k = 0; k < from->mixture->k; k++) {
        double d = x - from->mean[k] - from->mean_low[k], ratio = sqrt(to->var[k] / from->var[k]);
        double own = to->mean[k] + ratio * d,
               claim = from->log_norm[k] - 0.5 * d * d / from->var[k];
        double slack = 0x1p-50 * (fabs(to->mean[k]) + fabs(ratio * d));
        left[k] = d > 0;
        lo = fmin(lo, own - slack);
        hi = fmax(hi, own + slack);
        if (claim > best) best = claim, guess = own;
    }
    fk_tails here = fk_tails_at(from, left, false, x);
    double excess = log_difference(here.log_a, here.log_b);
    bool above = here.log_b > here.log_a;
    return fk_tails_solve(to, left, false, above ? -INFINITY : excess, above ? excess : -INFINITY,
                          lo, hi, guess);
}

void fk_flow(const fk_mixture *m, const fk_coeffs *from, const fk_coeffs *to, size_t n,
             const double *x, double *y, double *slope)
{
    assert(fk_flow_is_exact(m));
    fk_marginal *a = fk_marginal_new(m, from->s, from->sigma);
    fk_marginal *b = fk_marginal_new(m, to->s, to->sigma);
    double *delta = fk_alloc(m->dim, sizeof *delta);
    bool *left = fk_alloc(m->k, sizeof *left);
    for (size_t p = 0; p < n; p++) {
        const double *at = x + p * m->dim;
        double *end = y + p * m->dim;
        if (a->singular)
            for (size_t i = 0; i < m->dim; i++) end[i] = NAN;
        else if (m->k == 1)
            flow_gaussian(a, b, at, delta, end);
        else
            *end = flow_mixture(a, b, *at, left);
        if (slope) slope[p] = exp(fk_marginal_at(a, at, NULL) - fk_marginal_at(b, end, NULL));
    }
    free(left);
    free(delta);
    fk_marginal_free(b);
    fk_marginal_free(a);
}
