/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/observe: what is done for every particle at every observed time. */
#ifndef FK_CORE_OBSERVE_KERNEL_H
#define FK_CORE_OBSERVE_KERNEL_H

#include "core/isa.h"
#include "core/sum.h"

enum { FK_MOST_GROUPS = 64 };

/* Of each FK_LANES values of x (count), the last ones filled up with zeros, the sum, and the sum of
 * their squares, each by one tree whatever the instruction set: lane p takes lane p + 8 first, then
 * p + 4, and so on. At most FK_MOST_GROUPS of them, which come in some order; the number of them is
 * returned. part[0] and part[1]: the exact sums of sum[] and of squares[] for
 * fk_sum_add_split(), where *whole says that they can be had so. */
FK_DECLARE_KERNEL(size_t, fk_lane_sums,
                  (const double *x, size_t count, double *sum, double *squares,
                   int64_t part[2][FK_SPLITS], bool *whole));

/* Bin b of 0 .. bins-1 holds edge(b) <= x < edge(b + 1), to the last bit. Fewer than 2^31 bins,
 * each wider than the rounding of its edges. */
typedef struct {
    double lo, width;
    int32_t bins;
} fk_bins;

static inline double fk_bin_edge(const fk_bins *bins, size_t b)
{
    return bins->lo + (double)b * bins->width;
}

/* Adds x (count, in a row of whole lanes) to counts (bins + 2): number 0 is below the first edge
 * and NaN, b + 1 is bin b, bins + 1 from the last edge on. zeros (bins + 2): scratch, zero before
 * and after. */
FK_DECLARE_KERNEL(void, fk_count_bins,
                  (const fk_bins *, const double *x, size_t count, uint64_t *counts,
                   uint64_t *zeros));

#endif
