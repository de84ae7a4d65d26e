/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/silu_kernel.h"

void FK_KERNEL(fk_silu_forward)(size_t rows, size_t n, size_t tangents, const fk_real *bias,
                                fk_real *h, fk_real *slope)
{
    const size_t row = (1 + tangents) * n;
    for (size_t r = 0; r < rows; r++) {
        const fk_real b = bias[r];
        for (size_t p = r * row; p < r * row + n; p += FK_LANES) {
            fk_real out[FK_LANES], steep[FK_LANES], bend[FK_LANES];
            FK_FOR_LANES(l)
            {
                const fk_real u = h[p + l] + b, g = 1 / (1 + fk_real_exp(-u));
                out[l] = u * g;
                steep[l] = fk_real_fma(u * g, 1 - g, g);
                bend[l] = g * (1 - g) * fk_real_fma(u, 1 - 2 * g, 2);
            }
            memcpy(h + p, out, sizeof out);
            if (slope) memcpy(slope + p, steep, sizeof steep);
            for (size_t i = 1; i <= tangents; i++) {
                fk_real *z = h + p + i * n;
                if (slope) FK_FOR_LANES(l) slope[p + i * n + l] = bend[l] * z[l];
                FK_FOR_LANES(l) z[l] *= steep[l];
            }
        }
    }
}

void FK_KERNEL(fk_silu_backward)(size_t rows, size_t n, size_t tangents, const fk_real *slope,
                                 fk_real *d, fk_real *bias_gradient)
{
    const size_t row = (1 + tangents) * n;
    for (size_t r = 0; r < rows; r++) {
        fk_real sum[FK_LANES] = {0};
        for (size_t p = r * row; p < r * row + n; p += FK_LANES) {
            fk_real dz[FK_LANES];
            FK_FOR_LANES(l) dz[l] = d[p + l] * slope[p + l];
            for (size_t i = 1; i <= tangents; i++) {
                fk_real *way = d + p + i * n;
                FK_FOR_LANES(l)
                {
                    dz[l] = fk_real_fma(way[l], slope[p + i * n + l], dz[l]);
                    way[l] *= slope[p + l];
                }
            }
            FK_FOR_LANES(l) sum[l] += dz[l];
            memcpy(d + p, dz, sizeof dz);
        }
        for (size_t width = FK_LANES / 2; width > 0; width /= 2)
            for (size_t l = 0; l < width; l++) sum[l] += sum[l + width];
        bias_gradient[r] += sum[0];
    }
}
