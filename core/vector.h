/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside kernels: registers full of doubles, for the few loops in which everything depends on how
 * many independent chains run side by side. A function of core/vector_math.h takes `n` registers
 * abreast and does each operation on all of them before the next: a core looks some two hundred
 * instructions ahead, and one chain of a hundred after the other leaves it waiting.
 *
 * Operators + - * / & | ^ << >> work on them as on numbers; fk_vector_interleave(a, b) leaves
 * a[0] b[0] a[1] b[1] .. in the two; fk_vector_swap_odd(n, a, b) exchanges them where n is odd;
 * fk_rotate(w, bits) moves bits up and round; fk_vector_any_below(a, b) tells whether a < b in any
 * lane. All operations are those of one lane (core/vmath.h), so that every width gives the same
 * bits. */
#ifndef FK_CORE_VECTOR_H
#define FK_CORE_VECTOR_H

#include <math.h>
#include <string.h>

#include "core/base.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define FK_VECTOR 8 /* doubles in a register; a divisor of FK_LANES */
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define FK_VECTOR 4
#else
#define FK_VECTOR 2
#endif

typedef double fk_vector __attribute__((vector_size(8 * FK_VECTOR)));
typedef uint64_t fk_words __attribute__((vector_size(8 * FK_VECTOR)));

/* For speed (-DFK_FLATTEN) all that a kernel calls becomes one function, and a loop over registers
 * abreast, u < n with n known at compile time, is unrolled: clang does that by itself. */
#if defined(FK_FLATTEN)
#define FK_INLINE static inline __attribute__((always_inline))
#else
#define FK_INLINE static inline
#endif
#if defined(FK_FLATTEN) && !defined(__clang__)
#define FK_UNROLLED(u, n) _Pragma("GCC unroll 16") for (size_t u = 0; u < (n); u++)
#else
#define FK_UNROLLED(u, n) for (size_t u = 0; u < (n); u++)
#endif

FK_INLINE fk_vector fk_load(const double *x)
{
    fk_vector v;
    memcpy(&v, x, sizeof v);
    return v;
}

FK_INLINE void fk_store(double *x, fk_vector v)
{
    memcpy(x, &v, sizeof v);
}

