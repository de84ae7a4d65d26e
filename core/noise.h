/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise as a pure function of (seed, stream, particle, step): Threefry2x64-13 (Salmon, Moraes,
 * Dror, Shaw, SC'11) with key (seed, stream) and counter (particle, step << 32 | draw). One counter
 * gives two words and, by Box-Muller, one pair of standard normals. Normal number m = l*dim + i
 * (the l-th normal of the step, coordinate i) is member m & 1 of draw m >> 1, so that a scheme with
 * one normal more sees the others unchanged. In dimension 1 that would leave half of each pair
 * unused by schemes of one normal: there a run's particles 2j and 2j + 1 go as the two coordinates
 * of a particle j of dimension 2, so that normal l of particle p is member p & 1 of (p >> 1, step
 * << 32 | l). No result depends on threads, blocks or instruction sets. The errors of logarithm,
 * root, turn and product add up to 7.1 ulps of a normal at most (or 2^-53 of the radius, near a
 * zero); `make ulps` finds 4.1 in 1e9. */
#ifndef FK_CORE_NOISE_H
#define FK_CORE_NOISE_H

#include "core/error.h"
#include "core/field.h"

/* Streams: what a seed is used for. Two uses never share a stream. */
enum {
    FK_STREAM_STEPS = 0,
    FK_STREAM_START = 1,
    FK_STREAM_DATA = 2,
    FK_STREAM_BROWNIAN = 3,
    FK_STREAM_USER = 16
};

typedef struct {
    uint64_t seed, stream;
} fk_key;

/* The two words of a counter (scalar; the kernels agree with it bit for bit). */
void fk_random_words(fk_key key, uint64_t particle, uint64_t step, uint64_t draw, uint64_t word[2]);

/* A uniform in (0, 1), from the first word of a counter: (word >> 12 | 1/2) 2^-52. */
double fk_random_uniform(fk_key key, uint64_t particle, uint64_t step, uint64_t draw);
/* Those of particles first .. first+n-1; n a multiple of FK_LANES. */
void fk_random_uniforms(fk_key key, uint64_t first, uint64_t step, uint64_t draw, double *u,
                        size_t n);

/* Normals for particles first .. first+z.n-1 at one step: z has normals*dim rows, row m = l*dim +
 * i. No two particles share a pair. */
void fk_random_normals(fk_key key, uint64_t first, uint64_t step, fk_block z);

/* Where a run's normals come from. fill() writes all rows of z for one step; called from many
 * threads. */
typedef struct fk_noise {
    const void *self;
    void (*fill)(const void *self, size_t step, uint64_t first, fk_block z);
} fk_noise;

/* Independent draws under *key, which is borrowed, for particles of dimension dim: those of
 * fk_random_normals, but for dim 1, where `first` must be even and particles share pairs. */
fk_noise fk_noise_independent(const fk_key *key, size_t dim);

/* Normals given by a caller: z (steps, n, dim, normals), C order, borrowed. Particles >= n get 0.
 */
typedef struct {
    const double *z;
    size_t steps, n, dim, normals;
} fk_noise_table;
fk_noise fk_noise_given(const fk_noise_table *table);

#endif
