/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/curve.h"
#include "analytic/start_law.h"

enum { GAUSS = 5, STENCIL = 6 }; /* nodes of a cell's quadrature; of an interpolant */

/* D on the nodes, with nodes added where the exact law reaches beyond them. */
typedef struct {
    size_t n;
    size_t first, last; /* of the law's own */
    double *y, *D, *below, *above;
    double *Q; /* the exact quantile of F; NaN on nodes that were added */
    double node[GAUSS], weight[GAUSS];
} comparison;

/* What a cell's interpolants are at one place. */
typedef struct {
    size_t first;
    double value[STENCIL], slope[STENCIL]; /* weights of the nodes */
} lagrange;

static size_t stencil_of(const comparison *c, size_t cell)
{
    size_t first = cell < STENCIL / 2 - 1 ? 0 : cell - (STENCIL / 2 - 1);
    return first + STENCIL > c->n ? c->n - STENCIL : first;
}

/* In the variable whose nodes are `node`: c->y or c->Q. */
static lagrange lagrange_in(const comparison *c, const double *node, size_t cell, double y)
{
    lagrange w = {.first = stencil_of(c, cell)};
    const double *at = node + w.first;
    for (int j = 0; j < STENCIL; j++) {
        double scale = 1, value = 1, slope = 0; /* of prod (y - y_k), by the product rule */
        for (int k = 0; k < STENCIL; k++) {
            if (k == j) continue;
            scale *= at[j] - at[k];
            slope = slope * (y - at[k]) + value;
            value *= y - at[k];
        }
        w.value[j] = value / scale, w.slope[j] = slope / scale;
    }
    return w;
}

static lagrange lagrange_at(const comparison *c, size_t cell, double y)
{
    return lagrange_in(c, c->y, cell, y);
}

static double weigh(const lagrange *at, const double weight[STENCIL], const double *f)
{
    double sum = 0;
    for (int j = 0; j < STENCIL; j++) sum += weight[j] * f[at->first + (size_t)j];
    return sum;
}

static double D_at(const comparison *c, size_t cell, double y)
{
    lagrange w = lagrange_at(c, cell, y);
    return weigh(&w, w.value, c->D);
}

/* --- the nodes --- */

static void add_node(comparison *c, double y, double below, double above, const fk_marginal *exact)
{
    size_t i = c->n++;
    c->y[i] = y, c->below[i] = below, c->above[i] = above;
    bool upper = above < below;
    c->D[i] =
        upper ? fk_marginal_cdf(exact, y, true) - above : below - fk_marginal_cdf(exact, y, false);
}

static comparison comparison_new(const fk_curve *law, const fk_marginal *exact)
{
    const size_t n = law->n, extra = n / 4 + 8; /* at most, on either side */
    const double *y = law->y;
    double range[2], spacing = (y[n - 1] - y[0]) / (double)(n - 1);
    fk_marginal_range(exact, 1e-18, range);
    comparison c = {.y = fk_alloc(5 * (n + 2 * extra), sizeof *c.y)};
    c.D = c.y + n + 2 * extra, c.below = c.D + n + 2 * extra;
    c.above = c.below + n + 2 * extra, c.Q = c.above + n + 2 * extra;

    double beyond = fmax(0, y[0] - range[0]);
    if (beyond < spacing / 10) beyond = 0;
    size_t more = beyond > 0 ? (size_t)fmin((double)extra, ceil(beyond / spacing)) : 0;
    for (size_t k = more; k > 0; k--)
        add_node(&c, y[0] - beyond * (double)k / (double)more, 0, 1, exact);
    c.first = c.n;
    for (size_t i = 0; i < n; i++) add_node(&c, y[i], law->below[i], law->above[i], exact);
    c.last = c.n - 1;
    beyond = fmax(0, range[1] - y[n - 1]);
    if (beyond < spacing / 10) beyond = 0;
    more = beyond > 0 ? (size_t)fmin((double)extra, ceil(beyond / spacing)) : 0;
    for (size_t k = 1; k <= more; k++)
        add_node(&c, y[n - 1] + beyond * (double)k / (double)more, 1, 0, exact);

    for (size_t i = 0; i < c.n; i++) {
        bool upper = c.above[i] < c.below[i];
        double tail = upper ? c.above[i] : c.below[i];
        bool own = i >= c.first && i <= c.last && tail > 0;
        c.Q[i] = own ? fk_marginal_quantile(exact, tail, upper) : NAN;
    }
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(GAUSS);
    for (size_t k = 0; k < GAUSS; k++)
        gsl_integration_glfixed_point(0, 1, k, &c.node[k], &c.weight[k], rule);
    gsl_integration_glfixed_table_free(rule);
    return c;
}

