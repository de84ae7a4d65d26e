/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of exponential schemes, multistep and single-step, from the weights of their tables.
 * Between lambda_t and lambda_u, M being their model output (eps or x0hat) along a solution of the
 * eta family (sde/family.h) but for its noise,
 *
 *     x_u = ratio x_t + int K(lambda) M(lambda) dlambda
 *     eps:    ratio = s_u/s_t,                    K = -(1 + eta^2) s_u e^-lambda
 *     x0hat:  ratio = sigma_u/sigma_t e^-eta^2 h, K = (1 + eta^2) sigma_u e^lambda
 *                                                     e^(-eta^2 (lambda_u - lambda))
 *
 * and a step table puts a sum over outputs at several nodes in the place of the integral. Outputs
 * M = theta^k are given to it, theta running from 0 to 1 over the step in lambda, rho = sigma/s or
 * t, and the sum is compared with the integral, by quadrature. Where it is wrong by O(h^(1 + j))
 * the order is k + j and no more; and the least of these is the order, where the points at which
 * outputs were taken have at most one less (Hochbruck and Ostermann 2011, BIT 51, 889-908, for
 * Adams methods). What is exact in any one of the three variables will
 * do, as smooth functions of one are smooth in the others. Steps are of unequal length.
 *
 * Without noise the order is sufficient. With noise it is necessary: outputs are then no smooth
 * functions of time. */
#ifndef FK_SCHEDULES_EXACTNESS_H
#define FK_SCHEDULES_EXACTNESS_H

#include "schedules/scheme.h"

/* Whether the scheme says that it is one: its output is eps or x0hat. */
bool fk_is_exponential(const fk_scheme *);

typedef struct {
    double order;    /* inf where every output that was tried is integrated exactly */
    double residual; /* the worst of what is asked for the claim, relative to the integral of M = 1,
                        but for what holds as h -> 0 only. In lambda the step is 0.9385 times 0.385
                        long, those before it 1.2385, 0.8385, 1.1385 and 0.6385 times as much */
} fk_exactness;

/* On a schedule, near lambda = -0.2385, with noise of amplitude eta. A first and a last step may be
 * an order lower, being only one. FK_USAGE where the scheme has no plan there. */
int fk_exactness_of(const fk_scheme *, const fk_schedule *, double eta, double claim,
                    fk_exactness *, fk_error *) FK_CHECKED;

#endif
