/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loop of the energy distance. */
#ifndef FK_CORE_DISTANCE_H
#define FK_CORE_DISTANCE_H

#include "core/base.h"
#include "core/isa.h"

/* sum_j |x - y_j| over n points y (dim, ld): coordinate i of point j at y[i*ld + j]; x (dim). The
 * order of additions depends on n alone, not on the instruction set. */
FK_DECLARE_KERNEL(double, fk_distance_sum,
                  (const double *x, const double *y, size_t n, size_t dim, size_t ld));

#endif
