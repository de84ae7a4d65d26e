/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/tabulated.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { KNOTS = FK_TABULATED_KNOTS };

fk_tabulated *fk_tabulated_new(const fk_mixture *line, double s, double sigma)
{
    assert(line->dim == 1);
    fk_tabulated *t = fk_alloc(1, sizeof *t);
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

void fk_tabulated_free(fk_tabulated *t)
{
    free(t);
}

double fk_tabulated_cdf(const void *law, double x)
{
    const fk_tabulated *t = law;
    double u = (x - t->lo) / (t->hi - t->lo) * KNOTS;
    if (!(u > 0.0)) return isnan(u) ? u : 0.0;
    if (u >= KNOTS) return 1.0;
    size_t i = (size_t)u;
    double r = u - (double)i, rise = t->cdf[i + 1] - t->cdf[i], a = t->slope[i] - rise,
           b = rise - t->slope[i + 1];
    return t->cdf[i] + r * (rise + (1.0 - r) * ((1.0 - r) * a + r * b));
}
