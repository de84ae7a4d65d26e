/* SPDX-License-Identifier: GPL-3.0-or-later */
/* W2 between laws on the line: int (y - Q)^2 dF with Q = G^-1(F). Both y and Q increase with F:
 * what they are at the ends of a stretch of mass bounds them within. */
#include <math.h>

#include "analytic/curve_cells.h"

/* Whether a quintic in y follows Q over the cell's stencil: where slopes dQ/dy differ by less than
 * a quarter. Where one of the laws has a gap that the other, at the same F, has not, slopes differ
 * by orders of magnitude, and a polynomial through them is far off. */
static bool gentle(const fk_cells *c, size_t cell)
{
    const double *y = c->y + fk_cells_stencil(c, cell), *Q = c->Q + fk_cells_stencil(c, cell);
    double step[2] = {INFINITY, 0}, slope[2] = {INFINITY, 0};
    for (size_t j = 0; j + 1 < FK_CELL_STENCIL; j++) {
        const double dy = y[j + 1] - y[j], rate = (Q[j + 1] - Q[j]) / dy;
        if (!(rate > 0)) return false; /* NaN too */
        step[0] = fmin(step[0], dy), step[1] = fmax(step[1], dy);
        slope[0] = fmin(slope[0], rate), slope[1] = fmax(slope[1], rate);
    }
    return step[1] < 8 * step[0] && slope[1] < 1.25 * slope[0];
}

/* A stretch of a cell; at its ends y, what F leaves on its smaller side, and the quantile. */
typedef struct {
    size_t cell;
    bool upper;
    double y[2], tail[2], Q[2];
} stretch;

static double mass_of(const stretch *s)
{
    return fabs(s->tail[1] - s->tail[0]);
}

/* The tail at y, never beyond what it is at the ends. */
static double tail_at(const fk_cells *c, const stretch *s, double y)
{
    const double D = fk_cells_D(c, s->cell, y), G = fk_marginal_cdf(c->exact, y, s->upper);
    return fmin(fmax(s->upper ? G - D : G + D, fmin(s->tail[0], s->tail[1])),
                fmax(s->tail[0], s->tail[1]));
}

/* The exact quantile of a tail: Newton's method within the bracket that the ends are. */
static double quantile_of(const fk_cells *c, const stretch *s, double tail)
{
    double lo = s->Q[0], hi = s->Q[1], sign = s->upper ? -1 : 1, x = (lo + hi) / 2;
    for (int k = 0; k < 60 && hi > lo; k++) {
        double miss = sign * (fk_marginal_cdf(c->exact, x, s->upper) - tail);
        *(miss < 0 ? &lo : &hi) = x;
        double next = x - miss / exp(fk_marginal_at(c->exact, &x, NULL));
        if (!(next > lo && next < hi)) next = (lo + hi) / 2;
        if (fabs(next - x) < 1e-13 * (hi - lo + fabs(x)) || next == lo || next == hi) return next;
        x = next;
    }
    return x;
}

/* Its mass times the mean of (y - Q)^2 over Gauss nodes, by the law's density there. */
static double by_nodes(const fk_cells *c, const stretch *s)
{
    double sum = 0, weights = 0;
    for (int k = 0; k < FK_CELL_GAUSS; k++) {
        const double y = s->y[0] + (s->y[1] - s->y[0]) * c->node[k];
        const double d = y - quantile_of(c, s, tail_at(c, s, y));
        const fk_lagrange w = fk_cells_weights(c, c->y, s->cell, y);
        const double q = exp(fk_marginal_at(c->exact, &y, NULL));
        const double weight =
            c->weight[k] * fk_cells_density(c, &w, q, fk_cells_weigh(&w, w.slope, c->D));
        sum += weight * d * d, weights += weight;
    }
    return weights > 0 ? mass_of(s) * sum / weights : 0;
}

/* By how much that mean can be off. */
static double doubt(const stretch *s)
{
    const double low = s->y[0] - s->Q[1], high = s->y[1] - s->Q[0];
    const double least = low > 0 ? low : high < 0 ? high : 0;
    return mass_of(s) * (fmax(low * low, high * high) - least * least);
}

/* Halved until two halves are what the whole is, to what is enough. */
static double by_halves(const fk_cells *c, const stretch *s, double whole, double enough, int depth)
{
    if (depth == 0 || !(doubt(s) > enough)) return whole;
    const double y = (s->y[0] + s->y[1]) / 2, tail = tail_at(c, s, y), Q = quantile_of(c, s, tail);
    stretch left = *s, right = *s;
    left.y[1] = right.y[0] = y, left.tail[1] = right.tail[0] = tail;
    left.Q[1] = right.Q[0] = Q;
    const double a = by_nodes(c, &left), b = by_nodes(c, &right);
    if (!(fabs(a + b - whole) > enough)) return a + b;
    return by_halves(c, &left, a, enough, depth - 1) + by_halves(c, &right, b, enough, depth - 1);
}

double fk_cells_w2(const fk_cells *c, size_t i, const double density[FK_CELL_GAUSS])
{
    const double *y = c->y + i, *Q = c->Q + i;
    if (!isfinite(Q[1] - Q[0])) return 0; /* no mass, or none that doubles tell */
    if (!gentle(c, i)) {
        const bool upper = c->above[i] < 0.5;
        const double *tail = (upper ? c->above : c->below) + i;
        const stretch s = {i, upper, {y[0], y[1]}, {tail[0], tail[1]}, {Q[0], Q[1]}};
        const double whole = by_nodes(c, &s);
        return by_halves(c, &s, whole, 1e-9 * whole + 1e-16, 40);
    }
    double sum = 0, width = y[1] - y[0];
    for (int k = 0; k < FK_CELL_GAUSS; k++) {
        const double at = y[0] + width * c->node[k];
        const fk_lagrange w = fk_cells_weights(c, c->y, i, at);
        const double d = at - fk_cells_weigh(&w, w.value, c->Q);
        sum += c->weight[k] * width * d * d * density[k];
    }
    return sum;
}