#if FK_VECTOR == 8
FK_INLINE fk_vector fk_splat(double c)
{
    return (fk_vector)_mm512_set1_pd(c);
}
FK_INLINE fk_words fk_splat_word(uint64_t c)
{
    return (fk_words)_mm512_set1_epi64((long long)c);
}
FK_INLINE fk_vector fk_vector_fma(fk_vector a, fk_vector b, fk_vector c)
{
    return (fk_vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
FK_INLINE fk_vector fk_vector_sqrt(fk_vector a)
{
    return (fk_vector)_mm512_sqrt_pd((__m512d)a);
}
FK_INLINE fk_vector fk_vector_max(fk_vector a, fk_vector b)
{
    return (fk_vector)_mm512_max_pd((__m512d)a, (__m512d)b);
}
FK_INLINE fk_words fk_rotate(fk_words w, const int bits)
{
    return w << bits | w >> (64 - bits);
}
FK_INLINE void fk_vector_swap_odd(fk_words n, fk_vector *a, fk_vector *b)
{
    const __mmask8 odd = _mm512_test_epi64_mask((__m512i)n, _mm512_set1_epi64(1));
    const __m512d x = (__m512d)*a, y = (__m512d)*b;
    *a = (fk_vector)_mm512_mask_blend_pd(odd, x, y),
    *b = (fk_vector)_mm512_mask_blend_pd(odd, y, x);
}
FK_INLINE bool fk_vector_any_below(fk_vector a, fk_vector b)
{
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ) != 0;
}
FK_INLINE void fk_vector_interleave(fk_vector *a, fk_vector *b)
{
    const __m512i low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    const __m512i high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
    const __m512d x = (__m512d)*a, y = (__m512d)*b;
    *a = (fk_vector)_mm512_permutex2var_pd(x, low, y);
    *b = (fk_vector)_mm512_permutex2var_pd(x, high, y);
}
#elif FK_VECTOR == 4
FK_INLINE fk_vector fk_splat(double c)
{
    return (fk_vector)_mm256_set1_pd(c);
}
FK_INLINE fk_words fk_splat_word(uint64_t c)
{
    return (fk_words)_mm256_set1_epi64x((long long)c);
}
FK_INLINE fk_vector fk_vector_fma(fk_vector a, fk_vector b, fk_vector c)
{
    return (fk_vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
FK_INLINE fk_vector fk_vector_sqrt(fk_vector a)
{
    return (fk_vector)_mm256_sqrt_pd((__m256d)a);
}
FK_INLINE fk_vector fk_vector_max(fk_vector a, fk_vector b)
{
    return (fk_vector)_mm256_max_pd((__m256d)a, (__m256d)b);
}
/* By whole bytes it is a permutation: AVX2 has no rotation. */
FK_INLINE fk_words fk_rotate(fk_words w, const int bits)
{
    if (bits == 32) return (fk_words)_mm256_shuffle_epi32((__m256i)w, 0xb1);
    if (bits % 8) return w << bits | w >> (64 - bits);
    const fk_words byte = fk_splat_word(0x0706050403020100), upper = {0, 8, 0, 8};
    const fk_words at = (byte << bits | byte >> (64 - bits)) + upper * 0x0101010101010101;
    return (fk_words)_mm256_shuffle_epi8((__m256i)w, (__m256i)at);
}
FK_INLINE void fk_vector_swap_odd(fk_words n, fk_vector *a, fk_vector *b)
{
    const __m256d odd = (__m256d)(n << 63), x = (__m256d)*a, y = (__m256d)*b;
    *a = (fk_vector)_mm256_blendv_pd(x, y, odd), *b = (fk_vector)_mm256_blendv_pd(y, x, odd);
}
FK_INLINE bool fk_vector_any_below(fk_vector a, fk_vector b)
{
    return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_LT_OQ)) != 0;
}
FK_INLINE void fk_vector_interleave(fk_vector *a, fk_vector *b)
{
    const __m256d even = _mm256_unpacklo_pd((__m256d)*a, (__m256d)*b);
    const __m256d odd = _mm256_unpackhi_pd((__m256d)*a, (__m256d)*b);
    *a = (fk_vector)_mm256_permute2f128_pd(even, odd, 0x20);
    *b = (fk_vector)_mm256_permute2f128_pd(even, odd, 0x31);
}
#else
FK_INLINE fk_vector fk_splat(double c)
{
    return (fk_vector){c, c};
}
FK_INLINE fk_words fk_splat_word(uint64_t c)
{
    return (fk_words){c, c};
}
FK_INLINE fk_vector fk_vector_fma(fk_vector a, fk_vector b, fk_vector c)
{
    return (fk_vector){fma(a[0], b[0], c[0]), fma(a[1], b[1], c[1])};
}
FK_INLINE fk_vector fk_vector_sqrt(fk_vector a)
{
    return (fk_vector){sqrt(a[0]), sqrt(a[1])};
}
/* a > b ? a : b, which passes a NaN in b on, as the others do. */
FK_INLINE fk_vector fk_vector_max(fk_vector a, fk_vector b)
{
    return (fk_vector){a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
}
FK_INLINE fk_words fk_rotate(fk_words w, const int bits)
{
    return w << bits | w >> (64 - bits);
}
FK_INLINE void fk_vector_swap_odd(fk_words n, fk_vector *a, fk_vector *b)
{
    const fk_words mask = ((fk_words)*a ^ (fk_words)*b) & -(n & fk_splat_word(1));
    *a = (fk_vector)((fk_words)*a ^ mask), *b = (fk_vector)((fk_words)*b ^ mask);
}
FK_INLINE bool fk_vector_any_below(fk_vector a, fk_vector b)
{
    return a[0] < b[0] || a[1] < b[1];
}
FK_INLINE void fk_vector_interleave(fk_vector *a, fk_vector *b)
{
    const fk_vector x = *a, y = *b;
    *a = (fk_vector){x[0], y[0]};
    *b = (fk_vector){x[1], y[1]};
}
#endif

#endif
