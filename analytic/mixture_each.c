/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/mixture_each.h"

#include <stdlib.h>

/* Scratch on the stack, doubles: half of a first-level cache, a tile of 32 components up to
 * dimension 5. A mixture of more than 35 dimensions gets it from the heap, once a block. */
enum { STACK = 256 * FK_LANES, MAX_TILE = 32 };

void fk_mixture_eval_each(const void *self, const double *s, const double *sigma, fk_block x,
                          fk_block score, double *divergence)
{
    const fk_mixture *m = self;
    _Alignas(FK_ALIGN) double stack[STACK];
    size_t tile = m->k < MAX_TILE ? m->k : MAX_TILE;
    while (tile > 1 && fk_mixture_each_scratch(m->dim, tile) > STACK) tile--;
    const size_t size = fk_mixture_each_scratch(m->dim, tile);
    double *scratch = size <= STACK ? stack : fk_alloc(size, sizeof *scratch);
    FK_CHOOSE_KERNEL(fk_mixture_each)(m, s, sigma, x, score, divergence, tile, scratch);
    if (scratch != stack) free(scratch);
}
