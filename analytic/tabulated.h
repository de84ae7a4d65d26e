/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distribution function of a 1-D law, tabulated: distances of samples to a law ask for it
 * millions of times, and a kernel-density mixture has hundreds of components.
 *
 * Cubic Hermite interpolation of the exact cdf with the exact density as its slope, on KNOTS equal
 * intervals between the quantiles 1e-12 of either tail. Its error is h^4/384 max |F''''|; a
 * component of standard deviation b times that of the law has |F''''| <= 1.4 / (sqrt(2 pi) b^4) in
 * units of the law's, so that with h = 0.007 the error is below 4e-12 / b^4: 4e-8 at b = 0.1, 4e-4
 * at b = 0.01. */
#ifndef FK_ANALYTIC_TABULATED_H
#define FK_ANALYTIC_TABULATED_H

#include "analytic/marginal.h"

enum { FK_TABULATED_KNOTS = 2048 };

typedef struct {
    double lo, hi, sd;                    /* the quantiles at the ends; the standard deviation */
    double cdf[FK_TABULATED_KNOTS + 1];   /* at lo + i (hi - lo)/KNOTS */
    double slope[FK_TABULATED_KNOTS + 1]; /* there: density times the interval's length */
} fk_tabulated;

/* The law of s x_0 + sigma eps of a mixture in one dimension; it must have a density. */
fk_tabulated *fk_tabulated_new(const fk_mixture *, double s, double sigma);
void fk_tabulated_free(fk_tabulated *);

/* P(X <= x), `law` an fk_tabulated: fits fk_cdf of core/stats.h. 0 and 1 beyond the table. */
double fk_tabulated_cdf(const void *law, double x);

#endif
