/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE dx/dt = v = f x - g^2/2 score by adaptive steps, each particle with its
 * own, over threads and ranks (core/ranks.h); and with it the change of log-density along each
 * path, d log p/dt = -div v = -dim f + g^2/2 div score (Chen et al. 2018, the instantaneous change
 * of variables). By GSL's steppers (rk45: gsl_odeiv2_step_rkf45; rk8pd), one particle after the
 * other and in t; or many at a time (dopri5), in the angle of ode/dopri5.h: its oracle is rk8pd. */
#ifndef FK_ODE_ADAPTIVE_H
#define FK_ODE_ADAPTIVE_H

#include "core/field.h"
#include "schedules/scheme.h"

typedef struct {
    double rtol, atol;  /* local error per step and coordinate <= atol + rtol |x|, of which one may
                           be  0; in dopri5 in units of sqrt(s^2 + sigma^2), which is 1 on VP */
    int threads;        /* 0: all */
    double *log_change; /* out: (n_t, n), log p_t(x_t) - log p_t[0](x_t[0]), to the same tolerances;
                           NULL: not wanted. The field must know its divergence. */
    size_t evaluations; /* out: score evaluations, all particles */
    size_t rejected;    /* out: failed steps, all particles */
} fk_adaptive_options;

/* Integrate n particles through times t[0] > t[1] > ... > t[n_t-1] (or increasing). x (n_t, n,
 * dim), C order: row 0 holds the starts, the other rows are filled. FK_USAGE where a step size
 * collapses (below 1e-14 of the interval) or a value is not finite: names particle, t and what to
 * change. */
int fk_adaptive_solve(const fk_scheme *, const fk_schedule *, const fk_field *, const double *t,
                      size_t n_t, size_t n, double *x, fk_adaptive_options *,
                      fk_error *) FK_CHECKED;

#endif
