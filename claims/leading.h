/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The constant in front of a first-order error, by theory: what the steps leave at leading order,
 * without a step being taken. */
#ifndef FK_CLAIMS_LEADING_H
#define FK_CLAIMS_LEADING_H

/* Which sampler: the local error of its step, of size h^2, in mean and variance. */
typedef enum {
    FK_LEADING_EULER,     /* of the probability-flow ODE */
    FK_LEADING_DDIM,      /* Euler's in (sigma/s, x/s) */
    FK_LEADING_EM,        /* Euler-Maruyama of the reverse SDE */
    FK_LEADING_ANCESTRAL, /* the exact mean, variance beta~ */
    FK_LEADING_LARGE      /* the exact mean, variance beta */
} fk_leading;

/* C with W1 = C/N + O(1/N^2) at t_end after N equal steps of t from t_max on vp-linear, from the
 * exact marginal of three-1d. Relative error below 1e-3. */
double fk_leading_constant(fk_leading, double t_end);

#endif
