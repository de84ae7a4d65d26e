/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/spline.h"

#include "core/vmath.h"

typedef double lanes[FK_LANES];

/* The 8 splines that do not vanish at distance t from a node, by the recursion over the degree. */
static inline __attribute__((always_inline)) void taps(const lanes t, lanes b[FK_SPLINE_TAPS])
{
    FK_FOR_LANES(l) b[0][l] = 1;
    for (int d = 1; d < FK_SPLINE_TAPS; d++) {
        const double share = 1.0 / d;
        FK_FOR_LANES(l) b[d][l] = t[l] * share * b[d - 1][l];
        for (int j = d - 1; j > 0; j--) FK_FOR_LANES(l)
        b[j][l] = share * fma(t[l] + (d - j), b[j - 1][l], (j + 1 - t[l]) * b[j][l]);
        FK_FOR_LANES(l) b[0][l] = share * (1 - t[l]) * b[0][l];
    }
}

/* Lanes are taken in an order that keeps apart, in time, stores to overlapping places: images that
 * follow one another lie a few cells apart. */
static inline size_t nth_lane(size_t i)
{
    return i * 5 % FK_LANES;
}

void FK_KERNEL(fk_spline_weigh)(const fk_spline *s, size_t count, const double *xi, const double *e,
                                const double *weight, size_t begin, size_t stride, double *row)
{
    const double last = (double)(s->n - 2); /* the last cell's node */
    for (size_t p = 0; p < count; p += FK_LANES) {
        lanes t, b[FK_SPLINE_TAPS];
        double tap[FK_LANES][FK_SPLINE_TAPS];
        int cell[FK_LANES];
        FK_FOR_LANES(l)
        {
            double at = xi[p + l] < last ? xi[p + l] : last;
            cell[l] = (int)at;
            t[l] = xi[p + l] - (double)cell[l];
        }
        taps(t, b);
        for (size_t l = 0; l < FK_LANES; l++)
            for (size_t j = 0; j < FK_SPLINE_TAPS; j++) tap[l][j] = b[j][l];
        for (size_t i = 0; i < FK_LANES; i++) {
            const size_t l = nth_lane(i);
            double *to = row + (size_t)cell[l] - begin, mode = weight[p + l], before = 0;
            for (size_t k = 0;; k++, to += stride) {
#pragma omp simd
                for (size_t j = 0; j < FK_SPLINE_TAPS; j++) to[j] = fma(mode, tap[l][j], to[j]);
                if (k + 1 == s->modes) break;
                double next = k ? fma(2 * e[p + l], mode, -before) : e[p + l] * mode;
                before = mode, mode = next;
            }
        }
    }
}

void FK_KERNEL(fk_spline_sum)(const fk_spline *s, size_t begin, size_t stride, const double *row,
                              double *out)
{
    double sum[FK_SPLINE_WIDTH] = {0};
    for (size_t k = 0; k < s->modes; k++) {
        const double *from =
            s->coef + (k * (s->n + 2 * FK_SPLINE_MARGIN) + begin) * FK_SPLINE_WIDTH;
        for (size_t i = 0; i < stride; i++, row++, from += FK_SPLINE_WIDTH) {
            const double w = *row;
#pragma omp simd
            for (size_t f = 0; f < FK_SPLINE_WIDTH; f++) sum[f] = fma(w, from[f], sum[f]);
        }
    }
    for (size_t f = 0; f < FK_SPLINE_WIDTH; f++) out[f] = sum[f];
}
