/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/tabulated.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/tails.h"

/* max |phi'''(z)| = |z^3 - 3 z| phi(z) over |z| >= z0: the peak at 0.742 (z^4 - 6 z^2 + 3 = 0),
 * 0.5506, then falling from the second one at 2.334. */
static double third_derivative(double z0)
{
    if (z0 < 2.3344142183389773) return 0.55059;
    return (z0 * z0 - 3) * z0 * exp(-0.5 * z0 * z0) / sqrt(2 * FK_PI);
}

/* h^4/384 max |F''''| on [a, b], each component at its place nearest to its mean. */
static double error_bound(const fk_marginal *law, double a, double b)
{
    double sum = 0;
    for (size_t k = 0; k < law->mixture->k; k++) {
        double from = fk_tails_standardise(law, k, a), to = fk_tails_standardise(law, k, b),
               nearest = fmax(0, fmax(from, -to)), h = to - from;
        if (nearest < 39) /* beyond, exp underflows */
            sum += law->mixture->weight[k] * third_derivative(nearest) * (h * h) * (h * h);
    }
    return sum / 384;
}

/* Adds the knots of (a, b] to t->x, whose capacity grows. Neighbouring doubles are not divided: no
 * x lies between them. */
static void add_knots(const fk_marginal *law, double a, double b, fk_tabulated *t, size_t *capacity)
{
    double bound = error_bound(law, a, b), middle = a + 0.5 * (b - a);
    bool divides = middle > a && middle < b;
    if (divides && !(bound <= FK_TABULATED_ERROR)) {
        add_knots(law, a, middle, t, capacity);
        add_knots(law, middle, b, t, capacity);
        return;
    }
    if (t->n == *capacity) {
        double *more = fk_alloc(2 * *capacity, sizeof *more);
        memcpy(more, t->x, t->n * sizeof *more);
        free(t->x);
        t->x = more;
        *capacity *= 2;
    }
    t->x[t->n++] = b;
    if (divides) t->error = fmax(t->error, bound);
}

static void evaluate(const fk_marginal *law, double x, double *cdf, double *density)
{
    *cdf = *density = 0;
    for (size_t k = 0; k < law->mixture->k; k++) {
        double z = fk_tails_standardise(law, k, x);
        *cdf += law->mixture->weight[k] * 0.5 * erfc(-z * FK_SQRT1_2);
        if (fabs(z) < 39) *density += exp(law->log_norm[k] - 0.5 * z * z);
    }
}

/* first[c] by one walk over the knots. */
static void index_cells(fk_tabulated *t)
{
    size_t i = 0;
    for (size_t c = 0; c < FK_TABULATED_CELLS; c++) {
        double x = t->lo + (t->hi - t->lo) / FK_TABULATED_CELLS * (double)c;
        while (i + 2 < t->n && t->x[i + 1] <= x) i++;
        t->first[c] = i;
    }
    t->first[FK_TABULATED_CELLS] = t->n - 1;
}

fk_tabulated *fk_tabulated_new(const fk_mixture *line, double s, double sigma)
{
    assert(line->dim == 1);
    fk_tabulated *t = fk_alloc(1, sizeof *t);
    fk_marginal *law = fk_marginal_new(line, s, sigma);
    assert(!law->singular);
    double mean, variance;
    fk_mixture_moments(line, &mean, &variance);
    t->sd = sqrt(s * s * variance + sigma * sigma);
    t->lo = fk_marginal_quantile(law, 1e-12, false);
    t->hi = fk_marginal_quantile(law, 1e-12, true);

    size_t capacity = 1024;
    t->x = fk_alloc(capacity, sizeof *t->x);
    t->x[t->n++] = t->lo;
    add_knots(law, t->lo, t->hi, t, &capacity);
    assert(t->error <= FK_TABULATED_ERROR);
    t->cdf = fk_alloc(2 * t->n, sizeof *t->cdf);
    t->density = t->cdf + t->n;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < t->n; i++) evaluate(law, t->x[i], &t->cdf[i], &t->density[i]);
    index_cells(t);
    fk_marginal_free(law);
    return t;
}

void fk_tabulated_free(fk_tabulated *t)
{
    if (!t) return;
    free(t->x);
    free(t->cdf);
    free(t);
}

double fk_tabulated_cdf(const void *law, double x)
{
    const fk_tabulated *t = law;
    if (!(x > t->lo)) return isnan(x) ? x : 0.0;
    if (x >= t->hi) return 1.0;
    size_t c = (size_t)((x - t->lo) / (t->hi - t->lo) * FK_TABULATED_CELLS);
    if (c >= FK_TABULATED_CELLS) c = FK_TABULATED_CELLS - 1;
    /* the ends of a cell are rounded, here and in the index: one knot further on either side */
    size_t i = t->first[c], j = t->first[c + 1] + 1;
    i -= i > 0;
    j = j < t->n ? j : t->n - 1;
    while (j - i > 1) {
        size_t m = i + (j - i) / 2;
        if (t->x[m] <= x)
            i = m;
        else
            j = m;
    }
    double h = t->x[j] - t->x[i], r = (x - t->x[i]) / h, rise = t->cdf[j] - t->cdf[i],
           a = h * t->density[i] - rise, b = rise - h * t->density[j];
    return t->cdf[i] + r * (rise + (1.0 - r) * ((1.0 - r) * a + r * b));
}
