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
        FK_ABREAST(u_, n)(sum)[u_] = fk_splat((series)[0]);                                        \
        FK_ABREAST(term_, sizeof(series) / sizeof *(series)-1)                                     \
        FK_ABREAST(u_, n)                                                                          \
        (sum)[u_] = fk_vector_fma((sum)[u_], (z)[u_], fk_splat((series)[term_ + 1]));              \
    } while (0)

/* z = 2^z, in place. */
FK_INLINE void fk_vector_exp2(const size_t n, fk_vector *z)
{
    fk_vector t[FK_MOST_ABREAST], r[FK_MOST_ABREAST], y[FK_MOST_ABREAST];
    fk_vector odd[FK_MOST_ABREAST], even[FK_MOST_ABREAST];
    FK_ABREAST(u, n) z[u] = fk_vector_max(fk_splat(-1020.0), z[u]);
    FK_ABREAST(u, n) t[u] = z[u] + fk_splat(FK_ROUNDER);
    FK_ABREAST(u, n) r[u] = z[u] - (t[u] - fk_splat(FK_ROUNDER));
    FK_ABREAST(u, n) y[u] = r[u] * r[u];
    FK_VECTOR_SERIES(even, fk_exp2_even, y, n);
    FK_VECTOR_SERIES(odd, fk_exp2_odd, y, n);
    FK_ABREAST(u, n) even[u] = fk_vector_fma(odd[u], r[u], even[u]);
    FK_ABREAST(u, n) even[u] = fk_vector_fma(even[u], r[u], fk_splat(1.0));
    FK_ABREAST(u, n) z[u] = (fk_vector)((fk_words)even[u] + ((fk_words)t[u] << 52));
}

/* x = log x, in place. */
FK_INLINE void fk_vector_log(const size_t n, fk_vector *x)
{
    fk_vector e[FK_MOST_ABREAST], m[FK_MOST_ABREAST], s[FK_MOST_ABREAST];
    fk_vector z[FK_MOST_ABREAST], q[FK_MOST_ABREAST];
    fk_words b[FK_MOST_ABREAST];
    const fk_words sqrt_half = fk_splat_word(FK_SQRT_HALF_BITS);
    FK_ABREAST(u, n) b[u] = (fk_words)x[u] + (fk_splat_word(FK_ONE_BITS) - sqrt_half);
    FK_ABREAST(u, n) m[u] = (fk_vector)((b[u] & fk_splat_word(FK_MANTISSA_BITS)) + sqrt_half);
    FK_ABREAST(u, n) s[u] = (m[u] - fk_splat(1.0)) / (m[u] + fk_splat(1.0));
    FK_ABREAST(u, n)
    e[u] = (fk_vector)(b[u] >> 52 | fk_splat_word(FK_2P52_BITS)) - fk_splat(0x1p52 + 1023.0);
    FK_ABREAST(u, n) z[u] = s[u] * s[u];
    FK_VECTOR_SERIES(q, fk_log_series, z, n);
    FK_ABREAST(u, n) q[u] = fk_vector_fma(s[u] * z[u], q[u], s[u] + s[u]);
    FK_ABREAST(u, n) x[u] = fk_vector_fma(e[u], fk_splat(FK_LN2), q[u]);
}

/* (cos, sin)(2 pi x). */
FK_INLINE void fk_vector_turn(const size_t n, const fk_vector *x, fk_vector *cosine,
                              fk_vector *sine)
{
    fk_vector t[FK_MOST_ABREAST], f[FK_MOST_ABREAST], y[FK_MOST_ABREAST];
    fk_vector a[FK_MOST_ABREAST], b[FK_MOST_ABREAST];
    const fk_words one = fk_splat_word(1), two = fk_splat_word(2);
    FK_ABREAST(u, n) t[u] = fk_vector_fma(x[u], fk_splat(4.0), fk_splat(FK_ROUNDER));
    FK_ABREAST(u, n)
    f[u] = fk_vector_fma(t[u] - fk_splat(FK_ROUNDER), fk_splat(-0.25), x[u]);
    FK_ABREAST(u, n) y[u] = f[u] * f[u];
    FK_VECTOR_SERIES(a, fk_sine_series, y, n);
    FK_VECTOR_SERIES(b, fk_cosine_series, y, n);
    FK_ABREAST(u, n)
    {
        const fk_words s = (fk_words)(f[u] * a[u]);
        const fk_words c = (fk_words)fk_vector_fma(b[u], y[u], fk_splat(1.0));
        const fk_words quadrant = (fk_words)t[u], swap = (s ^ c) & -(quadrant & one);
        sine[u] = (fk_vector)((s ^ swap) ^ ((quadrant & two) << 62));
        cosine[u] = (fk_vector)((c ^ swap) ^ (((quadrant + one) & two) << 62));
    }
}

#endif
