/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The range that a law takes up at each node: a density on few cells, pushed forward by the same
 * points and weights. Each image's mass is split between its two neighbours, which widens a law a
 * little; the history goes by its mean and variance in each cell, as if it were normal there. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_parts.h"

enum { CELLS = FK_COARSE, NODES = CELLS + 1, ALONG = 32, ACROSS = 3, SPREAD = 12 };

typedef struct {
    fk_extent at;
    double x[NODES], e[NODES], var[NODES]; /* mean and variance of H - R(x) */
} coarse;

static void set_places(coarse *c)
{
    for (size_t i = 0; i < NODES; i++)
        c->x[i] = c->at.lo + (c->at.hi - c->at.lo) * (double)i / CELLS;
}

/* Room beyond the outermost images that count, as a share of the range. */
static const double ROOM = 0.02;

static void widen(double *lo, double *hi)
{
    double room = ROOM * (*hi - *lo) + 1e-12 * (fabs(*lo) + fabs(*hi)) + 1e-300;
    *lo -= room, *hi += room;
}

/* Images of all the states, with their masses. */
typedef struct {
    size_t n;
    double *y, *e, *mass;
} images;

static bool extent_of(const images *to, double tail, bool history, fk_extent *at)
{
    *at = (fk_extent){INFINITY, -INFINITY, INFINITY, -INFINITY, {0}};
    for (size_t p = 0; p < to->n; p++) {
        const double y = to->y[p], e = to->e[p];
        if (!(to->mass[p] > tail / 10)) continue;
        if (!isfinite(y) || !isfinite(e)) return false;
        at->lo = fmin(at->lo, y), at->hi = fmax(at->hi, y);
        if (to->mass[p] > 1e5 * tail) at->e_lo = fmin(at->e_lo, e), at->e_hi = fmax(at->e_hi, e);
    }
    if (!(at->lo <= at->hi)) return false;
    widen(&at->lo, &at->hi);
    if (history) widen(&at->e_lo, &at->e_hi);
    return true;
}

static void deposit(const images *to, coarse *c)
{
    memset(c->e, 0, sizeof c->e);
    memset(c->var, 0, sizeof c->var);
    const double scale = CELLS / (c->at.hi - c->at.lo);
    for (size_t p = 0; p < to->n; p++) {
        const double y = to->y[p], e = to->e[p];
        if (!isfinite(y) || !isfinite(e)) continue;
        double xi = fmin(fmax((y - c->at.lo) * scale, 0), CELLS);
        size_t i = xi < CELLS ? (size_t)xi : CELLS - 1;
        double share[2];
        share[1] = to->mass[p] * (xi - (double)i), share[0] = to->mass[p] - share[1];
        for (size_t k = 0; k < 2; k++) {
            c->at.mass[i + k] += share[k];
            c->e[i + k] += share[k] * e;
            c->var[i + k] += share[k] * e * e;
        }
    }
    for (size_t i = 0; i < NODES; i++) {
        if (!(c->at.mass[i] > 0)) continue;
        c->e[i] /= c->at.mass[i];
        c->var[i] = fmax(c->var[i] / c->at.mass[i] - c->e[i] * c->e[i], 0);
    }
    set_places(c);
}

static int advance(const fk_backward_law *b, const fk_move *v, size_t n,
                   const fk_normal_rule *spread, double tail, coarse *c, fk_error *err)
{
    const bool reads = v->step->history > 0;
    const size_t of_h = reads ? spread->n : 1, states = NODES * of_h, padded = fk_pad(states);
    images to = {.n = states * v->m};
    to.y = fk_alloc(3 * to.n, sizeof *to.y), to.e = to.y + to.n, to.mass = to.e + to.n;
    double *x = fk_alloc(3 * padded, sizeof *x), *h = x + padded, *mass = h + padded;
    double *scratch = fk_alloc(fk_move_scratch(v, states), sizeof *scratch);
    for (size_t i = 0; i < states; i++) x[i] = c->x[i / of_h], mass[i] = c->at.mass[i / of_h];
    if (reads) {
        fk_push_of(v->now, padded, x, h, scratch);
        for (size_t i = 0; i < states; i++) {
            h[i] += c->e[i / of_h] + sqrt(c->var[i / of_h]) * spread->z[i % of_h];
            mass[i] *= spread->weight[i % of_h];
        }
    }
    (void)fk_move_apply(v, states, x, h, to.y, to.e, scratch); /* far out it may not be finite */
    for (size_t p = 0; p < to.n; p++) to.mass[p] = mass[p / v->m] * v->weight[p % v->m];
    bool finite = extent_of(&to, tail, v->next, &c->at);
    if (finite) deposit(&to, c);
    free(to.y), free(x), free(scratch);
    if (finite) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "the law is not finite after step %zu of %zu: take more steps, or a stabler "
                   "scheme",
                   n + 1, b->n_steps);
}

int fk_backward_extents(const fk_backward_law *b, double tail, fk_extent *extent, fk_error *err)
{
    coarse c = {.at = {0}};
    double range[2];
    fk_start_range(&b->start, tail, range);
    c.at.lo = range[0], c.at.hi = range[1];
    set_places(&c);
    for (size_t i = 0; i < NODES; i++)
        c.at.mass[i] = (range[1] - range[0]) / CELLS * fk_start_density(&b->start, c.x[i]);
    extent[0] = c.at;
    bool history = false;
    for (size_t n = 1; n < b->n_steps; n++) history |= b->step[n].history > 0;
    /* across the result's noise x does not reach far, but H may */
    fk_normal_rule along = fk_normal_trapezium(ALONG), spread = fk_normal_trapezium(SPREAD),
                   across = history ? fk_normal_trapezium(SPREAD) : fk_normal_hermite(ACROSS);
    int status = FK_OK;
    for (size_t n = 0; n < b->n_steps && status == FK_OK; n++) {
        fk_move v = fk_move_new(b, n, &along, &across);
        status = advance(b, &v, n, &spread, tail, &c, err);
        extent[n + 1] = c.at;
        fk_move_free(&v);
    }
    fk_normal_rule_free(&along), fk_normal_rule_free(&across), fk_normal_rule_free(&spread);
    return status;
}
