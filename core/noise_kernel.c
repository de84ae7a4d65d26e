/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normals and uniforms by counter; normals by six registers of pairs at a time. */
#include "core/noise_kernel.h"

#include <assert.h>

#include "core/normal_pair.h"

/* Rows m and m + 1, n registers at a time as long as there are so many, from particle p on; where
 * it ends. The second of a pair is not wanted in the last of an odd number of rows. */
FK_INLINE size_t rows(const size_t n, fk_key key, uint64_t first, uint64_t draw, fk_block z,
                      size_t m, size_t p)
{
    double *row = z.x + m * z.ld, *next = m + 1 < z.dim ? row + z.ld : NULL;
    for (; p + n * FK_VECTOR <= z.n; p += n * FK_VECTOR) {
        fk_vector c[FK_MOST_ABREAST], s[FK_MOST_ABREAST];
        fk_normal_pairs(n, key, first + p, draw, c, s);
        FK_UNROLLED(u, n) fk_store(row + p + u * FK_VECTOR, c[u]);
        if (next) FK_UNROLLED(u, n) fk_store(next + p + u * FK_VECTOR, s[u]);
    }
    return p;
}

void FK_KERNEL(fk_normals)(const void *self, size_t step, uint64_t first, fk_block z)
{
    const fk_key key = *(const fk_key *)self;
    for (size_t m = 0; m < z.dim; m += 2) {
        const uint64_t draw = (uint64_t)step << 32 | m >> 1;
        size_t p = rows(6, key, first, draw, z, m, 0);
        p = rows(4, key, first, draw, z, m, p);
        rows(2, key, first, draw, z, m, p);
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
        size_t p = share(6, key, first, draw, row, 0, z.n);
        p = share(2, key, first, draw, row, p, z.n);
        share(1, key, first, draw, row, p, z.n);
    }
}

void FK_KERNEL(fk_uniforms)(fk_key key, uint64_t first, uint64_t draw, double *u, size_t n)
{
    enum { WIDE = FK_LANES / FK_VECTOR };
    for (size_t p = 0; p < n; p += FK_LANES) {
        fk_words a[FK_MOST_ABREAST], b[FK_MOST_ABREAST];
        fk_threefry(WIDE, key, first + p, draw, a, b);
        FK_UNROLLED(w, WIDE) fk_store(u + p + w * FK_VECTOR, fk_uniform_of(a[w]));
    }
}
