/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/combine.h"

#include <math.h>
#include <string.h>

/* Up to four terms at a time. The pragma says what the compiler cannot see: out is either one of
 * the x exactly or apart from them. */
static inline __attribute__((always_inline)) void combine(double *out, size_t length,
                                                          const fk_term *term, const size_t n_terms)
{
    const fk_term none = {0};
    const fk_term a = term[0], b = n_terms > 1 ? term[1] : none, c = n_terms > 2 ? term[2] : none,
                  d = n_terms > 3 ? term[3] : none;
#pragma omp simd
    for (size_t p = 0; p < length; p++) {
        double sum = a.weight * a.x[p];
        if (n_terms > 1) sum = fma(b.weight, b.x[p], sum);
        if (n_terms > 2) sum = fma(c.weight, c.x[p], sum);
        if (n_terms > 3) sum = fma(d.weight, d.x[p], sum);
        out[p] = sum;
    }
}

void FK_KERNEL(fk_combine)(double *out, size_t length, const fk_term *term, size_t n_terms)
{
    switch (n_terms) {
    case 0:
        memset(out, 0, length * sizeof *out);
        return;
    case 1:
        combine(out, length, term, 1);
        return;
    case 2:
        combine(out, length, term, 2);
        return;
    case 3:
        combine(out, length, term, 3);
        return;
    default:
        combine(out, length, term, 4);
    }
    for (size_t k = 4; k < n_terms; k++) { /* 1 out + weight x: the same fused sum, continued */
        const fk_term more[2] = {{1.0, out}, term[k]};
        combine(out, length, more, 2);
    }
}

/* 0 x is 0 for a finite x, NaN for any other, and NaN stays in a sum. */
bool FK_KERNEL(fk_all_finite)(const double *x, size_t length)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t p = 0; p < length; p++) sum += x[p] * 0.0;
    return sum == 0.0;
}
