/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mistakes that stood, or stand, in public code as samplers, each of which passed its own project's
 * tests. They are the controls of the certificate, and no product code path. */
#include <math.h>

#include "claims/certificate.h"
#include "ode/schemes.h"
#include "schedules/phi.h"
#include "sde/additive.h"
#include "sde/family.h"
#include "sde/nodes.h"
#include "sde/schemes.h"

/* lambda_(n-back) - lambda_(n-back-1): steps before the one that leaves node n. */
static double step_to(const fk_step_at *at, long back)
{
    const fk_coeffs *node = fk_from(at) - back;
    return node[0].lambda - node[-1].lambda;
}

/* What all in the data form share: M_0 = x0hat at node n, kept; x' = sigma_u/sigma_t e^(-eta2 h) x
 * + s_u (1 - e^(-(1 + eta2) h)) M_0 + noise. */
static void data_form(const fk_step_at *at, double eta2, fk_step *table)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double h = fk_lambda_step(at);
    fk_stage *stage = &table->stage[0];
    table->stages = 1;
    stage->y.a = 1;
    fk_stage_x0(stage, t->s, t->sigma);
    stage->push = true;
    table->history = at->past;
    table->result.a = u->sigma / t->sigma * exp(-eta2 * h);
    table->result.b[0] = u->s * -expm1(-(1 + eta2) * h);
    table->result.c[0] = u->sigma * sqrt(-expm1(-2 * eta2 * h));
    table->normals = eta2 > 0;
    table->kernel[0] = FK_E;
}

/* Add w (c0 M_0 + c1 H_0 + c2 H_1). */
static void add(fk_step *table, double w, double c0, double c1, double c2)
{
    table->result.b[0] += w * c0;
    table->result.d[0] += w * c1;
    table->result.d[1] += w * c2;
}

/* Two or three outputs at z = (1 + eta2) h with weights s z phi_2(-z) of the first difference and
 * `square` of the second. */
static void three_outputs(const fk_step_at *at, double eta2, double square, fk_step *table)
{
    data_form(at, eta2, table);
    if (at->past == 0) return;
    const double h = fk_lambda_step(at), z = (1 + eta2) * h, r = step_to(at, 0) / h;
    const double linear = fk_from(at)[1].s * z * fk_phi(2, -z);
    add(table, linear, 1 / r, -1 / r, 0);
    if (at->past == 1) return;
    const double q = step_to(at, 1) / h;
    add(table, (linear * r + fk_from(at)[1].s * square) / (r + q), 1 / r, -1 / r - 1 / q, 1 / q);
}

/* The second difference lacks its factor 2. */
static void step_3m(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    const double z = fk_lambda_step(at);
    three_outputs(at, 0, z * fk_phi(3, -z), table);
}

/* z phi_3 = 1/2 - phi_2 written as -1/2 - phi_2, and again without the factor 2. */
static void step_3m_sde(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    const double z = 2 * fk_lambda_step(at);
    three_outputs(at, 1, z * fk_phi(3, -z) - 1, table);
}

/* "2M v2": the mean of two steps in the place of the step. */
static void step_2m(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    data_form(at, 0, table);
    if (at->past == 0) return;
    const double h = fk_lambda_step(at), last = step_to(at, 0), mean = (h + last) / 2;
    const double r = fmax(h, last) / fmin(h, last), weight = fk_from(at)[1].s * -expm1(-mean);
    table->result.b[0] = weight;
    add(table, weight / (2 * r), 1, -1, 0);
}

/* UniPC of order 3 with coefficients of the grid. The system C_ik = r_i^(k-1)/k!, r = (r_1, 1), has
 * the inverse A; the corrector's sum over k of the rows of A is x' = .. + s_u sum_k z_k (A_k1 D_1 +
 * A_k2 D_2), z_k = (-1)^(k+1) h^.. phi_(k+1), of which only the first row is taken, with the last
 * weight for D_2. */
