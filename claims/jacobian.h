/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE's map with its Jacobian, by the variational equation
 *     x' = f x - g^2/2 score,    J' = (f I - g^2/2 Hess log p) J,    J = I at the start,
 * integrated together by GSL's rk8pd. */
#ifndef FK_CLAIMS_JACOBIAN_H
#define FK_CLAIMS_JACOBIAN_H

#include "analytic/mixture.h"
#include "schedules/schedule.h"

enum { FK_JACOBIAN_DIM = 3 };

typedef struct {
    const fk_mixture *mixture; /* dim <= FK_JACOBIAN_DIM */
    const fk_schedule *schedule;
    double from, to;  /* usable times, either way */
    double tolerance; /* relative and absolute, a step */
    double factor;    /* of the score: 1, or what a control makes of it */
} fk_jacobian_of;

/* x (dim) -> y (dim), jacobian (dim, dim), d y_i / d x_j at [i*dim + j]; false where the solver
 * gives up. */
bool fk_flow_jacobian(const fk_jacobian_of *, const double *x, double *y,
                      double *jacobian) FK_CHECKED;

double fk_determinant(size_t dim, const double *a); /* dim <= FK_JACOBIAN_DIM */
/* The largest |a_ij - a_ji|/2 over the largest |a_ij|: 0 for a symmetric matrix, 1 for a rotation
 * by a right angle. */
double fk_asymmetry(size_t dim, const double *a);

#endif
