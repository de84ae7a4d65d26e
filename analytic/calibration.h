/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a denoiser is right on average about what it says. With D = (x + sigma^2 score(x))/s of a
 * field, the data given that D lies in a bin have the mean
 *     E[x_0; D in bin] / P(D in bin),
 * which for the exact score is that of D itself (Tweedie; Efron 2011): E[x_0 | D] = D. For a
 * learnt one it need not be. On a mixture in 1-D both sides are known: a bin is a union of
 * intervals in x, and over an interval
 *     E[x_0; a < x < b] = sum_k w_k ( m_k P_k(a < x < b) - s C_k (p_k(b) - p_k(a)) ),
 * p_k and P_k density and law of component k of the marginal. */
#ifndef FK_ANALYTIC_CALIBRATION_H
#define FK_ANALYTIC_CALIBRATION_H

#include "analytic/marginal.h"

typedef struct {
    double lo, hi;      /* the bin */
    double probability; /* 0: D does not come there, and the means are NaN */
    double said;        /* E[D | bin] */
    double true_mean;   /* E[x_0 | bin] */
} fk_calibration;

/* n bins, evenly over what D is where all but 2e-9 of the marginal lies; to 1e-9 for D that vary
 * on the scale of a hundredth of that. The marginal has dim 1, sigma > 0. */
void fk_calibration_of(const fk_marginal *, const fk_field *, size_t n, fk_calibration *bin);

/* sqrt E (E[x_0 | bin] - E[D | bin])^2. */
double fk_calibration_error(size_t n, const fk_calibration *bin);

#endif
