/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distribution function of a 1-D law, tabulated: distances of samples to a law ask for it
 * millions of times, and a kernel-density mixture has hundreds of components.
 *
 * Cubic Hermite interpolation of the exact cdf with the exact density as its slope, on KNOTS equal
 * intervals between the quantiles 1e-12 of either tail. Its error is h^4/384 max |F''''|; a
 * component of standard deviation b times that of the law has |F''''| <= 1.4 / (sqrt(2 pi) b^4) in
 * units of the law's, so that with h = 0.007 the error is below 4e-12 / b^4: 4e-8 at b = 0.1, 4e-4
 * at b = 0.01. */
#ifndef FK_EXPERIMENTS_TABULATED_H
#define FK_EXPERIMENTS_TABULATED_H

#include <math.h>

#include "analytic/marginal.h"
#include "core/base.h"

enum { KNOTS = 2048 };

typedef struct {
    double lo, hi, sd;
    double cdf[KNOTS + 1], slope[KNOTS + 1]; /* slope: density times the interval's length */
} tabulated;

static inline tabulated *tabulated_new(const fk_mixture *line, double s, double sigma)
{
    tabulated *t = fk_alloc(1, sizeof *t);
    fk_marginal *law = fk_marginal_new(line, s, sigma);
    double mean, variance;
    fk_mixture_moments(line, &mean, &variance);
    t->sd = sqrt(s * s * variance + sigma * sigma);
    t->lo = fk_marginal_quantile(law, 1e-12, false);
    t->hi = fk_marginal_quantile(law, 1e-12, true);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i <= KNOTS; i++) {
        double h = (t->hi - t->lo) / KNOTS, x = t->lo + h * (double)i;
        t->cdf[i] = fk_marginal_cdf(law, x, false);
        t->slope[i] = h * exp(fk_marginal_at(law, &x, &(fk_point){0}));
    }
    fk_marginal_free(law);
    return t;
}

static inline double tabulated_cdf(const void *law, double x)
{
    const tabulated *t = law;
    double u = (x - t->lo) / (t->hi - t->lo) * KNOTS;
    if (!(u > 0.0)) return isnan(u) ? u : 0.0;
    if (u >= KNOTS) return 1.0;
    size_t i = (size_t)u;
    double r = u - (double)i, rise = t->cdf[i + 1] - t->cdf[i], a = t->slope[i] - rise,
           b = rise - t->slope[i + 1];
    return t->cdf[i] + r * (rise + (1.0 - r) * ((1.0 - r) * a + r * b));
}

#endif
