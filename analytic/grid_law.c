/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/grid_law.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/grid_spread.h"
#include "analytic/point_step.h"

/* LOST: mass at either end of the line that a step may drop. SLIGHT: below it a node's spacing does
 * not matter. */
enum { CHUNK = 256, CELLS = 4000, MOST_CELLS = 1 << 19 };
static const double LOST = 1e-17, SLIGHT = 1e-13, FINENESS = 1.5;

typedef struct {
    const fk_grid_law *g;
    int threads;
    double stretch; /* cells chosen: by how much a step's map may widen cells, at a guess */
    double needed;  /* by what factor the cells of a step that failed were too few; else 0 */
    fk_nodes now;
    double *below, *above; /* (n), after the last noise */
} state;

/* sd of all the step's normals together; -1 where one of them enters before an evaluation */
static double noise_of(const fk_step *step)
{
    double var = 0;
    for (size_t l = 0; l < step->normals; l++) {
        for (size_t i = 0; i < step->stages; i++)
            if (step->stage[i].y.c[l] != 0) return -1;
        var += step->result.c[l] * step->result.c[l];
    }
    return sqrt(var);
}

bool fk_grid_law_takes(const fk_step *step, size_t n_steps)
{
    bool noisy = false;
    for (size_t n = 0; n < n_steps; n++) {
        double sd = noise_of(&step[n]);
        if (sd < 0 || step[n].history > 0) return false;
        noisy |= sd > 0;
    }
    return noisy;
}

/* The noise of the first step from n on that has one, or 0. */
static double next_noise(const fk_grid_law *g, size_t n)
{
    for (; n < g->n_steps; n++)
        if (noise_of(&g->step[n]) > 0) return noise_of(&g->step[n]);
    return 0;
}

static void set_range(fk_nodes *w)
{
    double mass = 0;
    for (w->first = 0; w->first + 1 < w->n && (mass += w->mass[w->first]) < LOST; w->first++) {
    }
    mass = 0;
    for (w->last = w->n - 1; w->last > 0 && (mass += w->mass[w->last]) < LOST; w->last--) {
    }
}

/* Nodes for a grid of this width: as given; or as many as the noise before it and the map and noise
 * after it ask for. */
static size_t nodes_for(const state *s, double width, double sd_before, double sd_after)
{
    double cells = CELLS;
    if (s->g->cells) return s->g->cells + 1;
    if (sd_before > 0) cells = fmax(cells, 1.1 * FINENESS * width / sd_before);
    if (sd_after > 0) cells = fmax(cells, s->stretch * FINENESS * width / sd_after);
    return (size_t)fmin(cells, MOST_CELLS) + 1;
}

static void begin(state *s)
{
    const fk_grid_law *g = s->g;
    double range[2];
    fk_start_range(&g->start, 1e-19, range);
    size_t n = nodes_for(s, range[1] - range[0], 0, next_noise(g, 0));
    double dx = (range[1] - range[0]) / (double)(n - 1);
    s->now = fk_nodes_new(n);
    for (size_t i = 0; i < n; i++) {
        s->now.y[i] = range[0] + dx * (double)i;
        s->now.mass[i] = dx * fk_start_density(&g->start, s->now.y[i]);
    }
    set_range(&s->now);
}

/* y <- the step without its noise */
static void move(state *s, const fk_step *step)
{
    fk_point_step *p = fk_point_step_new(step, s->g->field);
    const size_t padded = fk_pad(s->now.n), chunks = (padded + CHUNK - 1) / CHUNK;
#pragma omp parallel num_threads(s->threads)
    {
        double *scratch = fk_alloc(fk_point_step_scratch(p, CHUNK), sizeof *scratch);
        double *out = fk_alloc(CHUNK, sizeof *out);
#pragma omp for schedule(static)
        for (size_t k = 0; k < chunks; k++) {
            size_t at = k * CHUNK, n = padded - at < CHUNK ? padded - at : CHUNK;
            fk_point_step_apply(p, n, s->now.y + at, NULL, NULL, out, NULL, scratch);
            memcpy(s->now.y + at, out, n * sizeof *out);
        }
        free(out), free(scratch);
    }
    fk_point_step_free(p);
}

/* The new grid under the moved nodes, for step n. Its cells, and the old ones as the map has
 * stretched them, must both be below sd/1.5: `factor` is by how much the wider of them is not. */
