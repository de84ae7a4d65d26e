/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_mixture.h"

#include <stdlib.h>

#include "core/noise.h"

int bench_mixture(size_t dim, size_t k, bool full, fk_mixture **mixture, fk_error *err)
{
    const fk_key key = {2385, FK_STREAM_USER};
    uint64_t count = 0;
    double *weight = fk_alloc(k, sizeof *weight), *mean = fk_alloc(k * dim, sizeof *mean);
    double *cov = fk_alloc(k * dim * dim, sizeof *cov), sum = 0;
    for (size_t c = 0; c < k; c++) sum += weight[c] = 1 + fk_random_uniform(key, count++, 0, 0);
    for (size_t c = 0; c < k; c++) {
        double b[BENCH_MAX_DIM];
        weight[c] /= sum;
        for (size_t i = 0; i < dim; i++) {
            mean[c * dim + i] = 6 * fk_random_uniform(key, count++, 0, 0) - 3;
            b[i] = 0.2 * (2 * fk_random_uniform(key, count++, 0, 0) - 1);
        }
        for (size_t i = 0; i < dim * dim; i++)
            cov[c * dim * dim + i] =
                (i % (dim + 1) == 0 ? 0.09 : 0) + (full ? b[i / dim] * b[i % dim] : 0);
    }
    int status = fk_mixture_new("bench", dim, k, weight, mean, cov, mixture, err);
    free(weight), free(mean), free(cov);
    return status;
}

double bench_evaluation_seconds(const fk_mixture *m, const fk_rates *r)
{
    const double d = (double)m->dim, k = (double)m->k;
    const double isotropic = k * (2 * d + 5) + 6 * d, full = k * (d * d + 3 * d + 3) + 5 * d;
    return k / r->exp + (m->kind == FK_FULL ? full : isotropic) / r->fma + 1 / r->steps;
}
