/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/history.h"

#include <assert.h>

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

size_t fk_history_stages(const fk_axis *axis, const fk_scheme *scheme, double eta,
                         fk_stage stage[FK_MAX_HISTORY])
{
    assert(scheme->depth <= FK_MAX_HISTORY && scheme->lag + scheme->depth <= axis->past + 1);
    for (size_t h = 0; h < scheme->depth; h++)
        stage[h] = output(scheme->output, axis->node - scheme->lag - h, eta);
    return scheme->depth;
}
