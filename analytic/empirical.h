/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside analytic/mixture_field: many points in many dimensions (an empirical distribution, or a
 * kernel density), all of one variance. With v = s^2 var + sigma^2, d_k = x - s m_k and, in base 2,
 *     logit_k = log2 w_k + A |d_k|^2,   A = -(log2 e)/2 / v,
 * the score is 2 ln 2 A sum_k 2^logit_k d_k / sum_k 2^logit_k. Of a cloud in many dimensions most
 * points are far: those whose logit is more than `near` = 60 + log2 K below the largest are left
 * out, together less than 2^-60 of the total.
 *
 * Which ones are near is found by a sieve: A |d_k|^2 - A |x|^2 = 2 |A| s x.m_k - |A| s^2 |m_k|^2
 * takes one operation a coordinate where differences take two, and no second pass. Its error, and
 * that of the logits themselves, is bounded by
 *     slack = 4 |A| (dim + 8) 2^-53 (|x| + s max|m|)^2 + 2^-40
 * (dim + 2 roundings each; 2^-40 for log2 w). What passes by `near` and twice the slack is computed
 * again from differences, and in or out by that: no result depends on the slack.
 *
 * Where |A| (s max|m|)^2 <= near nothing is far, and differences are not needed either: with |x|^2,
 * which all have in common, left out, the logits and the sum of 2^logit_k m_k are matrix products
 * (core/gemm.h), half the operations. But for log2 w the error of such a logit is below
 *     |A| (dim + 8) 2^-53 (2 |x| s max|m| + (s max|m|)^2),
 * of the order of that of differences, |A| (dim + 8) 2^-53 |d_k|^2, as long as s max|m| is no more
 * than some standard deviations. Which way is taken depends on s and sigma alone.
 */
#ifndef FK_ANALYTIC_EMPIRICAL_H
#define FK_ANALYTIC_EMPIRICAL_H

#include "analytic/mixture.h"
#include "core/field.h"
#include "core/isa.h"

typedef struct {
    const fk_mixture *m;
    double s, a, near;   /* a: A above */
    double slack, reach; /* of the bound: the factor of (|x| + reach)^2, and s max|m| */
    bool sieve;          /* or, where noise covers the whole cloud, by matrix products */
    double *log_weight;  /* (k), base 2 */
    double *offset;      /* (k): log2 w_k + A s^2 |m_k|^2 */
    double numbers[];    /* where the two stand */
} fk_frozen_empirical;

/* One chunk of FK_LANES particles, x (dim, ld), beside points first to last - 1: those that may be
 * near are added to list, n_list of them so far; the new number of them is returned. floor
 * (FK_LANES): near and twice the slack; top (FK_LANES): the largest logit so far. */
FK_DECLARE_KERNEL(size_t, fk_empirical_sift,
                  (const fk_frozen_empirical *, size_t first, size_t last, const double *x,
                   size_t ld, const double *floor, double *top, uint32_t *list, size_t n_list));

/* The score of one chunk from the points listed, n a multiple of FK_ABREAST (filled up by
 * repetition beyond n_real); logit (n, FK_LANES) and sum (dim, FK_LANES) are scratch. */
enum { FK_ABREAST = 4 };
FK_DECLARE_KERNEL(void, fk_empirical_score,
                  (const fk_frozen_empirical *, const uint32_t *list, size_t n, size_t n_real,
                   const double *x, size_t x_ld, double *score, size_t score_ld, double *logit,
                   double *sum));

/* The score of at most FK_GROUP particles, x and score apart, by products; tile (FK_POINTS, x.n) is
 * scratch: 96 kB of it, and of the points 64 kB in 64 dimensions, for the second-level cache. */
enum { FK_POINTS = 128, FK_GROUP = 96 };
FK_DECLARE_KERNEL(void, fk_empirical_products,
                  (const fk_frozen_empirical *, fk_block x, fk_block score, double *tile));

/* Whether a mixture is of this kind and large enough for the sieve to pay. */
bool fk_is_empirical(const fk_mixture *);
/* Its score field. */
fk_field fk_empirical_field(const fk_mixture *);

#endif
