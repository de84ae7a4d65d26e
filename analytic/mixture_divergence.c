/* SPDX-License-Identifier: GPL-3.0-or-later */
/* div score = sum_k r_k (|u_k - score|^2 - tr S_k^-1), u_k = S_k^-1 (M_k - x): no cancellation
 * between the components' scores, which far away are large and alike. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_score.h"

/* u (dim) of component k, the trace of S_k^-1, and log w_k - 1/2 (log det S_k + d^T S_k^-1 d). */
static double component(const fk_mixture *m, size_t k, double s, double sigma, const double *x,
                        double *u, double *trace)
{
    const size_t n = m->dim;
    const double *mean = m->mean + k * n, *var = m->var + k * n;
    double log_r = log(m->weight[k]);
    *trace = 0;
    memset(u, 0, n * sizeof *u);
    for (size_t j = 0; j < n; j++) {
        const double *axis = m->kind == FK_FULL ? m->axes + (k * n + j) * n : NULL;
        const double S = s * s * var[j] + sigma * sigma;
        double away = axis ? 0 : s * mean[j] - x[j];
        for (size_t i = 0; axis && i < n; i++) away += axis[i] * (s * mean[i] - x[i]);
        *trace += 1 / S;
        log_r -= (log(S) + away / S * away) / 2;
        if (!axis) u[j] = away / S;
        for (size_t i = 0; axis && i < n; i++) u[i] += away / S * axis[i];
    }
    return log_r;
}

double fk_mixture_divergence(const void *self, double s, double sigma, const double *x)
{
    const fk_mixture *m = self;
    const size_t n = m->dim;
    double *u = fk_alloc(m->k * (n + 2) + n, sizeof *u), *trace = u + m->k * n, *r = trace + m->k,
           *score = r + m->k;
    double top = -INFINITY, total = 0, sum = 0;
    for (size_t k = 0; k < m->k; k++) {
        r[k] = component(m, k, s, sigma, x, u + k * n, &trace[k]);
        if (!(r[k] <= top)) top = r[k];
    }
    for (size_t k = 0; k < m->k; k++) total += r[k] = exp(r[k] - top);
    for (size_t k = 0; k < m->k; k++)
        for (size_t i = 0; i < n; i++)
            if (r[k] != 0) score[i] += r[k] / total * u[k * n + i];
    for (size_t k = 0; k < m->k; k++) {
        if (r[k] == 0) continue; /* so that a far component's overflow does no harm */
        double square = 0;
        for (size_t i = 0; i < n; i++) {
            const double d = u[k * n + i] - score[i];
            square += d * d;
        }
        sum += r[k] / total * (square - trace[k]);
    }
    free(u);
    return sum;
}
