/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where every point counts: weights and their pulls by matrix products, a tile of points at a time.
 * The largest logit is not known before the last tile; weights are relative to a whole number above
 * those seen so far, and what has been summed moves with it by a power of two, which is exact. */
#include "analytic/empirical.h"
#include "core/gemm.h"
#include "core/vector_math.h"

/* Registers across a chunk, and points whose exponentials are taken abreast. */
enum { ACROSS = FK_LANES / FK_VECTOR, ROWS = FK_MOST_ABREAST / ACROSS };

typedef double lanes[FK_LANES];

/* logit = 2^(logit - level), of `rows` points; total += their sum. */
FK_INLINE void weigh(const size_t rows, double *logit, size_t ld, const double *level,
                     double *total)
{
    fk_vector w[FK_MOST_ABREAST];
    FK_UNROLLED(j, rows)
    FK_UNROLLED(u, ACROSS)
    w[j * ACROSS + u] = fk_load(logit + j * ld + u * FK_VECTOR) - fk_load(level + u * FK_VECTOR);
    fk_vector_exp2(rows * ACROSS, w);
    FK_UNROLLED(j, rows)
    FK_UNROLLED(u, ACROSS)
    {
        double *sum = total + u * FK_VECTOR;
        fk_store(logit + j * ld + u * FK_VECTOR, w[j * ACROSS + u]);
        fk_store(sum, fk_load(sum) + w[j * ACROSS + u]);
    }
}

/* The level above top, and what has been summed with it. */
static inline void lift(const lanes top, double *level, double *total, size_t dim, double *sum,
                        size_t ld)
{
    lanes factor;
    uint64_t any = 0;
#pragma omp simd reduction(| : any)
    for (size_t l = 0; l < FK_LANES; l++) any |= top[l] > level[l];
    if (!any) return;
    FK_FOR_LANES(l)
    {
        const double higher = top[l] > level[l] ? ceil(top[l]) : level[l];
        factor[l] = level[l] < higher ? level[l] - higher : 0;
        level[l] = higher;
    }
    fk_lanes_exp2(factor);
    FK_FOR_LANES(l) total[l] *= factor[l];
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) sum[i * ld + l] *= factor[l];
}

/* From products with n points to their weights, for one chunk. */
static inline void weights(const fk_frozen_empirical *f, size_t first, size_t n, double *logit,
                           size_t ld, double *level, double *total, double *sum, size_t sum_ld)
{
    const double scale = -2 * f->a * f->s;
    size_t k = 0;
    lanes top;
    FK_FOR_LANES(l) top[l] = -HUGE_VAL;
    for (size_t j = 0; j < n; j++) FK_FOR_LANES(l)
        {
            const double q = fma(scale, logit[j * ld + l], f->offset[first + j]);
            logit[j * ld + l] = q;
            top[l] = top[l] > q ? top[l] : q;
        }
    lift(top, level, total, f->m->dim, sum, sum_ld);
    for (; k + ROWS <= n; k += ROWS) weigh(ROWS, logit + k * ld, ld, level, total);
    for (; k < n; k++) weigh(1, logit + k * ld, ld, level, total);
}

void FK_KERNEL(fk_empirical_products)(const fk_frozen_empirical *f, fk_block x, fk_block score,
                                      double *tile)
{
    double level[FK_GROUP], total[FK_GROUP] = {0};
    const size_t dim = x.dim;
    const double *mean = f->m->mean;
    for (size_t p = 0; p < x.n; p++) level[p] = -HUGE_VAL;
    for (size_t i = 0; i < dim; i++)
        for (size_t p = 0; p < x.n; p++) score.x[i * score.ld + p] = 0;
    for (size_t k = 0; k < f->m->k; k += FK_POINTS) {
        const size_t n = f->m->k - k < FK_POINTS ? f->m->k - k : FK_POINTS;
        FK_KERNEL(fk_gemm_double)
        (false, false, n, x.n, dim, mean + k * dim, dim, x.x, x.ld, false, tile, x.n);
        for (size_t p = 0; p < x.n; p += FK_LANES)
            weights(f, k, n, tile + p, x.n, level + p, total + p, score.x + p, score.ld);
        FK_KERNEL(fk_gemm_double)
        (true, false, dim, x.n, n, mean + k * dim, dim, tile, x.n, true, score.x, score.ld);
    }
    for (size_t p = 0; p < x.n; p++) total[p] = f->s / total[p];
    for (size_t i = 0; i < dim; i++)
        for (size_t p = 0; p < x.n; p++) {
            double *to = score.x + i * score.ld + p;
            *to = 2 * FK_LN2 * f->a * (x.x[i * x.ld + p] - *to * total[p]);
        }
}
