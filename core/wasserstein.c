/* SPDX-License-Identifier: GPL-3.0-or-later */
/* W1 = int |F_n - F| dx. Between samples F_n is a constant c, so |F - c| is a monotone function up
 * to the one point where it changes sign; the integral is split there and each part taken by
 * three-point Gauss-Legendre, halved until Simpson's rule (which shares the midpoint, and the end
 * points are known) agrees. */
#include <assert.h>
#include <math.h>

#include "core/stats.h"
#include "core/sum.h"

/* Agreement asked of the two rules, per unit length. Gauss's error is then far below it: h^6
 * against Simpson's h^4. */
static const double agreement = 1e-12;
/* No part may span more of F than this: a step between the nodes could fool both rules. */
static const double most_rise = 1.0 / 32;
enum { MOST_HALVINGS = 60, MOST_ROOT_STEPS = 60 };

typedef struct {
    fk_cdf cdf;
    const void *law;
    double level; /* F_n */
} integrand;

typedef struct {
    double x, f;
} node;

static node node_at(const integrand *g, double x)
{
    return (node){x, g->cdf(g->law, x)};
}

/* int_a^b (F - level) dx where F - level keeps its sign. */
static double one_sign(const integrand *g, node a, node b, int halvings)
{
    static const double gauss = 0.77459666924148337704; /* sqrt(3/5) */
    double middle = a.x + (b.x - a.x) / 2, half = (b.x - a.x) / 2;
    node m = node_at(g, middle);
    double sides = g->cdf(g->law, middle - gauss * half) + g->cdf(g->law, middle + gauss * half);
    double by_gauss = (5 * sides + 8 * m.f) / 18, by_simpson = (a.f + 4 * m.f + b.f) / 6;
    bool agree = fabs(by_gauss - by_simpson) <= agreement && b.f - a.f <= most_rise;
    /* NaN runs through to the result, with no more halving */
    if (agree || halvings == 0 || isnan(by_gauss)) return (by_gauss - g->level) * (b.x - a.x);
    return one_sign(g, a, m, halvings - 1) + one_sign(g, m, b, halvings - 1);
}

/* Where F crosses the level between a and b, by bisection with secant steps (Illinois). An error d
 * in the place changes the integral of |F - level| by the order of d^2. */
static node crossing(const integrand *g, node a, node b)
{
    double fa = a.f - g->level, fb = b.f - g->level, width = b.x - a.x;
    node at = a;
    for (int i = 0, last = 0; i < MOST_ROOT_STEPS && b.x - a.x > 1e-9 * width; i++) {
        double x = i % 4 == 3 ? a.x + (b.x - a.x) / 2 : (a.x * fb - b.x * fa) / (fb - fa);
        at = node_at(g, fmin(fmax(x, a.x), b.x));
        double f = at.f - g->level;
        if (f == 0 || isnan(f)) break;
        bool left = f < 0;
        if (left) {
            a = at, fa = f;
            if (last < 0) fb /= 2;
        } else {
            b = at, fb = f;
            if (last > 0) fa /= 2;
        }
        last = left ? -1 : 1;
    }
    return at;
}

double fk_w1(const double *sorted, size_t n, fk_cdf cdf, const void *law, double lo, double hi)
{
    assert(n > 0 && isfinite(lo) && isfinite(hi) && lo <= hi);
    lo = fmin(lo, sorted[0]);
    hi = fmax(hi, sorted[n - 1]);
    fk_sum sum = {0};
    integrand g = {cdf, law, 0};
    node a = node_at(&g, lo);
    for (size_t i = 0; i <= n; i++) {
        node b = i < n ? node_at(&g, sorted[i]) : node_at(&g, hi);
        g.level = (double)i / (double)n;
        if (b.x > a.x) {
            node c = a.f < g.level && g.level < b.f ? crossing(&g, a, b) : a;
            if (c.x > a.x) fk_sum_add(&sum, fabs(one_sign(&g, a, c, MOST_HALVINGS)));
            if (c.x < b.x) fk_sum_add(&sum, fabs(one_sign(&g, c, b, MOST_HALVINGS)));
        }
        a = b;
    }
    return fk_sum_value(&sum);
}

/* F_n - G_m is constant between neighbours of both samples together. */
static double by_merging(const double *x, size_t n, const double *y, size_t m)
{
    fk_sum sum = {0};
    double last = fmin(x[0], y[0]);
    for (size_t i = 0, j = 0; i < n || j < m;) {
        const bool from_x = j == m || (i < n && x[i] <= y[j]);
        const double at = from_x ? x[i] : y[j];
        fk_sum_add(&sum, fabs((double)i / (double)n - (double)j / (double)m) * (at - last));
        last = at;
        from_x ? i++ : j++;
    }
    return fk_sum_value(&sum);
}

double fk_w1_samples(const double *x, size_t n, const double *y, size_t m)
{
    assert(n > 0 && m > 0);
    if (n != m) return by_merging(x, n, y, m);
    fk_sum sum = {0};
    for (size_t i = 0; i < n; i++) fk_sum_add(&sum, fabs(x[i] - y[i]));
    return fk_sum_value(&sum) / (double)n;
}
