/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/gemm.h"

typedef double real;
#define GEMM fk_gemm_double

static inline double fused(double a, double b, double c)
{
    return fma(a, b, c);
}

#include "core/gemm_tile.inc"
