/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside analytic/mixture_field: the frozen form of a mixture, and the kernel that reads it.
 *
 * In base 2, with the common factor of all densities dropped, component k at x is 2^logit,
 *     logit = c - (log2 e)/2 (x - M)^T S^-1 (x - M),   c = log2 w - 1/2 log2 det S,
 * and the score of the mixture is sum_k 2^logit_k S_k^-1 (M_k - x) / sum_k 2^logit_k. With g the
 * part of S^-1 (M - x) that a row's numbers give directly, up to -2 ln 2,
 *     isotropic  A = -(log2 e)/2 / v       logit = c + A |x - M|^2        g = M - x, weight A
 *     diagonal   A_i = -(log2 e)/2 / v_i   logit = c + sum A_i (x - M)_i^2    g_i = A_i (M - x)_i
 *     full       S^-1 (log2 e)/2 = W^T W   logit = c - |y|^2, y = W (x - M)   g = W^T y
 * the score is -2 ln 2 sum_k 2^logit_k weight_k g_k / sum_k 2^logit_k. Everything goes by the
 * differences x - M: expanded, far tails and narrow components would cancel. */
#ifndef FK_ANALYTIC_MIXTURE_SCORE_H
#define FK_ANALYTIC_MIXTURE_SCORE_H

#include "analytic/mixture.h"
#include "core/field.h"
#include "core/isa.h"

typedef struct fk_frozen_mixture {
    void (*score)(const struct fk_frozen_mixture *, fk_block x, fk_block score, double *scratch);
    size_t dim, k, tile, stride;
    fk_covariance kind;
    _Alignas(FK_ALIGN) double row[]; /* (k, stride): c, weight, M, then A (dim), or W as below, or
                                        nothing */
} fk_frozen_mixture;

/* W, lower triangular, goes by bands of FK_BAND rows, the last of fk_last_band(dim); a band goes by
 * columns, up to its diagonal. Rows beyond dim (M has them, too), and what stands above the
 * diagonal, are zeros. */
enum { FK_BAND = 8 };
static inline size_t fk_last_band(size_t dim)
{
    const size_t rest = (dim - 1) % FK_BAND + 1;
    return rest > FK_BAND / 2 ? FK_BAND : (dim < FK_BAND / 2 ? dim : FK_BAND / 2);
}

/* dim in whole bands: the width of y. */
static inline size_t fk_band_width(size_t dim)
{
    return (dim - 1) / FK_BAND * FK_BAND + fk_last_band(dim);
}

/* The first number of band b. */
static inline size_t fk_band_start(size_t b)
{
    return FK_BAND * FK_BAND * (b * (b + 1) / 2);
}

/* Row i, column j <= i. */
static inline size_t fk_band_at(size_t dim, size_t i, size_t j)
{
    const size_t b = i / FK_BAND, last = (dim - 1) / FK_BAND;
    return fk_band_start(b) + j * (b < last ? FK_BAND : fk_last_band(dim)) + i % FK_BAND;
}

/* All of it. */
static inline size_t fk_band_size(size_t dim)
{
    return fk_band_start((dim - 1) / FK_BAND) + fk_band_width(dim) * fk_last_band(dim);
}

/* Components are taken in tiles of at most FK_TILE, whose logits (and y, with correlations) wait in
 * scratch; particles in groups of at most FK_GROUP. */
enum { FK_TILE = 32 };
#define FK_GROUP(dim, kind) ((dim) < 4 && (kind) != FK_FULL ? 2 * FK_LANES : FK_LANES)

/* Isotropic and diagonal; scratch (tile + dim, FK_GROUP), aligned to FK_ALIGN. */
FK_DECLARE_KERNEL(void, fk_mixture_score,
                  (const fk_frozen_mixture *, fk_block x, fk_block score, double *scratch));
/* Full; scratch (2 width + tile (1 + width), FK_GROUP), width = fk_band_width(dim). */
FK_DECLARE_KERNEL(void, fk_mixture_score_full,
                  (const fk_frozen_mixture *, fk_block x, fk_block score, double *scratch));

/* W of components k .. k+count-1 <= k+FK_LANES-1 at (s, sigma), in bands, at w, w + stride, ..:
 * L^-1 sqrt((log2 e)/2), L the Cholesky factor of S. In double-double, since neither the entries
 * (where S is nearly diagonal) nor the small eigenvalues (where it is nearly singular) may lose
 * what the other can spare; rounded in the end. scratch (dim (dim + 1), 2 FK_LANES). */
FK_DECLARE_KERNEL(void, fk_mixture_whiten,
                  (const fk_mixture *, size_t k, size_t count, double s, double sigma,
                   double *scratch, double *w, size_t stride));

/* div score at a point x (dim), plain double: for fk_field's divergence; self is the mixture. */
double fk_mixture_divergence(const void *self, double s, double sigma, const double *x);

#endif
