/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact law of a scheme on Gaussian data. Where the data are N(m, v) in 1-D the score is
 * affine, score = (s m - x) / (s^2 v + sigma^2), hence so is every step table in the state, the
 * history and the normals, and the joint mean and covariance of (x, H_0, H_1, ..) follow from step
 * to step exactly, for every scheme, without a single path. In more dimensions the principal axes
 * of the data are problems of their own (analytic/mixture.h: var and axes), since starts that are
 * used, the exact marginal and isotropic Gaussians, have independent coordinates along them.
 *
 * With the error e = x - x_exact as one more row the strong error is exact too. x_exact solves
 *     dx = [ f x - (1 + eta^2)/2 g^2 score ] dt + eta g dW       (time decreasing)
 * from the same start on the same path W: over a step from t to u
 *     x_exact(u) = M_u + Phi(u, t) (x_exact(t) - M_t) + int Phi(u, r) eta g(r) dW_r,
 *     Phi(u, r)  = sqrt(V_u/V_r) ((V_u/s_u^2) / (V_r/s_r^2))^(eta^2/2),    V = s^2 v + sigma^2,
 * and the step's own noise is sum_l c_l int psi_l(r) dW_r, psi_l the kernel of its normal
 * (core/step.h) as a function of r with int psi^2 = 1. The two are subtracted under the integral,
 * at Gauss-Legendre nodes, before anything is squared. On this linear drift SRA1 and ShARK show
 * order 2: the law refutes a strong order of 3/2 but does not prove it. */
#ifndef FK_ANALYTIC_GAUSSIAN_LAW_H
#define FK_ANALYTIC_GAUSSIAN_LAW_H

#include "analytic/history.h"

typedef struct {
    double mean, var;
} fk_gaussian;

/* Rows of the joint law. Rows of history that a scheme does not use stay zero. */
enum { FK_ROW_X, FK_ROW_ERROR, FK_ROW_HISTORY, FK_LAW_ROWS = FK_ROW_HISTORY + FK_MAX_HISTORY };

typedef struct {
    double mean[FK_LAW_ROWS], cov[FK_LAW_ROWS][FK_LAW_ROWS];
} fk_gaussian_law;

/* A start without history; error 0. */
fk_gaussian_law fk_gaussian_law_start(fk_gaussian x);

/* The start of a multistep scheme with exact history: x at the noise level of `start`, and the
 * model outputs before it, jointly as the exact process of their eta has them (eta = 0: all on one
 * trajectory of the probability-flow ODE). */
fk_gaussian_law fk_gaussian_law_exact(fk_gaussian data, const fk_coeffs *start, const fk_history *);

/* The law after one step; the error row is not touched. */
void fk_gaussian_law_step(fk_gaussian data, const fk_step *step, fk_gaussian_law *law);

/* Through all the steps. path (n_steps + 1): mean and variance of x before the first step and after
 * each; NULL where not wanted. */
void fk_gaussian_law_run(fk_gaussian data, const fk_step *step, size_t n_steps,
                         fk_gaussian_law *law, fk_gaussian *path);

/* The same with the error row. rms (n_steps + 1), or NULL: root mean square of e after each step.
 * FK_USAGE where a normal has no meaning as a functional of the path, and on a chain, which has no
 * path between its nodes. */
int fk_gaussian_law_strong(fk_gaussian data, const fk_axis *axis, const fk_plan *plan, double eta,
                           fk_gaussian_law *law, double *rms, fk_error *err) FK_CHECKED;

/* The mean and variance of the data's marginal at a node, s m and s^2 v + sigma^2; and of the eta
 * family's exact process at `to`, started at `from` with law x. */
fk_gaussian fk_gaussian_marginal(fk_gaussian data, const fk_coeffs *node);
fk_gaussian fk_gaussian_exact(fk_gaussian data, const fk_coeffs *from, const fk_coeffs *to,
                              double eta, fk_gaussian x);

#endif
