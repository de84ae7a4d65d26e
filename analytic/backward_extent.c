/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The range that a law takes up at each node: a density on few cells, pushed forward by the same
 * points and weights. Each image's mass is split between its two neighbours, which widens a law a
 * little; the history goes by its mean in each cell. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_parts.h"

enum { CELLS = FK_COARSE, NODES = CELLS + 1, ALONG = 32, ACROSS = 3, ACROSS_HISTORY = 16 };

typedef struct {
    fk_extent at;
    double x[NODES], e[NODES];
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

/* `point` (NODES, m): masses of the images. */
static bool extent_of(const fk_move *v, double tail, const double *point, const double *y,
                      const double *e, fk_extent *to)
{
    *to = (fk_extent){INFINITY, -INFINITY, INFINITY, -INFINITY, {0}};
    for (size_t p = 0; p < NODES * v->m; p++) {
        if (!(point[p] > tail / 10)) continue;
        if (!isfinite(y[p]) || !isfinite(e[p])) return false;
        to->lo = fmin(to->lo, y[p]), to->hi = fmax(to->hi, y[p]);
        if (point[p] > 1e5 * tail) to->e_lo = fmin(to->e_lo, e[p]), to->e_hi = fmax(to->e_hi, e[p]);
    }
    if (!(to->lo <= to->hi)) return false;
    widen(&to->lo, &to->hi);
    if (v->next) widen(&to->e_lo, &to->e_hi);
    return true;
}

static void deposit(const fk_move *v, const double *point, const double *y, const double *e,
                    coarse *c)
{
    memset(c->e, 0, sizeof c->e);
    const double scale = CELLS / (c->at.hi - c->at.lo);
    for (size_t p = 0; p < NODES * v->m; p++) {
        if (!isfinite(y[p]) || !isfinite(e[p])) continue;
        double xi = fmin(fmax((y[p] - c->at.lo) * scale, 0), CELLS);
        size_t i = xi < CELLS ? (size_t)xi : CELLS - 1;
        double right = point[p] * (xi - (double)i), left = point[p] - right;
        c->at.mass[i] += left, c->at.mass[i + 1] += right;
        c->e[i] += left * e[p], c->e[i + 1] += right * e[p];
    }
    for (size_t i = 0; i < NODES; i++)
        if (c->at.mass[i] > 0) c->e[i] /= c->at.mass[i];
    set_places(c);
}

static int advance(const fk_backward_law *b, const fk_move *v, size_t n, double tail, coarse *c,
                   fk_error *err)
{
    const size_t points = NODES * v->m, padded = fk_pad(NODES);
    double *y = fk_alloc(3 * points, sizeof *y), *e = y + points, *point = e + points;
    double *h = fk_alloc(2 * padded, sizeof *h), *x = h + padded;
    double *scratch = fk_alloc(fk_move_scratch(v, NODES), sizeof *y);
    memcpy(x, c->x, sizeof c->x);
    if (v->step->history > 0) fk_push_of(v->now, padded, x, h, scratch);
    for (size_t i = 0; i < NODES; i++) h[i] += c->e[i];
    fk_move_apply(v, NODES, x, h, y, e, scratch);
    for (size_t i = 0; i < NODES; i++)
        for (size_t k = 0; k < v->m; k++) point[i * v->m + k] = c->at.mass[i] * v->weight[k];
    bool finite = extent_of(v, tail, point, y, e, &c->at);
    if (finite) deposit(v, point, y, e, c);
    free(y), free(h), free(scratch);
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
    fk_normal_rule along = fk_normal_trapezium(ALONG);
    /* across the result's noise x does not reach far, but H may */
    fk_normal_rule across =
        history ? fk_normal_trapezium(ACROSS_HISTORY) : fk_normal_hermite(ACROSS);
    int status = FK_OK;
    for (size_t n = 0; n < b->n_steps && status == FK_OK; n++) {
        fk_move v = fk_move_new(b, n, &along, &across);
        status = advance(b, &v, n, tail, &c, err);
        extent[n + 1] = c.at;
        fk_move_free(&v);
    }
    fk_normal_rule_free(&along), fk_normal_rule_free(&across);
    return status;
}
