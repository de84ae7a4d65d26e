/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a reverse process has the marginals p_t: the residual of its Fokker-Planck equation. */
#ifndef FK_CLAIMS_FOKKER_PLANCK_H
#define FK_CLAIMS_FOKKER_PLANCK_H

#include "analytic/fokker_planck.h"
#include "analytic/marginal.h"
#include "schedules/schedule.h"

/* Residual at x of the equation for log p (n = dim)
 *     d/dt log p = (1 + f_change) (-n f - f x.score) + drift g^2 (div score + |score|^2)
 *                  + direction noise g^2/2 (div score + |score|^2)
 * relative to the sum of the sizes of its terms; 0 exactly where the process has the marginals p.
 */
double fk_process_residual(const fk_process *, const fk_marginal *, const fk_coeffs *,
                           const double *x);

/* The worst of it over all schedules, mixtures of dimension 1, 2 and 16, and points within three
 * standard deviations of their components. */
double fk_process_worst(const fk_process *);

#endif
