/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/draws.h"

#include <assert.h>
#include <stdlib.h>

#include "core/combine.h"

static void fill(const void *self, uint64_t first, fk_block x)
{
    const fk_marginal_start *m = self;
    const fk_block x0 = {fk_alloc(x.dim * x.n, sizeof(double)), x.n, x.dim, x.n};
    assert(x.dim == m->mixture->dim);
    fk_random_normals((fk_key){m->seed, FK_STREAM_START}, first, 0, x);
    fk_mixture_draws(m->mixture, m->seed, FK_STREAM_DATA, first, x0);
    for (size_t i = 0; i < x.dim; i++) {
        double *row = x.x + i * x.ld;
        const fk_term term[] = {{m->sigma, row}, {m->s, x0.x + i * x.n}};
        (void)FK_CHOOSE_KERNEL(fk_combine)(row, x.n, term, 2, NULL);
    }
    free(x0.x);
}

fk_source fk_source_marginal(const fk_marginal_start *start)
{
    return (fk_source){.self = start, .fill = fill};
}
