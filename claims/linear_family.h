/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes of eta on 1-D Gaussian data N(m, v), where all of them are linear:
 *     dx = ( f x - (1 + eta^2)/2 g^2 (score + delta) ) dt + eta g dw,   dt < 0,
 * with an error delta = delta[0] + delta[1] x of the score. Time is lambda = log(s/sigma), which
 * grows towards the data: -g^2 dt = 2 sigma^2 dlambda. */
#ifndef FK_CLAIMS_LINEAR_FAMILY_H
#define FK_CLAIMS_LINEAR_FAMILY_H

#include "analytic/gaussian_law.h"
#include "schedules/schedule.h"

typedef struct {
    const fk_schedule *schedule;
    fk_gaussian data;
    double eta, delta[2];
} fk_linear;

fk_coeffs fk_at_lambda(const fk_schedule *, double lambda);
/* p_t = N(M, V), M = s m, V = s^2 v + sigma^2. */
fk_gaussian fk_linear_marginal(const fk_linear *, double lambda);

/* The law at `to` from N(a, b) at `from` < `to`, with the right score (delta is not read):
 *     mean M_s + sqrt(V_s/V_t) rho (a - M_t),   variance V_s (1 - rho^2) + (V_s/V_t) rho^2 b,
 *     rho = ((V_s/s_s^2) / (V_t/s_t^2))^(eta^2/2). */
fk_gaussian fk_linear_law(const fk_linear *, fk_gaussian start, double from, double to);

/* x' = phi x + shift + N(0, var) */
typedef struct {
    double phi, shift, var;
} fk_linear_step;
/* The same without the closed form, with delta: the equations of phi, shift and var by `steps`
 * steps of the classical Runge-Kutta method. */
fk_linear_step fk_linear_transition(const fk_linear *, double from, double to, size_t steps);

#endif
