/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B11: mean a and variance b of a scheme on data N(m, v), from step to step by formulas, against
 * the step tables. With M = s m and V = s^2 v + sigma^2 at the node, h the step. */
#include <math.h>
#include <string.h>

#include "analytic/gaussian_law.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

static const fk_gaussian data = {0.7385, 0.2385}, begin = {1.385, 0.4385};

/* One step by formula from node[0] to node[1], h in t (0 on a chain); which: what is wrong. */
typedef fk_gaussian (*formula)(const fk_coeffs *node, double h, double eta, int which,
                               fk_gaussian x);

static double total(const fk_coeffs *c)
{
    return c->s * c->s * data.var + c->sigma * c->sigma;
}

static fk_gaussian euler_maruyama(const fk_coeffs *node, double h, double eta, int which,
                                  fk_gaussian x)
{
    const double kap = (which == 1 ? 1 + eta * eta : (1 + eta * eta) / 2) * node->g2 / total(node);
    const double gain = 1 - h * (node->f + kap);
    return (fk_gaussian){x.mean - h * node->f * x.mean - h * kap * (x.mean - node->s * data.mean),
                         (which == 2 ? gain : gain * gain) * x.var +
                             (which == 3 ? eta : eta * eta) * node->g2 * h};
}

static fk_gaussian heun(const fk_coeffs *node, double h, double eta, int which, fk_gaussian x)
{
    double rate[2], pull[2];
    for (int i = 0; i < 2; i++) {
        const double kap = (1 + eta * eta) / 2 * node[i].g2 / total(&node[i]);
        rate[i] = -(node[i].f + kap), pull[i] = kap * node[i].s * data.mean;
    }
    const double q = eta * eta * h * (node[0].g2 + (which == 1 ? node[0].g2 : node[1].g2)) / 2;
    const double gain = 1 + h / 2 * (rate[0] + rate[1] * (1 + h * rate[0]));
    const double noise = which == 2 ? 1 : 1 + h * rate[1] / 2;
    const double bent = which == 3 ? 0 : rate[1] * h * pull[0];
    return (fk_gaussian){gain * x.mean + h / 2 * (pull[0] + pull[1] + bent),
                         gain * gain * x.var + noise * noise * q};
}

/* eta 0: variance beta~; else beta. */
static fk_gaussian ancestral(const fk_coeffs *node, double h, double eta, int which, fk_gaussian x)
{
    (void)h;
    const double ratio = node[0].s / node[1].s, alpha = ratio * ratio, beta = 1 - alpha;
    const double left = node[1].sigma * node[1].sigma, all = node[0].sigma * node[0].sigma;
    double var = eta == 0 ? beta * left / all : beta;
    if (left == 0) var = 0; /* the last step */
    if (which == 3) var *= var;
    const double inside = 1 - beta / (which == 1 ? all : total(node));
    const double gain = inside / (which == 2 ? 1 : sqrt(alpha));
    return (fk_gaussian){node[1].s * data.mean + gain * (x.mean - node[0].s * data.mean),
                         gain * gain * x.var + var};
}

static fk_gaussian ddim(const fk_coeffs *node, double h, double eta, int which, fk_gaussian x)
{
    (void)h;
    const double ratio = node[0].s / node[1].s, v = which == 1 ? 1 : data.var;
    const double left = node[1].sigma * node[1].sigma, all = node[0].sigma * node[0].sigma;
    const double var = eta * eta * left / all * (1 - ratio * ratio);
    const double rest = which == 2 ? left : left - var;
    const double gain =
        (node[1].s * node[0].s * v + sqrt(fmax(rest, 0)) * node[0].sigma) / total(node);
    return (fk_gaussian){node[1].s * data.mean + gain * (x.mean - node[0].s * data.mean),
                         gain * gain * x.var + (which == 3 ? sqrt(var) : var)};
}

