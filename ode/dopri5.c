/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/dopri5.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ode/adaptive_parts.h"

/* The first step tried, times tolerance^(1/5), in turns, unless that is too long. */
#define FIRST_STEP (1. / 8)
/* The longest step in turns, an eighth of the way from all noise to none: where data look like the
 * prior the right-hand side almost vanishes, and steps would leap over what comes then. */
#define LONGEST_STEP (1. / 32)
enum { MOST_LANES = 256, STATE_BYTES = 64 << 10, LANE_ROWS = 12 };

/* A time at which all particles are wanted, on the circle s^2 + sigma^2 = 1; radius: how far from
 * there the schedule is, the square root of its own s^2 + sigma^2. */
typedef struct {
    double turn, radius, s, sigma;
} stop;

/* Who is in a lane, the stop that comes next, and the steps tried so far. */
typedef struct {
    size_t particle, stop, steps;
} occupant;

typedef struct {
    const fk_adaptive_problem *problem;
    const stop *stops; /* (n_t) */
    void (*begin)(const fk_dopri5_lanes *), (*finish)(const fk_dopri5_lanes *);
    void (*stage)(const fk_dopri5_lanes *, size_t), (*slope)(const fk_dopri5_lanes *, size_t);
    fk_dopri5_lanes lanes;
    size_t active;      /* the lanes with an occupant: the first of them */
    occupant *occupant; /* (ld) */
    double *memory;
    size_t evaluations, rejected;
    size_t failed; /* the first particle that did, or n */
    fk_error why;
} worker;

static worker worker_new(const fk_adaptive_problem *problem, const stop *stops, size_t ld)
{
    const fk_adaptive_options *option = problem->option;
    const size_t dim = problem->field->dim, rows = dim + (option->log_change != NULL);
    worker w = {.problem = problem,
                .stops = stops,
                .begin = FK_CHOOSE_KERNEL(fk_dopri5_begin),
                .stage = FK_CHOOSE_KERNEL(fk_dopri5_stage),
                .slope = FK_CHOOSE_KERNEL(fk_dopri5_slope),
                .finish = FK_CHOOSE_KERNEL(fk_dopri5_finish),
                .lanes = {.ld = ld,
                          .dim = dim,
                          .rows = rows,
                          .rtol = option->rtol,
                          .atol = option->atol,
                          .longest = LONGEST_STEP},
                .occupant = fk_alloc(ld, sizeof(occupant)),
                .failed = problem->n};
    double *at = w.memory = fk_alloc(((2 + FK_DOPRI5_STAGES) * rows + LANE_ROWS) * ld, sizeof *at);
    double **const row[] = {&w.lanes.turn,   &w.lanes.target,  &w.lanes.free_step,  &w.lanes.step,
                            &w.lanes.s,      &w.lanes.sigma,   &w.lanes.divergence, &w.lanes.error,
                            &w.lanes.before, &w.lanes.accepted};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++, at += ld) *row[i] = at;
    w.lanes.y = at, w.lanes.stage = at + rows * ld, w.lanes.k = at + 2 * rows * ld;
    return w;
}

static void worker_free(worker *w)
{
    free(w->memory);
    free(w->occupant);
}

/* k_i at the points `at`, lanes.s and lanes.sigma being set. */
static void evaluate(worker *w, double *at, size_t i)
{
    const fk_dopri5_lanes *v = &w->lanes;
    const fk_block x = {at, v->n, v->dim, v->ld},
                   score = {v->k + i * v->rows * v->ld, v->n, v->dim, v->ld};
    fk_field_eval_each(w->problem->field, v->s, v->sigma, w->active, x, score,
                       v->rows > v->dim ? v->divergence : NULL);
    w->slope(v, i);
    w->evaluations += w->active;
}

/* `count` particles from `first` on take a lane each; the lanes behind hold copies of the last. */
static void load(worker *w, size_t first, size_t count)
{
    const fk_adaptive_problem *problem = w->problem;
    fk_dopri5_lanes *v = &w->lanes;
    const stop *from = &w->stops[0], *to = &w->stops[1];
    const double tolerance = problem->option->rtol + problem->option->atol;
    const double step = fmin(FIRST_STEP * pow(tolerance, 0.2), LONGEST_STEP);
    v->n = fk_pad(count);
    w->active = count;
    for (size_t p = 0; p < v->n; p++) {
        const size_t particle = first + (p < count ? p : count - 1);
        for (size_t i = 0; i < v->dim; i++)
            v->y[i * v->ld + p] = problem->x[particle * v->dim + i] / from->radius;
        if (v->rows > v->dim) v->y[v->dim * v->ld + p] = 0;
        if (problem->option->log_change) problem->option->log_change[particle] = 0;
        w->occupant[p] = (occupant){particle, 1, 0};
        v->turn[p] = from->turn, v->target[p] = to->turn;
        v->s[p] = from->s, v->sigma[p] = from->sigma;
        v->free_step[p] = copysign(step, to->turn - from->turn);
        v->before[p] = 1;
    }
    evaluate(w, v->y, 0);
}

