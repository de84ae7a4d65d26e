/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All schedules have one probability-flow ODE, beyond the texts: in x/s as a function of sigma/s it
 * is d(x/s) = eps d(sigma/s) (Karras et al. 2022, sec. 2; Song et al. 2021b, eq. 14). */
#include <math.h>

#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/setting.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"

#define ONE_FLOW "Karras et al. 2022, sec. 2; Song, Meng and Ermon 2021, eq. 14"

enum { RIGHT, G_SQUARED, SIGMA_ALONE, X_ALONE, SAME_SIGMA, SAME_TIME, MAX_DIM = 2 };

/* --- B17: d(x/s)/dt = eps d(sigma/s)/dt, the derivatives of s and sigma by complex steps --- */

static fk_verdict velocity(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const mixture_of[] = {"three-1d", "full-2d"};
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        fk_mixture *m = fk_setting_mixture(mixture_of[i]);
        for (size_t j = 0; j < 8 * fk_n_schedules; j++) {
            const fk_schedule *schedule = &fk_schedules[j % fk_n_schedules];
            const double t = fk_setting_time(schedule, j);
            const fk_coeffs c = fk_schedule_at(schedule, t);
            const double s_rate = fk_closed_s_rate(schedule, t),
                         sigma_rate = fk_closed_var_rate(schedule, t) / (2 * c.sigma);
            double noise_rate = sigma_rate / c.s - c.sigma * s_rate / (c.s * c.s);
            if (variant->which == SIGMA_ALONE) noise_rate = sigma_rate;
            fk_marginal *g = fk_marginal_new(m, c.s, c.sigma);
            double x[MAX_DIM], score[MAX_DIM];
            fk_setting_point(g, j, x);
            fk_marginal_at(g, x, &(fk_point){.score = score});
            for (size_t k = 0; k < m->dim; k++) {
                const double half = variant->which == G_SQUARED ? 1 : 0.5;
                const double v = c.f * x[k] - half * c.g2 * score[k];
                const double drift = variant->which == X_ALONE ? 0 : s_rate / c.s * x[k];
                fk_worst(&worst, fk_residual((double[]){v / c.s, -drift / c.s,
                                                        c.sigma * score[k] * noise_rate},
                                             3));
            }
            fk_marginal_free(g);
        }
        fk_mixture_free(m);
    }
    return fk_measured(worst, 0);
}

/* --- B17-paths: the same x/s at the same sigma/s --- */

enum { POINTS = 7 };

/* From sigma/s = 5 to 0.05, from x/s given; ends (POINTS, 2), x/s. */
static bool follow(const fk_mixture *m, const fk_schedule *schedule, int which, const double *start,
                   double *ends)
{
    double noisy = -log(5), clean = -log(0.05);
    if (which == SAME_SIGMA && !schedule->exploding) /* sigma/sqrt(1 + sigma^2), capped */
        noisy = -log(0.98 / sqrt(1 - 0.98 * 0.98)), clean = -log(0.05 / sqrt(1 - 0.05 * 0.05));
    const double t[2] = {schedule->time_of(schedule, noisy), schedule->time_of(schedule, clean)};
    const double s[2] = {fk_schedule_at(schedule, t[0]).s, fk_schedule_at(schedule, t[1]).s};
    const size_t size = POINTS * 2;
    double x[2 * POINTS * 2];
    for (size_t i = 0; i < size; i++) x[i] = start[i] * (which == X_ALONE ? 1 : s[0]);
    const fk_field field = fk_mixture_field(m);
    fk_adaptive_options options = {.rtol = 1e-12, .atol = 1e-12};
    fk_error err;
    const bool ok =
        fk_adaptive_solve(&fk_rk8pd, schedule, &field, t, 2, POINTS, x, &options, &err) == FK_OK;
    for (size_t i = 0; i < size; i++) ends[i] = x[size + i] / (which == X_ALONE ? 1 : s[1]);
    return ok;
}

static fk_verdict paths(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0, start[POINTS * 2], first[POINTS * 2], other[POINTS * 2];
    fk_mixture *m = fk_setting_mixture("full-2d");
    for (size_t i = 0; i < POINTS * 2; i++) start[i] = 2 * fk_setting_offset(i);
    const fk_schedule edm = fk_setting_schedule("edm");
    bool ok = follow(m, &edm, RIGHT, start, first);
    for (size_t k = 0; k < fk_n_schedules; k++) {
        ok = ok && follow(m, &fk_schedules[k], variant->which, start, other);
        for (size_t i = 0; i < POINTS * 2; i++)
            fk_worst(&worst, ok ? fabs(other[i] - first[i]) : NAN);
    }
    fk_mixture_free(m);
    return fk_measured(worst, 0);
}

const fk_claim fk_invariance_claims[] = {
    {.id = "B17",
     .says = "On every schedule the probability-flow ODE is d(x/s) = eps d(sigma/s), eps = -sigma "
             "score",
     .source = ONE_FLOW,
     .kind = FK_EXACT,
     .margin = 1e-12,
     .because = "relative to the sum of the terms' sizes: roundings of f, g^2 and of the closed "
                "forms, each within some units of its condition",
     .check = velocity,
     .right = {"x/s and sigma/s", RIGHT, 0},
     .control = {{"g^2 score", G_SQUARED, 0},
                 {"sigma for sigma/s", SIGMA_ALONE, 0},
                 {"x for x/s", X_ALONE, 0}}},
    {.id = "B17-paths",
     .says = "From the same x/s at sigma/s = 5 all six schedules lead to the same x/s at 0.05",
     .source = ONE_FLOW,
     .kind = FK_EXACT,
     .margin = 1e-8,
     .because = "rk8pd with local errors of 1e-12 over some 1000 steps, expanded by ten or less",
     .check = paths,
     .right = {"x/s at equal sigma/s", RIGHT, 0},
     .control = {{"x at equal sigma/s", X_ALONE, 0}, {"x/s at equal sigma", SAME_SIGMA, 0}}},
    {.id = NULL},
};
