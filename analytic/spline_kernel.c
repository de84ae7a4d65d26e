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

void FK_KERNEL(fk_spline_weigh)(size_t n, size_t modes, size_t count, const double *xi,
                                const double *e, const double *weight, double *row)
{
    const double last = (double)(n - 2); /* the last cell's node */
    for (size_t p = 0; p < count; p += FK_LANES) {
        lanes t, b[FK_SPLINE_TAPS];
        int cell[FK_LANES];
        FK_FOR_LANES(l)
        {
            double at = xi[p + l] < last ? xi[p + l] : last;
            cell[l] = (int)at;
            t[l] = xi[p + l] - (double)cell[l];
        }
        taps(t, b);
        for (size_t l = 0; l < FK_LANES; l++) {
            double *to = row + (size_t)cell[l] * modes, mode = weight[p + l], before = 0;
            for (size_t k = 0; k < modes; k++) {
                for (size_t j = 0; j < FK_SPLINE_TAPS; j++)
                    to[j * modes + k] = fma(mode, b[j][l], to[j * modes + k]);
                if (k + 1 == modes) break;
                double next = k ? fma(2 * e[p + l], mode, -before) : e[p + l] * mode;
                before = mode, mode = next;
            }
        }
    }
}

void FK_KERNEL(fk_spline_sum)(size_t count, const double *row, const double *coef, double *out)
{
    double sum[FK_SPLINE_WIDTH] = {0};
    for (size_t k = 0; k < count; k++) {
        const double w = row[k], *from = coef + k * FK_SPLINE_WIDTH;
#pragma omp simd
        for (size_t f = 0; f < FK_SPLINE_WIDTH; f++) sum[f] = fma(w, from[f], sum[f]);
    }
    for (size_t f = 0; f < FK_SPLINE_WIDTH; f++) out[f] = sum[f];
}
