/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log-likelihood that a model computes by the probability-flow ODE, against the exact one.
 *     log q(x) = log pi(x_T) + int_0^T div v dt,  v = f x - g^2/2 score, along the path from x,
 * pi the prior (Chen et al. 2018; Song et al. 2021, sec. 4.3). Of mixtures all is known exactly, so
 * that the computed value splits into four parts that sum to it, each a change of one thing:
 *     exact        log p_0(x), the density of the data
 *     truncation   log p_e(x) - log p_0(x): the path starts at t_end = e > 0, as if x came from p_e
 *     prior        log pi(x_T) - log p_T(x_T): the law at t_start is not the prior
 *     integration  the rest: the solver's error in x_T and in the integral */
#ifndef FK_CLAIMS_LIKELIHOOD_H
#define FK_CLAIMS_LIKELIHOOD_H

#include "analytic/mixture.h"
#include "ode/adaptive.h"

typedef struct {
    double computed, exact, truncation, prior, integration; /* nats */
} fk_likelihood;

typedef struct {
    const fk_mixture *mixture;
    const fk_schedule *schedule;
    double t_start, t_end;   /* noise and data end, both usable, t_start > t_end */
    double prior_std;        /* pi = N(0, prior_std^2 I); 0: pi = p_T, no mismatch */
    const fk_scheme *scheme; /* adaptive, for the computed value */
    const fk_field *field;   /* the score that it is computed with; NULL: the mixture's */
} fk_likelihood_model;

/* x (n, dim). Where p_0 has no density `exact` and `truncation` are NaN, and the other parts stand.
 * The exact x_T is a closed form in 1-D and for one Gaussian, elsewhere rk8pd at 1e-13. FK_USAGE as
 * fk_adaptive_solve. */
int fk_likelihood_of(const fk_likelihood_model *, size_t n, const double *x, fk_likelihood *out,
                     fk_adaptive_options *, fk_error *) FK_CHECKED;

/* The same score with `factor` times its divergence: a wrong change of variables, for controls. */
typedef struct {
    const fk_field *of;
    double factor;
} fk_misjudged;
fk_field fk_misjudged_field(const fk_misjudged *);

#endif
