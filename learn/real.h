/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The number that networks are made of: float. The tests compile the same sources once more with
 * FK_LEARN_DOUBLE, to hold gradients against differences with more digits than float has. */
#ifndef FK_LEARN_REAL_H
#define FK_LEARN_REAL_H

#include "core/vmath.h"

#if defined(FK_LEARN_DOUBLE)
typedef double fk_real;
#define fk_real_fma  fma
#define fk_real_sqrt sqrt
#else
typedef float fk_real;
#define fk_real_fma  fmaf
#define fk_real_sqrt sqrtf
#endif

/* e^x of one lane. In single precision: clamped to [-87, 88], where float has its normal numbers;
 * 2^r, |r| <= 1/2, by its Taylor series to r^7 (the rest is 5e-9); below 2 ulps. */
static inline fk_real fk_real_exp(fk_real x)
{
#if defined(FK_LEARN_DOUBLE)
    return fk_lane_exp(x);
#else
    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;
    float t = fmaf(x, (float)FK_LOG2E, 0x1.8p23F),
          n = t - 0x1.8p23F; /* n: rounded, in the low bits */
    float r = fmaf(n, -0x1.7f7d1cp-20F, fmaf(n, -0x1.62e4p-1F, x)) * (float)FK_LOG2E;
    float p = 1.5252734e-5F;
    p = fmaf(p, r, 1.5403530e-4F);
    p = fmaf(p, r, 1.3333558e-3F);
    p = fmaf(p, r, 9.6181291e-3F);
    p = fmaf(p, r, 5.5504109e-2F);
    p = fmaf(p, r, 2.4022651e-1F);
    p = fmaf(p, r, 6.9314718e-1F);
    p = fmaf(p, r, 1.0F);
    uint32_t b, shift;
    memcpy(&b, &p, sizeof b), memcpy(&shift, &t, sizeof shift);
    b += shift << 23;
    memcpy(&p, &b, sizeof p);
    return p;
#endif
}

#endif
