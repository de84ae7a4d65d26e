/* SPDX-License-Identifier: GPL-3.0-or-later */
/* m' = f m and var' = 2 f var + g^2 integrated by GSL over the whole usable interval, against the
 * ratio of signals and the general variance formula. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>

#include "claims/moment_odes.h"

#include "claims/claims.h"
#include "claims/setting.h"

typedef struct {
    const fk_schedule *schedule;
    fk_moment_terms terms;
} system_of;

/* y = (m, var). */
static int rates(double t, const double y[], double rate[], void *self)
{
    const system_of *sys = self;
    const fk_moment_terms *with = &sys->terms;
    const fk_schedule *schedule = sys->schedule;
    fk_coeffs c = fk_schedule_at(schedule, fmin(fmax(t, schedule->t_min), schedule->t_max));
    rate[0] = with->mean * c.f * y[0];
    rate[1] = with->var * c.f * y[1] + (with->g_for_g2 ? sqrt(c.g2) : c.g2);
    return GSL_SUCCESS;
}

void fk_moment_odes_path(const fk_schedule *schedule, fk_moment_terms terms, size_t n,
                         const double *t, double *mean, double *var)
{
    system_of self = {schedule, terms};
    gsl_odeiv2_system sys = {rates, NULL, 2, &self};
    gsl_odeiv2_driver *driver =
        gsl_odeiv2_driver_alloc_y_new(&sys, gsl_odeiv2_step_rk8pd, 1e-6, 0, 1e-13);
    double y[2] = {mean[0], var[0]}, now = t[0];
    for (size_t j = 1; j < n; j++) {
        if (gsl_odeiv2_driver_apply(driver, &now, t[j], y) != GSL_SUCCESS) y[0] = y[1] = NAN;
        mean[j] = y[0];
        var[j] = y[1];
    }
    gsl_odeiv2_driver_free(driver);
}

void fk_moment_odes_solve(const fk_schedule *schedule, double f_factor, bool g_for_g2, double var_0,
                          double *of_mean, double *of_var)
{
    enum { TIMES = 10 };
    double t[TIMES + 1], mean[TIMES + 1] = {1.385}, var[TIMES + 1] = {var_0};
    for (int k = 0; k <= TIMES; k++) {
        const double u = (double)k / TIMES;
        t[k] = schedule->t_min * (1 - u) + schedule->t_max * u;
    }
    fk_moment_odes_path(schedule, (fk_moment_terms){f_factor, 2 * f_factor, g_for_g2}, TIMES + 1, t,
                        mean, var);
    const fk_coeffs c0 = fk_schedule_at(schedule, t[0]);
    for (int k = 1; k <= TIMES; k++) {
        const fk_coeffs c = fk_schedule_at(schedule, t[k]);
        const double phi = c.s / c0.s;
        const double exact = c.sigma * c.sigma + phi * phi * (var_0 - c0.sigma * c0.sigma);
        fk_worst(of_mean, fabs(mean[k] / (1.385 * phi) - 1));
        fk_worst(of_var, fabs(var[k] / exact - 1));
    }
}

enum { F_FACTOR, G_FOR_G2 }; /* variants: f by .param; or g for g^2 */

static fk_verdict solved(const fk_variant *variant, bool mean)
{
    double of_mean = 0, of_var = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        fk_moment_odes_solve(&fk_schedules[i], variant->param, variant->which == G_FOR_G2, 0.31,
                             &of_mean, &of_var);
    return fk_measured(mean ? of_mean : of_var, 0);
}

static fk_verdict mean_solved(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)env, (void)claim;
    return solved(variant, true);
}

static fk_verdict variance_solved(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    return solved(variant, false);
}

#define BECAUSE                                                                                    \
    "local errors of 1e-13 relative over at most 1000 steps of GSL's rk8pd, none of them "         \
    "amplified "                                                                                   \
    "(f <= 0)"

const fk_claim fk_moment_odes_claims[] = {
    {"C29-gsl",
     "m' = f m, integrated numerically from t_min to t_max, gives s(t)/s(t_min) on every schedule",
     FK_OVERVIEW ", eq. 9",
     FK_EXACT,
     1e-10,
     BECAUSE,
     mean_solved,
     {"f m", F_FACTOR, 1},
     {{"f m / 2", F_FACTOR, 0.5}, {"no drift", F_FACTOR, 0}},
     .reading = FK_TRUE},
    {"C42-gsl",
     "var' = 2 f var + g^2, integrated numerically, gives sigma^2 + (s/s_0)^2 (var_0 - sigma_0^2) "
     "on "
     "every schedule",
     FK_OVERVIEW ", eq. 21",
     FK_EXACT,
     1e-10,
     BECAUSE,
     variance_solved,
     {"2 f var + g^2", F_FACTOR, 1},
     {{"f var + g^2", F_FACTOR, 0.5}, {"g for g^2", G_FOR_G2, 1}, {"no drift", F_FACTOR, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