static void step_unipc(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    const fk_coeffs *u = fk_from(at) + 1;
    const double h = fk_lambda_step(at), e = u->s;
    /* h phi_k(-h) as the library counts them: first, second and third. */
    const double second = -h * fk_phi(2, -h), third = h * fk_phi(3, -h);
    const bool last = at->n + 1 == at->axis->n_steps;
    data_form(at, 0, table);
    table->stage[0].push = at->axis->past == 0 && at->n == 0;
    if (at->past < 2) return;
    const double r = -step_to(at, 0) / h;
    fk_combination base = table->result;
    /* base reads M_0 from the history: node n was evaluated as the last step's end */
    base.d[0] = base.b[0], base.b[0] = 0;
    table->history = 2;
    fk_combination predicted = base; /* C's upper left is 1: D_1 with the second weight */
    predicted.d[1] += -e * second / r, predicted.d[0] -= -e * second / r;
    fk_stage *ahead = &table->stage[0];
    *ahead = (fk_stage){.y = predicted, .push = true};
    fk_stage_x0(ahead, u->s, u->sigma);
    if (last) {
        table->stages = 0;
        table->result = predicted;
        return;
    }
    const double det = (1 - r) / 2, A1 = 0.5 / det, A2 = -r / 2 / det;
    table->result = base;
    table->result.d[1] += -e * second * A1 / r, table->result.d[0] -= -e * second * A1 / r;
    table->result.b[0] += -e * third * A2, table->result.d[0] -= -e * third * A2;
}

/* Heun's second slope (y - x0hat)/sigma divided by the first sigma, in EDM's variables. */
static void step_heun(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double rho = t->sigma / t->s, to = u->sigma / u->s;
    const fk_combination euler = {.a = u->s / t->s, .b = {u->s * (to - rho)}};
    table->stages = 2;
    table->stage[0].y.a = 1;
    fk_stage_eps(&table->stage[0], t->s, t->sigma);
    table->stage[1].y = euler;
    fk_stage_eps(&table->stage[1], u->s, u->sigma);
    table->stage[1].q *= to / rho;
    table->result = euler;
    table->result.b[0] = table->result.b[1] = euler.b[0] / 2;
}

/* Variance eta (..) of the noise where the mean is that of eta^2 (..). */
static void step_ddim(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_ddim.step(self, at, table);
    table->result.c[0] /= sqrt(self->param[0]);
}

/* g^2 = sigma^2 in the place of sigma^2 2 log(sigma_max/sigma_min), of 0.01 to 50. */
static void step_ve(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const double missed = 2 * log(50 / 0.01);
    fk_euler_maruyama.step(self, at, table);
    table->stage[0].q /= missed;
    table->result.c[0] /= sqrt(missed);
}

static const fk_additive sra1_half = {
    .drift = {2, .c = {0, 3. / 4}, .a = {{0}, {3. / 4}}, .b = {1. / 3, 2. / 3}},
    .times = 2,
    .time = {1, 0},
    .stage = {{{0}}, {{.i10 = 1. / 2}}},
    .result = {{.w = 1, .i10 = -1}, {.i10 = 1}}};

static const fk_additive sra2_sign = {
    .drift = {2, .c = {0, 3. / 4}, .a = {{0}, {3. / 4}}, .b = {1. / 3, 2. / 3}},
    .times = 2,
    .time = {1. / 3, 1},
    .stage = {{{0}}, {{.i10 = 3. / 2}}},
    .result = {{.i10 = -3. / 2}, {.w = 1, .i10 = 3. / 2}}};

static const fk_additive sra3_sign = {.drift = {3, .c = {0, 1, 1. / 2},
                                                .a = {{0}, {1}, {1. / 4, 1. / 4}},
                                                .b = {1. / 6, 1. / 6, 2. / 3}},
                                      .times = 2,
                                      .time = {1, 0},
                                      .stage = {{{0}}, {{0}}, {{.i10 = 1}, {.i10 = 1. / 2}}},
                                      .result = {{.w = 1, .i10 = 1}, {.i10 = -1}}};

static const fk_additive platen_autonomous = {.drift = {2, .a = {{0}, {1}}, .b = {1. / 2, 1. / 2}},
                                              .times = 1,
                                              .stage = {{{0}}, {{.w = 1}}},
                                              .result = {{.w = 1}}};

static const fk_additive dri1_stages = {
    .drift = {3, .c = {0, 1. / 2, 1}, .a = {{0}, {1. / 2}, {-1, 2}}, .b = {1. / 6, 2. / 3, 1. / 6}},
    .times = 2,
    .time = {0, 342. / 491},
    .stage = {{{0}}, {{.w = 1. / 2}}, {{.w = 1}}},
    .result = {{.w = 193. / 684}, {.w = 491. / 684}}};

