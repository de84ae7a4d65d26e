/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/tails.h"

#include <gsl/gsl_sf_erf.h>
#include <math.h>

/* log P(Z <= z) of a standard normal, to a few units in the last place of itself. */
static double log_normal_cdf(double z)
{
    double x = -z * FK_SQRT1_2;
    if (z > 0) return log1p(-0.5 * erfc(-x));
    if (x < 8) return log(0.5 * erfc(x));
    if (x > 1e150) return -INFINITY;
    return gsl_sf_log_erfc(x) - log(2);
}

double fk_tails_standardise(const fk_marginal *g, size_t k, double y)
{
    double d = y - g->mean[k] - g->mean_low[k];
    if (g->var[k] == 0) return d < 0 ? -INFINITY : (d >= 0 ? INFINITY : NAN);
    return d / sqrt(g->var[k]);
}

/* A running log of a sum: log(scale * exp(top)). */
typedef struct {
    double top, scale;
} log_sum;

static void log_sum_add(log_sum *sum, double term)
{
    if (term == -INFINITY) return;
    if (term <= sum->top) {
        sum->scale += exp(term - sum->top);
    } else {
        sum->scale = sum->scale * exp(sum->top - term) + 1;
        sum->top = term;
    }
}

static double log_sum_value(log_sum sum)
{
    return sum.top + log(sum.scale);
}

static fk_tails at_any_depth(const fk_marginal *g, const bool *left, bool all_left, double y)
{
    const log_sum none = {-INFINITY, 1};
    log_sum a = none, b = none, on_left = none, on_right = none;
    for (size_t k = 0; k < g->mixture->k; k++) {
        bool is_left = left ? left[k] : all_left;
        double z = fk_tails_standardise(g, k, y), log_w = log(g->mixture->weight[k]);
        log_sum_add(is_left ? &a : &b, log_w + log_normal_cdf(is_left ? -z : z));
        log_sum_add(is_left ? &on_left : &on_right, g->log_norm[k] - 0.5 * z * z);
    }
    return (fk_tails){log_sum_value(a), log_sum_value(b), log_sum_value(on_left),
                      log_sum_value(on_right)};
}

/* Sums of probabilities where none underflows: a third of the time. */
fk_tails fk_tails_at(const fk_marginal *g, const bool *left, bool all_left, double y)
{
    double tail[2] = {0, 0}, density[2] = {0, 0};
    bool is_there[2] = {false, false};
    for (size_t k = 0; k < g->mixture->k; k++) {
        bool is_left = left ? left[k] : all_left;
        double z = fk_tails_standardise(g, k, y);
        is_there[is_left] = true;
        tail[is_left] += g->mixture->weight[k] * 0.5 * erfc((is_left ? z : -z) * FK_SQRT1_2);
        density[is_left] += exp(g->log_norm[k] - 0.5 * z * z);
    }
    for (int i = 0; i < 2; i++) /* 1e-280: no term that matters has lost digits */
        if (is_there[i] && !(tail[i] > 1e-280 && density[i] > 1e-280))
            return at_any_depth(g, left, all_left, y);
    return (fk_tails){log(tail[1]), log(tail[0]), log(density[1]), log(density[0])};
}

static double log_add(double a, double b)
{
    double top = fmax(a, b);
    return top == -INFINITY ? top : top + log1p(exp(fmin(a, b) - top));
}

/* log(b + a0) - log(a + b0), which increases with y, and its slope. */
static double mismatch(fk_tails t, double log_a0, double log_b0, double *slope)
{
    double right = log_add(t.log_b, log_a0), left = log_add(t.log_a, log_b0);
    *slope = exp(t.log_right - right) + exp(t.log_left - left);
    return right == left ? 0 : right - left; /* (both -inf: between point masses) */
}

/* Newton within a bracket: each evaluation narrows it, and a step that leaves it or gains less than
 * half is replaced by bisection. Ends where a step is below half a unit in the last place. */
double fk_tails_solve(const fk_marginal *g, const bool *left, bool all_left, double log_a0,
                      double log_b0, double lo, double hi, double guess)
{
    enum { MAX_STEPS = 400 };
    double y = guess >= lo && guess <= hi ? guess : lo + 0.5 * (hi - lo), before = INFINITY;
    for (int i = 0; i < MAX_STEPS && lo < hi; i++) {
        double slope, miss = mismatch(fk_tails_at(g, left, all_left, y), log_a0, log_b0, &slope);
        if (isnan(miss)) return NAN;
        if (miss == 0 && slope > 0 && isfinite(slope)) return y;
        if (miss < 0)
            lo = y;
        else
            hi = y;
        double next = y - miss / slope;
        if (fabs(next - y) <= 0x1p-53 * fabs(y)) return next;
        bool gains = fabs(miss) < 0.5 * before;
        before = fabs(miss);
        if (!(next > lo && next < hi && gains)) next = lo + 0.5 * (hi - lo);
        if (next == lo || next == hi) return hi;
        y = next;
    }
    return y;
}
