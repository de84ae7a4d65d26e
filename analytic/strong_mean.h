/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside analytic/strong_law: the part of a step's error that does not average out. */
#ifndef FK_ANALYTIC_STRONG_MEAN_H
#define FK_ANALYTIC_STRONG_MEAN_H

#include "analytic/marginal.h"
#include "core/step.h"
#include "schedules/axis.h"

/* sqrt E|E[x' - x_exact | x]|^2 over the first step of the axis, x of the marginal at its first
 * node, for a step without history on the reverse SDE (eta = 1). NAN for more than two normals. */
int fk_strong_mean(const fk_mixture *data, const fk_field *field, const fk_axis *axis,
                   const fk_step *step, double *mean, fk_error *err) FK_CHECKED;

#endif
