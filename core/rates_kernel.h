/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/rates: loops to be timed, y = f(x) for n numbers each. */
#ifndef FK_CORE_RATES_KERNEL_H
#define FK_CORE_RATES_KERNEL_H

#include "core/base.h"
#include "core/isa.h"

enum { FK_RATE_FMAS = 50 }; /* fused multiply-adds per number in fk_rate_fma */

FK_DECLARE_KERNEL(void, fk_rate_exp, (const double *x, double *y, size_t n));
FK_DECLARE_KERNEL(void, fk_rate_fma, (const double *x, double *y, size_t n));
FK_DECLARE_KERNEL(void, fk_rate_step, (const double *x, double *y, size_t n));

#endif
