/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Components without correlations. Particles go by groups of n registers; what belongs to a
 * component is broadcast. */
#include "analytic/mixture_group.h"

enum { MOST = FK_MOST }; /* components or coordinates side by side, too */

/* M_i - x_i of the component at `row`. */
FK_INLINE fk_vector difference(const fk_group *p, const double *row, size_t i, size_t u)
{
    return fk_splat(row[2 + i]) - fk_load(p->x + i * p->ld + u * FK_VECTOR);
}

/* g_i of it, d = M_i - x_i, where there are no correlations. */
FK_INLINE fk_vector pull(const fk_group *p, const double *row, size_t i, fk_vector d)
{
    return p->kind == FK_DIAGONAL ? fk_splat(row[2 + p->dim + i]) * d : d;
}

/* Logits of components k .. k+count-1 of the tile without correlations. */
FK_INLINE void distances(fk_group *p, const double *row, size_t k, const size_t count)
{
    const size_t n = p->n, stride = p->f->stride;
    fk_vector q[MOST][MOST];
    row += k * stride;
    FK_UNROLLED(c, count) FK_UNROLLED(u, n) q[c][u] = fk_splat(0);
    for (size_t i = 0; i < p->dim; i++) FK_UNROLLED(c, count) FK_UNROLLED(u, n)
        {
            const fk_vector d = difference(p, row + c * stride, i, u);
            const fk_vector g = pull(p, row + c * stride, i, d);
            q[c][u] = fk_vector_fma(g, d, q[c][u]);
        }
    FK_UNROLLED(c, count) FK_UNROLLED(u, n)
    {
        const fk_vector first = fk_splat(row[c * stride]), a = fk_splat(row[c * stride + 1]);
        const bool scaled = p->kind == FK_ISOTROPIC;
        fk_group_logit(p, k + c, u, scaled ? fk_vector_fma(a, q[c][u], first) : q[c][u] + first);
    }
}

/* The same of all components of the tile, small dimensions: particles in registers. */
FK_INLINE void distances_small(fk_group *p, const double *row, size_t count)
{
    const size_t n = p->n, dim = p->dim;
    fk_vector x[3][MOST];
    FK_UNROLLED(i, dim) FK_UNROLLED(u, n) x[i][u] = fk_load(p->x + i * p->ld + u * FK_VECTOR);
    for (size_t k = 0; k < count; k++, row += p->f->stride) {
        const fk_vector first = fk_splat(row[0]), a = fk_splat(row[1]);
        fk_vector q[MOST] = {{0}};
        FK_UNROLLED(i, dim)
        {
            const fk_vector mean = fk_splat(row[2 + i]);
            FK_UNROLLED(u, n)
            {
                const fk_vector d = mean - x[i][u], g = pull(p, row, i, d);
                q[u] = i == 0 ? g * d : fk_vector_fma(g, d, q[u]);
            }
        }
        FK_UNROLLED(u, n)
        fk_group_logit(p, k, u,
                       p->kind == FK_ISOTROPIC ? fk_vector_fma(a, q[u], first) : q[u] + first);
    }
}

/* Add weight g of the component at `row`, coordinates i .. i+axes-1 in registers at .. at+n-1. */
FK_INLINE void add(const fk_group *p, const double *row, size_t i, const size_t axes,
                   const size_t at, const size_t n, const fk_vector *weight, fk_vector *sum)
{
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n)
    {
        const fk_vector g = pull(p, row, i + a, difference(p, row, i + a, at + u));
        sum[a * n + u] = fk_vector_fma(weight[u], g, sum[a * n + u]);
    }
}

/* Small dimensions: the tile's sums for the particles in registers at .. at+n-1 of the group, in
 * registers, `abreast` components at a time, of which count is a multiple. */
FK_INLINE void sum_small(fk_group *p, const double *row, size_t count, const size_t at,
                         const size_t n, const size_t abreast)
{
    const size_t dim = p->dim;
    fk_vector total[MOST], sum[3 * MOST], weight[FK_MOST_ABREAST];
    FK_UNROLLED(u, n) total[u] = p->total[at + u];
    fk_group_get(p, 0, dim, at, n, sum);
    for (size_t k = 0; k < count; k += abreast) {
        fk_group_weigh(p, row, k, abreast, at, n, total, weight);
        FK_UNROLLED(c, abreast)
        add(p, row + (k + c) * p->f->stride, 0, dim, at, n, weight + c * n, sum);
    }
    FK_UNROLLED(u, n) p->total[at + u] = total[u];
    fk_group_end(p, at, n);
    fk_group_put(p, 0, dim, at, n, sum);
}

