/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B15, B16, B20: processes that share the marginals p_t, and what a step of finite length makes of
 * them. */
#include <math.h>

#include "claims/claims.h"
#include "claims/fokker_planck.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* --- B15: forward in time --- */

enum { LESS_DRIFT, REVERSE_DRIFT, HALF, AMPLITUDE };

static fk_verdict forward_family(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {0.385, 1, 1.385};
    double worst = 0;
    for (size_t i = 0; i < 3; i++) {
        double square = eta[i] * eta[i];
        fk_process process = {.drift = (1 - square) / 2, .noise = square, .direction = 1};
        if (variant->which == REVERSE_DRIFT) process.drift = (1 + square) / 2;
        if (variant->which == HALF) process.drift = 0.5;
        if (variant->which == AMPLITUDE) process.drift = (1 - eta[i]) / 2;
        fk_worst(&worst, fk_process_worst(&process));
    }
    return fk_measured(worst, 0);
}

/* --- B15-ddim: DDIM's eta is that of the family --- */

enum { SAME_ETA, ETA_IN_VARIANCE, ODE_DRIFT, LATER_COEFFICIENTS };

/* Coefficients of x and eps and the variance of one step of DDIM less those of Euler-Maruyama, over
 * h^2, at t = 0.5 of vp-linear; extrapolated from h, h/2, h/4. */
static double difference(double eta, int part, int which)
{
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double e[3];
    for (size_t i = 0; i < 3; i++) {
        double h = 1e-3 / (double)(1 << i), square = eta * eta;
        fk_coeffs t = fk_schedule_at(&schedule, 0.5), u = fk_schedule_at(&schedule, 0.5 - h);
        double share = -expm1(-2 * (u.lambda - t.lambda)), q = square * u.sigma * u.sigma * share;
        if (which == ETA_IN_VARIANCE) q = eta * u.sigma * u.sigma * share;
        const fk_coeffs *em = which == LATER_COEFFICIENTS ? &u : &t;
        double kappa = which == ODE_DRIFT ? 0.5 : (1 + square) / 2;
        double of_x = u.s / t.s - (1 - h * em->f);
        double of_eps =
            sqrt(u.sigma * u.sigma - q) - u.s * t.sigma / t.s + h * kappa * em->g2 / em->sigma;
        double part_of[3] = {of_x, of_eps, q - square * em->g2 * h};
        e[i] = part_of[part] / (h * h);
    }
    return fk_setting_limit(e);
}

/* The same by Taylor's series: s_u/s_t has (f^2 + f')/2; q/eta^2 = sigma_u^2 (1 - rho_u^2/rho_t^2),
 * rho^2 = sigma^2/s^2 with (rho^2)' = g^2/s^2, has c = -(g^2)'/2 - f g^2 - g^4/sigma^2; and the
 * root of sigma_u^2 - q follows from both. On vp-linear (g^2)' = 19.9 = -2 f'. */
static double taylor(double eta, int part)
{
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    fk_coeffs t = fk_schedule_at(&schedule, 0.5);
    double square = eta * eta, v = t.sigma * t.sigma, g2_rate = 19.9, f_rate = -9.95;
    double v_rate = t.g2 + 2 * t.f * v, v_bend = g2_rate + 2 * f_rate * v + 2 * t.f * v_rate;
    double of_x = (t.f * t.f + f_rate) / 2, c = -g2_rate / 2 - t.f * t.g2 - t.g2 * t.g2 / v;
    double first = -(v_rate + square * t.g2) / v, second = (v_bend / 2 - square * c) / v;
    double of_eps = t.sigma * (second / 2 - first * first / 8 - of_x);
    return part == 0 ? of_x : part == 1 ? of_eps : square * c;
}

static fk_verdict ddim_eta(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {0, 0.6, 1};
    double worst = 0;
    for (size_t i = 0; i < 3; i++)
        for (int part = 0; part < 3; part++) {
            double found = difference(eta[i], part, variant->which);
            double known = taylor(eta[i], part);
            fk_worst(&worst, fabs(found - known) / fmax(1, fabs(known)));
        }
    return fk_measured(worst, 0);
}

/* --- B16: more general noise --- */

enum { HALF_D, FULL_D, SYMMETRIC, NO_DRIFT };

/* The residual in two dimensions of, with dt < 0,
 *     dx = (f x - g^2/2 score - D score/2 + R score) dt + D^(1/2) dw
 * for a positive definite D and an antisymmetric R, in the equation for log p. */
