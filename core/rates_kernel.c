/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rates_kernel.h"

#include "core/vector_math.h"

void FK_KERNEL(fk_rate_exp)(const double *restrict x, double *restrict y, size_t n)
{
    enum { ABREAST = 4 };
    for (size_t p = 0; p < n; p += ABREAST * FK_VECTOR) {
        fk_vector z[ABREAST];
        FK_UNROLLED(u, ABREAST) z[u] = fk_load(x + p + u * FK_VECTOR);
        fk_vector_exp2(ABREAST, z);
        FK_UNROLLED(u, ABREAST) fk_store(y + p + u * FK_VECTOR, z[u]);
    }
}

/* Four chains abreast: what a core can overlap without looking far ahead. */
void FK_KERNEL(fk_rate_fma)(const double *restrict x, double *restrict y, size_t n)
{
#pragma omp simd
    for (size_t p = 0; p < n; p++) {
        double u = x[p], a = u, b = u + 1, c = u - 1, d = -u;
#define ROUND a = fma(a, u, 0.125), b = fma(b, u, 0.125), c = fma(c, u, 0.125), d = fma(d, u, 0.125)
        ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND;
#undef ROUND
        y[p] = fma(a, b, fma(c, d, u));
    }
}

/* A step of which all terms are given: y = a x + b y / x + c. */
void FK_KERNEL(fk_rate_step)(const double *restrict x, double *restrict y, size_t n)
{
#pragma omp simd
    for (size_t p = 0; p < n; p++) y[p] = fma(0.25, x[p], fma(0.125, y[p] / x[p], 0.5));
}
