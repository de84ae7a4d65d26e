/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exponential integrators of the probability-flow ODE. In lambda = log(s/sigma) it reads, for the
 * noise eps and for the data x0hat as the model's output M,
 *
 *     d(x/s)/dlambda = -e^-lambda eps,        d(x/sigma)/dlambda = e^lambda x0hat
 *
 * (Lu et al. 2022, arXiv 2206.00927, eq. 3.4; arXiv 2211.01095, eq. 8), so that all but M is solved
 * exactly. Over a step from t to u, h = lambda_u - lambda_t, theta = (lambda - lambda_t)/h,
 *
 *     x_u = ratio x_t + total <M>,   <M> = int_0^1 M(theta) e^((1-theta) z) dtheta / phi_1(z),
 *
 *     eps:    ratio = s_u/s_t,           total = s_u (rho_u - rho_t),  z = h,  rho = sigma/s
 *     x0hat:  ratio = sigma_u/sigma_t,   total = s_u (1 - e^-h),       z = -h.
 *
 * A scheme replaces the mean <M> by sum_j w_j M_j with sum_j w_j = 1: then a constant M is treated
 * exactly, and sigma_u = 0 (h = inf) has its limit. */
#ifndef FK_ODE_EXPONENTIAL_H
#define FK_ODE_EXPONENTIAL_H

#include "schedules/scheme.h"

typedef struct {
    double ratio, total, z;
} fk_transfer;

/* form: FK_EPS or FK_X0 */
fk_transfer fk_transfer_between(fk_output form, const fk_coeffs *t, const fk_coeffs *u);

/* Make M of a stage this output, from the marginal at these coefficients. The stage point is the
 * caller's. */
void fk_model_output(fk_output form, const fk_coeffs *at, fk_stage *stage);

/* Fill the table with one step of an exponential Runge-Kutta method (exponential.c) of order 2, 3
 * or 4, with as many evaluations. `known`: M at the step's first node is not evaluated but H_0. */
void fk_single_step(fk_output form, size_t order, bool known, const fk_step_at *, fk_step *table);

#endif
