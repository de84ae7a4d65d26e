/* SPDX-License-Identifier: GPL-3.0-or-later */
/* W2 between laws on the line: int (y - Q)^2 dF with Q = G^-1(F). */
#include <math.h>

#include "analytic/curve_cells.h"

/* Whether over the cell's stencil a increases as nodes do, and b takes no step above three steps of
 * a, or above three of the average width. */
static bool gentle(const fk_cells *c, size_t cell, const double *a, const double *b)
{
    size_t first = fk_cells_stencil(c, cell);
    for (size_t j = first; j + 1 < first + FK_CELL_STENCIL; j++) {
        double step = a[j + 1] - a[j];
        if (!(step > 1e-6 * c->spacing && step < 6 * c->spacing)) return false; /* NaN too */
        if (!(b[j + 1] - b[j] < 3 * fmax(step, c->spacing))) return false;
    }
    return true;
}

/* The exact quantile of F(y), y within a cell, known to lie between lo and hi: Newton's method
 * within a bracket. */
static double quantile_at(const fk_cells *c, size_t cell, double y, double lo, double hi)
{
    bool upper = c->above[cell] < 0.5;
    double D = fk_cells_D(c, cell, y), G = fk_marginal_cdf(c->exact, y, upper);
    double tail = upper ? G - D : G + D, sign = upper ? -1 : 1, x = (lo + hi) / 2;
    for (int k = 0; k < 60 && hi > lo; k++) {
        double miss = sign * (fk_marginal_cdf(c->exact, x, upper) - tail);
        *(miss < 0 ? &lo : &hi) = x;
        double next = x - miss / exp(fk_marginal_at(c->exact, &x, NULL));
        if (!(next > lo && next < hi)) next = (lo + hi) / 2;
        if (fabs(next - x) < 1e-13 * (hi - lo + fabs(x)) || next == lo || next == hi) return next;
        x = next;
    }
    return x;
}

/* A stretch of a cell, its mass at most `mass`, and the quantiles at its ends. */
typedef struct {
    size_t cell;
    double a, b, Q_a, Q_b, mass;
} stretch;

/* int (y - Q)^2 dF over it, Q taken anew at each place, in parts on which it moves no more than
 * three cells, or which do not matter. */
static double w2_over(const fk_cells *c, const stretch *s, int depth)
{
    double sum = 0, width = s->b - s->a, d_a = s->a - s->Q_a, d_b = s->b - s->Q_b;
    double most = s->mass * fmax(d_a * d_a, d_b * d_b);
    if (!(most >= 1e-16)) return 0; /* NaN: where F is 0 or 1, and there is no mass */
    if (depth > 0 && !(s->Q_b - s->Q_a < 3 * fmax(width, c->spacing))) {
        double middle = (s->a + s->b) / 2, Q = quantile_at(c, s->cell, middle, s->Q_a, s->Q_b);
        stretch left = *s, right = *s;
        left.b = right.a = middle, left.Q_b = right.Q_a = Q;
        return w2_over(c, &left, depth - 1) + w2_over(c, &right, depth - 1);
    }
    for (int k = 0; k < FK_CELL_GAUSS; k++) {
        double y = s->a + width * c->node[k], d = y - quantile_at(c, s->cell, y, s->Q_a, s->Q_b);
        fk_lagrange w = fk_cells_weights(c, c->y, s->cell, y);
        double q = exp(fk_marginal_at(c->exact, &y, NULL));
        double density = fk_cells_density(c, &w, q, fk_cells_weigh(&w, w.slope, c->D));
        if (isfinite(d)) sum += c->weight[k] * width * d * d * density;
    }
    return sum;
}

/* The cell's share of W2^2 = int (y - Q)^2 dF. Where the scheme's law has a gap and the exact one,
 * at the same F, has none, y jumps as a function of Q, and the integral is over Q; where it is the
 * other way round Q jumps, and interpolation would miss it. */
double fk_cells_w2(const fk_cells *c, size_t i, const double density[FK_CELL_GAUSS])
{
    const double *y = c->y, *Q = c->Q;
    bool over_y = gentle(c, i, y, Q);
    if (!over_y && !gentle(c, i, Q, y)) {
        bool upper = c->above[i] < 0.5;
        double mass = upper ? c->above[i] - c->above[i + 1] : c->below[i + 1] - c->below[i];
        const stretch whole = {i, y[i], y[i + 1], Q[i], Q[i + 1], mass};
        return i < c->first || i >= c->last ? 0 : w2_over(c, &whole, 12);
    }
    const double *from = over_y ? y : Q, *to = over_y ? Q : y;
    double sum = 0, width = from[i + 1] - from[i];
    for (int k = 0; k < FK_CELL_GAUSS; k++) {
        double at = from[i] + width * c->node[k];
        fk_lagrange w = fk_cells_weights(c, from, i, at);
        double d = at - fk_cells_weigh(&w, w.value, to);
        double p = over_y ? density[k] : exp(fk_marginal_at(c->exact, &at, NULL));
        sum += c->weight[k] * width * d * d * p;
    }
    return sum;
}
