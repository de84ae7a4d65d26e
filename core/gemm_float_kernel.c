/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/gemm.h"
#include "core/vmath.h"

typedef float real;
#define GEMM fk_gemm_float

/* fmaf, also where no instruction does it: the product is exact in double, and a sum rounded there
 * to odd rounds on to float as the exact one would (Boldo & Melquiond 2008). */
static inline float fused(float a, float b, float c)
{
#if defined(__FMA__) || defined(FP_FAST_FMAF)
    return fmaf(a, b, c);
#else
    const double product = (double)a * b, sum = product + c, part = sum - product;
    const double rest = (product - (sum - part)) + (c - part);
    const uint64_t bits = fk_bits(sum), inwards = (fk_bits(rest) ^ bits) >> 63;
    const uint64_t even = fabs(rest) > 0 ? ~bits & 1 : 0;
    return (float)fk_from_bits(bits + even - 2 * (even & inwards));
#endif
}

#include "core/gemm_tile.inc"
