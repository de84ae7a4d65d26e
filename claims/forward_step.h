/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward SDE dx = f x dt + g dw from f and g alone: Heun's rule as step tables, for a run
 * without a score. */
#ifndef FK_CLAIMS_FORWARD_STEP_H
#define FK_CLAIMS_FORWARD_STEP_H

#include "core/field.h"
#include "core/step.h"
#include "schedules/schedule.h"

/* Time of node n of `steps` steps that are equal in log(s/sigma), from t_min to t_max. */
double fk_forward_time(const fk_schedule *, size_t n, size_t steps);

/* From t to next, with f_factor f and g^(2 power) for g^2: both 1 unless a control says otherwise.
 *     Y_1 = x + h f_0 x + g_0 sqrt(h) Z
 *     x'  = x + h/2 (f_0 x + f_1 Y_1) + sqrt(h (g_0^2 + g_1^2)/2) Z */
fk_step fk_forward_step(const fk_schedule *, double t, double next, double f_factor, double power);

/* A field that is 0 everywhere. */
fk_field fk_no_score(size_t dim);

#endif