/* --- W1, KS, TV: from D alone --- */

static double zero_between(const comparison *c, size_t cell)
{
    double a = c->y[cell], b = c->y[cell + 1];
    bool up = c->D[cell] < 0;
    for (int i = 0; i < 50; i++) {
        double middle = (a + b) / 2;
        *((D_at(c, cell, middle) < 0) == up ? &a : &b) = middle;
    }
    return (a + b) / 2;
}

static double w1_of(const comparison *c)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < c->n; i++) {
        double end[3] = {c->y[i], c->y[i + 1], c->y[i + 1]};
        int parts = 1;
        if ((c->D[i] < 0) != (c->D[i + 1] < 0)) parts = 2, end[1] = zero_between(c, i);
        for (int part = 0; part < parts; part++) {
            double one = 0, width = end[part + 1] - end[part];
            for (int k = 0; k < GAUSS; k++)
                one += c->weight[k] * D_at(c, i, end[part] + width * c->node[k]);
            sum += fabs(one * width);
        }
    }
    return sum;
}

/* An extremum of D near node i: by golden section in the cells beside it. */
static double extremum(const comparison *c, size_t i)
{
    const double golden = 0.61803398874989485;
    double sign = c->D[i] >= c->D[i - 1] ? 1 : -1, best = sign * c->D[i];
    double a = c->y[i - 1], b = c->y[i + 1];
    for (int k = 0; k < 40; k++) { /* an extremum is flat: half of the digits do */
        double p = b - golden * (b - a), q = a + golden * (b - a);
        double at_p = sign * D_at(c, p < c->y[i] ? i - 1 : i, p);
        double at_q = sign * D_at(c, q < c->y[i] ? i - 1 : i, q);
        *(at_p > at_q ? &b : &a) = at_p > at_q ? q : p;
        best = fmax(best, fmax(at_p, at_q));
    }
    return sign * best;
}

static void set_tv_and_ks(const comparison *c, fk_law_record *r)
{
    double last = 0, variation = 0;
    r->ks = 0;
    for (size_t i = 1; i + 1 < c->n; i++) {
        double before = c->D[i] - c->D[i - 1], after = c->D[i + 1] - c->D[i];
        if (before * after > 0 || before == 0) continue;
        double here = extremum(c, i);
        variation += fabs(here - last);
        r->ks = fmax(r->ks, fabs(here));
        last = here;
    }
    r->tv = (variation + fabs(last)) / 2;
}

/* --- integrals with D' and the exact law --- */

/* r - 1 - log r for r = 1 + d, without cancellation at r = 1 */
static double divergence(double d, double r)
{
    return fabs(d) < 1e-2 ? d * d * (1. / 2 - d * (1. / 3 - d * (1. / 4 - d * (1. / 5 - d / 6))))
                          : r - 1 - log(r);
}

/* The law's density: q + D' keeps small differences, the slope of its own tail small densities. */
static double density_at(const comparison *c, const lagrange *w, double q, double dD)
{
    if (dD > -0.5 * q) return q + dD;
    bool upper = c->above[w->first] < 0.5;
    double p = upper ? -weigh(w, w->slope, c->above) : weigh(w, w->slope, c->below);
    return fmax(p, 0);
}

/* Whether over the cell's stencil the step of b is never above three steps of a. */
static bool gentle(const comparison *c, size_t cell, const double *a, const double *b)
{
    size_t first = stencil_of(c, cell);
    for (size_t j = first; j + 1 < first + STENCIL; j++)
        if (!(b[j + 1] - b[j] < 3 * (a[j + 1] - a[j]))) return false; /* NaN too */
    return true;
}

/* The cell's share of W2^2 = int (y - Q)^2 dF. Where one law has a gap and the other, at the same
 * F, has none, one of y and Q jumps as a function of the other; the integral is over that which
 * jumps.
 */
static double w2_share(const comparison *c, size_t i, const double *density,
                       const fk_marginal *exact)
{
    const double *y = c->y, *Q = c->Q;
    double sum = 0;
    if (gentle(c, i, y, Q)) {
        double width = y[i + 1] - y[i];
        for (int k = 0; k < GAUSS; k++) {
            double at = y[i] + width * c->node[k];
            lagrange w = lagrange_at(c, i, at);
            double d = at - weigh(&w, w.value, Q);
            sum += c->weight[k] * width * d * d * density[k];
        }
        return sum;
    }
    if (gentle(c, i, Q, y)) {
        double width = Q[i + 1] - Q[i];
        for (int k = 0; k < GAUSS; k++) {
            double at = Q[i] + width * c->node[k];
            lagrange w = lagrange_in(c, Q, i, at);
            double d = at - weigh(&w, w.value, y);
            sum += c->weight[k] * width * d * d * exp(fk_marginal_at(exact, &at, NULL));
        }
        return sum;
    }
    bool upper = c->above[i] < 0.5;
    double mass = upper ? c->above[i] - c->above[i + 1] : c->below[i + 1] - c->below[i];
    double a = y[i] - Q[i], b = y[i + 1] - Q[i + 1];
    return mass > 0 && !isnan(a * b) ? mass * (a * a + a * b + b * b) / 3 : 0;
}

