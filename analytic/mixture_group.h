/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the kernels of a mixture's score: the components of one group of particles, tile by tile.
 * The largest term of all is near 1: nothing overflows, nor does all underflow. Each sum, over
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
    size_t dim, n;
    size_t width, last; /* fk_band_width(dim) and fk_last_band(dim), where there are correlations */

    const double *x; /* (dim, ld), of this group */
    double *score;   /* (dim, score_ld) */
    size_t ld, score_ld;
    bool begins, ends; /* the tile in hand is the first, the last */
    fk_vector top[FK_MOST], total[FK_MOST];
    fk_vector base[FK_MOST], low[FK_MOST]; /* of 2^logit: see fk_group_settle */
    fk_vector *logit;                      /* (tile, n), then the weights of g */
    fk_vector *sum;   /* (dim, n), where there are several tiles: of weight g */
    fk_vector *own_x; /* where there are correlations: (width, n), and */
    fk_vector *y;     /* (tile, width, n) */
} fk_group;

FK_INLINE void fk_group_begin(fk_group *p)
{
    FK_UNROLLED(u, p->n) p->top[u] = fk_splat(-HUGE_VAL), p->total[u] = fk_splat(0);
}

FK_INLINE void fk_group_logit(fk_group *p, size_t k, size_t u, fk_vector logit)
{
    p->logit[k * p->n + u] = logit;
    p->top[u] = fk_vector_max(p->top[u], logit);
}

/* All logits of a tile are known. Terms are taken relative to 2^top, top the largest logit so far,
 * here rounded to sixteenths: subtracting it and rounding the logit to sixteenths, which is how
 * an exponential begins, are then one addition, of base = FK_SIXTEENTHS - top. That is exact down
 * to -2^46; logits below that, some 10^7 standard deviations out, have it subtracted beforehand. */
FK_INLINE void fk_group_settle(fk_group *p, size_t count)
{
    const size_t n = p->n;
    const fk_vector sixteenths = fk_splat(FK_SIXTEENTHS), far = fk_splat(-0x1p46);
    fk_vector most = sixteenths; /* of the bases: NaN is passed over */
    FK_UNROLLED(u, n)
    {
        p->top[u] = (p->top[u] + sixteenths) - sixteenths;
        p->base[u] = sixteenths - p->top[u], p->low[u] = p->top[u] - fk_splat(1020.0);
        most = fk_vector_max(p->base[u], most);
    }
    if (fk_vector_any_below(sixteenths - far, most)) FK_UNROLLED(u, n)
        {
            const fk_words is_far = (fk_words)(p->top[u] < far);
            const fk_vector top = (fk_vector)((fk_words)p->top[u] & is_far), rest = p->top[u] - top;
            p->base[u] = sixteenths - rest, p->low[u] = rest - fk_splat(1020.0);
            for (size_t k = 0; k < count; k++) p->logit[k * n + u] -= top;
        }
}

/* The weights 2^(logit - top) of components k .. k+count-1 in registers at .. at+n-1 of the group,
 * added to the total, and those of g. */
FK_INLINE void fk_group_weigh(const fk_group *p, const double *row, size_t k, const size_t count,
                              const size_t at, const size_t n, fk_vector *total, fk_vector *weight)
{
    fk_vector t[FK_MOST_ABREAST], r[FK_MOST_ABREAST];
    FK_UNROLLED(c, count) FK_UNROLLED(u, n)
    {
        const fk_vector base = p->base[at + u];
        const fk_vector z = fk_vector_max(p->low[at + u], p->logit[(k + c) * p->n + at + u]);
        t[c * n + u] = z + base;
        r[c * n + u] = z - (t[c * n + u] - base);
    }
    fk_vector_exp2_reduced(count * n, t, r, weight);
    FK_UNROLLED(c, count)
    {
        const fk_vector a = fk_splat(row[(k + c) * p->f->stride + 1]);
        FK_UNROLLED(u, n) total[u] += weight[c * n + u];
        if (p->kind == FK_ISOTROPIC) FK_UNROLLED(u, n) weight[c * n + u] *= a;
    }
}

/* Those of a whole tile, in place of its logits. */
FK_INLINE void fk_group_weigh_all(fk_group *p, const double *row, size_t count)
{
    const size_t n = p->n;
    size_t k = 0;
    for (; k + 2 <= count; k += 2) fk_group_weigh(p, row, k, 2, 0, n, p->total, p->logit + k * n);
    if (k < count) fk_group_weigh(p, row, k, 1, 0, n, p->total, p->logit + k * n);
}

/* Sums so far, relative to the top so far: to that of this tile, too. */
FK_INLINE void fk_group_shrink(fk_group *p, const fk_vector *before, size_t rows)
{
    const size_t n = p->n;
    fk_vector by[FK_MOST];
    FK_UNROLLED(u, n) by[u] = before[u] - p->top[u];
    fk_vector_exp2(n, by);
    FK_UNROLLED(u, n) p->total[u] *= by[u];
    for (size_t i = 0; i < rows; i++) FK_UNROLLED(u, n) p->sum[i * n + u] *= by[u];
}

/* Sums of weight g in rows i .. i+rows-1 of registers at .. at+n-1, as the tiles before left them.
 */
FK_INLINE void fk_group_get(const fk_group *p, size_t i, const size_t rows, const size_t at,
                            const size_t n, fk_vector *sum)
{
    FK_UNROLLED(r, rows)
    FK_UNROLLED(u, n) sum[r * n + u] = p->begins ? fk_splat(0) : p->sum[(i + r) * p->n + at + u];
}

/* Those of this tile, too: the score, if it is the last, whose totals fk_group_end has made
 * factors. */
FK_INLINE void fk_group_put(const fk_group *p, size_t i, const size_t rows, const size_t at,
                            const size_t n, const fk_vector *sum)
{
    FK_UNROLLED(r, rows)
    {
        double *score = p->score + (i + r) * p->score_ld + at * FK_VECTOR;
        if (!p->ends) {
            FK_UNROLLED(u, n) p->sum[(i + r) * p->n + at + u] = sum[r * n + u];
        } else if (i + r < p->dim) {
            FK_UNROLLED(u, n) fk_store(score + u * FK_VECTOR, sum[r * n + u] * p->total[at + u]);
        }
    }
}

/* The last tile's weights are added to the totals: the score is -2 ln 2 sum/total. */
FK_INLINE void fk_group_end(fk_group *p, const size_t at, const size_t n)
{
    if (p->ends) FK_UNROLLED(u, n) p->total[at + u] = fk_splat(-2 * FK_LN2) / p->total[at + u];
}

#endif
