/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static fk_stage output(fk_output kind, const fk_coeffs *c, double eta)
{
    fk_stage M = {.s = c->s, .sigma = c->sigma, .q = 1};
    switch (kind) {
    case FK_SCORE:
        break;
    case FK_EPS:
        M.q = -c->sigma;
        break;
    case FK_X0:
        M.p = 1 / c->s, M.q = c->sigma * c->sigma / c->s;
        break;
    case FK_V: /* s eps - sigma x0hat */
        M.p = -c->sigma / c->s, M.q = -c->sigma * (c->s + c->sigma * c->sigma / c->s);
        break;
    case FK_DRIFT:
        M.p = c->f, M.q = -(1 + eta * eta) / 2 * c->g2;
        break;
    }
    return M;
}

fk_history fk_history_exact(const fk_axis *axis, const fk_scheme *scheme, double eta)
{
    assert(scheme->depth <= FK_MAX_HISTORY);
    assert(scheme->depth == 0 || scheme->lag + scheme->depth <= axis->past + 1);
    fk_history history = {.depth = scheme->depth, .eta = eta};
    for (size_t h = 0; h < scheme->depth; h++)
        history.entry[h] = output(scheme->output, axis->node - scheme->lag - h, eta);
    return history;
}

void fk_history_value(const fk_stage *entry, const fk_field *field, size_t n, const double *y,
                      double *out)
{
    const size_t padded = fk_pad(n);
    void *frozen = fk_alloc(1, field->frozen_size);
    double *at = fk_alloc(2 * padded, sizeof *at), *score = at + padded;
    memcpy(at, y, n * sizeof *y);
    field->freeze(field->self, entry->s, entry->sigma, frozen);
    field->eval(field->self, frozen, (fk_block){at, padded, 1, padded},
                (fk_block){score, padded, 1, padded});
    for (size_t i = 0; i < n; i++) out[i] = entry->p * at[i] + entry->q * score[i];
    free(frozen), free(at);
}
