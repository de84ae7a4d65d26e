/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Derivatives of a 1-D marginal beyond those of analytic/marginal.h, from the mixture's own
 * parameters: with r_k the responsibilities, u_k = (M_k - x)/S_k, a = score and d_k = u_k - a. */
#ifndef FK_CLAIMS_DERIVATIVES_H
#define FK_CLAIMS_DERIVATIVES_H

#include "analytic/marginal.h"

/* (log p)''' = sum r_k (d_k^3 - 3 d_k/S_k). */
double fk_log_third(const fk_marginal *, double x);

/* d/dt of the score where s' = f s and (sigma^2)' = g2 + 2 f sigma^2: sum r_k (u_k' + d_k l_k'),
 * l_k the logarithm of component k's weight and density. */
double fk_score_rate(const fk_marginal *, double f, double g2, double x);

#endif
