/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside analytic/mixture_draw: the kernels that turn uniforms and normals into draws. */
#ifndef FK_ANALYTIC_MIXTURE_DRAW_H
#define FK_ANALYTIC_MIXTURE_DRAW_H

#include "analytic/mixture.h"
#include "core/isa.h"

/* Component k[p], the first whose cumulative weight is above u[p], or the last, for p < n, a
 * multiple of FK_LANES. */
FK_DECLARE_KERNEL(void, fk_mixture_pick,
                  (const fk_mixture *, const double *u, uint64_t *k, size_t n));

/* x = the mean of component k[p], p < x.n. */
FK_DECLARE_KERNEL(void, fk_mixture_centre, (const fk_mixture *, const uint64_t *k, fk_block x));

/* Add sqrt(var) z along axis `a` of component k[p]. */
FK_DECLARE_KERNEL(void, fk_mixture_add_axis,
                  (const fk_mixture *, size_t a, const uint64_t *k, const double *z, fk_block x));

#endif
