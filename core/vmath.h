/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elementary functions, one lane each: the reference for core/vector_math.h, which does the same
 * operations on whole registers. No branch, no libm but sqrt and fma (both
 * correctly rounded), every fused operation written out: so that all compilers and instruction sets
 * give the same bits.
 *
 * Error bounds (units in the last place of the result; tests/check_vmath.c holds them against
 * MPFR, `make ulps` over 1e9 arguments):
 *     fk_lane_exp2   1.2   z <= 1023; below -1020 the result is 2^-1020
 *     fk_lane_exp    1.4   all x; clamped to [exp(-707), exp(709)]
 *     fk_lane_log    2.8   x positive and normal
 *     fk_lane_turn   1.5   or 2^-53 near a zero: (cos, sin)(2 pi u), |u| <= 2^40
 * NaN gives NaN in the first two; the other two are for numbers.
 *
 * Polynomials: Chebyshev interpolants on the reduced interval, computed with 60 digits and rounded;
 * the relative error stated at each is that of the rounded polynomial. */
#ifndef FK_CORE_VMATH_H
#define FK_CORE_VMATH_H

#include <math.h>
#include <string.h>

#include "core/base.h"

#define FK_LOG2E 1.44269504088896340735992468100189214 /* log2(e) */
#define FK_LN2   0.69314718055994530941723212145817657 /* log(2) */

/* A loop over the lanes of a chunk, vectorised as it stands: left alone, both compilers first
 * unroll a short one and then find nothing to vectorise, or the wrong loop. */
#if defined(__clang__)
#define FK_FOR_LANES(l)                                                                            \
    _Pragma("clang loop vectorize(assume_safety) unroll(disable)") for (size_t l = 0;              \
                                                                        l < FK_LANES; l++)
#else
#define FK_FOR_LANES(l) _Pragma("omp simd") for (size_t l = 0; l < FK_LANES; l++)
#endif

