/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Components with correlations: y = W (x - M) of all components of a tile, and, when their weights
 * are known, sum_k weight_k W_k^T y_k. Sixteen sums abreast, of 8 rows and two registers of
 * particles, keep the multipliers busy and share what is loaded; AVX2 has registers for eight. */
#include "analytic/mixture_group.h"

enum { N = 2, HEIGHT = FK_VECTOR == 8 ? FK_BAND : FK_BAND / 2 };

typedef fk_vector sums[HEIGHT][N];

FK_INLINE size_t height_of(const size_t rows)
{
    return rows < HEIGHT ? rows : HEIGHT;
}

/* sum_r += sum_j a_rj (x - M)_j over rows first .. first+height-1 of a square of W; on the diagonal
 * of W over the triangle that is not zero. */
FK_INLINE void whiten_square(const double *square, const size_t rows, const size_t columns,
                             const size_t first, const size_t height, const bool diagonal,
                             const fk_vector *x, const double *mean, sums sum)
{
    FK_UNROLLED(j, columns)
    {
        fk_vector d[N];
        FK_UNROLLED(u, N) d[u] = x[j * N + u] - fk_splat(mean[j]);
        FK_UNROLLED(r, height)
        {
            const fk_vector a = fk_splat(square[j * rows + first + r]);
            const bool zero = diagonal && first + r < j;
            if (!zero) FK_UNROLLED(u, N) sum[r][u] = fk_vector_fma(a, d[u], sum[r][u]);
        }
    }
}

/* Rows first .. first+height-1 of band b of W, which has so many. */
FK_INLINE void whiten_rows(const fk_group *p, const double *row, size_t b, const size_t rows,
                           const size_t first, fk_vector *y, fk_vector *q)
{
    const double *mean = row + 2, *w = mean + p->width + fk_band_start(b);
    const size_t height = height_of(rows);
    sums sum;
    FK_UNROLLED(r, height) FK_UNROLLED(u, N) sum[r][u] = fk_splat(0);
    for (size_t c = 0; c < b; c++)
        whiten_square(w + c * FK_BAND * rows, rows, FK_BAND, first, height, false,
                      p->own_x + c * FK_BAND * N, mean + c * FK_BAND, sum);
    whiten_square(w + b * FK_BAND * rows, rows, first + height, first, height, true,
                  p->own_x + b * FK_BAND * N, mean + b * FK_BAND, sum);
    FK_UNROLLED(r, height) FK_UNROLLED(u, N)
    {
        q[u] = fk_vector_fma(-sum[r][u], sum[r][u], q[u]);
        y[(b * FK_BAND + first + r) * N + u] = sum[r][u];
    }
}

FK_INLINE void whiten_band(const fk_group *p, const double *row, size_t b, const size_t rows,
                           fk_vector *y, fk_vector *q)
{
    whiten_rows(p, row, b, rows, 0, y, q);
    if (height_of(rows) < rows) whiten_rows(p, row, b, rows, HEIGHT, y, q);
}

/* Logit and y of component k of the tile. */
FK_INLINE void whiten(fk_group *p, const double *row, size_t k)
{
    const size_t width = p->width, whole = width / FK_BAND;
    fk_vector *y = p->y + k * width * N, q[N];
    row += k * p->f->stride;
    FK_UNROLLED(u, N) q[u] = fk_splat(row[0]);
    for (size_t b = 0; b < whole; b++) whiten_band(p, row, b, FK_BAND, y, q);
    if (p->last < FK_BAND) whiten_band(p, row, whole, p->last, y, q);
    FK_UNROLLED(u, N) fk_group_logit(p, k, u, q[u]);
}

/* sum_r += sum_j a_jr y_j over columns first .. first+height-1 of a square of W; `weight`, unless
 * NULL, is still to be multiplied into y. */
FK_INLINE void pull_square(const double *square, const size_t rows, const size_t first,
                           const size_t height, const bool diagonal, const fk_vector *weight,
                           fk_vector *y, sums sum)
{
    const bool alone = diagonal && height == rows; /* nobody else will ask for these y */
    FK_UNROLLED(j, rows)
    {
        fk_vector now[N];
        FK_UNROLLED(u, N) now[u] = weight ? weight[u] * y[j * N + u] : y[j * N + u];
        if (weight && !alone) FK_UNROLLED(u, N) y[j * N + u] = now[u];
        FK_UNROLLED(r, height)
        {
            const fk_vector a = fk_splat(square[(first + r) * rows + j]);
            const bool zero = diagonal && j < first + r;
            if (!zero) FK_UNROLLED(u, N) sum[r][u] = fk_vector_fma(a, now[u], sum[r][u]);
        }
    }
}

