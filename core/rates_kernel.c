/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rates_kernel.h"

#include "core/normal_pair.h"
#include "core/vector_math.h"

/* Registers abreast: of 1 .. 8 the fastest, or nearly, with AVX-512 and with AVX2; of fused
 * multiply-adds, which take four or five cycles on two ports, more than the ten that those can have
 * under way, and as many as leave room in the sixteen registers of AVX2. */
enum { EXPS = 4, PAIRS = 8, CHAINS = 12, STEPS = 4 };

void FK_KERNEL(fk_rate_exp)(const double *restrict x, double *restrict y, size_t n)
{
    for (size_t p = 0; p < n; p += EXPS * FK_VECTOR) {
        fk_vector z[EXPS];
        FK_UNROLLED(u, EXPS) z[u] = fk_load(x + p + u * FK_VECTOR);
        fk_vector_exp2(EXPS, z);
        FK_UNROLLED(u, EXPS) fk_store(y + p + u * FK_VECTOR, z[u]);
    }
}

/* Where the machine has no such instruction, a call to emulate it is no measure of what it can do.
 */
FK_INLINE fk_vector multiply_add(fk_vector a, fk_vector b, fk_vector c)
{
#if defined(FP_FAST_FMA)
    return fk_vector_fma(a, b, c);
#else
    return a * b + c;
#endif
}

void FK_KERNEL(fk_rate_fma)(const double *restrict x, double *restrict y, size_t n)
{
    const fk_vector by = fk_splat(x[0]), plus = fk_splat(0.125);
    for (size_t p = 0; p < n; p += CHAINS * FK_VECTOR) {
        fk_vector z[CHAINS];
        FK_UNROLLED(u, CHAINS) z[u] = fk_load(x + p + u * FK_VECTOR);
        for (int i = 0; i < FK_RATE_FMAS; i++)
            FK_UNROLLED(u, CHAINS) z[u] = multiply_add(z[u], by, plus);
        FK_UNROLLED(u, CHAINS) fk_store(y + p + u * FK_VECTOR, z[u]);
    }
}

void FK_KERNEL(fk_rate_normals)(const double *restrict x, double *restrict y, size_t n)
{
    const fk_key key = {(uint64_t)-x[0], FK_STREAM_USER};
    for (size_t p = 0; p < n; p += 2 * PAIRS * FK_VECTOR) {
        fk_vector c[FK_MOST_ABREAST], s[FK_MOST_ABREAST];
        fk_normal_pairs(PAIRS, key, p, 0, c, s);
        FK_UNROLLED(u, PAIRS) fk_store(y + p + u * FK_VECTOR, c[u]);
        FK_UNROLLED(u, PAIRS) fk_store(y + p + (PAIRS + u) * FK_VECTOR, s[u]);
    }
}

/* A step of which all terms are given: y = a x + b y / x + c. */
void FK_KERNEL(fk_rate_step)(const double *restrict x, double *restrict y, size_t n)
{
    for (size_t p = 0; p < n; p += STEPS * FK_VECTOR) {
        fk_vector a[STEPS], b[STEPS];
        FK_UNROLLED(u, STEPS) a[u] = fk_load(x + p + u * FK_VECTOR);
        FK_UNROLLED(u, STEPS) b[u] = fk_load(y + p + u * FK_VECTOR) / a[u];
        FK_UNROLLED(u, STEPS)
        {
            b[u] = fk_vector_fma(fk_splat(0.125), b[u], fk_splat(0.5));
            fk_store(y + p + u * FK_VECTOR, fk_vector_fma(fk_splat(0.25), a[u], b[u]));
        }
    }
}
