/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/curve_cells.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/start_law.h"

size_t fk_cells_stencil(const fk_cells *c, size_t cell)
{
    size_t first = cell < FK_CELL_STENCIL / 2 - 1 ? 0 : cell - (FK_CELL_STENCIL / 2 - 1);
    return first + FK_CELL_STENCIL > c->n ? c->n - FK_CELL_STENCIL : first;
}

fk_lagrange fk_cells_weights(const fk_cells *c, const double *node, size_t cell, double y)
{
    fk_lagrange w = {.first = fk_cells_stencil(c, cell)};
    const double *at = node + w.first;
    for (int j = 0; j < FK_CELL_STENCIL; j++) {
        double scale = 1, value = 1, slope = 0; /* of prod (y - y_k), by the product rule */
        for (int k = 0; k < FK_CELL_STENCIL; k++) {
            if (k == j) continue;
            scale *= at[j] - at[k];
            slope = slope * (y - at[k]) + value;
            value *= y - at[k];
        }
        w.value[j] = value / scale, w.slope[j] = slope / scale;
    }
    return w;
}

double fk_cells_weigh(const fk_lagrange *at, const double weight[FK_CELL_STENCIL], const double *f)
{
    double sum = 0;
    for (int j = 0; j < FK_CELL_STENCIL; j++) sum += weight[j] * f[at->first + (size_t)j];
    return sum;
}

double fk_cells_D(const fk_cells *c, size_t cell, double y)
{
    fk_lagrange w = fk_cells_weights(c, c->y, cell, y);
    return fk_cells_weigh(&w, w.value, c->D);
}

static void add_node(fk_cells *c, double y, double below, double above)
{
    size_t i = c->n++;
    c->y[i] = y, c->below[i] = below, c->above[i] = above;
    bool upper = above < below;
    c->D[i] = upper ? fk_marginal_cdf(c->exact, y, true) - above
                    : below - fk_marginal_cdf(c->exact, y, false);
}

fk_cells fk_cells_new(const fk_curve *law, const fk_marginal *exact)
{
    const size_t n = law->n, extra = n / 4 + 8; /* at most, on either side */
    const double *y = law->y;
    double range[2], spacing = (y[n - 1] - y[0]) / (double)(n - 1);
    fk_marginal_range(exact, 1e-18, range);
    fk_cells c = {
        .exact = exact, .spacing = spacing, .y = fk_alloc(5 * (n + 2 * extra), sizeof *c.y)};
    c.D = c.y + n + 2 * extra, c.below = c.D + n + 2 * extra;
    c.above = c.below + n + 2 * extra, c.Q = c.above + n + 2 * extra;

    double beyond = fmax(0, y[0] - range[0]);
    if (beyond < spacing / 10) beyond = 0; /* no node within rounding of the law's last one */
    size_t more = beyond > 0 ? (size_t)fmin((double)extra, ceil(beyond / spacing)) : 0;
    for (size_t k = more; k > 0; k--) add_node(&c, y[0] - beyond * (double)k / (double)more, 0, 1);
    c.first = c.n;
    for (size_t i = 0; i < n; i++) add_node(&c, y[i], law->below[i], law->above[i]);
    c.last = c.n - 1;
    beyond = fmax(0, range[1] - y[n - 1]);
    if (beyond < spacing / 10) beyond = 0;
    more = beyond > 0 ? (size_t)fmin((double)extra, ceil(beyond / spacing)) : 0;
    for (size_t k = 1; k <= more; k++)
        add_node(&c, y[n - 1] + beyond * (double)k / (double)more, 1, 0);

    for (size_t i = 0; i < c.n; i++) {
        bool upper = c.above[i] < c.below[i];
        double tail = upper ? c.above[i] : c.below[i];
        bool own = i >= c.first && i <= c.last && tail > 0;
        c.Q[i] = own ? fk_marginal_quantile(exact, tail, upper) : NAN;
    }
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(FK_CELL_GAUSS);
    for (size_t k = 0; k < FK_CELL_GAUSS; k++)
        gsl_integration_glfixed_point(0, 1, k, &c.node[k], &c.weight[k], rule);
    gsl_integration_glfixed_table_free(rule);
    return c;
}

void fk_cells_free(fk_cells *c)
{
    free(c->y);
}

/* The law's density: q + D' keeps small differences, the slope of its own tail small densities. */
double fk_cells_density(const fk_cells *c, const fk_lagrange *w, double q, double dD)
{
    if (dD > -0.5 * q) return q + dD;
    bool upper = c->above[w->first] < 0.5;
    double p =
        upper ? -fk_cells_weigh(w, w->slope, c->above) : fk_cells_weigh(w, w->slope, c->below);
    return fmax(p, 0);
}
