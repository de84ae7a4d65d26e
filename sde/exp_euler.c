/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first-order exponential integrator of the reverse SDE: its linear part is solved exactly, and
 * the model output is frozen over the step. Either eps (SEEDS-1, Gonzalez et al. 2023, and the
 * first-order SDE-DPM-Solver of Lu et al. 2022),
 *     x' = s_u/s_t x - 2 sigma_u (e^h - 1) epshat + sigma_u sqrt(e^(2h) - 1) z,
 * here by sigma_u e^h = s_u sigma_t/s_t in a form that holds at sigma_u = 0, h = inf too; or x0hat,
 *     x' = sigma_u/sigma_t e^(-h) x + s_u (1 - e^(-2h)) x0hat + sigma_u sqrt(1 - e^(-2h)) z,
 * which is ancestral sampling with the posterior variance, and whose z is exactly the increment in
 * the clock 1/rho^2. Frozen eps asks for the clock rho^2; taking the other costs a local error of
 * h^(3/2) and mean zero, and leaves strong order 1. */
#include <math.h>

#include "sde/nodes.h"
#include "sde/schemes.h"

static const fk_param params[] = {{"freeze", 0, "eps|x0"}, {NULL, 0, NULL}};
enum { EPS };

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double h = fk_lambda_step(at), start = u->s * (t->sigma / t->s); /* sigma_u e^h */
    const double spread = sqrt(-expm1(-2 * h));
    table->stages = 1;
    table->stage[0].y.a = 1;
    if (self->param[0] == EPS) {
        fk_stage_eps(&table->stage[0], t->s, t->sigma);
        table->result =
            (fk_combination){.a = u->s / t->s, .b = {2 * start * expm1(-h)}, .c = {start * spread}};
    } else {
        fk_stage_x0(&table->stage[0], t->s, t->sigma);
        table->result = (fk_combination){.a = u->sigma / t->sigma * exp(-h),
                                         .b = {u->s * -expm1(-2 * h)},
                                         .c = {u->sigma * spread}};
    }
    table->normals = 1;
    table->kernel[0] = FK_E;
}

const fk_scheme fk_exp_euler = {
    .row = {"exp-euler", "exponential Euler of the reverse SDE, eps (or x0hat) frozen",
            "Gonzalez et al. 2023 (SEEDS-1)", params},
    .strong_order = 1,
    .weak_order = 1,
    .needs = FK_NODES,
    .step = step,
};
