/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/noise: the kernels of normals under the fk_key at self, as fk_noise wants them, and
 * of uniforms. */
#ifndef FK_CORE_NOISE_KERNEL_H
#define FK_CORE_NOISE_KERNEL_H

#include "core/isa.h"
#include "core/noise.h"

FK_DECLARE_KERNEL(void, fk_normals, (const void *self, size_t step, uint64_t first, fk_block z));

/* Of dimension 1: particles 2j and 2j + 1 share the pairs of counter j. */
FK_DECLARE_KERNEL(void, fk_normals_shared,
                  (const void *self, size_t step, uint64_t first, fk_block z));

/* fk_random_uniform for particles first .. first+n-1; n a multiple of FK_LANES. */
FK_DECLARE_KERNEL(void, fk_uniforms,
                  (fk_key key, uint64_t first, uint64_t draw, double *u, size_t n));

#endif
