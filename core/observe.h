/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Observers for core/integrate.h: snapshots, moments, histograms. All are exact in the sense that
 * the result does not depend on how particles were split over blocks, threads and ranks: snapshots
 * store, counts are integers, sums are exact (core/sum.h). */
#ifndef FK_CORE_OBSERVE_H
#define FK_CORE_OBSERVE_H

#include "core/integrate.h"

/* Snapshots: the ensemble itself at each observed time. x (n_times, n, dim), C order. */
typedef struct {
    double *x;
    size_t n_times, n, dim;
} fk_snapshots;
fk_snapshots *fk_snapshots_new(size_t n_times, size_t n, size_t dim);
void fk_snapshots_free(fk_snapshots *);
fk_observer fk_observe_snapshots(fk_snapshots *);

/* Moments of each coordinate at each time, from exact sums of x and x^2. */
typedef struct fk_moments fk_moments;
fk_moments *fk_moments_new(size_t n_times, size_t dim);
void fk_moments_free(fk_moments *);
fk_observer fk_observe_moments(fk_moments *);
double fk_moments_mean(const fk_moments *, size_t j, size_t i);
double fk_moments_variance(const fk_moments *, size_t j, size_t i); /* of the sample, over n - 1 */

/* Histogram of coordinate `axis` at each time j over [lo[j], hi[j]) in `bins` equal bins, each
 * wider than the rounding of its edges, with the counts outside: below (and NaN), and above. Bin b
 * counts edge(b) <= x < edge(b + 1), to the last bit, where edge(b) = lo + b ((hi - lo)/bins) as
 * rounded; so edge(bins) may be an ulp from hi. Quantiles by linear interpolation within a bin
 * (error at most one bin width). */
typedef struct fk_histogram fk_histogram;
fk_histogram *fk_histogram_new(size_t n_times, size_t bins, size_t axis, const double *lo,
                               const double *hi);
void fk_histogram_free(fk_histogram *);
fk_observer fk_observe_histogram(fk_histogram *);
const uint64_t *fk_histogram_counts(const fk_histogram *,
                                    size_t j); /* (bins + 2): below, bins, above */
double fk_histogram_edge(const fk_histogram *, size_t j, size_t b);
double fk_histogram_quantile(const fk_histogram *, size_t j, double p);

#endif