/* A step of its own, since the conditions know no such tableau. */
static void step_autonomous(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_additive_step(self, at, table);
}

#define ADDITIVE(tableau, name) FK_ADDITIVE_SCHEME(tableau, 1.5, 2, name, "", "")
#define DATA_FORM(step_, depth_, lag_, name)                                                       \
    {                                                                                              \
        .row = {name, "", "", NULL}, .needs = FK_NODES, .depth = depth_, .lag = lag_,              \
        .output = FK_X0, .step = step_                                                             \
    }
static const fk_scheme multistep_3 = DATA_FORM(step_3m, 2, 1, "dpmpp-3m");
static const fk_scheme multistep_3_sde = DATA_FORM(step_3m_sde, 2, 1, "dpmpp-3m-sde");
static const fk_scheme multistep_2 = DATA_FORM(step_2m, 1, 1, "dpmpp-2m v2");
static const fk_scheme unipc = DATA_FORM(step_unipc, 2, 0, "unipc-2 (vary)");
static const fk_scheme heun = {.row = {"edm-heun", "", "", NULL}, .step = step_heun};
static const fk_scheme sra1 = ADDITIVE(sra1_half, "sra1");
static const fk_scheme sra2 = ADDITIVE(sra2_sign, "sra2");
static const fk_scheme sra3 = ADDITIVE(sra3_sign, "sra3");
static const fk_scheme dri1 = ADDITIVE(dri1_stages, "dri1");
static const fk_scheme ddim = {
    .row = {"ddim, eta 1/2", "", "", NULL}, .param = {0.5}, .step = step_ddim};
static const fk_scheme ve = {
    .row = {"euler-maruyama on ve", "", "", NULL}, .needs = FK_F_G2, .param = {1}, .step = step_ve};
static const fk_scheme platen = {.row = {"platen2", "", "", NULL},
                                 .needs = FK_F_G2,
                                 .constants = &platen_autonomous,
                                 .param = {1},
                                 .step = step_autonomous};

static const struct {
    const fk_scheme *scheme;
    double claim_weak, claim_strong, weak, strong;
    const char *mistake;
} wrong[] = {
    {&multistep_3, 3, NAN, 2, NAN, "second divided difference lacks its factor 2"},
    {&unipc, 3, NAN, 1, NAN, "corrector takes one stale row of its system"},
    {&multistep_3_sde, 2, NAN, 0, NAN,
     "sign of the 1/2 in the second difference's weight (1 on even steps)"},
    {&multistep_2, 2, NAN, 1, NAN, "step replaced by the mean of two: on uneven grids"},
    {&heun, 2, NAN, 1, NAN, "second slope divided by the first sigma"},
    {&sra1, 2, 1.5, 1, 1, "B0 = 1/2 of order 3/2's 3/2"},
    {&sra2, 2, 1.5, 1, 1, "sign of beta2"},
    {&sra3, 2, 1.5, 1, 1, "sign of beta2"},
    {&platen, 2, NAN, 1, NAN, "autonomous form: drift and noise at t only"},
    {&dri1, 2, NAN, 1, NAN, "stage noises 1/2 and 1, right for a linear drift only"},
    {&ddim, 1, NAN, 0, NAN, "eta in the place of eta^2 in the variance"},
    {&ve, 1, NAN, 0, NAN, "g misses the factor sqrt(2 log(sigma_max/sigma_min))"},
    {&fk_sra3, 3, NAN, 2, NAN, "weak order 3, which only the mean of a linear problem has"},
    {&fk_ipndm, 4, NAN, 1, NAN,
     "order 4 on every grid, which the weights of equal steps have on equal ones"},
};
const size_t fk_n_wrong_schemes = sizeof wrong / sizeof *wrong;

fk_wrong_scheme fk_wrong_scheme_at(size_t i)
{
    return (fk_wrong_scheme){{*wrong[i].scheme, wrong[i].claim_weak, wrong[i].claim_strong, NAN},
                             wrong[i].weak,
                             wrong[i].strong,
                             wrong[i].mistake};
}
