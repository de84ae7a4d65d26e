/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/law_sampled.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* Expected of bins that are taken together. */
static const double enough = 100;

/* How far off a binomial count is, for a p that may be off by `doubt`: the normal deviation that is
 * exceeded as often as a count at least as far off, by the exact tail. Standard errors do where GSL
 * has no tail: it underflows beyond 37 of them, and its fraction does not converge within one where
 * millions are expected. */
static double count_deviation(double k, double n, double p, double doubt)
{
    const double share = k / n;
    if (p < 0) p = 0; /* F is off, too */
    if (fabs(share - p) <= doubt) return 0;
    p += share > p ? doubt : -doubt;
    const double tail =
        share > p ? gsl_cdf_beta_P(p, k, n - k + 1) : gsl_cdf_beta_Q(p, k + 1, n - k);
    return tail > 0 ? fmax(0, gsl_cdf_ugaussian_Qinv(tail))
                    : fabs(k - n * p) / sqrt(n * p * (1 - p));
}

/* Bins `first` to `last` together. F, doubt: at the upper ends of all bins but the last. */
static double bins_deviation(const law_counts *c, size_t first, size_t last, const double *F,
                             const double *doubt)
{
    const double rounding = 1e-12;
    const bool end = last + 1 == c->bins;
    double count = 0;
    for (size_t b = first; b <= last; b++) count += c->count[b];
    return count_deviation(count, c->n, (end ? 1 : F[last]) - (first ? F[first - 1] : 0),
                           rounding + (end ? 0 : doubt[last]) + (first ? doubt[first - 1] : 0));
}

/* The worst of all bins, and of neighbours that are expected to have `enough` together: many bins
 * that are too few each show nothing. */
static double worst_count(const law_counts *c, const double *F, const double *doubt)
{
    const size_t last = c->bins - 1;
    double worst = 0;
    for (size_t b = 0, first = 0; b <= last; b++) {
        fk_worst(&worst, bins_deviation(c, b, b, F, doubt));
        const double below = first ? F[first - 1] : 0;
        /* what is left at the end goes with its neighbours */
        if (b < last && !(c->n * (F[b] - below) >= enough && c->n * (1 - F[b]) >= enough)) continue;
        fk_worst(&worst, bins_deviation(c, first, b, F, doubt));
        first = b + 1;
    }
    return worst;
}

/* The normal deviation z that is exceeded as often as one of w standard errors in a statistic of
 * this skewness and excess kurtosis, by the leading powers of Cornish and Fisher's expansion
 * (1938), w = z + z^2 skewness/6 + z^3 excess/24, where they widen. They make a far deviation of
 * few samples likely: of two normal ones, one variance in 500 is 6 standard errors too great. */
static double normal_deviation(double w, double skewness, double excess)
{
    const double g = w * skewness > 0 ? fabs(skewness) / 6 : 0, h = excess > 0 ? excess / 24 : 0;
    double low = 0, high = fabs(w);
    for (int i = 0; i < 60; i++) {
        const double z = (low + high) / 2;
        *(z * (1 + z * (g + z * h)) < fabs(w) ? &low : &high) = z;
    }
    return high;
}

static double mean_deviation(double mean, double n, const fk_law_record *law)
{
    const double *mu = law->central, var = mu[2];
    return normal_deviation((mean - law->mean) / sqrt(var / n), mu[3] / sqrt(var * var * var * n),
                            (mu[4] / (var * var) - 3) / n);
}

/* Variance and third cumulant of the second k-statistic (Fisher 1928); its fourth, which would take
 * the law's eighth moment, matters less. */
static double var_deviation(double var, double n, const double *mu)
{
    const double k2 = mu[2], k3 = mu[3], k4 = mu[4] - 3 * k2 * k2;
    const double k6 = mu[6] - 15 * mu[4] * k2 - 10 * k3 * k3 + 30 * k2 * k2 * k2;
    const double second = (mu[4] - k2 * k2 * (n - 3) / (n - 1)) / n;
    const double third = k6 / (n * n) + 12 * k4 * k2 / (n * (n - 1)) +
                         4 * (n - 2) * k3 * k3 / (n * (n - 1) * (n - 1)) +
                         8 * k2 * k2 * k2 / ((n - 1) * (n - 1));
    return normal_deviation((var - k2) / sqrt(second), third / sqrt(second * second * second), 0);
}

int law_sampled(const law_counts *c, const fk_law_problem *p, const fk_law_record *law,
                law_deviation *d, fk_error *err)
{
    const size_t edges = c->bins - 1;
    double *F = fk_alloc(2 * edges, sizeof *F), *doubt = F + edges;
    int code = fk_law_cdf(p, edges, c->to, F, doubt, err);
    if (!code)
        *d = (law_deviation){.n = c->n,
                             .mean = mean_deviation(c->mean, c->n, law),
                             .var = var_deviation(c->var, c->n, law->central),
                             .count = worst_count(c, F, doubt)};
    free(F);
    return code;
}
