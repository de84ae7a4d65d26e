/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-sample energy distance (Szekely and Rizzo 2013). Rows of distances are summed by a
 * kernel, the rows by exact sums: the result does not depend on the number of threads. */
#include <assert.h>
#include <omp.h>
#include <stdlib.h>

#include "core/distance.h"
#include "core/stats.h"
#include "core/sum.h"

static double *transposed(const double *x, size_t n, size_t dim)
{
    double *y = fk_alloc(n * dim, sizeof *y);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < dim; i++) y[i * n + j] = x[j * dim + i];
    return y;
}

/* sum_{i,j} |x_i - y_j|, x (n, dim) in C order and y transposed; with `upper`, over j > i alone. */
static double pairs(const double *x, size_t n, const double *y, size_t m, size_t dim, bool upper,
                    int threads)
{
    fk_sum total = {0};
#pragma omp parallel num_threads(threads > 0 ? threads : omp_get_max_threads())
    {
        fk_sum mine = {0};
#pragma omp for schedule(dynamic, 64) nowait
        for (size_t i = 0; i < n; i++) {
            size_t from = upper ? i + 1 : 0;
            fk_sum_add(&mine,
                       FK_CHOOSE_KERNEL(fk_distance_sum)(x + i * dim, y + from, m - from, dim, m));
        }
#pragma omp critical(fk_energy)
        fk_sum_merge(&total, &mine);
    }
    return fk_sum_value(&total);
}

double fk_energy_distance(const double *x, size_t n, const double *y, size_t m, size_t dim,
                          int threads, double *null_mean)
{
    assert(n > 0 && m > 0 && dim > 0);
    double *xt = transposed(x, n, dim), *yt = transposed(y, m, dim);
    double xy = pairs(x, n, yt, m, dim, false, threads);
    double xx = 2 * pairs(x, n, xt, n, dim, true, threads);
    double yy = 2 * pairs(y, m, yt, m, dim, true, threads);
    free(xt);
    free(yt);
    double a = (double)n, b = (double)m, all = a + b;
    if (null_mean) *null_mean = (1 / a + 1 / b) * (2 * xy + xx + yy) / (all * (all - 1));
    return 2 * xy / (a * b) - xx / (a * a) - yy / (b * b);
}
