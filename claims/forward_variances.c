/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Variances along the forward process: of a path at two times, of a schedule that preserves them
 * and of one that explodes. */
#include <math.h>
#include <stdlib.h>

#include "claims/claims.h"
#include "claims/integrals.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

enum { TIMES = 9 };

/* --- C03, C04: one time, and two --- */

/* The mean and covariance, given x_0, of the SDE's path at u < t that started at t_0 with the
 * variance sigma_0^2 of the schedule, by quadrature of f and g^2 alone. */
typedef struct {
    double s_u, s_t, cov, var_t;
} two_times;

static two_times by_quadrature(const fk_schedule *schedule, double t0, double u, double t)
{
    fk_integrals a = fk_integrals_over(schedule, t0, u), b = fk_integrals_over(schedule, u, t);
    fk_coeffs c = fk_schedule_at(schedule, t0);
    double var_u = exp(2 * a.f) * (c.sigma * c.sigma + a.g2_over_phi2);
    return (two_times){c.s * exp(a.f), c.s * exp(a.f + b.f), var_u * exp(b.f),
                       exp(2 * b.f) * (var_u + b.g2_over_phi2)};
}

/* f without poles: cosine and flow stop at 0.9 of their interval. */
static double time_inside(const fk_schedule *schedule, double u)
{
    return schedule->t_min + u * 0.9 * (schedule->t_max - schedule->t_min);
}

enum { OF_THE_PATH, ONE_EPS, UNRELATED };

static fk_verdict law_of_a_path(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 1; j <= 3; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            double u = time_inside(schedule, 0.2385 * (double)j), t = time_inside(schedule, 0.885);
            fk_coeffs at_u = fk_schedule_at(schedule, u), at_t = fk_schedule_at(schedule, t);
            two_times path = by_quadrature(schedule, schedule->t_min, u, t);
            double cov = at_t.s / at_u.s * at_u.sigma * at_u.sigma;
            if (variant->which == ONE_EPS) cov = at_u.sigma * at_t.sigma;
            if (variant->which == UNRELATED) cov = 0;
            fk_worst(&worst, fabs(path.s_t / at_t.s - 1));
            fk_worst(&worst, fabs(path.var_t / (at_t.sigma * at_t.sigma) - 1));
            fk_worst(&worst, fabs(cov / path.cov - 1));
        }
    return fk_measured(worst, 0);
}

enum { UNIT_NOISE, FROM_THE_PRIOR, HALF_NOISE };

static fk_verdict noise_is_standard(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++) {
        const fk_schedule *schedule = &fk_schedules[i];
        double var_eps = variant->which == HALF_NOISE ? 0.5 : 1, t = time_inside(schedule, 0.6385);
        double sigma_max = fk_schedule_at(schedule, schedule->t_max).sigma;
        if (variant->which == FROM_THE_PRIOR && schedule->exploding)
            var_eps = sigma_max * sigma_max;
        double sigma = fk_schedule_at(schedule, t).sigma;
        two_times path = by_quadrature(schedule, schedule->t_min, time_inside(schedule, 0.385), t);
        fk_worst(&worst, fabs(sigma * sigma * var_eps / path.var_t - 1));
    }
    return fk_measured(worst, 0);
}

/* --- C07: a constant variance --- */

enum { MATCHED, NOT_WHITENED, NOISE_NOT_MATCHED, ADDED_ONLY };

/* three-1d moved and scaled to mean 0 and the given variance. */
static fk_mixture *scaled_data(double var)
{
    fk_mixture *mix = fk_setting_mixture("three-1d"), *scaled = NULL;
    double mean, own, m[3], v[3];
    fk_mixture_moments(mix, &mean, &own);
    for (size_t k = 0; k < 3; k++) {
        m[k] = (mix->mean[k] - mean) * sqrt(var / own);
        v[k] = mix->var[k] * (var / own);
    }
    fk_error err;
    if (fk_mixture_new_diagonal("scaled", 1, 3, mix->weight, m, v, &scaled, &err) != FK_OK) abort();
    fk_mixture_free(mix);
    return scaled;
}

static fk_verdict constant_variance(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const vp[] = {"vp-linear", "vp-cosine"};
    double worst = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < TIMES; j++) {
            double var = i == 0 ? 1 : 2.385;
            fk_mixture *mix = scaled_data(variant->which == NOT_WHITENED ? 0.7 * var : var);
            const char *spec = vp[i];
            if (variant->which == NOISE_NOT_MATCHED) spec = "sub-vp";
            if (variant->which == ADDED_ONLY) spec = "ve";
            fk_schedule schedule = fk_setting_schedule(spec);
            fk_coeffs c = fk_schedule_at(&schedule, fk_setting_time(&schedule, j));
            fk_marginal *p = fk_marginal_new(mix, c.s, sqrt(var) * c.sigma);
            fk_worst(&worst, fabs(fk_variance(p) / var - 1));
            fk_marginal_free(p);
            fk_mixture_free(mix);
        }
    return fk_measured(worst, 0);
}

/* --- C11, C13: exploding schedules --- */

enum { DATA_AND_MOST_NOISE, UNBOUNDED, NOISE_ALONE, PRESERVED };

