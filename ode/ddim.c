/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM (Song, Meng and Ermon 2021, eq. 12 and 16) for any s and sigma, from node t to node u:
 *     x' = s_u x0hat + sqrt(sigma_u^2 - q) epshat + sqrt(q) z,   epshat = (x - s_t x0hat)/sigma_t,
 *     q  = eta^2 sigma_u^2 (1 - e^(-2h)),                        h = lambda_u - lambda_t.
 * On VP, e^(-2h) = (1 - ab_u) ab_t / ((1 - ab_t) ab_u), so q is the published
 * eta^2 (1 - ab_u)/(1 - ab_t) (1 - ab_t/ab_u). With k^2 = 1 - q/sigma_u^2 the step is
 *     x' = k sigma_u/sigma_t x + s_u (1 - k e^(-h)) x0hat + sqrt(q) z,
 * which holds at sigma_u = 0 (h = inf) too, where it returns x0hat. eta = 0 is the first-order
 * exponential integrator of the probability-flow ODE; eta = 1 on a chain is ancestral sampling with
 * the posterior variance, and its z then is exactly the increment in the clock s^2/sigma^2. */
#include <math.h>

#include "ode/schemes.h"

static const fk_param params[] = {{"eta", 0, NULL}, {NULL, 0, NULL}};

static int check(const fk_scheme *self, fk_error *err)
{
    double eta = self->param[0];
    if (eta >= 0 && eta <= 1) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "scheme 'ddim': eta = %g is not between 0 (deterministic) and 1 "
                   "(ancestral)",
                   eta);
}

/* With noise it has a strong order, which nobody claims. */
static void prepare(fk_scheme *self)
{
    if (self->param[0] == 0) return;
    self->strong_order = 1;
    self->own = FK_OWN_STRONG | FK_OWN_WEAK;
}

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = at->axis->node + at->n, *u = t + 1;
    const double eta2 = self->param[0] * self->param[0], h = u->lambda - t->lambda;
    const double share = -eta2 * expm1(-2 * h);             /* q / sigma_u^2 */
    const double k = sqrt((1 - eta2) + eta2 * exp(-2 * h)); /* all terms positive */
    const double one_less = -expm1(log1p(-share) / 2 - h);  /* 1 - k e^-h */
    table->stages = 1;
    table->stage[0].y.a = 1;
    table->stage[0].s = t->s;
    table->stage[0].sigma = t->sigma;
    table->stage[0].p = 1 / t->s; /* M = x0hat */
    table->stage[0].q = t->sigma * t->sigma / t->s;
    table->result.a = k * (u->sigma / t->sigma);
    table->result.b[0] = u->s * one_less;
    table->result.c[0] = u->sigma * sqrt(share);
    table->normals = eta2 > 0;
    table->kernel[0] = FK_E;
}

const fk_scheme fk_ddim = {
    .row = {"ddim", "DDIM, eta from 0 (deterministic) to 1 (ancestral)",
            "Song, Meng and Ermon 2021, eq. 12, 16", params},
    .strong_order = NAN,
    .weak_order = 1,
    .needs = FK_NODES,
    .step = step,
    .check = check,
    .prepare = prepare,
};
