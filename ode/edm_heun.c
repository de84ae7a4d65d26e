/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EDM's deterministic sampler (Karras et al. 2022, algorithm 1 with the choices of its table 1 for
 * "Ours"), in y = x/s and rho = sigma/s, where any schedule's flow is dy/drho = epshat: Heun's rule
 *     y' = y + (rho_u - rho_t) (eps_t + eps_u)/2,
 * and Euler's for a step to rho_u = 0, where epshat has no meaning: 2N - 1 evaluations then. */
#include "ode/exponential.h"
#include "ode/schemes.h"

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = at->axis->node + at->n, *u = t + 1;
    const fk_transfer over = fk_transfer_between(self->output, t, u);
    const fk_combination euler = {.a = over.ratio, .b = {over.total}};
    table->stages = u->sigma > 0 ? 2 : 1;
    table->stage[0].y.a = 1;
    fk_model_output(self->output, t, &table->stage[0]);
    table->result = euler;
    if (table->stages == 1) return;
    table->stage[1].y = euler;
    fk_model_output(self->output, u, &table->stage[1]);
    table->result.b[0] = table->result.b[1] = over.total / 2;
}

const fk_scheme fk_edm_heun = {
    .row = {"edm-heun", "Heun in sigma/s, Euler to sigma = 0", "Karras et al. 2022, algorithm 1",
            NULL},
    .strong_order = 2,
    .weak_order = 2,
    .needs = FK_NODES,
    .output = FK_EPS,
    .step = step,
};
