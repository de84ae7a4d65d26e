/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stochastic Heun for additive noise: one normal z, in predictor and corrector alike,
 *     y  = x + dt a(t, x) + sqrt(q) z,          q = eta^2 |dt| (g^2(t) + g^2(t')) / 2
 *     x' = x + dt (a(t, x) + a(t', y)) / 2 + sqrt(q) z
 * with a the drift. That is Platen's method of weak order 2 (Kloeden and Platen 1992, eq. 15.1.4)
 * for a coefficient that moves with t, but for q: the trapezium rule for the variance, where the
 * average of the two g would be below it by dt (g(t') - g(t))^2 / 4 = O(dt^3). Strong order 1. */
#include <math.h>

#include "sde/family.h"
#include "sde/schemes.h"

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const double eta = self->param[0], *t = at->axis->t + at->n, dt = t[1] - t[0];
    const fk_coeffs *node = at->axis->node + at->n;
    const double noise = eta * sqrt(-dt * (node[0].g2 + node[1].g2) / 2);
    table->stages = 2;
    table->stage[0].y.a = 1;
    fk_family_drift(eta, &node[0], &table->stage[0]);
    table->stage[1].y = (fk_combination){.a = 1, .b = {dt}, .c = {noise}};
    fk_family_drift(eta, &node[1], &table->stage[1]);
    table->result = (fk_combination){.a = 1, .b = {dt / 2, dt / 2}, .c = {noise}};
    fk_family_noise(eta, table);
}

const fk_scheme fk_heun_sde = {
    .row = {"heun-sde", "stochastic Heun for additive noise on the eta family",
            "Kloeden and Platen 1992, eq. 15.1.4", fk_family_params},
    .strong_order = 1,
    .weak_order = 2,
    .own = FK_OWN_STRONG,
    .needs = FK_F_G2,
    .param = {1},
    .step = step,
    .check = fk_family_check,
    .prepare = fk_family_prepare,
};
