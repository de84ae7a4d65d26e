/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A 1-D law by its distribution function at places that increase: F(y_i), known at each without
 * integrating a density. A map without noise moves the places and keeps the F, however steep it is;
 * the map from noise to data has slopes of several hundred between modes, where quadrature nodes in
 * x would miss what happens. Everything that compares it with an exact law G follows from the
 * difference D = F - G, so that small errors keep their relative accuracy:
 *     E phi(Y) - E phi(X) = -int phi' D dy        W1 = int |D| dy        KS = max |D|
 *     TV = half the total variation of D          density of Y = G' + D' */
#ifndef FK_ANALYTIC_CURVE_H
#define FK_ANALYTIC_CURVE_H

#include "analytic/functionals.h"

typedef struct {
    size_t n;
    double *x; /* where the places came from, for a law that was pushed forward; else NULL */
    double *y;
    double *below, *above; /* F(y) and 1 - F(y), each without cancellation */
    double *mass; /* or NULL: weights that give expectations as plain sums over nodes, for a law
                     whose places turn out not to increase */
} fk_curve;

fk_curve fk_curve_new(size_t n); /* with all rows */
void fk_curve_free(fk_curve *);

/* Drop nodes at the ends with less than 1e-12 of the mass beyond them, until y increases; false
 * where that is not enough. */
bool fk_curve_trim(fk_curve *);

/* Compare with an exact law, trimmed first. Where y then increases: everything of the record;
 * between nodes D is interpolated by quintics, so nodes should resolve both laws. Where it does
 * not, and the law has masses: moments only. Where the exact law has point masses expectations are
 * by the trapezium rule in F, KL and TV are left NaN (they say no more than that one law has a
 * density and the other has none), and KS, W1 and W2 too unless point masses are all that it has.
 */
fk_law_record fk_curve_compare(fk_curve *, const fk_marginal *exact, const fk_functionals *);

/* The distribution function at any places y (n), by the same interpolation of D, and by how much it
 * may be off: by what the quintics of the two cells beside miss it. NaN where the exact law has
 * point masses, or the curve's places do not increase. */
void fk_curve_cdf(fk_curve *, const fk_marginal *exact, size_t n, const double *y, double *F,
                  double *doubt);

/* W1 = int |F - G| dy of two such laws, both trimmed first; NaN where one's y does not then
 * increase. To 1e-5 of itself or so where both have a thousand nodes and more. */
double fk_curve_w1(fk_curve *, fk_curve *);

#endif
