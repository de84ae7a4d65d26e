/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact laws of the reverse processes. */
#ifndef FK_ANALYTIC_EXACT_H
#define FK_ANALYTIC_EXACT_H

#include "analytic/marginal.h"
#include "schedules/schedule.h"

/* Whether the flow map below is exact for this mixture: dim 1, or a single Gaussian. */
bool fk_flow_is_exact(const fk_mixture *);

/* The probability-flow ODE's map from (s, sigma) of `from` to those of `to`, in either direction,
 * for n points x (n, dim) -> y (n, dim). In 1-D it is the monotone rearrangement y =
 * F_to^-1(F_from(x)); for one Gaussian it scales each principal axis by the ratio of standard
 * deviations. It depends on the schedule only through the two end points. Requires
 * fk_flow_is_exact. slope (n), or NULL: the map's Jacobian determinant p_from(x) / p_to(y), in 1-D
 * dy/dx. Works to any depth of the tails and in the gaps between modes, where F is flat in double.
 * The watershed between two modes, where F is W, the weight on its left, is carried to the
 * watershed: what of F - W is below two last bits of W P(X > x | left) counts as 0, and y is the
 * point with as much of the left mass above it as of the right mass below, by symmetry the middle.
 * That is also the flow's limit there; beside it the slope is beyond what the digits of x can tell.
 * Where `to` is a point mass (zero variance at sigma = 0) y is its place (from a watershed, the
 * left one's) and slope NaN; where `from` has one, the map has no inverse and all is NaN. */
void fk_flow(const fk_mixture *, const fk_coeffs *from, const fk_coeffs *to, size_t n,
             const double *x, double *y, double *slope);

/* The exact law of the reverse SDE at noise level `to`, started at the fixed point x at `from`:
 * again a Gaussian mixture, p(x_to | x_from) = sum_k r_k(x_from) N(c_k, P_k),   A = s_from/s_to,  Q
 * = sigma_from^2 - A^2 sigma_to^2, K_k = A S_k(to) S_k(from)^-1,  c_k = M_k(to) + K_k (x -
 * M_k(from)),  P_k = Q S_k(to) S_k(from)^-1, with the responsibilities r_k at `from`. Components
 * whose responsibility underflows are dropped. FK_USAGE where `to` has more noise (sigma/s) than
 * `from`, or p_from no density. */
int fk_reverse_law(const fk_mixture *, const fk_coeffs *from, const double *x, const fk_coeffs *to,
                   fk_mixture **law, fk_error *err) FK_CHECKED;

#endif
