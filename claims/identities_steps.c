/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B16, B20: what a step of finite length keeps and what it does not: churn, the Langevin corrector,
 * how long a step may be, where to end. */
#include <math.h>
#include <stdio.h>

#include "analytic/gaussian_law.h"
#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"
#include "sde/schemes.h"

/* --- B16-churn: noise up, then the exact flow down --- */

enum { ALL_OF_IT, S_NOISE, NOT_SHRUNK, SIGMA_ONLY };

/* The law of A x + S_noise sqrt(Q) z, x ~ p_t, against the marginal at the higher level. */
static fk_verdict churn(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "edm", "flow"};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double worst = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 8; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            double lambda = 1.385 - 0.385 * (double)j, x;
            fk_coeffs t = fk_schedule_at(&schedule, schedule.time_of(&schedule, lambda));
            fk_coeffs up = fk_schedule_at(&schedule, schedule.time_of(&schedule, lambda - 0.3466));
            double a = up.s / t.s, q = (up.sigma - a * t.sigma) * (up.sigma + a * t.sigma);
            if (variant->which == S_NOISE) q *= 1.007 * 1.007;
            if (variant->which == NOT_SHRUNK) a = 1.0385;
            if (variant->which == SIGMA_ONLY) q = 1.1 * (up.sigma - t.sigma) * (up.sigma - t.sigma);
            fk_marginal *p = fk_marginal_new(mix, t.s, t.sigma);
            fk_marginal *higher = fk_marginal_new(mix, up.s, up.sigma);
            fk_setting_point(higher, j + 3, &x);
            fk_rule rule = fk_rule_over(p);
            double sum = 0;
            for (size_t k = 0; k < rule.n; k++) {
                double log_p = fk_marginal_at(p, &rule.x[k], NULL);
                sum += rule.w[k] * exp(log_p + fk_log_normal(x, a * rule.x[k], q));
            }
            fk_rule_free(&rule);
            fk_worst(&worst, fabs(log(sum) - fk_marginal_at(higher, &x, NULL)));
            fk_marginal_free(p);
            fk_marginal_free(higher);
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- B16-langevin: the corrector's bias --- */

static fk_verdict corrector(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double length[] = {0.0385, 0.2385, 0.715}; /* over V */
    double worst = 0, v = 0.7315;
    for (size_t i = 0; i < 3; i++) {
        double e = length[i] * v, b = 2.385;
        for (size_t n = 0; n < 2000; n++) b = (1 - e / v) * (1 - e / v) * b + 2 * e;
        double formula = v / (1 - e / (2 * v));
        if (variant->which == 1) formula = v;
        if (variant->which == 2) formula = v / (1 - e / v);
        if (variant->which == 3) formula = v * (1 + e / (2 * v));
        fk_worst(&worst, fabs(b / formula - 1));
    }
    return fk_measured(worst, 0);
}

/* --- B20: how long a step may be --- */

enum { OF_THE_SDE, OF_THE_ODE, OF_THE_FORWARD, OF_POINTS };

static fk_verdict stiffness(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double v[] = {0.3, 0.01, 1e-4}, known[] = {10.0, 31.9, 999.95};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0;
    for (size_t k = 0; k < 3; k++) {
        double greatest = 0;
        for (size_t j = 0; j <= 200000; j++) {
            fk_coeffs c = fk_schedule_at(&schedule, (double)j / 200000);
            double pull = c.g2 / (c.s * c.s * v[k] + c.sigma * c.sigma);
            if (variant->which == OF_THE_ODE) pull /= 2;
            if (variant->which == OF_THE_FORWARD) pull = 0;
            if (variant->which == OF_POINTS) pull = c.g2 / (v[k] + c.sigma * c.sigma / c.s);
            greatest = fmax(greatest, c.f + pull);
        }
        fk_worst(&worst, fabs(greatest / known[k] - 1));
    }
    return fk_measured(worst, 0);
}

/* --- B20-run: runs on either side of the limit --- */

enum { WHOLE_RATE, F_LEFT_OUT, LIMIT_1, LIMIT_4, RUN = 40 };
static const double step = 0.02385;

/* By how much |mean - M| changes over RUN equal steps from t = 1 by Euler-Maruyama's tables,
 * on N(0, v). */
static double change_of_mean(const char *spec, double eta, double v)
{
    fk_schedule schedule = fk_setting_schedule(spec);
    fk_scheme scheme = fk_euler_maruyama;
    scheme.param[0] = eta;
    fk_axis axis;
    fk_plan plan;
    fk_error err;
    if (fk_axis_on_schedule(&schedule, "uniform", RUN, 1, 1 - RUN * step, &axis, &err) != FK_OK ||
        fk_plan_new(&axis, &scheme, &plan, &err) != FK_OK)
        return NAN;
    fk_gaussian_law law = fk_gaussian_law_start((fk_gaussian){1.385, 0.4385});
    for (size_t n = 0; n < plan.n_steps; n++)
        fk_gaussian_law_step((fk_gaussian){0, v}, &plan.step[n], &law);
    fk_plan_free(&plan), fk_axis_free(&axis);
    return fabs(law.mean[FK_ROW_X]) / 1.385;
}

/* Two schedules of constant rate: constant beta with v = 1, where V = 1 and f + (1 + eta^2)/2 g^2/V
 * is eta^2 beta/2; and VE with v = 0, where it is (1 + eta^2) log R. */
