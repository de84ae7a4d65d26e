/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/noise: the kernel of normals under the fk_key at self, as
 * fk_noise wants it. */
#ifndef FK_CORE_NOISE_KERNEL_H
#define FK_CORE_NOISE_KERNEL_H

#include "core/isa.h"
#include "core/noise.h"

FK_DECLARE_KERNEL(void, fk_normals, (const void *self, size_t step, uint64_t first, fk_block z));

#endif