/* Coordinates i .. i+axes-1 of the tile's sums. */
FK_INLINE void sum_axes(const fk_group *p, const double *row, size_t count, size_t i,
                        const size_t axes)
{
    const size_t n = p->n;
    fk_vector sum[MOST * MOST];
    fk_group_get(p, i, axes, 0, n, sum);
    for (size_t k = 0; k < count; k++)
        add(p, row + k * p->f->stride, i, axes, 0, n, p->logit + k * n, sum);
    fk_group_put(p, i, axes, 0, n, sum);
}

FK_INLINE void sum_large(fk_group *p, const double *row, size_t count)
{
    const size_t axes = FK_VECTOR < 8 ? 3 : 4; /* AVX2 has half the registers */
    size_t i = 0;
    fk_group_weigh_all(p, row, count);
    fk_group_end(p, 0, p->n);
    for (; i + axes <= p->dim; i += axes) sum_axes(p, row, count, i, axes);
    for (; i < p->dim; i++) sum_axes(p, row, count, i, 1);
}

FK_INLINE void tile(fk_group *p, size_t first, size_t count)
{
    const double *row = p->f->row + first * p->f->stride;
    const bool small = p->dim < 4;
    const size_t half = p->n / 2;
    fk_vector before[MOST];
    size_t k = 0;
    p->begins = first == 0, p->ends = first + count == p->f->k;
    FK_UNROLLED(u, p->n) before[u] = p->top[u];
    if (small)
        distances_small(p, row, count);
    else {
        for (; k + 4 <= count; k += 4) distances(p, row, k, 4);
        for (; k < count; k++) distances(p, row, k, 1);
    }
    fk_group_settle(p, count);
    if (first > 0) fk_group_shrink(p, before, p->dim);
    if (!small)
        sum_large(p, row, count);
    else if (count % 2 == 0) {
        sum_small(p, row, count, 0, half, 2);
        sum_small(p, row, count, half, half, 2);
    } else
        sum_small(p, row, count, 0, p->n, 1);
}

/* Whole groups. */
FK_INLINE void block(fk_group p, fk_block x, fk_block score, double *scratch)
{
    const size_t n = p.n, k = p.f->k, most = p.f->tile;
    p.ld = x.ld, p.score_ld = score.ld, p.logit = (void *)scratch, p.sum = p.logit + most * n;
    for (size_t at = 0; at + n * FK_VECTOR <= x.n; at += n * FK_VECTOR) {
        p.x = x.x + at, p.score = score.x + at;
        fk_group_begin(&p);
        for (size_t first = 0; first < k; first += most)
            tile(&p, first, k - first < most ? k - first : most);
    }
}

/* Small dimensions, up to 3, are known at compile time, and leave registers for twice the
 * particles. */
FK_INLINE void of_kind(const fk_frozen_mixture *f, const fk_covariance kind, fk_block x,
                       fk_block score, double *scratch)
{
#define BLOCK(d, wide)                                                                             \
    block((fk_group){.f = f, .kind = kind, .dim = d, .n = wide}, x, score, scratch)
    const size_t wide = FK_VECTOR == 8 ? 4 : 2;
    switch (f->dim) {
    case 1:
        BLOCK(1, wide);
        break;
    case 2:
        BLOCK(2, wide);
        break;
    case 3:
        BLOCK(3, wide);
        break;
    default:
        BLOCK(f->dim, 2);
    }
#undef BLOCK
}

void FK_KERNEL(fk_mixture_score)(const fk_frozen_mixture *f, fk_block x, fk_block score,
                                 double *scratch)
{
    if (f->kind == FK_ISOTROPIC)
        of_kind(f, FK_ISOTROPIC, x, score, scratch);
    else
        of_kind(f, FK_DIAGONAL, x, score, scratch);
    enum { WIDEST = MOST * FK_VECTOR };
    const size_t group_width = f->dim < 4 ? WIDEST : FK_LANES;
    const size_t left = WIDEST > FK_LANES ? x.n % group_width : 0, done = x.n - left;
    if (left == 0) return;
    double rest[3][WIDEST] = {{0}};
    const fk_block last = {rest[0], WIDEST, f->dim, WIDEST};
    for (size_t i = 0; i < f->dim; i++)
        memcpy(rest[i], x.x + i * x.ld + done, left * sizeof **rest);
    FK_KERNEL(fk_mixture_score)(f, last, last, scratch);
    for (size_t i = 0; i < f->dim; i++)
        memcpy(score.x + i * score.ld + done, rest[i], left * sizeof **rest);
}
