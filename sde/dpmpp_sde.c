/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDE-DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095), multistep of two and three. With
 * eta2 = eta^2 the exact solution of the family over a step, z = (1 + eta2) h, is
 *     x' = sigma_u/sigma_t e^(-eta2 h) x + s_u int_0^1 z e^(-z (1 - theta)) D(theta) dtheta
 *          + sigma_u sqrt(1 - e^(-2 eta2 h)) Z,   D = x0hat along the path, theta from t to u.
 * D(theta) is D + d1 theta + d2 theta^2/2 from divided differences of the last outputs, whose
 * weights are then z phi_1, z phi_2 and z phi_3 at -z. 2M as published puts D + d1/2 in the place
 * of D, which agrees with z phi_2 = z/2 + O(z^2) to second order. With r = h_1/h and q = h_2/h, d1
 * = (D - D_1)/r + r/(r + q) e,   d2 = 2 e/(r + q),   e = (D - D_1)/r - (D_1 - D_2)/q: the 2 is
 * missing in code that is in wide use, which makes it an order lower without noise. Noise of
 * earlier steps lies in the differences, so that the third output gains accuracy but no order where
 * eta2 > 0. A run begins with lower orders; a step to clean data (h infinite) is the first-order
 * one, x' = D. */
#include <math.h>

#include "schedules/phi.h"
#include "sde/family.h"
#include "sde/nodes.h"
#include "sde/schemes.h"

static const fk_param params[] = {{"eta2", 1, NULL}, {NULL, 0, NULL}};

static int check(const fk_scheme *self, fk_error *err)
{
    double eta2 = self->param[0];
    if (eta2 >= 0 && isfinite(eta2)) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "scheme '%s': eta2 = %g, but eta2 >= 0 is needed (0: no noise, 1: the reverse "
                   "SDE)",
                   self->row.name, eta2);
}

/* Add weight w times a linear combination (c0, c1, c2) of D, D_1, D_2 to the result. */
static void add(fk_combination *to, double w, double c0, double c1, double c2)
{
    to->b[0] += w * c0;
    to->d[0] += w * c1;
    to->d[1] += w * c2;
}

/* Everything of first order; returns how many earlier outputs the step may use. */
static size_t first_order(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double eta2 = self->param[0], h = fk_lambda_step(at);
    table->stages = 1;
    table->stage[0].y.a = 1;
    table->stage[0].push = true;
    fk_stage_x0(&table->stage[0], t->s, t->sigma);
    if (u->sigma > 0) { /* at eta2 = 0 and h = inf the products below are no numbers */
        table->result.a = u->sigma / t->sigma * exp(-eta2 * h);
        table->result.c[0] = u->sigma * sqrt(-expm1(-2 * eta2 * h));
    }
    table->result.b[0] = u->s * -expm1(-(1 + eta2) * h);
    table->normals = eta2 > 0;
    table->kernel[0] = FK_E;
    table->history = u->sigma > 0 ? at->past : 0;
    return table->history;
}

/* The step in lambda that led to node n - k, over that which leaves node n. */
static double ratio(const fk_step_at *at, size_t k)
{
    const fk_coeffs *node = fk_from(at) - k;
    return (node[0].lambda - node[-1].lambda) / fk_lambda_step(at);
}

static void step_2m(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    if (first_order(self, at, table) == 0) return;
    double half = table->result.b[0] / 2, r = ratio(at, 0);
    add(&table->result, half, 1 / r, -1 / r, 0);
}

static void step_3m(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    size_t past = first_order(self, at, table);
    if (past == 0) return;
    const double z = (1 + self->param[0]) * fk_lambda_step(at), r = ratio(at, 0);
    const double linear = fk_from(at)[1].s * z * fk_phi(2, -z);
    const double square = fk_from(at)[1].s * z * fk_phi(3, -z);
    add(&table->result, linear, 1 / r, -1 / r, 0);
    if (past == 1) return;
    const double q = ratio(at, 1);
    add(&table->result, (linear * r + square * 2) / (r + q), 1 / r, -1 / r - 1 / q, 1 / q);
}

/* Without noise it is a method of order 3. */
static void prepare_3m(fk_scheme *self)
{
    if (self->param[0] != 0) return;
    self->weak_order = 3;
    fk_family_prepare(self);
}

const fk_scheme fk_dpmpp_2m_sde = {
    .row = {"dpmpp-2m-sde", "SDE-DPM-Solver++(2M); eta2 is the square of eta",
            "Lu et al. 2022, arXiv 2211.01095", params},
    .strong_order = 1,
    .weak_order = 2,
    .start_order = 1,
    .own = FK_OWN_STRONG | FK_OWN_WEAK,
    .needs = FK_NODES,
    .depth = 1,
    .lag = 1,
    .output = FK_X0,
    .param = {1},
    .check = check,
    .prepare = fk_family_prepare,
    .step = step_2m,
};

const fk_scheme fk_dpmpp_3m_sde = {
    .row = {"dpmpp-3m-sde", "the same with three outputs (3M)",
            "after Lu et al. 2022, arXiv 2211.01095", params},
    .strong_order = 1,
    .weak_order = 2,
    .start_order = 1,
    .own = FK_OWN_STRONG | FK_OWN_WEAK,
    .needs = FK_NODES,
    .depth = 2,
    .lag = 1,
    .output = FK_X0,
    .param = {1},
    .check = check,
    .prepare = prepare_3m,
    .step = step_3m,
};