static void add_functionals(const fk_functionals *f, double y, double weight, double *error)
{
    error[FK_MEAN] += weight;
    error[FK_SQUARE] += weight * 2 * y;
    error[FK_COS2] -= weight * 2 * sin(2 * y);
    for (int j = 0; j < FK_N_CDF; j++) error[FK_CDF + j] += weight * fk_functional_slope(f, j, y);
}

static void integrate_cells(const comparison *c, const fk_marginal *exact, const fk_functionals *f,
                            double *error, fk_law_record *r)
{
    double kl = 0, w2 = 0, density[GAUSS];
    double beyond =
        fk_marginal_cdf(exact, c->y[c->first], false) + fk_marginal_cdf(exact, c->y[c->last], true);
    for (size_t i = 0; i + 1 < c->n; i++) {
        double width = c->y[i + 1] - c->y[i];
        for (int k = 0; k < GAUSS; k++) {
            double y = c->y[i] + width * c->node[k], weight = width * c->weight[k];
            lagrange w = lagrange_at(c, i, y);
            double q = exp(fk_marginal_at(exact, &y, NULL)), dD = weigh(&w, w.slope, c->D);
            add_functionals(f, y, -weight * weigh(&w, w.value, c->D), error);
            density[k] = density_at(c, &w, q, dD);
            if (q > 1e-20) kl += weight * q * divergence(dD / q, density[k] / q);
        }
        w2 += w2_share(c, i, density, exact);
    }
    /* beyond the law's nodes its density is not known, only its mass: none */
    r->kl = beyond < 1e-12 ? kl : NAN;
    r->w2 = sqrt(fmax(0, w2));
}

/* Where the exact law has point masses D jumps, and only expectations are worth having: by the
 * trapezium rule in F. */
static void integrate_increments(const fk_curve *law, const fk_functionals *f, double *error)
{
    double a[FK_N_FUNCTIONALS], b[FK_N_FUNCTIONALS];
    fk_functionals_at(f, law->y[0], a);
    for (int k = 0; k < FK_N_FUNCTIONALS; k++) error[k] = law->below[0] * a[k] - f->exact[k];
    for (size_t i = 1; i <= law->n; i++) {
        bool end = i == law->n;
        double mass = end                       ? law->above[i - 1]
                      : law->above[i - 1] < 0.5 ? law->above[i - 1] - law->above[i]
                                                : law->below[i] - law->below[i - 1];
        fk_functionals_at(f, law->y[end ? i - 1 : i], b);
        for (int k = 0; k < FK_N_FUNCTIONALS; k++) {
            error[k] += mass * (a[k] + b[k]) / 2;
            a[k] = b[k];
        }
    }
}

static fk_law_record moments(const fk_curve *c, const fk_functionals *functionals)
{
    fk_law_record r = fk_law_record_empty();
    double mass = 0, sum[FK_N_FUNCTIONALS] = {0}, value[FK_N_FUNCTIONALS];
    for (size_t i = 0; i < c->n; i++) {
        mass += c->mass[i];
        fk_functionals_at(functionals, c->y[i], value);
        for (int k = 0; k < FK_N_FUNCTIONALS; k++) sum[k] += c->mass[i] * value[k];
    }
    fk_law_record_set(&r, functionals, mass, sum);
    return r;
}

fk_law_record fk_curve_compare(fk_curve *law, const fk_marginal *exact,
                               const fk_functionals *functionals)
{
    fk_law_record r = fk_law_record_empty();
    if (!fk_curve_trim(law)) return law->mass ? moments(law, functionals) : r;
    double error[FK_N_FUNCTIONALS] = {0};
    if (exact->singular) {
        integrate_increments(law, functionals, error);
    } else {
        comparison c = comparison_new(law, exact);
        integrate_cells(&c, exact, functionals, error, &r);
        set_tv_and_ks(&c, &r);
        r.w1 = w1_of(&c);
        free(c.y);
    }
    size_t middle = law->n / 2;
    fk_law_record_set_errors(&r, functionals, law->below[middle] + law->above[middle], error);
    return r;
}
