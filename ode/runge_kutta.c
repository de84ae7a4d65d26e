/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Explicit Runge-Kutta methods for the probability-flow ODE, from their Butcher tableaus:
 *     k_i = drift(t + c_i dt, x + dt sum_{j<i} a_ij k_j),   x' = x + dt sum_i b_i k_i,
 *     drift = f x - g^2/2 score. */
#include "ode/schemes.h"

static const fk_butcher euler = {.stages = 1, .b = {1}};

static const fk_butcher midpoint = {
    .stages = 2, .c = {0, 1. / 2}, .a = {{0}, {1. / 2}}, .b = {0, 1}};

static const fk_butcher heun = {.stages = 2, .c = {0, 1}, .a = {{0}, {1}}, .b = {1. / 2, 1. / 2}};

static const fk_butcher bs3 = {.stages = 3,
                               .c = {0, 1. / 2, 3. / 4},
                               .a = {{0}, {1. / 2}, {0, 3. / 4}},
                               .b = {2. / 9, 1. / 3, 4. / 9}};

static const fk_butcher rk4 = {.stages = 4,
                               .c = {0, 1. / 2, 1. / 2, 1},
                               .a = {{0}, {1. / 2}, {0, 1. / 2}, {0, 0, 1}},
                               .b = {1. / 6, 1. / 3, 1. / 3, 1. / 6}};

/* Without its seventh stage, which only estimates the error. */
static const fk_butcher dp5 = {
    .stages = 6,
    .c = {0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1},
    .a = {{0},
          {1. / 5},
          {3. / 40, 9. / 40},
          {44. / 45, -56. / 15, 32. / 9},
          {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
          {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656}},
    .b = {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84}};

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_butcher *rk = self->constants;
    const double *t = at->axis->t + at->n, dt = t[1] - t[0];
    table->stages = rk->stages;
    table->result.a = 1;
    for (size_t i = 0; i < rk->stages; i++) {
        fk_coeffs here = fk_step_coeffs(at, rk->c[i]);
        fk_stage *stage = &table->stage[i];
        stage->s = here.s;
        stage->sigma = here.sigma;
        stage->p = here.f;
        stage->q = -here.g2 / 2;
        stage->y.a = 1;
        for (size_t j = 0; j < i; j++) stage->y.b[j] = dt * rk->a[i][j];
        table->result.b[i] = dt * rk->b[i];
    }
}

const fk_butcher *fk_ode_tableau(const fk_scheme *scheme)
{
    return scheme->step == step ? scheme->constants : NULL;
}

#define RUNGE_KUTTA(tableau_, order_, name_, says_, source_)                                       \
    {                                                                                              \
        .row = {name_, says_, source_, NULL}, .strong_order = order_, .weak_order = order_,        \
        .needs = FK_F_G2, .output = FK_DRIFT, .constants = &tableau_, .step = step                 \
    }

const fk_scheme fk_euler = RUNGE_KUTTA(euler, 1, "euler", "Euler", "Euler 1768");
const fk_scheme fk_midpoint =
    RUNGE_KUTTA(midpoint, 2, "midpoint", "explicit midpoint rule", "Runge 1895");
const fk_scheme fk_heun =
    RUNGE_KUTTA(heun, 2, "heun", "Heun's explicit trapezium rule", "Heun 1900");
const fk_scheme fk_bs3 =
    RUNGE_KUTTA(bs3, 3, "bs3", "Bogacki-Shampine, fixed steps", "Bogacki and Shampine 1989");
const fk_scheme fk_rk4 =
    RUNGE_KUTTA(rk4, 4, "rk4", "the classical Runge-Kutta method", "Kutta 1901");
const fk_scheme fk_dp5 =
    RUNGE_KUTTA(dp5, 5, "dp5", "Dormand-Prince, fixed steps", "Dormand and Prince 1980");
