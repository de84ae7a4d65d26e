/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/exponential.h"

#include <assert.h>
#include <math.h>

#include "schedules/phi.h"

fk_transfer fk_transfer_between(fk_output form, const fk_coeffs *t, const fk_coeffs *u)
{
    assert(form == FK_EPS || form == FK_X0);
    const double h = u->lambda - t->lambda, share = -expm1(-h); /* 1 - rho_u/rho_t */
    if (form == FK_X0) return (fk_transfer){u->sigma / t->sigma, u->s * share, -h};
    const double ratio = u->s / t->s;
    return (fk_transfer){ratio, -ratio * t->sigma * share, h};
}

void fk_model_output(fk_output form, const fk_coeffs *at, fk_stage *stage)
{
    assert(form == FK_EPS || form == FK_X0);
    stage->s = at->s;
    stage->sigma = at->sigma;
    stage->p = form == FK_X0 ? 1 / at->s : 0;
    stage->q = form == FK_X0 ? at->sigma * at->sigma / at->s : -at->sigma;
}

/* A method: its abscissae, and the weights w[i] of stage i > 0, w[stages] of the result. Each row
 * sums to 1; what multiplies it is `total` from the step's start to the stage. */
enum { STAGES = 4 };
typedef struct {
    size_t stages;
    double c[STAGES];
    void (*weigh)(double z, double w[STAGES + 1][STAGES]);
} method;

/* phi_k(z)/phi_1(z) */
static double relative_phi(int k, double z)
{
    return fk_phi(k, z) / fk_phi(1, z);
}

/* DPM-Solver-2 with r_1 = 1/2 (Lu et al. 2022, algorithm 1): the midpoint rule. */
static void weigh_two(double z, double w[STAGES + 1][STAGES])
{
    (void)z;
    w[1][0] = 1;
    w[2][1] = 1;
}

/* DPM-Solver-3 with r_1 = 1/3, r_2 = 2/3 (Lu et al. 2022, algorithm 2), where
 *     (e^y - 1)/y - 1 = y phi_2(y). */
static void weigh_three(double z, double w[STAGES + 1][STAGES])
{
    const double r1 = 1. / 3, r2 = 2. / 3;
    w[1][0] = 1;
    w[2][1] = r2 / r1 * relative_phi(2, r2 * z);
    w[2][0] = 1 - w[2][1];
    w[3][2] = relative_phi(2, z) / r2;
    w[3][0] = 1 - w[3][2];
}

/* ETD4RK (Cox and Matthews 2002, eq. 26 to 29), the classical Runge-Kutta method at z = 0. Its
 * third stage has the weights phi_1(z/2) (e^(z/2) - 1)/2 and phi_1(z/2), to be divided by phi_1(z)
 * = phi_1(z/2) (e^(z/2) + 1)/2. */
static void weigh_four(double z, double w[STAGES + 1][STAGES])
{
    const double phi2 = relative_phi(2, z), phi3 = relative_phi(3, z);
    w[1][0] = 1;
    w[2][1] = 1;
    w[3][0] = tanh(z / 4);
    w[3][2] = 1 - w[3][0];
    w[4][0] = 1 - 3 * phi2 + 4 * phi3;
    w[4][1] = w[4][2] = 2 * phi2 - 4 * phi3;
    w[4][3] = 4 * phi3 - phi2;
}

static const method methods[] = {
    {2, {0, 1. / 2}, weigh_two},
    {3, {0, 1. / 3, 2. / 3}, weigh_three},
    {4, {0, 1. / 2, 1. / 2, 1}, weigh_four},
};

/* The coefficients at lambda_t + c h: at the ends the nodes themselves, and never outside them. */
static fk_coeffs coeffs_at(const fk_step_at *at, double c)
{
    const fk_coeffs *node = at->axis->node + at->n;
    const fk_schedule *schedule = at->axis->schedule;
    const double *t = at->axis->t + at->n;
    if (c == 0) return node[0];
    if (c == 1) return node[1];
    double between = schedule->time_of(schedule, (1 - c) * node[0].lambda + c * node[1].lambda);
    return fk_schedule_at(schedule, fmin(fmax(between, t[1]), t[0]));
}

/* y = ratio x + total sum_{j<n} w_j M_j; with M_0 known, M_j is the table's stage j - 1. */
static void combine(fk_transfer over, const double *w, size_t n, bool known, fk_combination *y)
{
    y->a = over.ratio;
    for (size_t j = 0; j < n; j++)
        *(known ? j == 0 ? &y->d[0] : &y->b[j - 1] : &y->b[j]) = over.total * w[j];
}

void fk_single_step(fk_output form, size_t order, bool known, const fk_step_at *at, fk_step *table)
{
    assert(order >= 2 && order <= 4);
    const method *rk = &methods[order - 2];
    const fk_coeffs *t = at->axis->node + at->n, *u = t + 1;
    const fk_transfer whole = fk_transfer_between(form, t, u);
    double w[STAGES + 1][STAGES] = {{0}};
    rk->weigh(whole.z, w);
    fk_stage *stage = table->stage;
    for (size_t i = known; i < rk->stages; i++, stage++) {
        fk_coeffs here = coeffs_at(at, rk->c[i]);
        fk_model_output(form, &here, stage);
        if (i == 0)
            stage->y.a = 1;
        else
            combine(fk_transfer_between(form, t, &here), w[i], i, known, &stage->y);
    }
    combine(whole, w[rk->stages], rk->stages, known, &table->result);
    table->stages = rk->stages - known;
    table->history = known;
}
