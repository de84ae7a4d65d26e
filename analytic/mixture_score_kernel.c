/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Particles go by groups of n registers; what belongs to a component is broadcast. Each sum, over
 * components or over coordinates, goes in the order of its index, whatever stands beside it: no
 * result depends on how the sums are tiled, which is as there are registers. */
#include "analytic/mixture_score.h"

#include "core/vector_math.h"

enum { MOST = 4 }; /* registers of particles, components or coordinates side by side */

/* Numbers known at compile time where they can be, and the group's. A "group" below is n registers;
 * scratch holds one for each logit, each coordinate and each g. */
typedef struct {
    const fk_frozen_mixture *f;
    fk_covariance kind;
    size_t dim, band, n; /* band: fk_band(dim) */

    const double *x; /* (dim, ld), of this group */
    size_t ld;
    fk_vector top[MOST], total[MOST];
    fk_vector *logit; /* (tile, n), then the weights of g */
    fk_vector *sum;   /* (dim, n): of weight g */
    fk_vector *g;     /* (tile, width, n), where there are correlations */
} group;

/* x_i - M_i of the component at `row`. */
FK_INLINE fk_vector difference(const group *p, const double *row, size_t i, size_t u)
{
    return fk_load(p->x + i * p->ld + u * FK_VECTOR) - fk_splat(row[2 + i]);
}

/* g_i of it, d = x_i - M_i, where there are no correlations. */
FK_INLINE fk_vector pull(const group *p, const double *row, size_t i, fk_vector d)
{
    return p->kind == FK_DIAGONAL ? fk_splat(row[2 + p->dim + i]) * d : d;
}

FK_INLINE void set_logit(group *p, size_t k, size_t u, fk_vector logit)
{
    p->logit[k * p->n + u] = logit;
    p->top[u] = fk_vector_max(p->top[u], logit);
}

/* Logits of components k .. k+count-1 of the tile without correlations. */
FK_INLINE void distances(group *p, const double *row, size_t k, const size_t count)
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
        set_logit(p, k + c, u, scaled ? fk_vector_fma(a, q[c][u], first) : q[c][u] + first);
    }
}

/* sum_r += sum_j a_jr y_j over a square of W, by rows or by columns; `lower`: over the triangle of
 * it that is not zero, on the diagonal. */
FK_INLINE void multiply(const group *p, const double *square, const bool by_rows, const bool lower,
                        const fk_vector *y, fk_vector sum[MOST][MOST])
{
    const size_t n = p->n, band = p->band;
    FK_UNROLLED(j, band) FK_UNROLLED(r, band)
    {
        const fk_vector a = fk_splat(square[by_rows ? j * band + r : r * band + j]);
        const bool zero = lower && (by_rows ? r < j : j < r);
        if (!zero) FK_UNROLLED(u, n) sum[r][u] = fk_vector_fma(a, y[j * n + u], sum[r][u]);
    }
}

/* Logit and g of component k of the tile, with correlations: y = W d and then g = -W^T y, each in
 * place of what it is made from: band by band, y wants d up to its own rows, g wants y from its own
 * on. */