/* Mean and variance after every step of a plan, by tables and by formula. */
static void compare(const fk_axis *axis, const char *spec, formula f, double eta, int which,
                    fk_verdict *worst)
{
    fk_scheme scheme;
    fk_plan plan;
    fk_error err;
    const bool ode = strncmp(spec, "ddim", 4) == 0;
    if (fk_scheme_parse(spec, ode ? fk_ode_schemes : fk_sde_schemes,
                        ode ? fk_n_ode_schemes : fk_n_sde_schemes, &scheme, &err) != FK_OK ||
        fk_plan_new(axis, &scheme, &plan, &err) != FK_OK) {
        *worst = fk_measured(NAN, 0);
        return;
    }
    fk_gaussian_law law = fk_gaussian_law_start(begin);
    fk_gaussian x = begin;
    for (size_t n = 0; n < plan.n_steps; n++) {
        const double h = axis->schedule ? axis->t[n] - axis->t[n + 1] : 0;
        x = f(axis->node + n, h, eta, which, x);
        fk_gaussian_law_step(data, &plan.step[n], &law);
        fk_keep_worst(worst, x.mean, law.mean[FK_ROW_X], 0);
        fk_keep_worst(worst, x.var, law.cov[FK_ROW_X][FK_ROW_X], 0);
    }
    fk_plan_free(&plan);
}

/* On schedules: 37 steps from 0.9 t_max down; eta = 1 and 0.385. */
static fk_verdict on_schedules(const char *const spec[2], formula f, int which)
{
    static const char *const name[] = {"vp-linear", "sub-vp", "ve:sigma_min=0.37,sigma_max=2.9"};
    static const double eta[] = {1, 0.385};
    fk_verdict worst = fk_measured(0, 0);
    for (size_t i = 0; i < 3; i++) {
        fk_schedule schedule = fk_setting_schedule(name[i]);
        fk_axis axis;
        fk_error err;
        if (fk_axis_on_schedule(&schedule, "uniform", 37, 0.9, 0.02, &axis, &err) != FK_OK)
            return fk_measured(NAN, 0);
        for (int k = 0; k < 2; k++) compare(&axis, spec[k], f, eta[k], which, &worst);
        fk_axis_free(&axis);
    }
    return worst;
}

static fk_verdict on_chains(const char *const spec[2], formula f, const double eta[2], int which)
{
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fk_axis axis;
        fk_error err;
        if (fk_axis_on_chain(&chain, "trailing", chain.T, &axis, &err) != FK_OK)
            return fk_measured(NAN, 0);
        for (int k = 0; k < 2; k++) compare(&axis, spec[k], f, eta[k], which, &worst);
        fk_axis_free(&axis), fk_chain_free(&chain);
    }
    return worst;
}

static fk_verdict check_em(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"euler-maruyama", "euler-maruyama:eta=0.385"};
    return on_schedules(spec, euler_maruyama, v->which);
}

static fk_verdict check_heun(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"heun-sde", "heun-sde:eta=0.385"};
    return on_schedules(spec, heun, v->which);
}

static fk_verdict check_ancestral(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ancestral-small", "ancestral-large"};
    return on_chains(spec, ancestral, (double[]){0, 1}, v->which);
}

static fk_verdict check_ddim(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ddim:eta=0.385", "ddim"};
    return on_chains(spec, ddim, (double[]){0.385, 0}, v->which);
}

/* On N(0, 1) data a step of DDIM multiplies by cos(theta_t - theta_{t-1}), alpha_bar = cos^2
 * theta. */
