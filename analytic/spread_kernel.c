/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/spread.h"

#include "core/vmath.h"

void FK_KERNEL(fk_spread)(double *out, const double *table, size_t count, double first,
                          double ratio)
{
    double w[FK_LANES], leap = 1;
    for (size_t l = 0; l < FK_LANES; l++) {
        w[l] = first * leap;
        leap *= ratio;
    }
    for (size_t j = 0; j < count; j += FK_LANES) {
        double *to = out + j;
        const double *from = table + j;
        FK_FOR_LANES(l)
        {
            to[l] = fma(from[l], w[l], to[l]);
            w[l] *= leap;
        }
    }
}