FK_INLINE void whiten(group *p, const double *row, size_t k)
{
    const size_t n = p->n, band = p->band, width = fk_band_width(p->dim), bands = width / band;
    const size_t square = band * band;
    const double *w = row + k * p->f->stride + 2 + p->dim;
    fk_vector *g = p->g + k * width * n, q[MOST], sum[MOST][MOST];
    row += k * p->f->stride;
    FK_UNROLLED(u, n) q[u] = fk_splat(row[0]);
    for (size_t i = 0; i < p->dim; i++) FK_UNROLLED(u, n) g[i * n + u] = difference(p, row, i, u);
    for (size_t i = p->dim; i < width; i++) FK_UNROLLED(u, n) g[i * n + u] = fk_splat(0);
    for (size_t b = bands; b-- > 0;) {
        const double *at = w + fk_band_start(p->dim, b);
        FK_UNROLLED(r, band) FK_UNROLLED(u, n) sum[r][u] = fk_splat(0);
        for (size_t c = 0; c < b; c++)
            multiply(p, at + c * square, true, false, g + c * band * n, sum);
        multiply(p, at + b * square, true, true, g + b * band * n, sum);
        FK_UNROLLED(r, band) FK_UNROLLED(u, n)
        {
            q[u] = fk_vector_fma(-sum[r][u], sum[r][u], q[u]);
            g[(b * band + r) * n + u] = sum[r][u];
        }
    }
    for (size_t c = 0; c < bands; c++) {
        const double *at = w + fk_band_start(p->dim, c) + c * square;
        FK_UNROLLED(r, band) FK_UNROLLED(u, n) sum[r][u] = fk_splat(0);
        multiply(p, at, false, true, g + c * band * n, sum);
        for (size_t b = c + 1; b < bands; b++) {
            at = w + fk_band_start(p->dim, b) + c * square;
            multiply(p, at, false, false, g + b * band * n, sum);
        }
        FK_UNROLLED(r, band) FK_UNROLLED(u, n) g[(c * band + r) * n + u] = -sum[r][u];
    }
    FK_UNROLLED(u, n) set_logit(p, k, u, q[u]);
}

/* The weights 2^(logit - top) of components k .. k+count-1, added to the total, and those of g. */
FK_INLINE void weigh(const group *p, const double *row, size_t k, const size_t count,
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

/* Add weight g of component k in coordinates i .. i+axes-1. */
FK_INLINE void add(const group *p, const double *row, size_t k, size_t i, const size_t axes,
                   const fk_vector *weight, fk_vector sum[MOST][MOST])
{
    const size_t n = p->n;
    row += k * p->f->stride;
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n)
    {
        const fk_vector g = p->kind == FK_FULL ? p->g[(k * fk_band_width(p->dim) + i + a) * n + u]
                                               : pull(p, row, i + a, difference(p, row, i + a, u));
        sum[a][u] = fk_vector_fma(weight[u], g, sum[a][u]);
    }
}

/* Small dimensions: all of the tile's sums in registers. */
FK_INLINE void sum_small(group *p, const double *row, size_t count)
{
    const size_t n = p->n, dim = p->dim;
    fk_vector total[MOST], sum[MOST][MOST], weight[MOST];
    size_t k = 0;
    FK_UNROLLED(u, n) total[u] = p->total[u];
    FK_UNROLLED(i, dim) FK_UNROLLED(u, n) sum[i][u] = p->sum[i * n + u];
    for (; 2 * n <= MOST && k + 2 <= count; k += 2) {
        weigh(p, row, k, 2, total, weight);
        add(p, row, k, 0, dim, weight, sum);
        add(p, row, k + 1, 0, dim, weight + n, sum);
    }
    for (; k < count; k++) {
        weigh(p, row, k, 1, total, weight);
        add(p, row, k, 0, dim, weight, sum);
    }
    FK_UNROLLED(u, n) p->total[u] = total[u];
    FK_UNROLLED(i, dim) FK_UNROLLED(u, n) p->sum[i * n + u] = sum[i][u];
}

/* Coordinates i .. i+axes-1 of the tile's sums. */
FK_INLINE void sum_axes(const group *p, const double *row, size_t count, size_t i,
                        const size_t axes)
{
    const size_t n = p->n;
    fk_vector sum[MOST][MOST];
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n) sum[a][u] = p->sum[(i + a) * n + u];
    for (size_t k = 0; k < count; k++) add(p, row, k, i, axes, p->logit + k * n, sum);
    FK_UNROLLED(a, axes) FK_UNROLLED(u, n) p->sum[(i + a) * n + u] = sum[a][u];
}

FK_INLINE void sum_large(group *p, const double *row, size_t count)
{
    const size_t n = p->n, axes = FK_VECTOR < 8 ? 2 : 4; /* AVX2 has half the registers */
    size_t k = 0, i = 0;
    for (; k + 2 <= count; k += 2) weigh(p, row, k, 2, p->total, p->logit + k * n);
    if (k < count) weigh(p, row, k, 1, p->total, p->logit + k * n);
    for (; i + axes <= p->dim; i += axes) sum_axes(p, row, count, i, axes);
    for (; i < p->dim; i++) sum_axes(p, row, count, i, 1);
}

