/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the kernels of a mixture's score: the components of one group of particles, tile by tile.
 * The largest term of all is 1: nothing overflows, nor does all underflow. Each sum, over
 * components or over coordinates, goes in the order of its index, whatever stands beside it: no
 * result depends on how the sums are tiled, which is as there are registers. */
#ifndef FK_ANALYTIC_MIXTURE_GROUP_H
#define FK_ANALYTIC_MIXTURE_GROUP_H

#include "analytic/mixture_score.h"
#include "core/vector_math.h"

enum { FK_MOST = 4 }; /* registers of particles side by side */

/* Numbers known at compile time where they can be, and the group's. A "group" below is n registers
 * of particles; scratch holds one for each logit and each coordinate. */
typedef struct {
    const fk_frozen_mixture *f;
    fk_covariance kind;
    size_t dim, n, last; /* last: fk_last_band(dim), where there are correlations */

    const double *x; /* (dim, ld), of this group */
    size_t ld;
    fk_vector top[FK_MOST], total[FK_MOST];
    fk_vector *logit; /* (tile, n), then the weights of g */
    fk_vector *sum;   /* (dim, n): of weight g */
    fk_vector *own_x; /* where there are correlations: (width, n), and */
    fk_vector *y;     /* (tile, width, n) */
} fk_group;

FK_INLINE void fk_group_begin(fk_group *p, size_t rows)
{
    const size_t n = p->n;
    FK_UNROLLED(u, n) p->top[u] = fk_splat(-HUGE_VAL), p->total[u] = fk_splat(0);
    for (size_t i = 0; i < rows; i++) FK_UNROLLED(u, n) p->sum[i * n + u] = fk_splat(0);
}

FK_INLINE void fk_group_logit(fk_group *p, size_t k, size_t u, fk_vector logit)
{
    p->logit[k * p->n + u] = logit;
    p->top[u] = fk_vector_max(p->top[u], logit);
}

/* The weights 2^(logit - top) of components k .. k+count-1, added to the total, and those of g. */
FK_INLINE void fk_group_weigh(const fk_group *p, const double *row, size_t k, const size_t count,
                              fk_vector *total, fk_vector *weight)
{
    const size_t n = p->n;
    FK_UNROLLED(c, count)
    FK_UNROLLED(u, n) weight[c * n + u] = p->logit[(k + c) * n + u] - p->top[u];
    fk_vector_exp2(count * n, weight);
    FK_UNROLLED(c, count) FK_UNROLLED(u, n)
    {
        const fk_vector e = weight[c * n + u], a = fk_splat(row[(k + c) * p->f->stride + 1]);
        total[u] += e;
        weight[c * n + u] = p->kind == FK_ISOTROPIC ? e * a : e;
    }
}

/* Those of a whole tile, in place of its logits. */
FK_INLINE void fk_group_weigh_all(fk_group *p, const double *row, size_t count)
{
    const size_t n = p->n;
    size_t k = 0;
    for (; k + 2 <= count; k += 2) fk_group_weigh(p, row, k, 2, p->total, p->logit + k * n);
    if (k < count) fk_group_weigh(p, row, k, 1, p->total, p->logit + k * n);
}

/* Sums so far, relative to the largest logit so far: to that of this tile, too. */
FK_INLINE void fk_group_shrink(fk_group *p, const fk_vector *before, size_t rows)
{
    const size_t n = p->n;
    fk_vector by[FK_MOST];
    FK_UNROLLED(u, n) by[u] = before[u] - p->top[u];
    fk_vector_exp2(n, by);
    FK_UNROLLED(u, n) p->total[u] *= by[u];
    for (size_t i = 0; i < rows; i++) FK_UNROLLED(u, n) p->sum[i * n + u] *= by[u];
}

/* The score of the group's particles, which stand at `at` of the block: factor sum/total. */
FK_INLINE void fk_group_end(fk_group *p, double factor, fk_block score, size_t at)
{
    const size_t n = p->n;
    FK_UNROLLED(u, n) p->total[u] = fk_splat(factor) / p->total[u];
    for (size_t i = 0; i < p->dim; i++) FK_UNROLLED(u, n)
    fk_store(score.x + i * score.ld + at + u * FK_VECTOR, p->sum[i * n + u] * p->total[u]);
}

#endif
