/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normals by counter, four registers of particles at a time. */
#include "core/noise_kernel.h"

#include <assert.h>

#include "core/normal_pair.h"

/* The second of a pair is not wanted in the last of an odd number of rows. */
FK_INLINE void group(const size_t n, fk_key key, uint64_t first, uint64_t draw, double *row,
                     double *next)
{
    fk_vector c[FK_MOST_ABREAST], s[FK_MOST_ABREAST];
    fk_normal_pairs(n, key, first, draw, c, s);
    FK_UNROLLED(u, n) fk_store(row + u * FK_VECTOR, c[u]);
    if (next) FK_UNROLLED(u, n) fk_store(next + u * FK_VECTOR, s[u]);
}

void FK_KERNEL(fk_normals)(const void *self, size_t step, uint64_t first, fk_block z)
{
    enum { LANES = 4 * FK_VECTOR, REST = FK_LANES < LANES ? FK_LANES : LANES };
    const fk_key key = *(const fk_key *)self;
    for (size_t m = 0; m < z.dim; m += 2) {
        const uint64_t draw = (uint64_t)step << 32 | m >> 1;
        double *row = z.x + m * z.ld, *next = m + 1 < z.dim ? row + z.ld : NULL;
        size_t p = 0;
        for (; p + LANES <= z.n; p += LANES)
            group(LANES / FK_VECTOR, key, first + p, draw, row + p, next ? next + p : NULL);
        for (; p < z.n; p += REST)
            group(REST / FK_VECTOR, key, first + p, draw, row + p, next ? next + p : NULL);
    }
}

/* Particles from p on, n registers of pairs at a time, as long as there are so many; where it ends.
 */
FK_INLINE size_t share(const size_t n, fk_key key, uint64_t first, uint64_t draw, double *row,
                       size_t p, size_t end)
{
    for (; p + 2 * n * FK_VECTOR <= end; p += 2 * n * FK_VECTOR) {
        fk_vector c[FK_MOST_ABREAST], s[FK_MOST_ABREAST];
        fk_normal_pairs(n, key, (first + p) >> 1, draw, c, s);
        FK_UNROLLED(u, n) fk_vector_interleave(c + u, s + u);
        FK_UNROLLED(u, n)
        {
            fk_store(row + p + 2 * u * FK_VECTOR, c[u]);
            fk_store(row + p + (2 * u + 1) * FK_VECTOR, s[u]);
        }
    }
    return p;
}

void FK_KERNEL(fk_normals_shared)(const void *self, size_t step, uint64_t first, fk_block z)
{
    const fk_key key = *(const fk_key *)self;
    assert(first % 2 == 0);
    for (size_t m = 0; m < z.dim; m++) {
        const uint64_t draw = (uint64_t)step << 32 | m;
        double *row = z.x + m * z.ld;
        size_t p = share(4, key, first, draw, row, 0, z.n);
        p = share(2, key, first, draw, row, p, z.n);
        share(1, key, first, draw, row, p, z.n);
    }
}
