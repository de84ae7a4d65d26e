/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/pushforward.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "core/observe.h"

static fk_coeffs level(const fk_marginal *g)
{
    return (fk_coeffs){.s = g->s, .sigma = g->sigma};
}

/* Mass beyond the outermost nodes: far below rounding of the whole. */
static const double tail = 1e-18;

/* Nodes on the law g over the range: xi(y) = cells/2 ((y - lo)/(hi - lo) + G(y)), even in y and in
 * mass. y, dy: places and dy/dxi, (cells + 1). */
static void place_nodes(const fk_marginal *g, const double range[2], size_t cells, double *y,
                        double *dy)
{
    const double width = range[1] - range[0], half = (double)cells / 2;
    double below = range[0];
    for (size_t i = 0; i <= cells; i++) {
        double lo = below, hi = range[1], x = i ? fmin(hi, below + dy[i - 1]) : lo;
        /* Newton's method, kept between bounds that close in on the root */
        for (int k = 0; k < 60 && i > 0 && i < cells; k++) {
            double rate = half * (1 / width + exp(fk_marginal_at(g, &x, NULL)));
            double miss =
                half * ((x - range[0]) / width + fk_marginal_cdf(g, x, false)) - (double)i;
            *(miss < 0 ? &lo : &hi) = x;
            double next = x - miss / rate;
            if (!(next > lo && next < hi)) next = (lo + hi) / 2;
            if (fabs(next - x) <= 4e-16 * fabs(x) || next == lo || next == hi) break;
            x = next;
        }
        if (i == cells) x = range[1];
        y[i] = below = x;
        dy[i] = 1 / (half * (1 / width + exp(fk_marginal_at(g, &x, NULL))));
    }
}

/* The range of the nodes: all of g, and all that the start sends there. */
static void whole_range(const fk_pushforward *p, const fk_marginal *g, double range[2])
{
    double from[2], sent[2];
    fk_coeffs a = level(p->start.marginal), b = level(g);
    fk_marginal_range(g, tail, range);
    fk_start_range(&p->start, tail, from);
    fk_flow(g->mixture, &a, &b, 2, from, sent, NULL);
    range[0] = fmin(range[0], sent[0]);
    range[1] = fmax(range[1], sent[1]);
}

static void set_masses_beyond(const fk_pushforward *p, fk_curve *law, size_t i)
{
    law->below[i] = fk_start_cdf(&p->start, law->x[i], false);
    law->above[i] = fk_start_cdf(&p->start, law->x[i], true);
}

/* Steps round a place to 1e-16 of the range of the starts, some thousand of them to 1e-14. Starts
 * nearer to one another than ten times that come out in any order where the flow tears them apart,
 * as between far modes that are narrow; and what lies between them has no mass to speak of. */
static double least_gap(const fk_curve *c)
{
    return 1e-13 * (c->x[c->n - 1] - c->x[0]);
}

static void drop_crowded(fk_curve *c)
{
    const double gap = least_gap(c);
    size_t to = 1;
    for (size_t i = 1; i < c->n; i++) {
        if (!(c->x[i] - c->x[to - 1] >= gap)) continue;
        c->x[to] = c->x[i], c->mass[to] = c->mass[i];
        c->below[to] = c->below[i], c->above[to] = c->above[i];
        to++;
    }
    c->n = to;
}

/* Starts whose images lie as place_nodes has them, and the law's masses. */
static void place_starts(const fk_pushforward *p, fk_curve *law)
{
    /* Where the end has point masses its flow has no inverse: the start's own places do then. */
    const fk_marginal *g = p->end->singular ? p->start.marginal : p->end;
    const size_t n = law->n;
    double range[2], *slope = fk_alloc(2 * n, sizeof *slope), *dy = slope + n;
    fk_coeffs a = level(g), b = level(p->start.marginal);
    whole_range(p, g, range);
    place_nodes(g, range, n - 1, law->y, dy);
    fk_flow(g->mixture, &a, &b, n, law->y, law->x, slope);
    for (size_t i = 0; i < n; i++) {
        law->mass[i] = fk_start_density(&p->start, law->x[i]) * slope[i] * dy[i];
        set_masses_beyond(p, law, i);
    }
    free(slope);
    drop_crowded(law);
}