static inline uint64_t fk_bits(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static inline double fk_from_bits(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* The terms of a polynomial in z, the highest first. */
static inline double fk_polynomial(const double *term, int terms, double z)
{
    double sum = term[0];
    for (int i = 1; i < terms; i++) sum = fma(sum, z, term[i]);
    return sum;
}
#define FK_POLYNOMIAL(series, z) fk_polynomial(series, sizeof(series) / sizeof *(series), z)

/* 2^z = 2^n 2^(j/16) 2^r, |r| <= 1/32. Adding 1.5 2^48 rounds z to sixteenths, whose number 16 n +
 * j then stands in the low bits: moved up by 48, n is in place as an exponent, and j, which then
 * stands in the mantissa, has been taken off the table's 2^(j/16) beforehand. 2^r as 1 + r q(r):
 * 1.5e-17. The table rounds by half an ulp and the end by another; r q, below 2^-5, adds 0.05 with
 * its roundings, and the polynomial 0.13: 1.2 ulps. */
#define FK_SIXTEENTHS 0x1.8p48
static const uint64_t fk_exp2_table[16] = {
    0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
    0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
    0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
    0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};
/* The same: the lower 32 bits of each, and the upper. */
static const uint32_t fk_exp2_halves[2][16] = {
    {0x00000000, 0x6cf9890f, 0x3c7d517b, 0x6e756238, 0x0a31b715, 0x4c123422, 0xd5362a27, 0xdd485429,
     0x667f3bcd, 0x73eb0187, 0x422aa0db, 0x82a3f090, 0x995ad3ad, 0xdd85529c, 0xdcfba487,
     0xa2a490da},
    {0x3ff00000, 0x3fefb558, 0x3fef72b8, 0x3fef387a, 0x3fef06fe, 0x3feedea6, 0x3feebfda, 0x3feeab07,
     0x3feea09e, 0x3feea114, 0x3feeace5, 0x3feec491, 0x3feee89f, 0x3fef199b, 0x3fef5818,
     0x3fefa4af}};
static const double fk_exp2_series[] = {0x1.430a1d08ec681p-13, 0x1.5d897e525c216p-10,
                                        0x1.3b2ab6fb41213p-7,  0x1.c6b08d6f2a289p-5,
                                        0x1.ebfbdff82c590p-3,  0x1.62e42fefa39f3p-1};

/* 2^(n + j/16 + r), n and j in t = n + j/16 + 1.5 2^48. */
static inline double fk_lane_exp2_reduced(double t, double r)
{
    double scale = fk_from_bits(fk_exp2_table[fk_bits(t) & 15] + (fk_bits(t) << 48));
    return fma(scale, r * FK_POLYNOMIAL(fk_exp2_series, r), scale);
}

/* 2^z. The clamp keeps the exponent in range; in this order it passes NaN on. */
static inline double fk_lane_exp2(double z)
{
    z = z < -1020.0 ? -1020.0 : z;
    double t = z + FK_SIXTEENTHS;
    return fk_lane_exp2_reduced(t, z - (t - FK_SIXTEENTHS));
}

/* e^x = 2^n 2^(r log2 e), r = x - n log 2, n in sixteenths, with log 2 in two parts (the first of
 * 40 bits, so that x - n times it is exact). */
static inline double fk_lane_exp(double x)
{
    x = x < -707.0 ? -707.0 : x;
    x = x > 709.0 ? 709.0 : x;
    double t = fma(x, FK_LOG2E, FK_SIXTEENTHS), n = t - FK_SIXTEENTHS;
    double r = fma(n, -0x1.9ef35793c7673p-41, fma(n, -0x1.62e42fefa2p-1, x));
    return fk_lane_exp2_reduced(t, r * FK_LOG2E);
}

/* Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits. */
#define FK_ROUNDER 0x1.8p52

/* log x = e log 2 + log m, m in [sqrt(1/2), sqrt(2)), log m = 2 atanh(s), s = (m-1)/(m+1), by
 * s (2 + s^2 q(s^2)): 5e-18. Worst where x is below sqrt(1/2), log m near 0.35 and the result, too:
 * in their ulps, 2^-54, m + 1 and the division add up to 1.27, log 2 is off by 0.42, the polynomial
 * by 0.1, and the two ends round by a half each: 2.8. */
#define FK_SQRT_HALF_BITS UINT64_C(0x3fe6a09e667f3bcd)
#define FK_ONE_BITS       UINT64_C(0x3ff0000000000000)
#define FK_SIGN_BIT       UINT64_C(0x8000000000000000)
#define FK_2P52_BITS      UINT64_C(0x4330000000000000) /* a whole number in its low bits */
#define FK_MANTISSA_BITS  UINT64_C(0x000fffffffffffff)
static const double fk_log_series[] = {
    0x1.2b584aae78a57p-3, 0x1.39fe606542ddep-3, 0x1.7462b4ab2ef6bp-3, 0x1.c71c62e5800a1p-3,
    0x1.2492492df148dp-2, 0x1.99999999952e2p-2, 0x1.5555555555558p-1};
static inline double fk_lane_log(double x)
{
    uint64_t b = fk_bits(x) + (FK_ONE_BITS - FK_SQRT_HALF_BITS);
    double e = fk_from_bits(b >> 52 | FK_2P52_BITS) - (0x1p52 + 1023.0);
    double m = fk_from_bits((b & FK_MANTISSA_BITS) + FK_SQRT_HALF_BITS);
    double s = (m - 1.0) / (m + 1.0), z = s * s;
    return fma(e, FK_LN2, fma(s * z, FK_POLYNOMIAL(fk_log_series, z), s + s));
}

/* cos and sin of 2 pi u: f = u - n/4 in [-1/8, 1/8] exactly; sin by f a(f^2): 4e-17, cos by
 * 1 + f^2 b(f^2): 3e-17; then swapped and signed by the quadrant n mod 4. */
static const double fk_sine_series[] = {
    0x1.e3f38399551bfp+1, -0x1.e30071afc3e59p+3, 0x1.50782fda12d96p+5, -0x1.32d2cce2e5b19p+6,
    0x1.466bc677587f8p+6, -0x1.4abbce625be41p+5, 0x1.921fb54442d18p+2};
static const double fk_cosine_series[] = {
    -0x1.b2f3eb054afcdp+0, 0x1.f9ce245cada0bp+2, -0x1.a6d1eef479be1p+4, 0x1.e1f5068688d5bp+5,
    -0x1.55d3c7e3cb241p+6, 0x1.03c1f081b5ac0p+6, -0x1.3bd3cc9be45dep+4};
static inline void fk_lane_turn(double u, double *cosine, double *sine)
{
    double t = fma(u, 4.0, FK_ROUNDER);
    double f = fma(t - FK_ROUNDER, -0.25, u), y = f * f;
    double a = FK_POLYNOMIAL(fk_sine_series, y), b = FK_POLYNOMIAL(fk_cosine_series, y);
    uint64_t s = fk_bits(f * a), c = fk_bits(fma(b, y, 1.0)), n = fk_bits(t);
    uint64_t swap = (s ^ c) & (0 - (n & 1));
    *sine = fk_from_bits((s ^ swap) ^ ((n & 2) << 62));
    *cosine = fk_from_bits((c ^ swap) ^ (((n + 1) & 2) << 62));
}

#endif
