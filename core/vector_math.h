/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside kernels: the functions of core/vmath.h on n <= FK_MOST_ABREAST registers abreast, n known
 * at compile time: the same operations lane by lane, the same bits, the same bounds. */
#ifndef FK_CORE_VECTOR_MATH_H
#define FK_CORE_VECTOR_MATH_H

#include "core/vector.h"
#include "core/vmath.h"

enum { FK_MOST_ABREAST = 8 };

/* A polynomial, the highest of its terms first, times a power of 2. */
#define FK_VECTOR_SERIES(sum, series, scale, z, n)                                                 \
    do {                                                                                           \
        FK_UNROLLED(u_, n)(sum)[u_] = fk_splat((scale) * (series)[0]);                             \
        FK_UNROLLED(term_, sizeof(series) / sizeof *(series)-1)                                    \
        FK_UNROLLED(u_, n)                                                                         \
        (sum)[u_] = fk_vector_fma((sum)[u_], (z)[u_], fk_splat((scale) * (series)[term_ + 1]));    \
    } while (0)

/* z = 2^t, t in sixteenths as FK_SIXTEENTHS leaves it: fk_exp2_table at the number in its low bits,
 * moved up by the rest. */
FK_INLINE void fk_vector_exp2_sixteenths(const size_t n, const fk_vector *t, fk_vector *z)
{
#if FK_VECTOR == 8
    const __m512i low = _mm512_loadu_si512(fk_exp2_table);
    const __m512i high = _mm512_loadu_si512(fk_exp2_table + 8);
    FK_UNROLLED(u, n)
    {
        const __m512i j = (__m512i)t[u], up = _mm512_slli_epi64(j, 48);
        z[u] = (fk_vector)_mm512_add_epi64(_mm512_permutex2var_epi64(low, j, high), up);
    }
#elif FK_VECTOR == 4
    /* two registers together, 32 bits at a time: a permutation chooses from eight */
    FK_UNROLLED(u, (n + 1) / 2)
    {
        const size_t a = 2 * u, b = a + 1 < n ? a + 1 : a;
        const __m256 pair = _mm256_shuffle_ps((__m256)t[a], (__m256)t[b], 0x88);
        const __m256 fourth = (__m256)_mm256_slli_epi32((__m256i)pair, 28);
        const __m256i up[2] = {_mm256_slli_epi64((__m256i)t[a], 48),
                               _mm256_slli_epi64((__m256i)t[b], 48)};
        __m256 half[2];
        FK_UNROLLED(h, 2)
        {
            const float *table = (const float *)fk_exp2_halves[h];
            half[h] = _mm256_blendv_ps(
                _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), (__m256i)pair),
                _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), (__m256i)pair), fourth);
        }
        z[b] = (fk_vector)_mm256_add_epi64((__m256i)_mm256_unpackhi_ps(half[0], half[1]), up[1]);
        z[a] = (fk_vector)_mm256_add_epi64((__m256i)_mm256_unpacklo_ps(half[0], half[1]), up[0]);
    }
#else
    FK_UNROLLED(u, n)
    {
        const fk_words j = (fk_words)t[u];
        z[u] =
            (fk_vector)((fk_words){fk_exp2_table[j[0] & 15], fk_exp2_table[j[1] & 15]} + (j << 48));
    }
#endif
}

/* z = 2^(t + r), t in sixteenths as FK_SIXTEENTHS leaves it, |r| <= 1/32. */
FK_INLINE void fk_vector_exp2_reduced(const size_t n, const fk_vector *t, fk_vector *r,
                                      fk_vector *z)
{
    fk_vector q[FK_MOST_ABREAST];
    fk_vector_exp2_sixteenths(n, t, z);
    FK_VECTOR_SERIES(q, fk_exp2_series, 1, r, n);
    FK_UNROLLED(u, n) z[u] = fk_vector_fma(z[u], r[u] * q[u], z[u]);
}

/* z = 2^z, in place. */
FK_INLINE void fk_vector_exp2(const size_t n, fk_vector *z)
{
    fk_vector t[FK_MOST_ABREAST], r[FK_MOST_ABREAST];
    FK_UNROLLED(u, n) z[u] = fk_vector_max(fk_splat(-1020.0), z[u]);
    FK_UNROLLED(u, n) t[u] = z[u] + fk_splat(FK_SIXTEENTHS);
    FK_UNROLLED(u, n) r[u] = z[u] - (t[u] - fk_splat(FK_SIXTEENTHS));
    fk_vector_exp2_reduced(n, t, r, z);
}

/* x = scale log x, in place: scale is a power of 2, known at compile time, and exact. */
FK_INLINE void fk_vector_log_times(const size_t n, const double scale, fk_vector *x)
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
    FK_VECTOR_SERIES(q, fk_log_series, scale, z, n);
    FK_UNROLLED(u, n) q[u] = fk_vector_fma(s[u] * z[u], q[u], fk_splat(2 * scale) * s[u]);
    FK_UNROLLED(u, n) x[u] = fk_vector_fma(e[u], fk_splat(scale * FK_LN2), q[u]);
}

/* (cos, sin)(2 pi x). */
FK_INLINE void fk_vector_turn(const size_t n, const fk_vector *x, fk_vector *cosine,
                              fk_vector *sine)
{
    fk_vector t[FK_MOST_ABREAST], f[FK_MOST_ABREAST], y[FK_MOST_ABREAST];
    fk_vector a[FK_MOST_ABREAST], b[FK_MOST_ABREAST];
    const fk_words one = fk_splat_word(1), sign = fk_splat_word(FK_SIGN_BIT);
    FK_UNROLLED(u, n) t[u] = fk_vector_fma(x[u], fk_splat(4.0), fk_splat(FK_ROUNDER));
    FK_UNROLLED(u, n)
    f[u] = fk_vector_fma(t[u] - fk_splat(FK_ROUNDER), fk_splat(-0.25), x[u]);
    FK_UNROLLED(u, n) y[u] = f[u] * f[u];
    FK_VECTOR_SERIES(a, fk_sine_series, 1, y, n);
    FK_VECTOR_SERIES(b, fk_cosine_series, 1, y, n);
    FK_UNROLLED(u, n)
    {
        const fk_words quadrant = (fk_words)t[u];
        sine[u] = f[u] * a[u], cosine[u] = fk_vector_fma(b[u], y[u], fk_splat(1.0));
        fk_vector_swap_odd(quadrant, cosine + u, sine + u);
        sine[u] = (fk_vector)((fk_words)sine[u] ^ (quadrant << 62 & sign));
        cosine[u] = (fk_vector)((fk_words)cosine[u] ^ ((quadrant + one) << 62 & sign));
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
    fk_vector_log_times(FK_LANES / FK_VECTOR, 1, v);
    memcpy(x, v, sizeof v);
}

#endif
