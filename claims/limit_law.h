/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The laws that samplers tend to which do not converge to the data's: with ever more steps they do
 * a thing of fixed size ever more often, and their law is that at which this thing stands still.
 * Closed forms for 1-D Gaussian data N(m, v), where at a node V = s^2 v + sigma^2 is the exact
 * variance, and the mean is exact. */
#ifndef FK_CLAIMS_LIMIT_LAW_H
#define FK_CLAIMS_LIMIT_LAW_H

#include "analytic/gaussian_law.h"
#include "core/error.h"

/* The variance at the axis' last node.
 *
 * pc: Langevin steps x + e score + sqrt(2 e) z, e = 2 (snr E|z|/E|score|)^2 = 2 snr^2 V, take the
 * deviation to (1 - e/V) of itself and add 2 e:    V / (1 - e/(2 V)), snr < 1 as the scheme has it.
 *
 * edm-churn, gamma = sqrt(2) - 1 whatever the steps: in y = x/s noise is raised from rho = sigma/s
 * to rho^ = (1 + gamma) rho, and Heun's rule for dy/drho = k(rho) (y - m), k = rho/(v + rho^2),
 * leads back:    s^2 G^2 S_noise^2 (rho^^2 - rho^2)/(1 - G^2),
 *     G = 1 + d/2 (k^ + k (1 + d k^)),  d = rho - rho^.
 *
 * edm-churn, gamma = S_churn/N, S_noise other than 1: noise and its removal do not cancel. On nodes
 * uniform in lambda the excess u of y's variance over W = v + rho^2 follows du/dq = (1 + K) u/W -
 * K (S_noise^2 - 1) with q = rho^2, K = S_churn over the whole way in lambda:
 *     s^2 (W + (S_noise^2 - 1) W (1 - (W/W_0)^K)),  W_0 at the first node.
 *
 * FK_USAGE for other schemes, and where these parameters have no limit or none is known. */
int fk_limit_variance(const fk_scheme *, fk_gaussian data, const fk_axis *, double *variance,
                      fk_error *) FK_CHECKED;

#endif
