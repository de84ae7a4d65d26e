/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/observe: what is done for every particle at every observed time. */
#ifndef FK_CORE_OBSERVE_KERNEL_H
#define FK_CORE_OBSERVE_KERNEL_H

#include "core/base.h"
#include "core/isa.h"

/* Of each FK_LANES values of x (groups, FK_LANES) the sum, and the sum of their squares, each by
 * one tree whatever the instruction set: lane p takes lane p + 8 first, then p + 4, and so on. */
FK_DECLARE_KERNEL(void, fk_lane_sums,
                  (const double *x, size_t groups, double *sum, double *squares));

/* The bins of x (n): 0 below lo and for NaN, bins + 1 from hi on, else 1 + floor((x - lo) scale),
 * where scale = bins/(hi - lo). n is a multiple of FK_LANES. */
FK_DECLARE_KERNEL(void, fk_bins_of,
                  (const double *x, size_t n, double lo, double hi, double scale, int32_t bins,
                   int32_t *bin));

#endif
