/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analytic/dd.h"
#include "analytic/mixture.h"

void fk_mixture_covariance(const fk_mixture *m, size_t k, double *cov)
{
    size_t n = m->dim;
    const double *var = m->var + k * n;
    memset(cov, 0, n * n * sizeof *cov);
    if (m->kind != FK_FULL) {
        for (size_t i = 0; i < n; i++) cov[i * n + i] = var[i];
        return;
    }
    size_t first = k * n * n; /* in double-double: exactly what the mixture was made from */
    for (size_t at = 0; at < n * n; at++) {
        fk_dd sum = {0, 0};
        for (size_t j = 0; j < n; j++) {
            size_t a = first + j * n + at / n, b = first + j * n + at % n;
            fk_dd product = fk_dd_multiply((fk_dd){m->axes[a], m->axes_low[a]},
                                           (fk_dd){m->axes[b], m->axes_low[b]});
            fk_dd lambda = {var[j], m->var_low[k * n + j]};
            sum = fk_dd_add(sum, fk_dd_multiply(lambda, product));
        }
        cov[at] = sum.hi;
    }
}

void fk_mixture_moments(const fk_mixture *m, double *mean, double *cov)
{
    size_t n = m->dim;
    memset(mean, 0, n * sizeof *mean);
    memset(cov, 0, n * n * sizeof *cov);
    for (size_t k = 0; k < m->k; k++)
        for (size_t i = 0; i < n; i++) mean[i] += m->weight[k] * m->mean[k * n + i];
    double *within = fk_alloc(n * n, sizeof *within);
    for (size_t k = 0; k < m->k; k++) {
        const double *centre = m->mean + k * n;
        fk_mixture_covariance(m, k, within);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double between = (centre[i] - mean[i]) * (centre[j] - mean[j]);
                cov[i * n + j] += m->weight[k] * (within[i * n + j] + between);
            }
    }
    free(within);
}

double fk_mixture_size(const fk_mixture *m)
{
    double *mean = fk_alloc(m->dim * (m->dim + 1), sizeof *mean), *cov = mean + m->dim, sum = 0;
    fk_mixture_moments(m, mean, cov);
    for (size_t i = 0; i < m->dim; i++) sum += cov[i * (m->dim + 1)] + mean[i] * mean[i];
    free(mean);
    return sqrt(sum / (double)m->dim);
}
