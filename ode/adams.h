/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adams methods: the mean <M> of a step (ode/exponential.h) taken of the polynomial through model
 * outputs at several nodes. The polynomial may be in any variable w that runs with time; theta =
 * (w - w_t)/(w_u - w_t) is 0 where the step begins, 1 where it ends, negative at earlier nodes. */
#ifndef FK_ODE_ADAMS_H
#define FK_ODE_ADAMS_H

#include "ode/exponential.h"

enum { FK_MAX_ADAMS = 4 }; /* nodes */

/* In t, moments need the schedule's inverse of lambda; in the others nodes are enough. In rho, the
 * form must be eps. In the node's number: the same as in rho where the steps of rho are equal. */
typedef enum { FK_IN_T, FK_IN_RHO, FK_IN_LAMBDA, FK_IN_NUMBER } fk_variable;

/* theta of the node so many before the one that the step leaves */
double fk_adams_theta(fk_variable, const fk_step_at *, size_t nodes_back);

/* moment[i] = <theta^i> for i < n; moment[0] = 1. */
void fk_adams_moments(fk_variable, fk_output form, const fk_step_at *, size_t n, double *moment);

/* Weights w, sum_j w_j p(theta_j) = <p> for every polynomial p of degree below n. The theta_j
 * differ; n <= FK_MAX_ADAMS. */
void fk_adams_weights(size_t n, const double *theta, const double *moment, double *w);

#endif
