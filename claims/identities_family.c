/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B15, B16: processes that share the marginals p_t, and the noise of the one that runs backwards.
 */
#include <math.h>

#include "claims/claims.h"
#include "claims/fokker_planck.h"
#include "claims/integrals.h"
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

/* --- B16-wiener: the backward noise --- */

enum { PLUS_SCORE, NO_SCORE, MINUS_SCORE, HALF_SCORE, SQUARED_NOISE };

static double times_score(double x, double log_p, const void *self)
{
    (void)log_p;
    double score;
    fk_marginal_at(self, &x, &(fk_point){.score = &score});
    return x * score;
}

/* Cov(x_T, dwbar_u)/du over A g: x_T = A x_u + noise after u, so that dw_u counts A g_u, and
 * Cov(x_T, score_u) = A E x_u score_u as E score = 0. A of the noise is an integral of f, of the
 * score s_T/s_u. */
static fk_verdict backward_noise(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double share[] = {1, 0, -1, 0.5, 1};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 1; j <= 3; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            /* f has no poles up to 0.9 of the interval */
            double length = 0.9 * (schedule->t_max - schedule->t_min);
            double u = schedule->t_min + 0.2385 * (double)j * length;
            fk_coeffs c = fk_schedule_at(schedule, u);
            fk_coeffs end = fk_schedule_at(schedule, schedule->t_min + length);
            fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
            double g = sqrt(c.g2), along = fk_expect(p, times_score, p);
            double of_noise = exp(fk_integrals_over(schedule, u, schedule->t_min + length).f) * g;
            double of_score = share[variant->which] * end.s / c.s * along * g;
            if (variant->which == SQUARED_NOISE) of_score *= g;
            fk_worst(&worst, fabs(of_noise + of_score) / of_noise);
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
    {"B16-wiener",
     "dwbar = dw + g score dt does not depend on the future x_T: Cov(x_T, dw_u) = A_{u,T} g_u du "
     "and "
     "Cov(x_T, g score_u) = -A_{u,T} g_u cancel, A = exp int f. On three-1d, six schedules",
     "Anderson 1982; Song et al. 2021, eq. 6",
     FK_EXACT,
     1e-12,
     "integrals of f and quadrature over x_u, relative error 1e-14 and 1e-13 of tails and kinks",
     backward_noise,
     {"dw + g score dt", PLUS_SCORE, 0},
     {{"dw itself", NO_SCORE, 0},
      {"dw - g score dt", MINUS_SCORE, 0},
      {"dw + g score/2 dt, the ODE's", HALF_SCORE, 0},
      {"dw + g^2 score dt", SQUARED_NOISE, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
