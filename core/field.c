/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/field.h"

#include <stdlib.h>

void fk_field_eval_each(const fk_field *field, const double *s, const double *sigma, size_t n,
                        fk_block x, fk_block score, double *divergence)
{
    if (field->eval_each) {
        field->eval_each(field->self, s, sigma, x, score, divergence);
        return;
    }
    const size_t dim = field->dim;
    double *point = fk_alloc(2 * dim * FK_LANES + fk_pad(dim), sizeof *point);
    const fk_block one = {point, FK_LANES, dim, FK_LANES},
                   there = {point + dim * FK_LANES, FK_LANES, dim, FK_LANES};
    double *alone = point + 2 * dim * FK_LANES;
    void *frozen = fk_alloc(field->frozen_size, 1);
    for (size_t p = 0; p < n; p++) {
        for (size_t i = 0; i < dim; i++) one.x[i * FK_LANES] = alone[i] = x.x[i * x.ld + p];
        field->freeze(field->self, s[p], sigma[p], frozen);
        field->eval(field->self, frozen, one, there);
        for (size_t i = 0; i < dim; i++) score.x[i * score.ld + p] = there.x[i * FK_LANES];
        if (divergence) divergence[p] = field->divergence(field->self, s[p], sigma[p], alone);
    }
    free(frozen);
    free(point);
}