static fk_verdict general_noise(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    const double d[4] = {1.385, 0.385, 0.385, 0.715}, sign = variant->which == SYMMETRIC ? 1 : -1;
    const double r[4] = {0, 0.885, sign * 0.885, 0};
    double factor = variant->which == FULL_D ? 1 : variant->which == NO_DRIFT ? 0 : 0.5, worst = 0;
    fk_mixture *mix = fk_setting_mixture("full-2d");
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 30; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            fk_coeffs c = fk_schedule_at(schedule, fk_setting_time(schedule, j));
            fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
            double x[2], u[2], h[4], along = 0, square = 0, d_h = 0, d_u = 0, r_h = 0, r_u = 0;
            fk_setting_point(g, j, x);
            fk_marginal_at(g, x, &(fk_point){.score = u, .hessian = h});
            for (size_t a = 0; a < 2; a++) {
                along += x[a] * u[a];
                square += u[a] * u[a];
                for (size_t b = 0; b < 2; b++) {
                    d_h += d[2 * a + b] * h[2 * b + a];
                    d_u += d[2 * a + b] * u[a] * u[b];
                    r_h += r[2 * a + b] * h[2 * b + a];
                    r_u += r[2 * a + b] * u[a] * u[b];
                }
            }
            double term[] = {fk_marginal_log_rate(g, c.f, c.g2, x),
                             2 * c.f,
                             c.f * along,
                             -c.g2 / 2 * (h[0] + h[3]),
                             -c.g2 / 2 * square,
                             -factor * d_h,
                             -factor * d_u,
                             r_h,
                             r_u,
                             d_h / 2,
                             d_u / 2};
            fk_worst(&worst, fk_residual(term, sizeof term / sizeof *term));
            fk_marginal_free(g);
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

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
    static const double step[] = {0.0385, 0.2385, 0.715}; /* over V */
    double worst = 0, v = 0.7315;
    for (size_t i = 0; i < 3; i++) {
        double e = step[i] * v, b = 2.385;
        for (size_t n = 0; n < 2000; n++) b = (1 - e / v) * (1 - e / v) * b + 2 * e;
        double formula = v / (1 - e / (2 * v));
        if (variant->which == 1) formula = v;
        if (variant->which == 2) formula = v / (1 - e / v);
        if (variant->which == 3) formula = v * (1 + e / (2 * v));
        fk_worst(&worst, fabs(b / formula - 1));
    }
    return fk_measured(worst, 0);
}

/* --- B20: how long a step may be, and where to end --- */

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

#define RESIDUAL                                                                                   \
    1e-14, "closed-form derivatives: some fifty roundings of 2^-53, relative to the sum of the "   \
           "terms' sizes"

const fk_claim fk_family_identities_claims[] = {
    {"B15",
     "Forward in time too there is a family with the marginals p_t: dx = (f x - (1 - eta^2)/2 g^2 "
     "score) dt + eta g dw, dt > 0; eta = 1 is the noising SDE itself",
     "Zhang and Chen 2023, section 2",
     FK_EXACT,
     RESIDUAL,
     forward_family,
     {"(1 - eta^2)/2", LESS_DRIFT, 0},
     {{"(1 + eta^2)/2", REVERSE_DRIFT, 0}, {"1/2", HALF, 0}, {"(1 - eta)/2", AMPLITUDE, 0}},
     .reading = FK_TRUE},
    {"B15-ddim",
     "DDIM's eta is the family's: one step is Euler-Maruyama's but for O(h^2), at t = 0.5 of "
     "vp-linear 7.65, -9.10, 0 (eta = 0) and 7.65, 10.4, -69.1 (eta = 1) times h^2 in x, eps and "
     "variance",
     "Song, Meng and Ermon 2021, eq. 16",
     FK_EXACT,
     1e-4,
     "rounding of 2^-53 over h^2 = 6e-8 is 1e-8 of numbers near 10; extrapolation leaves h^3 times "
     "moduli of 1e3: 1e-6",
     ddim_eta,
     {"eta of both", SAME_ETA, 0},
     {{"eta for eta^2 in the variance", ETA_IN_VARIANCE, 0},
      {"the ODE's drift at every eta", ODE_DRIFT, 0},
      {"f and g^2 at the end of the step", LATER_COEFFICIENTS, 0}},
     .reading = FK_TRUE},
    {"B16",
     "Any noise will do: with dt < 0 and D positive definite, R antisymmetric, dx = (f x - g^2/2 "
     "score - D score/2 + R score) dt + D^(1/2) dw has the marginals p_t, in two dimensions",
     "Ma, Chen and Fox 2015, theorem 1",
     FK_EXACT,
     RESIDUAL,
     general_noise,
     {"D score/2, R antisymmetric", HALF_D, 0},
     {{"D score", FULL_D, 0}, {"R symmetric", SYMMETRIC, 0}, {"no drift for D", NO_DRIFT, 0}},
     .reading = FK_TRUE},
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