/* sum += sum_k W_k^T y_k in coordinates first .. first+height-1 of band c, of so many columns. */
FK_INLINE void pull_columns(const fk_group *p, const double *row, size_t count, size_t c,
                            const size_t columns, const size_t first, const bool unweighted)
{
    const size_t height = height_of(columns), width = p->width;
    const size_t whole = width / FK_BAND, i = c * FK_BAND + first;
    sums sum;
    fk_group_get(p, i, height, 0, N, *sum);
    for (size_t k = 0; k < count; k++) {
        const double *w = row + k * p->f->stride + 2 + width;
        const fk_vector *weight = unweighted ? p->logit + k * N : NULL;
        fk_vector *y = p->y + k * width * N;
        pull_square(w + fk_band_start(c) + c * FK_BAND * columns, columns, first, height, true,
                    weight, y + c * FK_BAND * N, sum);
        for (size_t b = c + 1; b < whole; b++)
            pull_square(w + fk_band_start(b) + c * FK_BAND * FK_BAND, FK_BAND, first, height, false,
                        weight, y + b * FK_BAND * N, sum);
        if (p->last < FK_BAND && c < whole)
            pull_square(w + fk_band_start(whole) + c * FK_BAND * p->last, p->last, first, height,
                        false, weight, y + whole * FK_BAND * N, sum);
    }
    fk_group_put(p, i, height, 0, N, *sum);
}

FK_INLINE void pull_band(const fk_group *p, const double *row, size_t count, size_t c,
                         const size_t columns, const bool unweighted)
{
    const size_t height = height_of(columns);
    pull_columns(p, row, count, c, columns, 0, unweighted);
    if (height < columns) pull_columns(p, row, count, c, columns, height, false);
}

FK_INLINE void pull(const fk_group *p, const double *row, size_t count)
{
    const size_t whole = p->width / FK_BAND;
    if (p->dim < FK_BAND && p->last < FK_BAND) {
        pull_band(p, row, count, 0, p->last, true);
        return;
    }
    pull_band(p, row, count, 0, FK_BAND, true);
    for (size_t c = 1; c < whole; c++) pull_band(p, row, count, c, FK_BAND, false);
    if (p->last < FK_BAND) pull_band(p, row, count, whole, p->last, false);
}

FK_INLINE void tile(fk_group *p, size_t first, size_t count)
{
    const double *row = p->f->row + first * p->f->stride;
    fk_vector before[N];
    p->begins = first == 0, p->ends = first + count == p->f->k;
    FK_UNROLLED(u, N) before[u] = p->top[u];
    for (size_t k = 0; k < count; k++) whiten(p, row, k);
    fk_group_settle(p, count);
    if (first > 0) fk_group_shrink(p, before, p->dim);
    fk_group_weigh_all(p, row, count);
    fk_group_end(p, 0, N);
    pull(p, row, count);
}

/* Whole groups. */
FK_INLINE void block(fk_group p, fk_block x, fk_block score, double *scratch)
{
    const size_t k = p.f->k, most = p.f->tile, width = p.width;
    p.own_x = (void *)scratch, p.sum = p.own_x + width * N;
    p.logit = p.sum + width * N, p.y = p.logit + most * N, p.score_ld = score.ld;
    for (size_t at = 0; at < x.n; at += N * FK_VECTOR) {
        for (size_t i = 0; i < p.dim; i++) FK_UNROLLED(u, N)
        p.own_x[i * N + u] = fk_load(x.x + i * x.ld + at + u * FK_VECTOR);
        for (size_t i = p.dim * N; i < width * N; i++) p.own_x[i] = fk_splat(0);
        p.score = score.x + at;
        fk_group_begin(&p);
        for (size_t first = 0; first < k; first += most)
            tile(&p, first, k - first < most ? k - first : most);
    }
}

void FK_KERNEL(fk_mixture_score_full)(const fk_frozen_mixture *f, fk_block x, fk_block score,
                                      double *scratch)
{
    /* Widths up to 16 are known at compile time, with all loops over bands. */
#define BLOCK(d, wide, rest)                                                                       \
    block((fk_group){.f = f, .kind = FK_FULL, .dim = d, .n = N, .width = wide, .last = rest}, x,   \
          score, scratch)
    const size_t dim = f->dim, width = fk_band_width(dim);
    switch (width) {
    case 2:
        BLOCK(2, 2, 2);
        break;
    case 3:
        BLOCK(3, 3, 3);
        break;
    case 4:
        BLOCK(dim, 4, 4);
        break;
    case 8:
        BLOCK(dim, 8, 8);
        break;
    case 12:
        BLOCK(dim, 12, 4);
        break;
    case 16:
        BLOCK(dim, 16, 8);
        break;
    default:
        if (fk_last_band(dim) < FK_BAND)
            BLOCK(dim, width, 4);
        else
            BLOCK(dim, width, 8);
    }
#undef BLOCK
}
