/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Kolmogorov-Smirnov distance and its tail, and quantiles of a sample. The other parts of
 * core/stats.h: sort.c, wasserstein.c, sliced.c, energy.c. */
#include "core/stats.h"

#include <assert.h>
#include <math.h>

/* What is compared with F at a sample, and the largest distance so far. */
typedef struct {
    const double *sorted;
    size_t n;
    fk_cdf cdf;
    const void *law;
    double most;
} ks;

/* F at sample i, where the distance on either side of the step counts. */
static double look(ks *s, size_t i)
{
    const double f = s->cdf(s->law, s->sorted[i]), n = (double)s->n;
    fk_worst(&s->most, (double)(i + 1) / n - f);
    fk_worst(&s->most, f - (double)i / n);
    return f;
}

/* The samples between i and j, where F is f and g: at none of them can F_n - F exceed j/n - f, nor
 * F - F_n, just before it, g - (i + 1)/n; but for the rounding of F, far below the slack. */
static void look_between(ks *s, size_t i, double f, size_t j, double g)
{
    static const double slack = 1e-12;
    const double n = (double)s->n, above = (double)j / n - f, below = g - (double)(i + 1) / n;
    if (j - i < 2 || fmax(above, below) + slack <= s->most) return;
    const size_t middle = i + (j - i) / 2;
    const double h = look(s, middle);
    look_between(s, i, f, middle, h);
    look_between(s, middle, h, j, g);
}

/* Every so many samples first, so that nearly all the rest are known to be closer. */
double fk_ks(const double *sorted, size_t n, fk_cdf cdf, const void *law)
{
    enum { STRIDE = 128 };
    assert(n > 0);
    ks s = {sorted, n, cdf, law, 0};
    for (size_t i = 0; i < n; i += STRIDE) look(&s, i);
    double f = look(&s, 0);
    for (size_t i = 0; i + 1 < n; i += STRIDE) {
        const size_t j = i + STRIDE < n ? i + STRIDE : n - 1;
        const double g = look(&s, j);
        look_between(&s, i, f, j, g);
        f = g;
    }
    return s.most;
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