/* The greatest variance on [0, 1] over its bound Var(x_0) + sigma_max^2; 0 where there is none. */
static fk_verdict bounded_variance(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ve", "ve:sigma_max=2.385", "edm:sigma_max=5.17"};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double mean, var_0;
    fk_mixture_moments(mix, &mean, &var_0);
    for (size_t i = 0; i < 3; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i]);
        double greatest = 0;
        for (size_t j = 0; j <= 24; j++) {
            double t = schedule.t_min + (schedule.t_max - schedule.t_min) * (double)j / 24;
            fk_coeffs c = fk_schedule_at(&schedule, t);
            fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
            fk_worst(&greatest, fk_variance(p));
            fk_marginal_free(p);
        }
        double sigma_max = fk_schedule_at(&schedule, schedule.t_max).sigma;
        double bound = var_0 + sigma_max * sigma_max;
        if (variant->which == UNBOUNDED) bound = INFINITY;
        if (variant->which == NOISE_ALONE) bound -= var_0;
        if (variant->which == PRESERVED) bound = 1;
        fk_worst(&worst, fabs(greatest / bound - 1));
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

static fk_verdict no_drift(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[][2] = {{"ve", "edm"}, {"ve", "vp-cosine"}, {"flow", "edm"}};
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[variant->which][i]);
        double before = -1;
        for (size_t j = 0; j < 200; j++) {
            double t = schedule.t_min + (schedule.t_max - schedule.t_min) * (double)j / 199;
            fk_coeffs c = fk_schedule_at(&schedule, t);
            fk_worst(&worst, fabs(c.f) + (c.g2 > 0 && c.sigma > before ? 0 : 1));
            before = c.sigma;
        }
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_forward_variances_claims[] = {
    {"C03",
     "x_t = s x_0 + sigma eps is the law at one time. Along a path Cov(x_u, x_t|x_0) = (s_t/s_u) "
     "sigma_u^2, u < t; with one eps for all times it would be sigma_u sigma_t",
     FK_OVERVIEW ", eq. 1",
     FK_EXACT,
     1e-12,
     "nested quadrature of f and g^2, relative error 1e-14 away from poles, amplified by at most "
     "thirty where sigma_u is small",
     law_of_a_path,
     {"(s_t/s_u) sigma_u^2", OF_THE_PATH, 0},
     {{"sigma_u sigma_t: one eps for all times", ONE_EPS, 0},
      {"0: a new eps at every time", UNRELATED, 0}},
     .reading = FK_TRUE_IF,
     .printed = "x_t = s(t) x_0 + sigma(t) eps"},
    {"C04",
     "eps ~ N(0, 1) on every schedule: only on VP is that the prior. With VE's prior for eps sigma "
     "would count twice",
     FK_OVERVIEW ", section 1",
     FK_EXACT,
     1e-12,
     "the variance of the SDE by nested quadrature, as C03",
     noise_is_standard,
     {"eps ~ N(0, 1)", UNIT_NOISE, 0},
     {{"as printed: eps ~ p_init, on VE N(0, sigma_max^2)", FROM_THE_PRIOR, 0},
      {"eps ~ N(0, 1/2)", HALF_NOISE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "eps ~ p_init"},
    {"C07",
     "Signal decays and matching noise comes in so that Var(x_t) = c stays: where Var(x_0) = c and "
     "s^2 + sigma^2/c = 1, for c = 1 and any other",
     FK_OVERVIEW ", section 1, VP",
     FK_EXACT,
     1e-13,
     "as C05: 5e-15 of the density, and a tenfold for the data's own scaling",
     constant_variance,
     {"Var(x_0) = c", MATCHED, 0},
     {{"Var(x_0) = 0.7 c", NOT_WHITENED, 0},
      {"noise that does not match, sub-VP", NOISE_NOT_MATCHED, 0},
      {"noise only added, VE", ADDED_ONLY, 0}},
     .reading = FK_TRUE_IF,
     .printed = "the total variance stays constant (usually 1)"},
    {"C11",
     "On VE the variance grows to Var(x_0) + sigma_max^2 and no further: it is bounded on [0, 1]",
     FK_OVERVIEW ", section 1, VE",
     FK_EXACT,
     1e-13,
     "as C05: 5e-15 of the density, and mean^2 subtracted at 100 times the size",
     bounded_variance,
     {"Var(x_0) + sigma_max^2", DATA_AND_MOST_NOISE, 0},
     {{"as printed: unbounded", UNBOUNDED, 0},
      {"sigma_max^2", NOISE_ALONE, 0},
      {"1", PRESERVED, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "eventually variance grows unbounded over time"},
    {"C13",
     "VE keeps the signal and ramps up the noise: f = 0, g^2 > 0, sigma increasing",
     FK_OVERVIEW ", text below the second figure",
     FK_EXACT,
     1e-15,
     "f is the constant 0: no rounding at all",
     no_drift,
     {"VE and EDM", 0, 0},
     {{"cosine-VP for EDM", 1, 0}, {"rectified flow for VE", 2, 0}},
     .reading = FK_TRUE},
    {.id = "C14",
     .says = "Which family is in favour for what: a recommendation, nothing to check",
     .source = FK_OVERVIEW ", text below the second figure",
     .reading = FK_WORDING,
     .printed = "Use cases often favor VP when you want a controlled signal-to-noise decay, and VE "
                "when you want broad noise scales"},
    {.id = NULL},
};