static fk_verdict around_the_limit(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double of_vp[] = {1, 1.385}, of_ve[] = {1, 0.385};
    const double limit = variant->which == LIMIT_1 ? 1 : variant->which == LIMIT_4 ? 4 : 2;
    double worst = 0;
    for (int side = -1; side <= 1; side += 2)
        for (size_t k = 0; k < 2; k++) {
            double rate = limit * (1 + 0.01 * side) / step, known = pow(1 + 0.02 * side, RUN);
            double square = of_vp[k] * of_vp[k], beta = 2 * rate / square;
            if (variant->which == F_LEFT_OUT) beta = 2 * rate / (1 + square);
            char spec[120];
            snprintf(spec, sizeof spec, "vp-linear:beta0=%.17g,beta1=%.17g", beta, beta);
            fk_worst(&worst, fabs(change_of_mean(spec, of_vp[k], 1) / known - 1));
            double log_r = rate / (1 + of_ve[k] * of_ve[k]);
            snprintf(spec, sizeof spec, "ve:sigma_min=%.17g,sigma_max=%.17g", exp(-log_r / 2),
                     exp(log_r / 2));
            fk_worst(&worst, fabs(change_of_mean(spec, of_ve[k], 0) / known - 1));
        }
    return fk_measured(worst, 0);
}

/* --- B20-end --- */

static fk_verdict ended_early(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double end[] = {1e-2, 1e-3, 1e-5}, known[] = {-2.24e-3, -1.24e-4, -1.13e-6};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double mean, var_0, worst = 0;
    fk_mixture_moments(mix, &mean, &var_0);
    for (size_t k = 0; k < 3; k++) {
        fk_coeffs c = fk_schedule_at(&schedule, end[k]);
        double v = c.sigma * c.sigma, formula = v - (1 - c.s * c.s) * var_0;
        if (variant->which == 1) formula = v;
        if (variant->which == 2) formula = v - (1 - c.s) * var_0;
        if (variant->which == 3) formula = v - (1 - c.s * c.s) * (var_0 + mean);
        fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
        double found = fk_variance(p) - var_0;
        fk_worst(&worst, fabs(found - formula));
        fk_worst(&worst, fabs(found / known[k] - 1) < 5e-3 ? 0 : 1);
        fk_marginal_free(p);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

const fk_claim fk_step_identities_claims[] = {
    {"B16-churn",
     "Churn keeps the marginals: A x + sqrt(Q) z with x ~ p_t has the marginal's law at the higher "
     "level, and the flow leads back. Only with S_noise = 1",
     "Karras et al. 2022, algorithm 2",
     FK_EXACT,
     1e-12,
     "quadrature to 1e-15, exponents up to 60, Q ten times",
     churn,
     {"sqrt(Q) z", ALL_OF_IT, 0},
     {{"S_noise = 1.007", S_NOISE, 0},
      {"x times 1.0385", NOT_SHRUNK, 0},
      {"1.1 (sigma' - sigma)^2 for Q", SIGMA_ONLY, 0}},
     .reading = FK_TRUE_IF},
    {"B16-langevin",
     "The Langevin corrector x + e score + sqrt(2 e) z does not keep them: on N(M, V) its variance "
     "settles at V/(1 - e/(2 V))",
     "Song et al. 2021, algorithm 4",
     FK_EXACT,
     1e-13,
     "a linear recursion at its fixed point: the last steps' roundings over 2 e/V",
     corrector,
     {"V/(1 - e/(2 V))", 0, 0},
     {{"V", 1, 0}, {"V/(1 - e/V)", 2, 0}, {"V (1 + e/(2 V))", 3, 0}},
     .reading = FK_TRUE},
    {"B20",
     "Euler-Maruyama on N(m, v) data is stable for h max(f + g^2/(s^2 v + sigma^2)) < 2: the rate "
     "on vp-linear is 10.0, 31.9 and 999.95 for v = 0.3, 0.01 and 1e-4",
     "Hairer and Wanner 2010, Solving Ordinary Differential Equations II, chapter IV.2",
     FK_EXACT,
     5e-3,
     "the rates stand in three digits",
     stiffness,
     {"f + g^2/(s^2 v + sigma^2)", OF_THE_SDE, 0},
     {{"half of the pull, the ODE's", OF_THE_ODE, 0},
      {"f alone", OF_THE_FORWARD, 0},
      {"sigma^2/s for sigma^2", OF_POINTS, 0}},
     .reading = FK_TRUE},
    {"B20-run",
     "Where the rate r is constant h r = 2 parts runs that shrink from those that grow: 40 steps "
     "at "
     "h r = 2 (1 -+ 0.01) take the mean's error to 0.98^40 = 0.446 and 1.02^40 = 2.21 of itself, "
     "on "
     "VP (v = 1) and VE (points)",
     "Hairer and Wanner 2010, Solving Ordinary Differential Equations II, chapter IV.2",
     FK_EXACT,
     1e-12,
     "forty steps of ten roundings each, and r from a logarithm: below 100 times 2^-53 a step",
     around_the_limit,
     {"f + (1 + eta^2)/2 g^2/V", WHOLE_RATE, 0},
     {{"g^2/V alone, without f", F_LEFT_OUT, 0},
      {"a limit of 1", LIMIT_1, 0},
      {"a limit of 4", LIMIT_4, 0}},
     .reading = FK_TRUE},
    {"B20-end",
     "Ended at t = eps the variance is off by sigma^2 - (1 - s^2) Var(x_0): on three-1d -2.24e-3, "
     "-1.24e-4 and -1.13e-6 at 1e-2, 1e-3 and 1e-5",
     "Song et al. 2021, appendix C",
     FK_EXACT,
     1e-13,
     "a difference of variances near 1.5 by quadrature",
     ended_early,
     {"sigma^2 - (1 - s^2) Var(x_0)", 0, 0},
     {{"sigma^2", 1, 0}, {"1 - s for 1 - s^2", 2, 0}, {"Var(x_0) + E x_0", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