static fk_verdict check_angle(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0, &fk_ddim);
        for (size_t n = 0; n < run.plan.n_steps; n++) {
            const fk_coeffs *node = run.axis.node + n;
            const double from = atan2(node[0].sigma, node[0].s),
                         to = atan2(node[1].sigma, node[1].s);
            const fk_combination *r = &run.plan.step[n].result;
            double angle = cos(from - to);
            if (v->which == 1) angle = cos(from) / cos(to);
            if (v->which == 2) angle = 1;
            if (v->which == 3) angle = 1 - (from - to) * (from - to) / 2;
            fk_keep_worst(&worst, angle, r->a + r->b[0] * node[0].s, 0);
        }
        fk_chain_run_free(&run);
    }
    return worst;
}

#define BECAUSE "forty steps of some twenty roundings each, of numbers up to 10"

const fk_claim fk_recursions_claims[] = {
    {"B11-em",
     "Euler-Maruyama of the eta family on N(m, v): kap = (1 + eta^2)/2 g^2/V, a' = a - h f a - h "
     "kap "
     "(a - M), b' = (1 - h (f + kap))^2 b + eta^2 g^2 h",
     "this lab; the family: Zhang and Chen 2023, section 2",
     FK_EXACT,
     1e-12,
     BECAUSE,
     check_em,
     {"that recursion", 0, 0},
     {{"kap without its half", 1, 0}, {"gain not squared", 2, 0}, {"eta for eta^2", 3, 0}},
     .reading = FK_TRUE},
    {"B11-heun",
     "Stochastic Heun on N(m, v): G = 1 + h/2 (B_0 + B_1 (1 + h B_0)), b' = G^2 b + (1 + h "
     "B_1/2)^2 "
     "eta^2 h (g_0^2 + g_1^2)/2, B = -(f + kap)",
     "this lab; the scheme: Kloeden and Platen 1992, eq. 15.1.4, on the family of Zhang and Chen "
     "2023",
     FK_EXACT,
     1e-12,
     BECAUSE,
     check_heun,
     {"that recursion", 0, 0},
     {{"g^2 at the step's start alone", 1, 0},
      {"the noise not carried by the corrector", 2, 0},
      {"the mean's pull at the predictor left out", 3, 0}},
     .reading = FK_TRUE},
    {"B11-ancestral",
     "Ancestral steps on N(m, v): K = (1 - beta/V_t)/sqrt(alpha), a' = M_{t-1} + K (a - M_t), b' = "
     "K^2 b + beta~ or beta, 0 at the last: the mean is carried exactly",
     "this lab; the scheme: Ho, Jain and Abbeel 2020, algorithm 2",
     FK_EXACT,
     1e-12,
     BECAUSE,
     check_ancestral,
     {"that recursion", 0, 0},
     {{"beta/(1 - abar)", 1, 0}, {"not over sqrt(alpha)", 2, 0}, {"the variance squared", 3, 0}},
     .reading = FK_TRUE},
    {"B11-ddim",
     "DDIM steps on N(m, v): K = (s_{t-1} s_t v + sqrt(sigma_{t-1}^2 - q) sigma_t)/V_t, b' = K^2 b "
     "+ "
     "q, q = eta^2 beta~: the mean is carried exactly",
     "this lab; the scheme: Song, Meng and Ermon 2021, eq. 12",
     FK_EXACT,
     1e-12,
     BECAUSE,
     check_ddim,
     {"that recursion", 0, 0},
     {{"v = 1 in K", 1, 0}, {"sigma_{t-1}^2 without - q", 2, 0}, {"the noise's root", 3, 0}},
     .reading = FK_TRUE},
    {"B11-angle",
     "On N(0, 1) data a step of DDIM multiplies by cos(theta_t - theta_{t-1}), alpha_bar = cos^2 "
     "theta",
     "this lab; the scheme: Song, Meng and Ermon 2021, eq. 12",
     FK_EXACT,
     1e-13,
     "some twenty roundings of numbers up to 1, over s >= 0.001",
     check_angle,
     {"cos(theta_t - theta_{t-1})", 0, 0},
     {{"the ratio of the cosines", 1, 0}, {"1", 2, 0}, {"1 - (theta_t - theta_{t-1})^2/2", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
