/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/schedules_checks.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#include "analytic/marginal.h"
#include "claims/moment_odes.h"
#include "claims/setting.h"

enum { TIMES = 50, SIDES = 2000 };

typedef struct {
    const fk_schedule *linear, *cosine;
    double power; /* of s_lin; 1 is right, 2 takes alpha_bar for s */
    gsl_integration_workspace *work;
} pair;

static double log_ratio(double t, void *self)
{
    const pair *p = self;
    return log(fk_schedule_at(p->cosine, t).s) - p->power * log(fk_schedule_at(p->linear, t).s);
}

static double drift_gap(double t, void *self)
{
    const pair *p = self;
    return fk_schedule_at(p->cosine, t).f - p->power * fk_schedule_at(p->linear, t).f;
}

/* log s_cos - log s_lin again, as the integral of f_cos - f_lin from 0, where both signals are 1.
 */
static double log_ratio_by_drift(double t, void *self)
{
    pair *p = self;
    gsl_function gap = {drift_gap, p};
    double value = NAN, error;
    gsl_integration_qag(&gap, 0.0, t, 1e-14, 1e-13, 1000, GSL_INTEG_GAUSS61, p->work, &value,
                        &error);
    return value;
}

/* The root on [1/2, 1 - 1e-7]; NaN where the ends have one sign. */
static double crossing(double (*gap)(double, void *), pair *p)
{
    return fk_setting_root(gap, p, 0.5, 1.0 - 1e-7);
}

double schedules_crossing(const setting *set)
{
    pair p = {set->schedule, set->schedule + 1, 1.0, NULL};
    return crossing(log_ratio, &p);
}

fk_verdict schedules_check_crossing(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    fk_schedule bare = set->schedule[1];
    fk_error err;
    if (variant->which == NO_OFFSET && fk_schedule_parse("vp-cosine:offset=0", &bare, &err)) {
        return (fk_verdict){.observed = NAN};
    }
    pair right = {set->schedule, set->schedule + 1, 1.0, gsl_integration_workspace_alloc(1000)};
    pair tried = {set->schedule, &bare, variant->which == SQUARED ? 2.0 : 1.0, NULL};
    fk_verdict v = {.observed = crossing(log_ratio, &tried),
                    .expected = crossing(log_ratio_by_drift, &right)};
    gsl_integration_workspace_free(right.work);
    return v;
}

/* How many of SIDES points lie on the wrong side: s_cos > s_lin before t*, < after. */
fk_verdict schedules_check_sides(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    pair p = {set->schedule, set->schedule + 1, 1.0, NULL};
    double t_star = variant->which == AS_PRINTED ? 1.0 : schedules_crossing(set), wrong = 0.0;
    for (int i = 1; i < SIDES; i++) {
        double t = (double)i / SIDES, gap = log_ratio(t, &p);
        if (!(t < t_star ? gap > 0.0 : gap < 0.0)) wrong++;
    }
    return (fk_verdict){.observed = wrong};
}

/* ---- (f, g^2) against (s, sigma) ---------------------------------------------------------------
 */

/* The worst over the schedules of the relative errors of m and of v, from v = sigma^2 at t_min. */
static double worst_moment(const setting *set, double f_factor, bool g_for_g2, bool of_mean)
{
    double mean = 0.0, variance = 0.0;
    for (size_t i = 0; i < set->n; i++) {
        double sigma = fk_schedule_at(&set->schedule[i], set->schedule[i].t_min).sigma;
        fk_moment_odes_solve(&set->schedule[i], f_factor, g_for_g2, sigma * sigma, &mean,
                             &variance);
    }
    return of_mean ? mean : variance;
}

fk_verdict schedules_check_mean(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)claim;
    double factor = variant->which == DOUBLE ? 2.0 : 1.0;
    return (fk_verdict){.observed = worst_moment(env->context, factor, false, true)};
}

fk_verdict schedules_check_variance(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)claim;
    double factor = variant->which == HALF ? 0.5 : 1.0;
    return (fk_verdict){.observed =
                            worst_moment(env->context, factor, variant->which == ROOT, false)};
}

/* lambda' = -g^2 / (2 sigma^2) */
static double snr_rate(double t, void *schedule)
{
    fk_coeffs c = fk_schedule_at(schedule, t);
    return -0.5 * c.g2 / (c.sigma * c.sigma);
}

fk_verdict schedules_check_snr(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    double worst = 0.0, factor = variant->which == DOUBLE ? 2.0 : 1.0;
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
    for (size_t i = 0; i < set->n; i++) {
        fk_schedule schedule = set->schedule[i];
        gsl_function rate = {snr_rate, &schedule};
        double fall = NAN, error;
        gsl_integration_qag(&rate, schedule.t_min, schedule.t_max, 0.0, 1e-13, 1000,
                            GSL_INTEG_GAUSS61, work, &fall, &error);
        double exact = fk_schedule_at(&schedule, schedule.t_max).lambda -
                       fk_schedule_at(&schedule, schedule.t_min).lambda;
        double gap = fabs(factor * fall - exact);
        fk_worst(&worst, gap);
    }
    gsl_integration_workspace_free(work);
    return (fk_verdict){.observed = worst};
}

/* ---- the variance of x_t -----------------------------------------------------------------------
 */

/* The mean variance of a coordinate, from the components of the frozen marginal. */
static double marginal_variance(const fk_mixture *mixture, double s, double sigma)
{
    fk_marginal *m = fk_marginal_new(mixture, s, sigma);
    double variance = 0.0;
    for (size_t i = 0; i < mixture->dim; i++) {
        double mean = 0.0, spread = 0.0;
        for (size_t k = 0; k < mixture->k; k++)
            mean += mixture->weight[k] * m->mean[k * mixture->dim + i];
        for (size_t k = 0; k < mixture->k; k++) {
            double d = m->mean[k * mixture->dim + i] - mean;
            /* (rotated axes: their variances have the same sum) */
            spread += mixture->weight[k] * (m->var[k * mixture->dim + i] + d * d);
        }
        variance += spread / (double)mixture->dim;
    }
    fk_marginal_free(m);
    return variance;
}

fk_verdict schedules_check_total(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    double worst = 0.0;
    for (size_t i = 0; i < set->n; i++)
        for (int j = 0; j <= TIMES; j++) {
            const fk_schedule *schedule = &set->schedule[i];
            double t = schedule->t_min + (schedule->t_max - schedule->t_min) * j / TIMES;
            fk_coeffs c = fk_schedule_at(schedule, t);
            double signal = variant->which == ROOT ? c.s : c.s * c.s,
                   noise = variant->which == DOUBLE ? 2.0 * c.sigma * c.sigma : c.sigma * c.sigma,
                   error = fabs((signal * set->variance + noise) /
                                    marginal_variance(set->mixture, c.s, c.sigma) -
                                1.0);
            fk_worst(&worst, error);
        }
    return (fk_verdict){.observed = worst};
}
