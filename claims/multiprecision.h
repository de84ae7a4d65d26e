/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schedules and 1-D mixtures at 512 bits by MPFR, so that residuals of identities can be seen below
 * what double knows: s, sigma^2, f and g^2 as their papers print them, each by itself, and all
 * derivatives as central differences. Nothing here is shared with schedules/ or analytic/. */
#ifndef FK_CLAIMS_MULTIPRECISION_H
#define FK_CLAIMS_MULTIPRECISION_H

#include <mpfr.h>

#include "analytic/mixture.h"
#include "schedules/schedule.h"

enum { FK_BITS = 512 };

/* s and sigma^2 at t, by the definition of the schedule. */
void fk_mp_scales(const fk_schedule *, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var);
/* f and g^2 at t, as closed forms. */
void fk_mp_rates(const fk_schedule *, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2);

/* p_t(x) of x_t = s x_0 + sigma eps, and its derivative in x, by components; either may be NULL. */
void fk_mp_density(const fk_mixture *, mpfr_srcptr s, mpfr_srcptr var, mpfr_srcptr x, mpfr_ptr p,
                   mpfr_ptr slope);

/* The first or second derivative of a function by central differences of step 2^-100: exact but for
 * 2^-200/6 (or /12) times its third (fourth) derivative, and a rounding of 2^-512 over 2^-100
 * (2^-200). */
typedef void fk_mp_function(const void *self, mpfr_srcptr at, mpfr_ptr value); /* may be one */
void fk_mp_derivative(fk_mp_function *, const void *self, mpfr_srcptr at, int order, mpfr_ptr out);

/* |sum of the terms| / sum of |terms|, rounded to double at last; 0 where all are 0. */
double fk_mp_residual(mpfr_t *term, size_t n);

/* n numbers of 512 bits, all 0, and their end. */
void fk_mp_init(mpfr_t *x, size_t n);
void fk_mp_clear(mpfr_t *x, size_t n);

#endif
