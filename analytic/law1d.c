/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of a 1-D marginal: cumulative distribution and quantiles. */
#include <assert.h>
#include <math.h>

#include "analytic/marginal.h"
#include "analytic/tails.h"

double fk_marginal_cdf(const fk_marginal *g, double x, bool upper)
{
    assert(g->mixture->dim == 1);
    double sum = 0;
    for (size_t k = 0; k < g->mixture->k; k++) {
        double z = fk_tails_standardise(g, k, x);
        sum += g->mixture->weight[k] * 0.5 * erfc((upper ? z : -z) * FK_SQRT1_2);
    }
    return sum;
}

double fk_marginal_log_cdf(const fk_marginal *g, double x, bool upper)
{
    double other = fk_marginal_cdf(g, x, !upper);
    if (other < 0.5) return log1p(-other);
    fk_tails t = fk_tails_at(g, NULL, upper, x);
    return upper ? t.log_a : t.log_b;
}

/* With P(Z <= z) <= exp(-z^2/2) / 2 for z <= 0, every component's quantile at p <= 1/2 lies within
 * sqrt(-2 log 2p) standard deviations below its mean, and the mixture's between the least and the
 * greatest of them. */
static double tail_quantile(const fk_marginal *g, double log_p, bool upper)
{
    double reach = sqrt(fmax(0, -2 * (log_p + log(2)))), lo = INFINITY, hi = -INFINITY;
    for (size_t k = 0; k < g->mixture->k; k++) {
        double near = g->mean[k], width = sqrt(g->var[k]) * reach;
        double far = upper ? near + width : near - width;
        double slack = 0x1p-50 * (fabs(near) + width); /* for the rounding of the bounds */
        lo = fmin(lo, fmin(near, far) - slack);
        hi = fmax(hi, fmax(near, far) + slack);
    }
    return upper ? fk_tails_solve(g, NULL, true, log_p, -INFINITY, lo, hi, NAN)
                 : fk_tails_solve(g, NULL, false, -INFINITY, log_p, lo, hi, NAN);
}

double fk_marginal_log_quantile(const fk_marginal *g, double log_p, bool upper)
{
    assert(g->mixture->dim == 1);
    if (!(log_p <= 0)) return NAN;
    if (log_p == -INFINITY) return upper ? INFINITY : -INFINITY;
    if (log_p == 0) return upper ? -INFINITY : INFINITY;
    if (log_p <= -log(2)) return tail_quantile(g, log_p, upper);
    return tail_quantile(g, log(-expm1(log_p)), !upper);
}

double fk_marginal_quantile(const fk_marginal *g, double p, bool upper)
{
    if (!(p >= 0 && p <= 1)) return NAN;
    if (p <= 0.5) return fk_marginal_log_quantile(g, log(p), upper);
    return fk_marginal_log_quantile(g, log(1 - p), !upper); /* 1 - p is exact */
}
