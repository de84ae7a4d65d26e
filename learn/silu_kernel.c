/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/silu_kernel.h"

void FK_KERNEL(fk_silu_forward)(size_t rows, size_t n, const fk_real *bias, fk_real *h,
                                fk_real *slope)
{
    for (size_t r = 0; r < rows; r++) {
        const fk_real b = bias[r];
        for (size_t p = r * n; p < (r + 1) * n; p += FK_LANES) {
            fk_real out[FK_LANES], steep[FK_LANES];
            FK_FOR_LANES(l)
            {
                const fk_real u = h[p + l] + b, g = 1 / (1 + fk_real_exp(-u));
                out[l] = u * g;
                steep[l] = fk_real_fma(u * g, 1 - g, g);
            }
            memcpy(h + p, out, sizeof out);
            if (slope) memcpy(slope + p, steep, sizeof steep);
        }
    }
}

void FK_KERNEL(fk_silu_backward)(size_t rows, size_t n, const fk_real *slope, fk_real *d,
                                 fk_real *bias_gradient)
{
    for (size_t r = 0; r < rows; r++) {
        fk_real sum[FK_LANES] = {0};
        for (size_t p = r * n; p < (r + 1) * n; p += FK_LANES) {
            FK_FOR_LANES(l)
            {
                const fk_real dz = d[p + l] * slope[p + l];
                d[p + l] = dz, sum[l] += dz;
            }
        }
        for (size_t width = FK_LANES / 2; width > 0; width /= 2)
            for (size_t l = 0; l < width; l++) sum[l] += sum[l + width];
        bias_gradient[r] += sum[0];
    }
}
