/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of core/gemm_float_kernel.c and core/gemm_double_kernel.c, for their `real` and `fused`.
 * A tile of C stays in registers while p goes by; the columns of B beneath it are packed side by
 * side first, for all the tiles of their panel, and stay in the first-level cache. */
#include <assert.h>
#include <string.h>

#include "core/gemm.h"

/* Bytes of a vector, vectors across a tile and rows of a tile, by the registers that there are: 32,
 * or 16 below AVX-512. DEPTH: rows of a packed panel, 24 KB of the widest; BAND: rows of C that go
 * through a copy where C has fewer columns than a tile. */
#if defined(__AVX512F__)
enum { BYTES = 64, VECTORS = 3, ROWS = 8 };
#else
enum { BYTES = 32, VECTORS = 2, ROWS = 6 };
#endif
enum { LANES = BYTES / sizeof(real), WIDTH = VECTORS * LANES, DEPTH = 128, BAND = 16 * ROWS };

/* Element (i, j) at x[i * row + j * column]. */
typedef struct {
    const real *x;
    size_t row, column;
} matrix;

static matrix from(matrix a, size_t i, size_t j)
{
    a.x += i * a.row + j * a.column;
    return a;
}

/* C (rows, vectors) by A (rows, k) and B (k, vectors), whose rows are contiguous. */
static inline __attribute__((always_inline)) void tile(const size_t rows, const size_t vectors,
                                                       size_t k, matrix a, matrix b, bool add,
                                                       real *c, size_t ldc)
{
    const size_t width = vectors * LANES;
    real sum[ROWS][WIDTH];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++) sum[i][j] = add ? c[i * ldc + j] : 0;
    for (size_t p = 0; p < k; p++) {
#pragma GCC unroll 8
        for (size_t i = 0; i < rows; i++) {
            const real x = a.x[i * a.row + p * a.column];
#pragma omp simd
            for (size_t j = 0; j < width; j++) sum[i][j] = fused(x, b.x[p * b.row + j], sum[i][j]);
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++) c[i * ldc + j] = sum[i][j];
}

/* All m rows of a panel: tiles, then single rows. */
static inline __attribute__((always_inline)) void
panel(const size_t vectors, size_t m, size_t k, matrix a, matrix b, bool add, real *c, size_t ldc)
{
    size_t i = 0;
    for (; i + ROWS <= m; i += ROWS)
        tile(ROWS, vectors, k, from(a, i, 0), b, add, c + i * ldc, ldc);
    for (; i < m; i++) tile(1, vectors, k, from(a, i, 0), b, add, c + i * ldc, ldc);
}

static void panel_of(size_t vectors, size_t m, size_t k, matrix a, matrix b, bool add, real *c,
                     size_t ldc)
{
    if (vectors == 1)
        panel(1, m, k, a, b, add, c, ldc);
    else if (vectors == 2)
        panel(2, m, k, a, b, add, c, ldc);
    else
        panel(VECTORS, m, k, a, b, add, c, ldc);
}

/* Where C has fewer columns than the panel: by way of a copy. */
static void last_panel(size_t columns, size_t m, size_t k, matrix a, matrix b, bool add, real *c,
                       size_t ldc)
{
    _Alignas(FK_ALIGN) real whole[BAND * WIDTH] = {0};
    for (size_t i = 0; i < m; i += BAND) {
        const size_t rows = m - i < BAND ? m - i : BAND;
        for (size_t r = 0; add && r < rows; r++)
            memcpy(whole + r * b.row, c + (i + r) * ldc, columns * sizeof *c);
        panel_of(b.row / LANES, rows, k, from(a, i, 0), b, add, whole, b.row);
        for (size_t r = 0; r < rows; r++)
            memcpy(c + (i + r) * ldc, whole + r * b.row, columns * sizeof *c);
    }
}

/* The first k rows and `columns` columns of B side by side, with zeros up to the width. */
static matrix pack(size_t k, size_t columns, size_t width, matrix b, real *to)
{
    if (columns < width) memset(to, 0, k * width * sizeof *to);
    if (b.column == 1)
        for (size_t p = 0; p < k; p++)
            memcpy(to + p * width, b.x + p * b.row, columns * sizeof *to);
    else
        for (size_t j = 0; j < columns; j++)
            for (size_t p = 0; p < k; p++) to[p * width + j] = b.x[j * b.column + p];
    return (matrix){to, width, 1};
}

void FK_KERNEL(GEMM)(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, const real *a_of,
                     size_t lda, const real *b_of, size_t ldb, bool add, real *c, size_t ldc)
{
    _Alignas(FK_ALIGN) real packed[DEPTH * WIDTH];
    const matrix a = {a_of, trans_a ? 1 : lda, trans_a ? lda : 1};
    const matrix b = {b_of, trans_b ? 1 : ldb, trans_b ? ldb : 1};
    assert(k > 0);
    for (size_t j = 0; j < n; j += WIDTH) {
        const size_t columns = n - j < WIDTH ? n - j : WIDTH;
        const size_t vectors = (columns + LANES - 1) / LANES, width = vectors * LANES;
        for (size_t p = 0; p < k; p += DEPTH) {
            const size_t depth = k - p < DEPTH ? k - p : DEPTH;
            const bool onto = add || p > 0, few = m < ROWS && !trans_b && columns == width;
            matrix under = from(b, p, j);
            if (!few) under = pack(depth, columns, width, under, packed);
            if (columns == width)
                panel_of(vectors, m, depth, from(a, 0, p), under, onto, c + j, ldc);
            else
                last_panel(columns, m, depth, from(a, 0, p), under, onto, c + j, ldc);
        }
    }
}
