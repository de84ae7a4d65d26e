/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Kolmogorov-Smirnov distance and its tail, and quantiles of a sample. The other parts of
 * core/stats.h: sort.c, wasserstein.c, energy.c. */
#include "core/stats.h"

#include <assert.h>
#include <math.h>

double fk_ks(const double *sorted, size_t n, fk_cdf cdf, const void *law)
{
    assert(n > 0);
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double f = cdf(law, sorted[i]);
        double above = (double)(i + 1) / (double)n - f, below = f - (double)i / (double)n;
        if (isnan(f)) return NAN;
        most = fmax(most, fmax(above, below));
    }
    return most;
}

/* Two series of one theta function (Feller 1948): each needs few terms on its side of z = 1. */
double fk_ks_tail(double z)
{
    if (isnan(z)) return NAN;
    if (z <= 0) return 1;
    if (z < 1) { /* terms fall like exp(-(2k - 1)^2 pi^2 / 8): the fifth is below 1e-40 */
        double sum = 0;
        for (int k = 1; k <= 4; k++)
            sum += exp(-(2 * k - 1) * (2 * k - 1) * FK_PI * FK_PI / (8 * z * z));
        return 1 - sqrt(2 * FK_PI) / z * sum;
    }
    double sum = 0; /* terms fall like exp(-2 k^2): the fifth is below 1e-20 */
    for (int k = 4; k >= 1; k--) sum = exp(-2.0 * k * k * z * z) - sum;
    return 2 * sum;
}

double fk_quantile_sorted(const double *sorted, size_t n, double p)
{
    assert(n > 0 && p >= 0 && p <= 1);
    double place = p * (double)(n - 1), below = floor(place);
    size_t i = (size_t)below;
    if (i + 1 >= n) return sorted[n - 1];
    return sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]);
}
