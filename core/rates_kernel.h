/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/rates: loops to be timed, y from x, n numbers each, n a multiple of FK_RATE_CHUNK.
 * Each has so many independent registers under way as the machine is fastest with. */
#ifndef FK_CORE_RATES_KERNEL_H
#define FK_CORE_RATES_KERNEL_H

#include "core/base.h"
#include "core/isa.h"

enum {
    FK_RATE_FMAS = 48, /* fused multiply-adds per number in fk_rate_fma */
    FK_RATE_CHUNK = 384
};

FK_DECLARE_KERNEL(void, fk_rate_exp, (const double *x, double *y, size_t n));
FK_DECLARE_KERNEL(void, fk_rate_fma, (const double *x, double *y, size_t n));
FK_DECLARE_KERNEL(void, fk_rate_normals, (const double *x, double *y, size_t n));
FK_DECLARE_KERNEL(void, fk_rate_step, (const double *x, double *y, size_t n));

#endif
