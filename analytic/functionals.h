/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functionals by which 1-D laws are compared: x, x^2, cos 2x, and sixteen smoothed distribution
 * functions Phi((x - c_j)/0.2), c_j the (j - 1/2)/16 quantiles of the exact law. Their expectations
 * under a mixture are closed forms. Every interpretation of a scheme yields them, so they compare
 * all schemes by one measure: the worst error of the sixteen. */
#ifndef FK_ANALYTIC_FUNCTIONALS_H
#define FK_ANALYTIC_FUNCTIONALS_H

#include "analytic/marginal.h"

enum { FK_MEAN, FK_SQUARE, FK_COS2, FK_CDF, FK_N_CDF = 16, FK_N_FUNCTIONALS = FK_CDF + FK_N_CDF };

typedef struct {
    double centre[FK_N_CDF];
    double exact[FK_N_FUNCTIONALS]; /* expectations under the exact law */
    double mean, var;               /* of the exact law */
} fk_functionals;

/* For an exact law in 1-D; point masses are allowed. */
fk_functionals fk_functionals_new(const fk_marginal *exact);

/* All of them at x: value (FK_N_FUNCTIONALS). */
void fk_functionals_at(const fk_functionals *, double x, double *value);

/* The slope of number j of the sixteen. */
double fk_functional_slope(const fk_functionals *, int j, double x);

/* Central moments to the sixth: what the standard error of a sample's variance takes, and the
 * skewness of that variance. */
enum { FK_N_CENTRAL = 7 };

/* E x^k of N(mean, var), k below FK_N_CENTRAL. */
void fk_normal_powers(double mean, double var, double power[FK_N_CENTRAL]);

/* What is known of a scheme's law; NaN where an interpretation does not yield it. Errors are
 * numerical minus exact. */
typedef struct {
    double mass, mean, var, mean_error, var_error;
    double worst_cdf; /* the greatest |error| of the sixteen */
    double kl;        /* KL(exact || numerical) */
    double tv, ks, w1, w2;
    double error[FK_N_FUNCTIONALS];
    double accuracy;              /* of these, where it was measured */
    double central[FK_N_CENTRAL]; /* E (y - mean)^k, where the distribution function is known */
} fk_law_record;

/* All NaN. */
fk_law_record fk_law_record_empty(void);

/* Fill mass to worst_cdf and error from the functionals' expectations under the scheme's law, or
 * from their errors. */
void fk_law_record_set(fk_law_record *, const fk_functionals *, double mass,
                       const double *expectation);
void fk_law_record_set_errors(fk_law_record *, const fk_functionals *, double mass,
                              const double *error);

#endif