/* Sums so far, relative to the largest logit so far: to that of this tile, too. */
FK_INLINE void shrink(group *p, const fk_vector *before)
{
    const size_t n = p->n;
    fk_vector by[MOST];
    FK_UNROLLED(u, n) by[u] = before[u] - p->top[u];
    fk_vector_exp2(n, by);
    FK_UNROLLED(u, n) p->total[u] *= by[u];
    for (size_t i = 0; i < p->dim; i++) FK_UNROLLED(u, n) p->sum[i * n + u] *= by[u];
}

/* Components first .. first+count-1. The largest term of all is 1: nothing overflows, nor does all
 * underflow. */
FK_INLINE void tile(group *p, size_t first, size_t count)
{
    const double *row = p->f->row + first * p->f->stride;
    const bool small = p->dim < 4;
    fk_vector before[MOST];
    size_t k = 0;
    FK_UNROLLED(u, p->n) before[u] = p->top[u];
    if (p->kind == FK_FULL)
        for (; k < count; k++) whiten(p, row, k);
    for (; !small && k + 4 <= count; k += 4) distances(p, row, k, 4);
    for (; k < count; k++) distances(p, row, k, 1);
    if (first > 0) shrink(p, before);
    if (small)
        sum_small(p, row, count);
    else
        sum_large(p, row, count);
}

/* Whole groups. */
FK_INLINE void block(group p, fk_block x, fk_block score, double *scratch)
{
    const size_t n = p.n, k = p.f->k, most = p.f->tile;
    p.ld = x.ld, p.logit = (void *)scratch;
    p.sum = p.logit + most * n, p.g = p.sum + p.dim * n;
    for (size_t at = 0; at + n * FK_VECTOR <= x.n; at += n * FK_VECTOR) {
        p.x = x.x + at;
        FK_UNROLLED(u, n) p.top[u] = fk_splat(-HUGE_VAL), p.total[u] = fk_splat(0);
        for (size_t i = 0; i < p.dim; i++) FK_UNROLLED(u, n) p.sum[i * n + u] = fk_splat(0);
        for (size_t first = 0; first < k; first += most)
            tile(&p, first, k - first < most ? k - first : most);
        FK_UNROLLED(u, n) p.total[u] = fk_splat(2 * FK_LN2) / p.total[u];
        for (size_t i = 0; i < p.dim; i++) FK_UNROLLED(u, n)
        fk_store(score.x + i * score.ld + at + u * FK_VECTOR, p.sum[i * n + u] * p.total[u]);
    }
}

/* Small dimensions, up to 3, are known at compile time, and without correlations there are
 * registers for twice the particles. */
FK_INLINE void of_kind(const fk_frozen_mixture *f, const fk_covariance kind, fk_block x,
                       fk_block score, double *scratch)
{
#define BLOCK(d, b, wide)                                                                          \
    block((group){.f = f, .kind = kind, .dim = d, .band = b, .n = wide}, x, score, scratch)
    const size_t wide = FK_VECTOR == 8 && kind != FK_FULL ? 4 : 2;
    switch (f->dim) {
    case 1:
        BLOCK(1, 1, wide);
        break;
    case 2:
        BLOCK(2, 2, wide);
        break;
    case 3:
        BLOCK(3, 3, wide);
        break;
    default:
        BLOCK(f->dim, 4, 2);
    }
#undef BLOCK
}

void FK_KERNEL(fk_mixture_score)(const fk_frozen_mixture *f, fk_block x, fk_block score,
                                 double *scratch)
{
    switch (f->kind) {
    case FK_ISOTROPIC:
        of_kind(f, FK_ISOTROPIC, x, score, scratch);
        break;
    case FK_DIAGONAL:
        of_kind(f, FK_DIAGONAL, x, score, scratch);
        break;
    case FK_FULL:
        of_kind(f, FK_FULL, x, score, scratch);
        break;
    }
    enum { WIDEST = MOST * FK_VECTOR };
    const size_t group_width = f->dim < 4 && f->kind != FK_FULL ? WIDEST : FK_LANES;
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
