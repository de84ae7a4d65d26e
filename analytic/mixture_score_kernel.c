/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Components without correlations. Particles go by groups of n registers; what belongs to a
 * component is broadcast. */
#include "analytic/mixture_group.h"

enum { MOST = FK_MOST }; /* components or coordinates side by side, too */

/* x_i - M_i of the component at `row`. */
FK_INLINE fk_vector difference(const fk_group *p, const double *row, size_t i, size_t u)
{
    return fk_load(p->x + i * p->ld + u * FK_VECTOR) - fk_splat(row[2 + i]);
}

/* g_i of it, d = x_i - M_i, where there are no correlations. */
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

/* Add weight g of component k in coordinates i .. i+axes-1. */
FK_INLINE void add(const fk_group *p, const double *row, size_t k, size_t i, const size_t axes,
                   const fk_vector *weight, fk_vector sum[MOST][MOST])
{
    const size_t n = p->n;
    row += k * p->f->stride;
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n)
    {
        const fk_vector g = pull(p, row, i + a, difference(p, row, i + a, u));
        sum[a][u] = fk_vector_fma(weight[u], g, sum[a][u]);
    }
}

/* Small dimensions: all of the tile's sums in registers. */
FK_INLINE void sum_small(fk_group *p, const double *row, size_t count)
{
    const size_t n = p->n, dim = p->dim;
    fk_vector total[MOST], sum[MOST][MOST], weight[MOST];
    size_t k = 0;
    FK_UNROLLED(u, n) total[u] = p->total[u];
    FK_UNROLLED(i, dim) FK_UNROLLED(u, n) sum[i][u] = p->sum[i * n + u];
    for (; 2 * n <= MOST && k + 2 <= count; k += 2) {
        fk_group_weigh(p, row, k, 2, total, weight);
        add(p, row, k, 0, dim, weight, sum);
        add(p, row, k + 1, 0, dim, weight + n, sum);
    }
    for (; k < count; k++) {
        fk_group_weigh(p, row, k, 1, total, weight);
        add(p, row, k, 0, dim, weight, sum);
    }
    FK_UNROLLED(u, n) p->total[u] = total[u];
    FK_UNROLLED(i, dim) FK_UNROLLED(u, n) p->sum[i * n + u] = sum[i][u];
}

/* Coordinates i .. i+axes-1 of the tile's sums. */
FK_INLINE void sum_axes(const fk_group *p, const double *row, size_t count, size_t i,
                        const size_t axes)
{
    const size_t n = p->n;
    fk_vector sum[MOST][MOST];
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n) sum[a][u] = p->sum[(i + a) * n + u];
    for (size_t k = 0; k < count; k++) add(p, row, k, i, axes, p->logit + k * n, sum);
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n) p->sum[(i + a) * n + u] = sum[a][u];
}

FK_INLINE void sum_large(fk_group *p, const double *row, size_t count)
{
    const size_t axes = FK_VECTOR < 8 ? 2 : 4; /* AVX2 has half the registers */
    size_t i = 0;
    fk_group_weigh_all(p, row, count);
    for (; i + axes <= p->dim; i += axes) sum_axes(p, row, count, i, axes);
    for (; i < p->dim; i++) sum_axes(p, row, count, i, 1);
}

FK_INLINE void tile(fk_group *p, size_t first, size_t count)
{
    const double *row = p->f->row + first * p->f->stride;
    const bool small = p->dim < 4;
    fk_vector before[MOST];
    size_t k = 0;
    FK_UNROLLED(u, p->n) before[u] = p->top[u];
    for (; !small && k + 4 <= count; k += 4) distances(p, row, k, 4);
    for (; k < count; k++) distances(p, row, k, 1);
    if (first > 0) fk_group_shrink(p, before, p->dim);
    if (small)
        sum_small(p, row, count);
    else
        sum_large(p, row, count);
}

/* Whole groups. */
FK_INLINE void block(fk_group p, fk_block x, fk_block score, double *scratch)
{
    const size_t n = p.n, k = p.f->k, most = p.f->tile;
    p.ld = x.ld, p.logit = (void *)scratch, p.sum = p.logit + most * n;
    for (size_t at = 0; at + n * FK_VECTOR <= x.n; at += n * FK_VECTOR) {
        p.x = x.x + at;
        fk_group_begin(&p, p.dim);
        for (size_t first = 0; first < k; first += most)
            tile(&p, first, k - first < most ? k - first : most);
        fk_group_end(&p, 2 * FK_LN2, score, at);
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
