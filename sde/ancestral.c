/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ancestral sampling (Ho, Jain and Abbeel 2020, algorithm 2) for any s and sigma: the posterior
 * mean E[x_u | x_t, x_0 = x0hat] = A sigma_u^2/sigma_t^2 x + s_u Q/sigma_t^2 x0hat =
 * sigma_u/sigma_t e^(-h) x + s_u (1 - e^(-2h)) x0hat plus noise of variance small    beta~ =
 * sigma_u^2 (1 - e^(-2h)), that of q(x_u | x_t, x_0) large    beta = Q optimal  beta~ + c^2 E|x_0 -
 * x0hat|^2/dim, c the weight of x0hat: the variance of x_u given x_t, averaged over x_t (Bao et al.
 * 2022, theorem 1), and exact on a Gaussian beta being that of the grid's own two nodes, not a
 * chain's one-step beta. A step to clean data has no noise (there algorithm 2 sets z = 0). */
#include <math.h>

#include "sde/nodes.h"
#include "sde/schemes.h"

static double small(const fk_step_at *at, double h)
{
    return fk_from(at)[1].sigma * sqrt(-expm1(-2 * h));
}

static double large(const fk_step_at *at, double h)
{
    return fk_from(at)[0].sigma * sqrt(-expm1(-2 * h));
}

static double optimal(const fk_step_at *at, double h)
{
    double c = fk_from(at)[1].s * -expm1(-2 * h);
    return hypot(small(at, h), c * sqrt(at->axis->facts[at->n].mmse));
}

static void step(const fk_step_at *at, double (*deviation)(const fk_step_at *, double),
                 fk_step *table)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double h = fk_lambda_step(at);
    table->stages = 1;
    table->stage[0].y.a = 1;
    fk_stage_x0(&table->stage[0], t->s, t->sigma);
    table->result.a = u->sigma / t->sigma * exp(-h);
    table->result.b[0] = u->s * -expm1(-2 * h);
    table->result.c[0] = u->sigma > 0 ? deviation(at, h) : 0;
    table->normals = 1;
    table->kernel[0] = FK_E;
}

static void step_small(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    step(at, small, table);
}

static void step_large(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    step(at, large, table);
}

static void step_optimal(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    step(at, optimal, table);
}

const fk_scheme fk_ancestral_small = {
    .row = {"ancestral-small", "DDPM's ancestral sampling with the posterior variance",
            "Ho, Jain and Abbeel 2020, algorithm 2", NULL},
    .strong_order = 1,
    .weak_order = 1,
    .own = FK_OWN_STRONG | FK_OWN_WEAK,
    .needs = FK_NODES,
    .step = step_small,
};

const fk_scheme fk_ancestral_large = {
    .row = {"ancestral-large", "DDPM's ancestral sampling with variance beta",
            "Ho, Jain and Abbeel 2020, algorithm 2", NULL},
    .strong_order = 1,
    .weak_order = 1,
    .own = FK_OWN_STRONG | FK_OWN_WEAK,
    .needs = FK_NODES,
    .step = step_large,
};

const fk_scheme fk_ancestral_optimal = {
    .row = {"ancestral-optimal", "ancestral sampling with the optimal variance (Analytic-DPM)",
            "Bao et al. 2022, theorem 1", NULL},
    .strong_order = 1,
    .weak_order = 1,
    .own = FK_OWN_STRONG | FK_OWN_WEAK,
    .needs = FK_NODES | FK_FACTS,
    .step = step_optimal,
};
