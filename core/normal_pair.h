/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the noise kernels: a pair of normals from one counter. Threefry2x64-13 (Salmon et al.
 * 2011, table 2 and section 3.3) and Box-Muller. The scalar reference is Random123's own, in
 * core/noise.c. */
#ifndef FK_CORE_NORMAL_PAIR_H
#define FK_CORE_NORMAL_PAIR_H

#include "core/noise.h"
#include "core/vmath.h"

static inline uint64_t fk_rotate(uint64_t x, int r)
{
    return x << r | x >> (64 - r);
}

/* Thirteen rounds; the key enters after every fourth. */
static inline void fk_threefry(fk_key key, uint64_t particle, uint64_t draw, uint64_t word[2])
{
    const uint64_t parity = 0x1bd11bdaa9fc1a22; /* of the key schedule (Skein 1.3) */
    const uint64_t k[3] = {key.seed, key.stream, parity ^ key.seed ^ key.stream};
    uint64_t a = particle + k[0], b = draw + k[1];
#define ROUND(r) (a += b, b = fk_rotate(b, r) ^ a)
    ROUND(16), ROUND(42), ROUND(12), ROUND(31);
    a += k[1], b += k[2] + 1;
    ROUND(16), ROUND(32), ROUND(24), ROUND(21);
    a += k[2], b += k[0] + 2;
    ROUND(16), ROUND(42), ROUND(12), ROUND(31);
    a += k[0], b += k[1] + 3;
    ROUND(16);
#undef ROUND
    word[0] = a, word[1] = b;
}

/* (word >> 12 | 1/2) 2^-52: the bits of a number in [1, 2), less 1 - 2^-53. Exact. */
static inline double fk_uniform(uint64_t word)
{
    return fk_from_bits(word >> 12 | 0x3ff0000000000000) - 0x1.fffffffffffffp-1;
}

static inline void fk_normal_pair(fk_key key, uint64_t particle, uint64_t draw, double *first,
                                  double *second)
{
    uint64_t word[2];
    double c, s;
    fk_threefry(key, particle, draw, word);
    double radius = sqrt(-2.0 * fk_lane_log(fk_uniform(word[0])));
    fk_lane_turn(fk_uniform(word[1]), &c, &s);
    *first = radius * c, *second = radius * s;
}

#endif