/* The particle of lane p has come to its stop. */
static void store(worker *w, size_t p)
{
    const fk_adaptive_problem *problem = w->problem;
    const fk_dopri5_lanes *v = &w->lanes;
    occupant *who = &w->occupant[p];
    const stop *at = &w->stops[who->stop];
    const size_t row = who->stop * problem->n + who->particle;
    for (size_t i = 0; i < v->dim; i++)
        problem->x[row * v->dim + i] = at->radius * v->y[i * v->ld + p];
    if (v->rows > v->dim)
        problem->option->log_change[row] =
            v->y[v->dim * v->ld + p] - (double)v->dim * log(at->radius / w->stops[0].radius);
    if (++who->stop < problem->n_t) v->target[p] = w->stops[who->stop].turn;
}

/* The last occupant moves to lane p. */
static void vacate(worker *w, size_t p)
{
    fk_dopri5_lanes *v = &w->lanes;
    const size_t last = --w->active;
    double *const row[] = {v->turn, v->target, v->free_step, v->before};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) row[i][p] = row[i][last];
    for (size_t r = 0; r < v->rows; r++) {
        v->y[r * v->ld + p] = v->y[r * v->ld + last];
        v->k[r * v->ld + p] = v->k[r * v->ld + last];
    }
    v->error[p] = v->error[last], v->accepted[p] = v->accepted[last];
    w->occupant[p] = w->occupant[last];
}

static void fail(worker *w, size_t p, bool collapsed)
{
    const fk_schedule *schedule = w->problem->schedule;
    const fk_dopri5_lanes *v = &w->lanes;
    const size_t particle = w->occupant[p].particle;
    if (particle >= w->failed) return;
    w->failed = particle;
    const double *ends = w->problem->t, *end = ends + w->problem->n_t - 1;
    double t = schedule->time_of(schedule, -log(tan(2 * FK_PI * v->turn[p])));
    t = fmin(fmax(t, fmin(*ends, *end)), fmax(*ends, *end)); /* where rounding led out */
    const fk_coeffs at = fk_schedule_at(schedule, t);
    fk_adaptive_failure(&w->why, particle, !isnan(v->error[p]), collapsed, t,
                        hypot(at.s, at.sigma) * v->y[p]);
}

/* Each has tried a step: who is at a stop, and who cannot go on? Backwards, as lanes fill up from
 * behind. */
static void inspect(worker *w)
{
    const fk_dopri5_lanes *v = &w->lanes;
    const double least = FK_COLLAPSED * fabs(w->stops[w->problem->n_t - 1].turn - w->stops[0].turn);
    for (size_t p = w->active; p-- > 0;) {
        occupant *who = &w->occupant[p];
        if (v->accepted[p] == 0) w->rejected++;
        while (who->stop < w->problem->n_t && v->turn[p] == v->target[p]) store(w, p);
        const bool collapsed = fabs(v->free_step[p]) < least;
        if (who->stop == w->problem->n_t) {
            vacate(w, p);
        } else if (collapsed || ++who->steps == FK_MAX_ADAPTIVE_STEPS) {
            fail(w, p, collapsed);
            vacate(w, p);
        }
    }
}

static void run_block(worker *w)
{
    fk_dopri5_lanes *v = &w->lanes;
    while (w->active > 0) {
        v->n = fk_pad(w->active);
        w->begin(v);
        for (size_t i = 1; i < FK_DOPRI5_STAGES; i++) {
            w->stage(v, i);
            evaluate(w, v->stage, i);
        }
        w->finish(v);
        inspect(w);
    }
}

static size_t choose_lanes(const fk_adaptive_problem *p, size_t rows)
{
    size_t lanes = STATE_BYTES / (((2 + FK_DOPRI5_STAGES) * rows + LANE_ROWS) * sizeof(double));
    const size_t share = (p->end - p->first) / (4 * (size_t)p->threads);
    if (lanes > share) lanes = share;
    if (lanes > MOST_LANES) lanes = MOST_LANES;
    return lanes < FK_LANES ? FK_LANES : lanes / FK_LANES * FK_LANES;
}

int fk_solve_in_lanes(const void *none, const fk_adaptive_problem *p, fk_error *err)
{
    (void)none;
    stop *stops = fk_alloc(p->n_t, sizeof *stops);
    for (size_t j = 0; j < p->n_t; j++) {
        const fk_coeffs at = fk_schedule_at(p->schedule, p->t[j]);
        const double radius = hypot(at.s, at.sigma);
        stops[j] =
            (stop){atan2(at.sigma, at.s) / (2 * FK_PI), radius, at.s / radius, at.sigma / radius};
    }
    const size_t block = choose_lanes(p, p->field->dim + (p->option->log_change != NULL));
    const size_t n_blocks = (p->end - p->first + block - 1) / block;
    size_t failed = p->n, evaluations = 0, rejected = 0; /* failed: the first particle that did */
    fk_error why = {.code = FK_OK};
#pragma omp parallel num_threads(p->threads) reduction(+ : evaluations, rejected)
    {
        worker w = worker_new(p, stops, block);
#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < n_blocks; b++) {
            size_t seen;
#pragma omp atomic read
            seen = failed;
            const size_t first = p->first + b * block, left = p->end - first;
            if (first > seen) continue;
            load(&w, first, left < block ? left : block);
            run_block(&w);
            if (w.failed == p->n) continue;
#pragma omp critical(fk_dopri5_failure)
            if (w.failed < failed) {
#pragma omp atomic write
                failed = w.failed;
                why = w.why;
            }
        }
        evaluations = w.evaluations;
        rejected = w.rejected;
        worker_free(&w);
    }
    free(stops);
    p->option->evaluations = evaluations;
    p->option->rejected = rejected;
    if (why.code != FK_OK && err) *err = why;
    return why.code;
}
