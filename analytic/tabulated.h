/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distribution function of a 1-D law, tabulated: distances of samples to a law ask for it
 * millions of times, and a kernel-density mixture has hundreds of components.
 *
 * Cubic Hermite interpolation of the exact cdf with the exact density as its slope, between the
 * quantiles 1e-12 of either tail. On an interval of length h its error is at most h^4/384 max
 * |F''''|, and F'''' is known: sum_k w_k phi'''(z_k) / S_k^2. An interval is halved until that
 * bound is below FK_TABULATED_ERROR, so that the table is as fine as each component needs where it
 * lies, however narrow it is: about 550 w^(1/4) knots for a component of weight w that stands
 * apart. */
#ifndef FK_ANALYTIC_TABULATED_H
#define FK_ANALYTIC_TABULATED_H

#include "analytic/marginal.h"

#define FK_TABULATED_ERROR 1e-9
enum { FK_TABULATED_CELLS = 4096 };

typedef struct {
    double lo, hi, sd; /* the quantiles at the ends; the standard deviation */
    double error;      /* bound on the interpolation's error: FK_TABULATED_ERROR or less */
    size_t n;          /* knots */
    double *x;         /* (n) ascending, from lo to hi */
    double *cdf;       /* (n) there */
    double *density;   /* (n) there */
    /* [lo, hi] in equal cells: the last knot at or below the lower end of each, and n - 1 */
    size_t first[FK_TABULATED_CELLS + 1];
} fk_tabulated;

/* The law of s x_0 + sigma eps of a mixture in one dimension; it must have a density. */
fk_tabulated *fk_tabulated_new(const fk_mixture *, double s, double sigma);
void fk_tabulated_free(fk_tabulated *);

/* P(X <= x), `law` an fk_tabulated: fits fk_cdf of core/stats.h. 0 and 1 beyond the table. */
double fk_tabulated_cdf(const void *law, double x);

#endif
