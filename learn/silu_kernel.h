/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside learn/: the elementwise part of a hidden layer, one pass each way over rows of n numbers z
 * and, behind each n, `tangents` times n derivatives z' of them in as many directions:
 *     forward     u = z + b,  h = u g,  h' = silu'(u) z',  g = 1/(1 + e^-u),
 *                 silu'(u) = g + h (1 - g),  silu''(u) = g (1 - g) (2 + u (1 - 2 g))
 *     backward    d/dz = d/dh silu'(u) + sum over the tangents of d/dh' silu''(u) z',
 *                 d/dz' = d/dh' silu'(u),  d/db += the sum of d/dz over the row
 * where `slope` keeps silu'(u) and, in the places of the tangents, silu''(u) z'. n is a multiple of
 * FK_LANES. The sum of a row runs in FK_LANES lanes, which are added up last: one order for all
 * instruction sets. */
#ifndef FK_LEARN_SILU_KERNEL_H
#define FK_LEARN_SILU_KERNEL_H

#include "core/isa.h"
#include "learn/real.h"

/* h: z in, h out. slope may be NULL: no way back is wanted. */
FK_DECLARE_KERNEL(void, fk_silu_forward,
                  (size_t rows, size_t n, size_t tangents, const fk_real *bias, fk_real *h,
                   fk_real *slope));
/* d: d/dh in, d/dz out. */
FK_DECLARE_KERNEL(void, fk_silu_backward,
                  (size_t rows, size_t n, size_t tangents, const fk_real *slope, fk_real *d,
                   fk_real *bias_gradient));

#endif
