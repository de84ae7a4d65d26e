/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/grid_law.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/point_step.h"
#include "analytic/spread.h"

/* Sources are dealt to PARTS buffers, whose sums are added in order: no result depends on the
 * number of threads. REACH: a Gaussian's kernel ends at 9 sd, with 1e-19 of its mass beyond. LOST:
 * mass at either end of the line that a step may drop. */
enum { PARTS = 16, CHUNK = 256, CELLS = 4000, MOST_CELLS = 1 << 17 };
static const double REACH = 9, LOST = 1e-17, FINENESS = 1.5;

/* Places and masses of the nodes; after the last step with noise also the mass beyond each. */
typedef struct {
    const fk_grid_law *g;
    int threads;
    size_t n, first, last; /* nodes; those that carry all but LOST of the mass on either side */
    double *y, *mass, *below, *above;
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

static void set_range(state *w)
{
    double mass = 0;
    for (w->first = 0; w->first + 1 < w->n && (mass += w->mass[w->first]) < LOST; w->first++) {
    }
    mass = 0;
    for (w->last = w->n - 1; w->last > 0 && (mass += w->mass[w->last]) < LOST; w->last--) {
    }
}

static state state_new(const fk_grid_law *g, size_t cells)
{
    size_t n = cells + 1;
    state w = {.g = g, .n = n, .threads = g->threads > 0 ? g->threads : omp_get_max_threads()};
    w.y = fk_alloc(4 * fk_pad(n), sizeof *w.y);
    w.mass = w.y + fk_pad(n), w.below = w.mass + fk_pad(n), w.above = w.below + fk_pad(n);
    double range[2];
    fk_start_range(&g->start, 1e-19, range);
    double dx = (range[1] - range[0]) / (double)cells;
    for (size_t i = 0; i < n; i++) {
        w.y[i] = range[0] + dx * (double)i;
        w.mass[i] = dx * fk_start_density(&g->start, w.y[i]);
    }
    set_range(&w);
    return w;
}

/* y <- the step without its noise */
static void move(state *w, const fk_step *step)
{
    fk_point_step *p = fk_point_step_new(step, w->g->field);
    const size_t padded = fk_pad(w->n), chunks = (padded + CHUNK - 1) / CHUNK;
#pragma omp parallel num_threads(w->threads)
    {
        double *scratch = fk_alloc(fk_point_step_scratch(p, CHUNK), sizeof *scratch);
        double *out = fk_alloc(CHUNK, sizeof *out);
#pragma omp for schedule(static)
        for (size_t k = 0; k < chunks; k++) {
            size_t at = k * CHUNK, n = padded - at < CHUNK ? padded - at : CHUNK;
            fk_point_step_apply(p, n, w->y + at, NULL, NULL, out, NULL, scratch);
            memcpy(w->y + at, out, n * sizeof *out);
        }
        free(out), free(scratch);
    }
    fk_point_step_free(p);
}

/* The new grid under the moved nodes. */
typedef struct {
    double lo, dx, sd;
    size_t reach; /* cells */
} target;

/* Cells of the new grid for the noise, and of the old one as the map has stretched them, must both
 * be below sd/1.5. `needed`: by what factor there are too few. */
static target target_of(const state *w, double sd, double *needed)
{
    double lo = INFINITY, hi = -INFINITY, widest = 0;
    for (size_t i = w->first; i <= w->last; i++) {
        lo = fmin(lo, w->y[i]), hi = fmax(hi, w->y[i]);
        if (i > w->first && w->mass[i] > 1e-13) widest = fmax(widest, fabs(w->y[i] - w->y[i - 1]));
    }
    target t = {.lo = lo - REACH * sd, .sd = sd};
    t.dx = (hi + REACH * sd - t.lo) / (double)(w->n - 1);
    t.reach = (size_t)ceil(REACH * sd / t.dx);
    *needed = FINENESS * fmax(t.dx, widest) / sd;
    return t;
}

/* masses <- the old ones spread by the noise; y <- the new grid */
static void spread(state *w, const target *t)
{
    void (*kernel)(double *, const double *, size_t, double, double) = FK_CHOOSE_KERNEL(fk_spread);
    const double step = t->dx / t->sd;
    const size_t count = fk_pad(2 * t->reach + 1), margin = count;
    const size_t length = w->n + 2 * margin, sources = w->last - w->first + 1;
    double *table = fk_alloc(count, sizeof *table), *sum = fk_alloc(PARTS * length, sizeof *sum);
    for (size_t j = 0; j <= 2 * t->reach; j++) {
        double z = ((double)j - (double)t->reach) * step;
        table[j] = exp(-0.5 * (z * z + FK_LOG_2PI)) * step;
    }
#pragma omp parallel for num_threads(w->threads) schedule(dynamic)
    for (size_t part = 0; part < PARTS; part++) {
        size_t end = w->first + sources * (part + 1) / PARTS;
        for (size_t i = w->first + sources * part / PARTS; i < end; i++) {
            double place = (w->y[i] - t->lo) / t->dx, centre = rint(place);
            double off = (place - centre) * step; /* in sd */
            double *out = sum + part * length + margin + (size_t)centre - t->reach;
            double ratio = exp(off * step);
            double first = exp(-off * (0.5 * off + step * (double)t->reach));
            kernel(out, table, count, w->mass[i] * first, ratio);
        }
    }
    for (size_t j = 0; j < w->n; j++) {
        w->mass[j] = 0;
        for (size_t part = 0; part < PARTS; part++) w->mass[j] += sum[part * length + margin + j];
        w->y[j] = t->lo + t->dx * (double)j;
    }
    free(sum), free(table);
    set_range(w);
}

/* What the sources of one part say of the distribution function on the new grid. */
typedef struct {
    double *below, *above; /* (n): within reach, by erfc */
    double *rise,
        *fall; /* (n + 1): beyond it; mass below all nodes from j on, above all before j */
} tails;

static tails tails_in(double *memory, size_t n)
{
    return (tails){memory, memory + n, memory + 2 * n, memory + 3 * n + 1};
}

static void add_source(const state *w, const target *t, size_t i, const tails *sum)
{
    double place = (w->y[i] - t->lo) / t->dx, mass = w->mass[i];
    long centre = lrint(place), reach = (long)t->reach, last = (long)w->n - 1;
    long lo = centre > reach ? centre - reach : 0,
         hi = centre + reach < last ? centre + reach : last;
    for (long j = lo; j <= hi; j++) {
        double z = ((double)j - place) * t->dx / t->sd;
        double tail = 0.5 * erfc(fabs(z) * FK_SQRT1_2);
        sum->below[j] += mass * (z < 0 ? tail : 1 - tail);
        sum->above[j] += mass * (z < 0 ? 1 - tail : tail);
    }
    sum->rise[hi + 1] += mass;
    sum->fall[lo] += mass;
}

/* below, above: the distribution function on the new grid; before spread(). */
static void set_tails(state *w, const target *t)
{
    const size_t n = w->n, sources = w->last - w->first + 1, length = 4 * n + 2;
    double *memory = fk_alloc(PARTS * length, sizeof *memory);
#pragma omp parallel for num_threads(w->threads) schedule(dynamic)
    for (size_t part = 0; part < PARTS; part++) {
        const tails sum = tails_in(memory + part * length, n);
        size_t end = w->first + sources * (part + 1) / PARTS;
        for (size_t i = w->first + sources * part / PARTS; i < end; i++) add_source(w, t, i, &sum);
    }
    for (size_t part = 1; part < PARTS; part++)
        for (size_t j = 0; j < length; j++) memory[j] += memory[part * length + j];
    const tails all = tails_in(memory, n);
    double rise = 0, fall = 0;
    for (size_t j = 0; j < n; j++) {
        rise += all.rise[j], fall += all.fall[n - j];
        w->below[j] = all.below[j] + rise;
        w->above[n - 1 - j] = all.above[n - 1 - j] + fall;
    }
    free(memory);
}

static size_t last_noise(const fk_grid_law *g)
{
    size_t n = g->n_steps;
    while (n > 0 && !(noise_of(&g->step[n - 1]) > 0)) n--;
    return n - 1;
}

static int run(state *w, double *needed, fk_error *err)
{
    const fk_grid_law *g = w->g;
    const size_t last = last_noise(g);
    *needed = 0;
    for (size_t n = 0; n < g->n_steps; n++) {
        double sd = noise_of(&g->step[n]), factor;
        move(w, &g->step[n]);
        if (!(sd > 0)) continue;
        target t = target_of(w, sd, &factor);
        if (!isfinite(factor))
            return fk_fail(err, FK_USAGE,
                           "the law is not finite after step %zu of %zu: take more steps, or a "
                           "stabler scheme",
                           n + 1, g->n_steps);
        if (factor > 1) {
            *needed = factor * (double)(w->n - 1);
            return fk_fail(err, FK_USAGE,
                           "step %zu of %zu: its noise, %.3g, is below 1.5 cells; take %.0f cells "
                           "or more",
                           n + 1, g->n_steps, sd, ceil(*needed));
        }
        if (n == last) set_tails(w, &t);
        spread(w, &t);
    }
    return FK_OK;
}

static int deliver(const state *w, fk_curve *law, fk_error *err)
{
    const size_t n = w->n;
    *law = fk_curve_new(n);
    memcpy(law->y, w->y, n * sizeof *law->y);
    memcpy(law->mass, w->mass, n * sizeof *law->mass);
    memcpy(law->below, w->below, n * sizeof *law->below);
    memcpy(law->above, w->above, n * sizeof *law->above);
    if (fk_curve_trim(law)) return FK_OK;
    fk_curve_free(law);
    return fk_fail(err, FK_USAGE,
                   "the last steps have no noise and do not keep the order of the line: their law "
                   "has no density on a grid");
}

int fk_grid_law_run(const fk_grid_law *g, fk_curve *law, fk_error *err)
{
    assert(g->field->dim == 1 && fk_grid_law_takes(g->step, g->n_steps));
    size_t cells = g->cells ? g->cells : CELLS;
    for (;;) {
        double needed;
        state w = state_new(g, cells);
        int status = run(&w, &needed, err);
        if (status == FK_OK) status = deliver(&w, law, err);
        free(w.y);
        if (status == FK_OK || g->cells || !(needed > 0) || needed > MOST_CELLS) return status;
        cells = (size_t)(1.25 * needed); /* grids of later steps may need a little more */
    }
}
