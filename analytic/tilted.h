/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tilted law that a guidance scale is often said to sample from, in 1-D:
 *     q_0(x) = p_0(x) p(y | x)^gamma / Z,
 * and its noised marginals q_t, the laws of s x_0 + sigma eps with x_0 ~ q_0. It is no mixture; all
 * is quadrature over x_0, composite Gauss-Legendre of 20 nodes on panels of half the narrowest
 * standard deviation out to nine. Relative errors are below 1e-11 where sigma/s is at least a sixth
 * of the narrowest standard deviation. gamma >= 0: below 0 there may be no such law. */
#ifndef FK_ANALYTIC_TILTED_H
#define FK_ANALYTIC_TILTED_H

#include "analytic/guidance.h"

typedef struct {
    const fk_guidance *guidance; /* borrowed, and not its gamma */
    fk_marginal *of_data, *of_given;
    double gamma, log_z;
    size_t n;
    double *x, *mass; /* (n): nodes over x_0, increasing, and q_0's masses there, which sum to 1 */
    double *log_mass; /* (n) */
    size_t panels;
    double *below; /* (panels + 1): mass below the panels' ends */
} fk_tilted;

/* For 1-D data without point masses, gamma >= 0. */
fk_tilted *fk_tilted_new(const fk_guidance *, double gamma);
void fk_tilted_free(fk_tilted *);

/* log q_0(x), exact but for log Z. */
double fk_tilted_at(const fk_tilted *, double x);
/* log q_t(x) and its score (or NULL), sigma > 0. */
double fk_tilted_noised(const fk_tilted *, double s, double sigma, double x, double *score);
/* P(s x_0 + sigma eps <= x), or > x with `upper`; sigma = 0 is allowed. */
double fk_tilted_cdf(const fk_tilted *, double s, double sigma, double x, bool upper);

#endif
