/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Euler-Maruyama, coefficients frozen at the node that the step leaves:
 *     x' = x + dt drift(t, x) + eta g(t) sqrt|dt| z
 * Kloeden and Platen 1992, section 10.2: strong order 1/2, and 1 where the noise is additive, as
 * here; weak order 1. */
#include <math.h>

#include "sde/family.h"
#include "sde/schemes.h"

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const double eta = self->param[0], *t = at->axis->t + at->n, dt = t[1] - t[0];
    const fk_coeffs *node = at->axis->node + at->n;
    table->stages = 1;
    table->stage[0].y.a = 1;
    fk_family_drift(eta, node, &table->stage[0]);
    table->result.a = 1;
    table->result.b[0] = dt;
    table->result.c[0] = eta * sqrt(node->g2 * -dt);
    fk_family_noise(eta, table);
}

const fk_scheme fk_euler_maruyama = {
    .row = {"euler-maruyama", "Euler-Maruyama on the eta family (1: the reverse SDE)",
            "Kloeden and Platen 1992, section 10.2", fk_family_params},
    .strong_order = 1,
    .weak_order = 1,
    .needs = FK_F_G2,
    .param = {1},
    .step = step,
    .check = fk_family_check,
    .prepare = fk_family_prepare,
};
