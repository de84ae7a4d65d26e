/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

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
    for (size_t j = 0; j < n; j++) {
        const double *axis = m->axes + (k * n + j) * n;
        for (size_t i = 0; i < n * n; i++) cov[i] += var[j] * axis[i / n] * axis[i % n];
    }
}

void fk_mixture_moments(const fk_mixture *m, double *mean, double *cov)
{
    size_t n = m->dim;
    memset(mean, 0, n * sizeof *mean);
    memset(cov, 0, n * n * sizeof *cov);
    for (size_t k = 0; k < m->k; k++)
        for (size_t i = 0; i < n; i++) mean[i] += m->weight[k] * m->mean[k * n + i];
    for (size_t k = 0; k < m->k; k++) {
        const double *centre = m->mean + k * n, *var = m->var + k * n;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double inner = m->kind != FK_FULL && i == j ? var[i] : 0;
                for (size_t a = 0; a < n && m->kind == FK_FULL; a++)
                    inner += var[a] * m->axes[(k * n + a) * n + i] * m->axes[(k * n + a) * n + j];
                double between = (centre[i] - mean[i]) * (centre[j] - mean[j]);
                cov[i * n + j] += m->weight[k] * (inner + between);
            }
    }
}
