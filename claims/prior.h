/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of the reverse SDE when it is started from a normal prior instead of p_T:
 *     phat_s(x) = int p(x | x_T) N(x_T; mean, var) dx_T,
 * with the exact transition law p(x | x_T), by quadrature over x_T. 1-D. */
#ifndef FK_CLAIMS_PRIOR_H
#define FK_CLAIMS_PRIOR_H

#include "analytic/mixture.h"
#include "schedules/schedule.h"

typedef struct {
    double mean, var;
} fk_prior;

typedef struct {
    size_t nodes, k;
    double *weight, *centre; /* (nodes, k): of N(x; centre, var_k) */
    double *var;             /* (k) */
} fk_from_prior;

/* From noise level t to s, which has less noise. */
fk_from_prior fk_from_prior_new(const fk_mixture *, fk_prior, const fk_coeffs *t,
                                const fk_coeffs *s);
void fk_from_prior_free(fk_from_prior *);

/* log phat_s(x), and its derivative where wanted. */
double fk_from_prior_at(const fk_from_prior *, double x, double *score);

#endif
