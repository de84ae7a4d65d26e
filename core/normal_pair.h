/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the noise kernels: pairs of normals from counters. Threefry2x64-13 (Salmon et al. 2011,
 * table 2 and section 3.3) and Box-Muller. The scalar reference is Random123's own, in
 * core/noise.c.
 */
#ifndef FK_CORE_NORMAL_PAIR_H
#define FK_CORE_NORMAL_PAIR_H

#include "core/noise.h"
#include "core/vector_math.h"

/* Thirteen rounds for the counters (particle + 0 .. n FK_VECTOR - 1, draw); the key enters after
 * every fourth. */
FK_INLINE void fk_threefry(const size_t n, fk_key key, uint64_t particle, uint64_t draw,
                           fk_words *a, fk_words *b)
{
    const uint64_t parity = 0x1bd11bdaa9fc1a22; /* of the key schedule (Skein 1.3) */
    const uint64_t k[3] = {key.seed, key.stream, parity ^ key.seed ^ key.stream};
    fk_words lane = {0};
    for (size_t l = 0; l < FK_VECTOR; l++) lane[l] = l;
    FK_UNROLLED(u, n) a[u] = lane + fk_splat_word(u * FK_VECTOR + particle + k[0]);
    FK_UNROLLED(u, n) b[u] = fk_splat_word(draw + k[1]);
#define ROUND(r)                                                                                   \
    FK_UNROLLED(u, n) a[u] += b[u];                                                                \
    FK_UNROLLED(u, n) b[u] = fk_rotate(b[u], r) ^ a[u]
#define INJECT(i, j, s)                                                                            \
    FK_UNROLLED(u, n) a[u] += fk_splat_word(k[i]), b[u] += fk_splat_word(k[j] + (s))
    ROUND(16);
    ROUND(42);
    ROUND(12);
    ROUND(31);
    INJECT(1, 2, 1);
    ROUND(16);
    ROUND(32);
    ROUND(24);
    ROUND(21);
    INJECT(2, 0, 2);
    ROUND(16);
    ROUND(42);
    ROUND(12);
    ROUND(31);
    INJECT(0, 1, 3);
    ROUND(16);
#undef INJECT
#undef ROUND
}

/* (word >> 12 | 1/2) 2^-52: the bits of a number in [1, 2), less 1 - 2^-53. Exact. */
FK_INLINE fk_vector fk_uniform_of(fk_words word)
{
    return (fk_vector)(word >> 12 | fk_splat_word(FK_ONE_BITS)) - fk_splat(0x1.fffffffffffffp-1);
}

/* Both normals of n FK_VECTOR counters. */
FK_INLINE void fk_normal_pairs(const size_t n, fk_key key, uint64_t particle, uint64_t draw,
                               fk_vector *first, fk_vector *second)
{
    fk_words a[FK_MOST_ABREAST], b[FK_MOST_ABREAST];
    fk_vector radius[FK_MOST_ABREAST], angle[FK_MOST_ABREAST];
    fk_threefry(n, key, particle, draw, a, b);
    FK_UNROLLED(u, n) radius[u] = fk_uniform_of(a[u]), angle[u] = fk_uniform_of(b[u]);
    fk_vector_log_times(n, -2, radius);
    FK_UNROLLED(u, n) radius[u] = fk_vector_sqrt(radius[u]);
    fk_vector_turn(n, angle, first, second);
    FK_UNROLLED(u, n) first[u] = radius[u] * first[u], second[u] = radius[u] * second[u];
}

#endif
