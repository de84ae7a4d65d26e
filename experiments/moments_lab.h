/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker moments: mean and variance of the forward SDE on every schedule, three ways. */
#ifndef FK_EXPERIMENTS_MOMENTS_LAB_H
#define FK_EXPERIMENTS_MOMENTS_LAB_H

#include "analytic/mixture.h"
#include "claims/moment_odes.h"

enum { MAX_SCHEDULES = 8, STEPS = 160, EVERY = 8, SEEN = STEPS / EVERY, CURVES = 5 };

/* Right, and with a factor dropped. */
enum { CURVE_RIGHT, CURVE_HALF_MEAN, CURVE_HALF_VAR, CURVE_ROOT, CURVE_NO_DRIFT };
extern const fk_moment_terms moments_terms[CURVES];

typedef struct {
    fk_schedule schedule;
    double t[STEPS + 1];                    /* from t_min, equal steps in log(s/sigma) */
    double mean[STEPS + 1], var[STEPS + 1]; /* closed forms */
    double spread[STEPS + 1];               /* of (x - mean)^2 over its mean: sqrt(kurtosis - 1) */
    double ode_mean[CURVES][STEPS + 1], ode_var[CURVES][STEPS + 1]; /* by GSL */
    double seen_mean[SEEN + 1], seen_var[SEEN + 1]; /* of the paths, at every EVERY-th node */
} moments_of;

typedef struct {
    const fk_mixture *mixture;               /* borrowed; dim 1 */
    double data_mean, data_var, data_fourth; /* E x_0, Var x_0, E (x_0 - E x_0)^4 */
    size_t n;                                /* paths */
    uint64_t seed;
    int threads;
    moments_of of[MAX_SCHEDULES];
    size_t n_of;
} moments;

/* x_t = s x_0 + sigma eps has mean s E x_0, variance s^2 Var x_0 + sigma^2, and the fourth
 * cumulant s^4 times that of x_0. */
void moments_closed(const moments *, moments_of *);
void moments_solve(moments_of *);
int moments_simulate(const moments *, moments_of *, fk_error *) FK_CHECKED;

/* One standard error of the mean, and of the variance, of n samples at node j. */
double moments_mean_error(const moments *, const moments_of *, size_t j);
double moments_var_error(const moments *, const moments_of *, size_t j);

#endif