static fk_target target_of(const state *s, size_t n, double sd, double *factor)
{
    const fk_nodes *w = &s->now;
    double lo = INFINITY, hi = -INFINITY, widest = 0;
    for (size_t i = w->first; i <= w->last; i++) {
        lo = fmin(lo, w->y[i]), hi = fmax(hi, w->y[i]);
        if (i > w->first && w->mass[i] > SLIGHT) widest = fmax(widest, fabs(w->y[i] - w->y[i - 1]));
    }
    double width = hi - lo + 2 * FK_REACH * sd;
    fk_target t = {.lo = lo - FK_REACH * sd, .sd = sd};
    t.n = isfinite(width) ? nodes_for(s, width, sd, next_noise(s->g, n + 1)) : 2;
    t.dx = width / (double)(t.n - 1);
    *factor = FINENESS * fmax(t.dx, widest) / sd;
    return t;
}

static int spread(state *s, size_t n, double sd, fk_error *err)
{
    double factor;
    const fk_target t = target_of(s, n, sd, &factor);
    if (!isfinite(factor))
        return fk_fail(err, FK_USAGE,
                       "the law is not finite after step %zu of %zu: take more steps, or a stabler "
                       "scheme",
                       n + 1, s->g->n_steps);
    if (factor > 1) {
        s->needed = factor;
        return fk_fail(err, FK_USAGE,
                       "step %zu of %zu: its noise, %.3g, is below 1.5 cells; take %.0f cells or "
                       "more",
                       n + 1, s->g->n_steps, sd, ceil(factor * (double)(s->now.n - 1)));
    }
    if (next_noise(s->g, n + 1) == 0) {
        s->below = fk_alloc(t.n, sizeof *s->below), s->above = fk_alloc(t.n, sizeof *s->above);
        fk_grid_tails(&s->now, &t, s->threads, s->below, s->above);
    }
    fk_nodes next = fk_grid_spread(&s->now, &t, s->threads);
    fk_nodes_free(&s->now);
    s->now = next;
    set_range(&s->now);
    return FK_OK;
}

static int run(state *s, fk_error *err)
{
    begin(s);
    for (size_t n = 0; n < s->g->n_steps; n++) {
        double sd = noise_of(&s->g->step[n]);
        move(s, &s->g->step[n]);
        int status = sd > 0 ? spread(s, n, sd, err) : FK_OK;
        if (status != FK_OK) return status;
    }
    return FK_OK;
}

/* Whether no node with mass before and after it lies below its neighbour by more than rounding.
 * Where the exact law is of point masses whole stretches of nodes fall on one place. */
static bool keeps_order(const state *s)
{
    const fk_nodes *w = &s->now;
    double slack = 1e-12 * fabs(w->y[w->last] - w->y[w->first]);
    for (size_t i = w->first; i < w->last; i++)
        if (!(w->y[i + 1] > w->y[i] - slack) && fmin(s->below[i + 1], s->above[i]) > 1e-12)
            return false;
    return true;
}

static int deliver(const state *s, fk_curve *law, fk_error *err)
{
    const size_t n = s->now.n;
    if (!keeps_order(s))
        return fk_fail(err, FK_USAGE,
                       "the last steps have no noise and do not keep the order of the line: their "
                       "law has no density on a grid");
    *law = fk_curve_new(n);
    memcpy(law->y, s->now.y, n * sizeof *law->y);
    memcpy(law->mass, s->now.mass, n * sizeof *law->mass);
    memcpy(law->below, s->below, n * sizeof *law->below);
    memcpy(law->above, s->above, n * sizeof *law->above);
    return FK_OK;
}

int fk_grid_law_run(const fk_grid_law *g, fk_curve *law, fk_error *err)
{
    assert(g->field->dim == 1 && fk_grid_law_takes(g->step, g->n_steps));
    double stretch = 2;
    for (;;) {
        state s = {.g = g, .threads = g->threads, .stretch = stretch};
        if (s.threads <= 0) s.threads = omp_get_max_threads();
        int status = run(&s, err);
        if (status == FK_OK) status = deliver(&s, law, err);
        fk_nodes_free(&s.now);
        free(s.below), free(s.above);
        /* Too few, and not for want of what may be had: again, with maps that stretch more. */
        if (status == FK_OK || g->cells || s.needed == 0 || stretch > 1000) return status;
        stretch *= 1.2 * s.needed;
    }
}
