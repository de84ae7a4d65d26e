/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/source.h"

#include <math.h>

static void fill(const void *self, uint64_t first, fk_block x)
{
    const fk_gaussian_start *g = self;
    fk_random_normals((fk_key){g->seed, FK_STREAM_START}, first, 0, x);
    for (size_t i = 0; i < x.dim; i++)
        for (size_t p = 0; p < x.n; p++)
            x.x[i * x.ld + p] = fma(g->std, x.x[i * x.ld + p], g->mean);
}

fk_source fk_source_gaussian(const fk_gaussian_start *start)
{
    return (fk_source){.self = start, .fill = fill};
}
