/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances between samples and laws. */
#ifndef FK_CORE_STATS_H
#define FK_CORE_STATS_H

#include "core/base.h"

typedef double (*fk_cdf)(const void *law, double x);

/* Ascending, in place. No NaN. */
void fk_sort(double *x, size_t n);

/* Kolmogorov-Smirnov distance sup |F_n - F| of a sorted sample to a continuous law. F is asked
 * where it may count: it must increase, but for rounding. */
double fk_ks(const double *sorted, size_t n, fk_cdf cdf, const void *law);

/* Probability that sqrt(n) D_n exceeds z for a sample of the law itself (asymptotic). */
double fk_ks_tail(double z);

/* W1 = int |F_n - F| dx of a sorted sample to a law, over [lo, hi] outside of which the law has
 * negligible mass; each interval between samples by Gauss-Legendre, split where F_n - F changes
 * sign. */
double fk_w1(const double *sorted, size_t n, fk_cdf cdf, const void *law, double lo, double hi);

/* W1 = int |F_n - G_m| dx between two sorted samples; of equal size: mean |x_(i) - y_(i)|. */
double fk_w1_samples(const double *x, size_t n, const double *y, size_t m);

/* Sliced W1 between two samples, x (n, dim), y (m, dim) in C order: the mean over directions u of
 * W1 between u.x and u.y (Rabin, Peyre, Delon and Bernot 2011), `directions` of them by
 * fk_directions. Between laws that differ by a shift D it is |D| E|u_1|, E|u_1| = Gamma(dim/2) /
 * (sqrt(pi) Gamma((dim + 1)/2)) over the whole sphere. In one dimension it is W1. NaN where a
 * coordinate is.
 *
 * null_bound (or NULL): a bound on its mean over all ways to deal the pooled sample, whose
 * distribution along u is P, into n and m: the mean over u of int sqrt(P (1 - P) (1/n + 1/m) N/(N -
 * 1)) dx, N = n + m. Its standard deviation between samples of one law is at most sqrt(1/n + 1/m)
 * times the root mean square over u of the law's along u (Efron and Stein 1981), and the bound at
 * least sqrt(1/n + 1/m) times their mean (Hoeffding's covariance formula and Cauchy-Schwarz). */
double fk_sliced_w1(const double *x, size_t n, const double *y, size_t m, size_t dim,
                    size_t directions, int threads, double *null_bound);

/* n unit vectors u (n, dim) for it, the same in every run: 1 on the line; in the plane at the
 * angles pi (k + 1/2)/n, which leave less than (pi/n)^2 / (3 pi) of an error in E|u_1|; above that
 * frames of dim orthogonal ones each, drawn uniformly by a fixed seed (the last frame is cut). */
void fk_directions(size_t n, size_t dim, double *u);

/* Two-sample energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| (V-statistic; x (n, dim), y (m, dim), C
 * order), and the mean of its null distribution from the pooled sample, (1/n + 1/m) E|P-P'|. */
double fk_energy_distance(const double *x, size_t n, const double *y, size_t m, size_t dim,
                          int threads, double *null_mean);

/* Sample quantile of sorted values: linear between order statistics (type 7). */
double fk_quantile_sorted(const double *sorted, size_t n, double p);

#endif
