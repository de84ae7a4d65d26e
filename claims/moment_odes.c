/* SPDX-License-Identifier: GPL-3.0-or-later */
/* m' = f m and var' = 2 f var + g^2 integrated by GSL over the whole usable interval, against the
 * ratio of signals and the general variance formula. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>

#include "claims/claims.h"
#include "claims/setting.h"

typedef struct {
    const fk_schedule *schedule;
    int which;
} system_of;

enum { RIGHT, HALF_DRIFT, G_FOR_G2, NO_DRIFT };

/* y = (m, var). */
static int rates(double t, const double y[], double rate[], void *self)
{
    const system_of *sys = self;
    fk_coeffs c = fk_schedule_at(sys->schedule, t);
    double f = c.f * (sys->which == HALF_DRIFT ? 0.5 : sys->which == NO_DRIFT ? 0 : 1);
    rate[0] = f * y[0];
    rate[1] = 2 * f * y[1] + (sys->which == G_FOR_G2 ? sqrt(c.g2) : c.g2);
    return GSL_SUCCESS;
}

/* Worst relative error of m and of var over three end times. */
static void integrate(const fk_schedule *schedule, int which, double *of_mean, double *of_var)
{
    system_of self = {schedule, which};
    gsl_odeiv2_system sys = {rates, NULL, 2, &self};
    gsl_odeiv2_driver *driver =
        gsl_odeiv2_driver_alloc_y_new(&sys, gsl_odeiv2_step_rk8pd, 1e-6, 1e-14, 1e-13);
    double y[2] = {1.385, 0.31}, t = schedule->t_min;
    fk_coeffs c0 = fk_schedule_at(schedule, t);
    for (int k = 1; k <= 3; k++) {
        double u = k / 3.0, to = schedule->t_min * (1 - u) + schedule->t_max * u;
        if (gsl_odeiv2_driver_apply(driver, &t, to, y) != GSL_SUCCESS) y[0] = y[1] = NAN;
        fk_coeffs c = fk_schedule_at(schedule, to);
        double phi = c.s / c0.s;
        double var = c.sigma * c.sigma + phi * phi * (0.31 - c0.sigma * c0.sigma);
        fk_worst(of_mean, fabs(y[0] / (1.385 * phi) - 1));
        fk_worst(of_var, fabs(y[1] / var - 1));
    }
    gsl_odeiv2_driver_free(driver);
}

static fk_verdict solved(const fk_variant *variant, bool mean)
{
    double of_mean = 0, of_var = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        integrate(&fk_schedules[i], variant->which, &of_mean, &of_var);
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
     {"f m", RIGHT, 0},
     {{"f m / 2", HALF_DRIFT, 0}, {"no drift", NO_DRIFT, 0}}},
    {"C42-gsl",
     "var' = 2 f var + g^2, integrated numerically, gives sigma^2 + (s/s_0)^2 (var_0 - sigma_0^2) "
     "on "
     "every schedule",
     FK_OVERVIEW ", eq. 21",
     FK_EXACT,
     1e-10,
     BECAUSE,
     variance_solved,
     {"2 f var + g^2", RIGHT, 0},
     {{"f var + g^2", HALF_DRIFT, 0}, {"g for g^2", G_FOR_G2, 0}, {"no drift", NO_DRIFT, 0}}},
    {.id = NULL},
};
