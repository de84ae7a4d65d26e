/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside learn/: the elementwise part of a hidden layer, one pass each way over (rows, n) numbers:
 *     forward     u = z + b,  h = u g,  slope = dh/du = g + h (1 - g),  g = 1/(1 + e^-u)
 *     backward    d/dz = d/dh slope,  d/db += its sum over the row
 * n is a multiple of FK_LANES, rows lie n apart. The sum of a row runs in FK_LANES lanes, which are
 * added up last: one order for all instruction sets. */
#ifndef FK_LEARN_SILU_KERNEL_H
#define FK_LEARN_SILU_KERNEL_H

#include "core/isa.h"
#include "learn/real.h"

/* h: z in, h out. slope may be NULL: no way back is wanted. */
FK_DECLARE_KERNEL(void, fk_silu_forward,
                  (size_t rows, size_t n, const fk_real *bias, fk_real *h, fk_real *slope));
/* d: d/dh in, d/dz out. */
FK_DECLARE_KERNEL(void, fk_silu_backward,
                  (size_t rows, size_t n, const fk_real *slope, fk_real *d,
                   fk_real *bias_gradient));

#endif
