/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normals by counter, FK_LANES particles at a time. */
#include "core/noise_kernel.h"
#include "core/normal_pair.h"

void FK_KERNEL(fk_normals)(const void *self, size_t step, uint64_t first, fk_block z)
{
    const fk_key key = *(const fk_key *)self;
    for (size_t m = 0; m < z.dim; m += 2) {
        uint64_t draw = (uint64_t)step << 32 | m >> 1;
        double *row = z.x + m * z.ld, *next = row + z.ld;
        bool single = m + 1 == z.dim; /* the second of the last pair is not wanted */
        for (size_t p = 0; p < z.n; p += FK_LANES) {
            double c[FK_LANES], s[FK_LANES];
            for (int l = 0; l < FK_LANES; l++)
                fk_normal_pair(key, first + p + (uint64_t)l, draw, &c[l], &s[l]);
            memcpy(row + p, c, sizeof c);
            if (!single) memcpy(next + p, s, sizeof s);
        }
    }
}
