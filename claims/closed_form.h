/* SPDX-License-Identifier: GPL-3.0-or-later */
/* s(t) and sigma^2(t) of the six schedules once more, straight from their definitions and in
 * complex arithmetic, so that they can be differentiated to the last digit: h'(t) = Im h(t + i
 * e)/e with e = 1e-100 (Squire and Trapp 1998). Nothing here is shared with schedules/. */
#ifndef FK_CLAIMS_CLOSED_FORM_H
#define FK_CLAIMS_CLOSED_FORM_H

#include <complex.h>

#include "schedules/schedule.h"

double complex fk_closed_s(const fk_schedule *, double complex t);
double complex fk_closed_var(const fk_schedule *, double complex t); /* sigma^2 */

/* The derivatives s'(t) and (sigma^2)'(t). */
double fk_closed_s_rate(const fk_schedule *, double t);
double fk_closed_var_rate(const fk_schedule *, double t);

/* t + i e, and the derivative that an analytic function's value there holds. */
double complex fk_complex_step(double t);
double fk_complex_rate(double complex value);

#endif
