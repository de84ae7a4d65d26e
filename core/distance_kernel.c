/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/distance.h"

#include <math.h>

/* Lane p of `square`: |x - y_p|^2. */
static inline void squares(const double *x, const double *y, size_t dim, size_t ld, double *square)
{
    for (size_t p = 0; p < FK_LANES; p++) square[p] = 0;
    for (size_t i = 0; i < dim; i++)
        for (size_t p = 0; p < FK_LANES; p++) {
            double d = x[i] - y[i * ld + p];
            square[p] += d * d;
        }
}

double FK_KERNEL(fk_distance_sum)(const double *x, const double *y, size_t n, size_t dim, size_t ld)
{
    double lane[FK_LANES] = {0}, square[FK_LANES];
    size_t whole = n / FK_LANES * FK_LANES;
    if (dim == 1) {
        for (size_t j = 0; j < whole; j += FK_LANES)
            for (size_t p = 0; p < FK_LANES; p++) lane[p] += fabs(x[0] - y[j + p]);
    } else if (dim == 2) { /* no loop over the coordinates: twice as fast */
        const double x0 = x[0], x1 = x[1], *y0 = y, *y1 = y + ld;
        for (size_t j = 0; j < whole; j += FK_LANES)
            for (size_t p = 0; p < FK_LANES; p++) {
                double d0 = x0 - y0[j + p], d1 = x1 - y1[j + p];
                lane[p] += sqrt(d0 * d0 + d1 * d1);
            }
    } else {
        for (size_t j = 0; j < whole; j += FK_LANES) {
            squares(x, y + j, dim, ld, square);
            for (size_t p = 0; p < FK_LANES; p++) lane[p] += sqrt(square[p]);
        }
    }
    for (size_t j = whole; j < n; j++) {
        double d2 = 0;
        for (size_t i = 0; i < dim; i++) {
            double d = x[i] - y[i * ld + j];
            d2 += d * d;
        }
        lane[j - whole] += sqrt(d2);
    }
    for (size_t width = FK_LANES / 2; width > 0; width /= 2)
        for (size_t p = 0; p < width; p++) lane[p] += lane[p + width];
    return lane[0];
}
