/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the schemes for the eta family share: with time decreasing,
 *     dx = drift dt + eta g dW,   drift = f x - (1 + eta^2)/2 g^2 score
 * has the marginals p_t for every eta >= 0 (Zhang and Chen 2023, section 2): 0 is the
 * probability-flow ODE, 1 Anderson's reverse SDE. */
#ifndef FK_SDE_FAMILY_H
#define FK_SDE_FAMILY_H

#include "schedules/scheme.h"

extern const fk_param fk_family_params[]; /* eta = 1, at param[0] */

int fk_family_check(const fk_scheme *, fk_error *);

/* Without noise there is no strong order. */
void fk_family_prepare(fk_scheme *);

/* Make M of a stage the drift at these coefficients. The stage point is the caller's. */
void fk_family_drift(double eta, const fk_coeffs *at, fk_stage *stage);

/* Give the step its one normal, if eta > 0: an increment of the path. */
void fk_family_noise(double eta, fk_step *table);

#endif
