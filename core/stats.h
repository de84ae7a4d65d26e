/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances between samples and laws. */
#ifndef FK_CORE_STATS_H
#define FK_CORE_STATS_H

#include "core/base.h"

typedef double (*fk_cdf)(const void *law, double x);

/* Ascending, in place. No NaN. */
void fk_sort(double *x, size_t n);

/* Kolmogorov-Smirnov distance sup |F_n - F| of a sorted sample to a continuous law. */
double fk_ks(const double *sorted, size_t n, fk_cdf cdf, const void *law);

/* Probability that sqrt(n) D_n exceeds z for a sample of the law itself (asymptotic). */
double fk_ks_tail(double z);

/* W1 = int |F_n - F| dx of a sorted sample to a law, over [lo, hi] outside of which the law has
 * negligible mass; each interval between samples by Gauss-Legendre, split where F_n - F changes
 * sign. */
double fk_w1(const double *sorted, size_t n, fk_cdf cdf, const void *law, double lo, double hi);

/* W1 between two sorted samples of equal size: mean |x_(i) - y_(i)|. */
double fk_w1_samples(const double *x, const double *y, size_t n);

/* Two-sample energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| (V-statistic; x (n, dim), y (m, dim), C
 * order), and the mean of its null distribution from the pooled sample, (1/n + 1/m) E|P-P'|. */
double fk_energy_distance(const double *x, size_t n, const double *y, size_t m, size_t dim,
                          int threads, double *null_mean);

/* Sample quantile of sorted values: linear between order statistics (type 7). */
double fk_quantile_sorted(const double *sorted, size_t n, double p);

#endif
