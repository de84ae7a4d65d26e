/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM's inference processes Q_sigma (Song, Meng and Ermon 2021, eq. 6 and 7), for any s and sigma.
 * Given x_0, x_n ~ N(s_n x_0, sigma_n^2 I), and backwards from there
 *     q(x_{t-1} | x_t, x_0) = N( s_{t-1} x_0 + sqrt(sigma_{t-1}^2 - sd_t^2) (x_t - s_t
 * x_0)/sigma_t, sd_t^2 I ), so that x_t | x_0 ~ N(s_t x_0, sigma_t^2 I) whatever the deviations
 * sd_t: the processes differ in their joint laws alone, which are here. With r_t^2 = 1 -
 * sd_t^2/sigma_{t-1}^2, one coordinate has Cov(x_i, x_j | x_0) = sigma_i sigma_j r_{i+1} .. r_j, i
 * <= j.
 *
 * Arrays hold t = 1 .. n at 0 .. n-1: node[0] is the cleanest, node[n-1] the noisiest, all with
 * sigma > 0. sd[0] belongs to the step from x_1 to x_0 and is not read. */
#ifndef FK_ANALYTIC_DDIM_FAMILY_H
#define FK_ANALYTIC_DDIM_FAMILY_H

#include "core/error.h"
#include "schedules/schedule.h"

/* The deviations of DDIM's eta: sd_t^2 = eta^2 sigma_{t-1}^2 (1 - e^(-2h)), h = lambda_{t-1} -
 * lambda_t > 0, and sd[0] = 0, as x_0 has no noise (eq. 16). eta = 1 is the forward Markov chain,
 * eta = 0 a deterministic function of x_n and x_0. sd (n), eta in [0, 1]. */
void fk_ddim_deviations(const fk_coeffs *node, size_t n, double eta, double *sd);

/* Covariance of one coordinate of (x_1, .., x_n) given x_0: cov (n, n). FK_USAGE where a deviation
 * is negative or above sigma_{t-1}: then there is no such process. */
int fk_ddim_covariance(const fk_coeffs *node, size_t n, const double *sd, double *cov,
                       fk_error *err) FK_CHECKED;

/* Its inverse, tridiagonal since backwards the process is Markov given x_0: diagonal (n), beside
 * (n - 1). In closed form, with no cancellation. FK_USAGE also where a deviation is 0: the
 * covariance has no inverse. */
int fk_ddim_precision(const fk_coeffs *node, size_t n, const double *sd, double *diagonal,
                      double *beside, fk_error *err) FK_CHECKED;

/* Covariance of (x_0, x_1, .., x_n) where Var(x_0) = var_0, from that given x_0: joint (n + 1, n +
 * 1). */
void fk_ddim_joint(const fk_coeffs *node, size_t n, const double *cov, double var_0, double *joint);

#endif
