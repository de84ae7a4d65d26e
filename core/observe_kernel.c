/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/observe_kernel.h"

void FK_KERNEL(fk_lane_sums)(const double *x, size_t groups, double *restrict sum,
                             double *restrict squares)
{
    enum { HALF = FK_LANES / 2 };
    for (size_t g = 0; g < groups; g++, x += FK_LANES) {
        double a[HALF], b[HALF];
        for (size_t p = 0; p < HALF; p++) {
            a[p] = x[p] + x[p + HALF];
            b[p] = x[p] * x[p] + x[p + HALF] * x[p + HALF];
        }
        for (size_t p = 0; p < HALF / 2; p++) a[p] += a[p + HALF / 2], b[p] += b[p + HALF / 2];
        for (size_t p = 0; p < HALF / 4; p++) a[p] += a[p + HALF / 4], b[p] += b[p + HALF / 4];
        sum[g] = a[0] + a[1];
        squares[g] = b[0] + b[1];
    }
}

void FK_KERNEL(fk_bins_of)(const double *x, size_t n, double lo, double hi, double scale,
                           int32_t bins, int32_t *restrict bin)
{
    const double last = bins - 1, beyond = bins;
    for (size_t p = 0; p < n; p++) {
        double place = (x[p] - lo) * scale;
        place = place < beyond ? place : last; /* rounded up, below hi */
        place = x[p] < hi ? place : beyond;
        place = x[p] >= lo ? place : -1;
        bin[p] = (int32_t)place + 1;
    }
}
