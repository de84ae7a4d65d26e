/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/noise.h"

#include <Random123/threefry.h>
#include <assert.h>

#include "core/noise_kernel.h"

void fk_random_words(fk_key key, uint64_t particle, uint64_t step, uint64_t draw, uint64_t word[2])
{
    assert(step >> 32 == 0 && draw >> 32 == 0);
    threefry2x64_ctr_t counter = {{particle, step << 32 | draw}};
    threefry2x64_key_t k = {{key.seed, key.stream}};
    threefry2x64_ctr_t out = threefry2x64_R(13, counter, k);
    word[0] = out.v[0], word[1] = out.v[1];
}

double fk_random_uniform(fk_key key, uint64_t particle, uint64_t step, uint64_t draw)
{
    uint64_t word[2];
    fk_random_words(key, particle, step, draw, word);
    return ((double)(word[0] >> 12) + 0.5) * 0x1p-52;
}

void fk_random_uniforms(fk_key key, uint64_t first, uint64_t step, uint64_t draw, double *u,
                        size_t n)
{
    assert(step >> 32 == 0 && draw >> 32 == 0 && n % FK_LANES == 0);
    FK_CHOOSE_KERNEL(fk_uniforms)(key, first, step << 32 | draw, u, n);
}

void fk_random_normals(fk_key key, uint64_t first, uint64_t step, fk_block z)
{
    assert(step >> 32 == 0 && z.n % FK_LANES == 0);
    FK_CHOOSE_KERNEL(fk_normals)(&key, step, first, z);
}

fk_noise fk_noise_independent(const fk_key *key, size_t dim)
{
    return (fk_noise){.self = key,
                      .fill = dim == 1 ? FK_CHOOSE_KERNEL(fk_normals_shared)
                                       : FK_CHOOSE_KERNEL(fk_normals)};
}

static void fill_given(const void *self, size_t step, uint64_t first, fk_block z)
{
    const fk_noise_table *t = self;
    assert(step < t->steps && z.dim <= t->dim * t->normals);
    for (size_t m = 0; m < z.dim; m++) {
        size_t l = m / t->dim, i = m % t->dim;
        for (size_t p = 0; p < z.n; p++) {
            uint64_t id = first + p;
            bool real = id < t->n;
            z.x[m * z.ld + p] =
                real ? t->z[((step * t->n + id) * t->dim + i) * t->normals + l] : 0.0;
        }
    }
}

fk_noise fk_noise_given(const fk_noise_table *table)
{
    return (fk_noise){.self = table, .fill = fill_given};
}
