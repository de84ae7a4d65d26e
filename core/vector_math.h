/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside kernels: the functions of core/vmath.h on n <= FK_MOST_ABREAST registers abreast, n known
 * at compile time: the same operations lane by lane, the same bits, the same bounds. */
#ifndef FK_CORE_VECTOR_MATH_H
#define FK_CORE_VECTOR_MATH_H

#include "core/vector.h"
#include "core/vmath.h"

enum { FK_MOST_ABREAST = 8 };

/* A polynomial's terms, the highest first. */
#define FK_VECTOR_SERIES(sum, series, z, n)                                                        \
    do {                                                                                           \
        FK_UNROLLED(u_, n)(sum)[u_] = fk_splat((series)[0]);                                       \
        FK_UNROLLED(term_, sizeof(series) / sizeof *(series)-1)                                    \
        FK_UNROLLED(u_, n)                                                                         \
        (sum)[u_] = fk_vector_fma((sum)[u_], (z)[u_], fk_splat((series)[term_ + 1]));              \
    } while (0)

/* fk_exp2_table at the number in the low bits of j. */
FK_INLINE fk_words fk_exp2_entry(fk_words j)
{
#if FK_VECTOR == 8
    const __m512i low = _mm512_loadu_si512(fk_exp2_table);
    const __m512i high = _mm512_loadu_si512(fk_exp2_table + 8);
    return (fk_words)_mm512_permutex2var_epi64(low, (__m512i)j, high);
#elif FK_VECTOR == 4
    /* from each quarter of the table, by the lowest two bits; then among them by the others */
    const __m256i twice = _mm256_slli_epi64((__m256i)j, 1);
    const __m256i halves =
        _mm256_add_epi32(_mm256_shuffle_epi32(twice, 0xa0), _mm256_set1_epi64x(1LL << 32));
    const __m256d third = _mm256_castsi256_pd(_mm256_slli_epi64((__m256i)j, 61));
    const __m256d fourth = _mm256_castsi256_pd(_mm256_slli_epi64((__m256i)j, 60));
    __m256d part[4];
    FK_UNROLLED(q, 4)
    part[q] = _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(
        _mm256_loadu_si256((const void *)(fk_exp2_table + 4 * q)), halves));
    return (fk_words)_mm256_blendv_pd(_mm256_blendv_pd(part[0], part[1], third),
                                      _mm256_blendv_pd(part[2], part[3], third), fourth);
#else
    return (fk_words){fk_exp2_table[j[0] & 15], fk_exp2_table[j[1] & 15]};
#endif
}

/* z = 2^z, in place. */
FK_INLINE void fk_vector_exp2(const size_t n, fk_vector *z)
{
    fk_vector t[FK_MOST_ABREAST], r[FK_MOST_ABREAST], q[FK_MOST_ABREAST];
    FK_UNROLLED(u, n) z[u] = fk_vector_max(fk_splat(-1020.0), z[u]);
    FK_UNROLLED(u, n) t[u] = z[u] + fk_splat(FK_SIXTEENTHS);
    FK_UNROLLED(u, n) r[u] = z[u] - (t[u] - fk_splat(FK_SIXTEENTHS));
    FK_VECTOR_SERIES(q, fk_exp2_series, r, n);
    FK_UNROLLED(u, n)
    z[u] = (fk_vector)(fk_exp2_entry((fk_words)t[u]) + ((fk_words)t[u] << 48));
    FK_UNROLLED(u, n) z[u] = fk_vector_fma(z[u], r[u] * q[u], z[u]);
}

/* x = log x, in place. */
FK_INLINE void fk_vector_log(const size_t n, fk_vector *x)
{
    fk_vector e[FK_MOST_ABREAST], m[FK_MOST_ABREAST], s[FK_MOST_ABREAST];
    fk_vector z[FK_MOST_ABREAST], q[FK_MOST_ABREAST];
    fk_words b[FK_MOST_ABREAST];
    const fk_words sqrt_half = fk_splat_word(FK_SQRT_HALF_BITS);
    FK_UNROLLED(u, n) b[u] = (fk_words)x[u] + (fk_splat_word(FK_ONE_BITS) - sqrt_half);
    FK_UNROLLED(u, n) m[u] = (fk_vector)((b[u] & fk_splat_word(FK_MANTISSA_BITS)) + sqrt_half);
    FK_UNROLLED(u, n) s[u] = (m[u] - fk_splat(1.0)) / (m[u] + fk_splat(1.0));
    FK_UNROLLED(u, n)
    e[u] = (fk_vector)(b[u] >> 52 | fk_splat_word(FK_2P52_BITS)) - fk_splat(0x1p52 + 1023.0);
    FK_UNROLLED(u, n) z[u] = s[u] * s[u];
    FK_VECTOR_SERIES(q, fk_log_series, z, n);
    FK_UNROLLED(u, n) q[u] = fk_vector_fma(s[u] * z[u], q[u], s[u] + s[u]);
    FK_UNROLLED(u, n) x[u] = fk_vector_fma(e[u], fk_splat(FK_LN2), q[u]);
}

/* (cos, sin)(2 pi x). */
FK_INLINE void fk_vector_turn(const size_t n, const fk_vector *x, fk_vector *cosine,
                              fk_vector *sine)
{
    fk_vector t[FK_MOST_ABREAST], f[FK_MOST_ABREAST], y[FK_MOST_ABREAST];
    fk_vector a[FK_MOST_ABREAST], b[FK_MOST_ABREAST];
    const fk_words one = fk_splat_word(1), two = fk_splat_word(2);
    FK_UNROLLED(u, n) t[u] = fk_vector_fma(x[u], fk_splat(4.0), fk_splat(FK_ROUNDER));
    FK_UNROLLED(u, n)
    f[u] = fk_vector_fma(t[u] - fk_splat(FK_ROUNDER), fk_splat(-0.25), x[u]);
    FK_UNROLLED(u, n) y[u] = f[u] * f[u];
    FK_VECTOR_SERIES(a, fk_sine_series, y, n);
    FK_VECTOR_SERIES(b, fk_cosine_series, y, n);
    FK_UNROLLED(u, n)
    {
        const fk_words s = (fk_words)(f[u] * a[u]);
        const fk_words c = (fk_words)fk_vector_fma(b[u], y[u], fk_splat(1.0));
        const fk_words quadrant = (fk_words)t[u], swap = (s ^ c) & -(quadrant & one);
        sine[u] = (fk_vector)((s ^ swap) ^ ((quadrant & two) << 62));
        cosine[u] = (fk_vector)((c ^ swap) ^ (((quadrant + one) & two) << 62));
    }
}

/* The same of FK_LANES numbers in memory, in place. */
FK_INLINE void fk_lanes_exp2(double *z)
{
    fk_vector v[FK_LANES / FK_VECTOR];
    memcpy(v, z, sizeof v);
    fk_vector_exp2(FK_LANES / FK_VECTOR, v);
    memcpy(z, v, sizeof v);
}
FK_INLINE void fk_lanes_log(double *x)
{
    fk_vector v[FK_LANES / FK_VECTOR];
    memcpy(v, x, sizeof v);
    fk_vector_log(FK_LANES / FK_VECTOR, v);
    memcpy(x, v, sizeof v);
}

#endif