/* Entries (depth, n) of the exact history of starts x (n). */
static double *make_history(const fk_pushforward *p, size_t n, const double *x)
{
    const fk_coeffs from = level(p->start.marginal);
    double *value = fk_alloc(p->history->depth * n, sizeof *value);
    for (size_t h = 0; h < p->history->depth; h++) {
        const fk_stage *entry = &p->history->entry[h];
        const fk_coeffs to = {.s = entry->s, .sigma = entry->sigma};
        fk_flow(p->end->mixture, &from, &to, n, x, value + h * n, NULL);
        fk_history_value(entry, p->field, n, value + h * n, value + h * n);
    }
    return value;
}

/* y (n): where the scheme sends x (n). */
static int push(const fk_pushforward *p, size_t n, const double *x, double *y, fk_error *err)
{
    double *history = p->history ? make_history(p, n, x) : NULL;
    const fk_points points = {x, n, 1};
    fk_snapshots *end = fk_snapshots_new(1, n, 1);
    const fk_observer see = fk_observe_snapshots(end);
    const fk_run run = {.step = p->step,
                        .n_steps = p->n_steps,
                        .field = p->field,
                        .start = fk_source_points(&points),
                        .history = history,
                        .history_depth = p->history ? p->history->depth : 0,
                        .n = n,
                        .observe_at = &p->n_steps,
                        .n_observe = 1,
                        .observer = &see,
                        .n_observers = 1,
                        .threads = p->threads};
    int status = fk_integrate(&run, err);
    memcpy(y, end->x, n * sizeof *y);
    fk_snapshots_free(end);
    free(history);
    return status;
}

/* Whether the cell from node i to i + 1 needs a node in its middle. */
static bool too_wide(const fk_curve *c, size_t i, double widest)
{
    const double *y = c->y, width = y[i + 1] - y[i];
    double middle = (c->x[i] + c->x[i + 1]) / 2;
    if (!(middle - c->x[i] >= least_gap(c))) return false;
    if (width > widest) return true;
    if (width < widest / 64) return false; /* fine enough, whatever lies beside it */
    double left = i > 0 ? y[i] - y[i - 1] : width,
           right = i + 2 < c->n ? y[i + 2] - y[i + 1] : width;
    return width > 4 * fmin(left, right);
}

/* Put the added nodes behind the cells that they belong to. */
static void insert(const fk_pushforward *p, fk_curve *c, size_t added, const size_t *cell,
                   const double *x, const double *y)
{
    fk_curve wider = fk_curve_new(c->n + added);
    free(wider.mass), wider.mass = NULL;
    for (size_t i = 0, k = 0, to = 0; i < c->n; i++) {
        wider.x[to] = c->x[i], wider.y[to] = c->y[i];
        wider.below[to] = c->below[i], wider.above[to] = c->above[i];
        to++;
        if (k < added && cell[k] == i) {
            wider.x[to] = x[k], wider.y[to] = y[k];
            set_masses_beyond(p, &wider, to);
            k++, to++;
        }
    }
    fk_curve_free(c);
    *c = wider;
}

static int refine(const fk_pushforward *p, fk_curve *c, fk_error *err)
{
    const size_t most = 16 * p->cells;
    const double widest = 2.5 * (c->y[c->n - 1] - c->y[0]) / (double)p->cells;
    free(c->mass), c->mass = NULL;
    for (int round = 0; round < 60 && c->n < most; round++) {
        size_t added = 0, *cell = fk_alloc(c->n, sizeof *cell);
        double *x = fk_alloc(2 * c->n, sizeof *x), *y = x + c->n;
        for (size_t i = 0; i + 1 < c->n; i++)
            if (too_wide(c, i, widest)) {
                x[added] = (c->x[i] + c->x[i + 1]) / 2;
                cell[added++] = i;
            }
        int status = added ? push(p, added, x, y, err) : FK_OK;
        if (added && status == FK_OK) insert(p, c, added, cell, x, y);
        free(cell), free(x);
        if (!added || status != FK_OK) return status;
    }
    return FK_OK;
}

int fk_pushforward_run(const fk_pushforward *p, fk_curve *law, fk_error *err)
{
    assert(p->field->dim == 1 && p->cells >= 16 && !(p->history && p->history->eta > 0));
    for (size_t n = 0; n < p->n_steps; n++) assert(!fk_step_draws(&p->step[n]));
    *law = fk_curve_new(p->cells + 1);
    place_starts(p, law);
    int status = push(p, law->n, law->x, law->y, err);
    if (status == FK_OK && fk_curve_trim(law)) status = refine(p, law, err);
    if (status != FK_OK) fk_curve_free(law);
    return status;
}
