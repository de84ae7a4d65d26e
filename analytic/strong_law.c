/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/strong_law.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/history.h"
#include "analytic/node_facts.h"
#include "analytic/strong_mean.h"
#include "analytic/strong_path.h"
#include "core/observe.h"

/* What serves all step sizes. */
typedef struct {
    const fk_strong_problem *problem;
    fk_field field;
    size_t n;  /* paths */
    double *z; /* (depth + 1, FK_PATH_CELLS, 2, n): the step's own cells first, then those of the
                  stretch that leads to t, and so on backwards */
} setting;

/* A step and the nodes about it: the second step of the axis is there so that the first is not its
 * last, which some schemes take otherwise. */
typedef struct {
    fk_axis axis;
    fk_plan plan;
    fk_node_facts facts[3];
} trial;

static void trial_free(trial *t)
{
    fk_plan_free(&t->plan);
    fk_axis_free(&t->axis);
}

static int check(const fk_step *step, const fk_scheme *scheme, fk_error *err)
{
    if (step->normals == 0)
        return fk_fail(err, FK_USAGE, "scheme '%s' draws no noise here: it has no strong error",
                       scheme->row.name);
    for (size_t l = 0; l < step->normals; l++)
        if (step->kernel[l] == FK_FRESH)
            return fk_fail(err, FK_USAGE,
                           "scheme '%s': normal %zu is fresh noise, not a functional of the path; "
                           "it has no strong error",
                           scheme->row.name, l + 1);
    return FK_OK;
}

static int trial_new(const fk_strong_problem *problem, double t, double h, trial *out,
                     fk_error *err)
{
    const fk_scheme *scheme = problem->scheme;
    *out = (trial){0};
    int status =
        fk_axis_on_schedule(problem->schedule, "uniform", 2, t, t - 2 * h, &out->axis, err);
    if (status == FK_OK && scheme->depth > 0)
        status = fk_axis_extend(&out->axis, scheme->depth, err);
    if (status == FK_OK && scheme->needs & FK_FACTS) {
        fk_node_facts_of(problem->data, out->axis.node, 3, out->facts);
        out->axis.facts = out->facts;
    }
    if (status == FK_OK) status = fk_plan_new(&out->axis, scheme, &out->plan, err);
    if (status == FK_OK) status = check(out->plan.step, scheme, err);
    if (status != FK_OK) trial_free(out);
    return status;
}

/* The path from node -back to node 1 - back. */
static fk_path stretch(const setting *s, const fk_axis *axis, size_t back)
{
    const double *t = axis->t - back;
    return (fk_path){s->problem->schedule, t[0], t[1], s->n,
                     s->z + back * FK_PATH_CELLS * 2 * s->n};
}

/* x (n) at t, and history (depth, n): the process is started at the earliest node. */
static void begin(const setting *s, const trial *now, double *x, double *history)
{
    const fk_strong_problem *problem = s->problem;
    const fk_scheme *scheme = problem->scheme;
    const fk_history past = fk_history_exact(&now->axis, scheme, problem->eta);
    const fk_coeffs *first = now->axis.node - now->axis.past;
    const fk_marginal_start law = {problem->data, first->s, first->sigma, problem->seed};
    const fk_source source = fk_source_marginal(&law);
    source.fill(source.self, 0, (fk_block){x, s->n, 1, s->n});
    for (size_t back = now->axis.past;; back--) {
        if (back >= scheme->lag && back < scheme->lag + past.depth) {
            const size_t h = back - scheme->lag;
            fk_history_value(&past.entry[h], &s->field, s->n, x, history + h * s->n);
        }
        if (back == 0) return;
        const fk_path path = stretch(s, &now->axis, back);
        fk_path_solve(&path, &s->field, problem->eta, x);
    }
}

/* One step of the scheme from x, into x. */
static int run_step(const setting *s, const trial *now, const double *history, double *x,
                    fk_error *err)
{
    const fk_step *step = now->plan.step;
    const fk_path path = stretch(s, &now->axis, 0);
    double *z = fk_alloc(s->n * step->normals, sizeof *z), *row = fk_alloc(s->n, sizeof *row);
    for (size_t l = 0; l < step->normals; l++) {
        fk_path_normal(&path, step->kernel[l], row);
        for (size_t p = 0; p < s->n; p++) z[p * step->normals + l] = row[p];
    }
    const fk_points points = {x, s->n, 1};
    const fk_noise_table noise = {z, 1, s->n, 1, step->normals};
    const size_t end = 1;
    fk_snapshots *after = fk_snapshots_new(1, s->n, 1);
    const fk_observer observer = fk_observe_snapshots(after);
    const fk_run run = {.step = step,
                        .n_steps = 1,
                        .field = &s->field,
                        .start = fk_source_points(&points),
                        .noise = fk_noise_given(&noise),
                        .history = history,
                        .history_depth = s->problem->scheme->depth,
                        .n = s->n,
                        .observe_at = &end,
                        .n_observe = 1,
                        .observer = &observer,
                        .n_observers = 1,
                        .threads = 1};
    int status = fk_integrate(&run, err);
    memcpy(x, after->x, s->n * sizeof *x);
    fk_snapshots_free(after);
    free(row);
    free(z);
    return status;
}

/* The squared errors (n) at one step size. */
static int squares(const setting *s, const trial *now, double *square, fk_error *err)
{
    double *exact = fk_alloc(s->n, sizeof *exact);
    double *history = s->problem->scheme->depth
                          ? fk_alloc(s->problem->scheme->depth * s->n, sizeof *history)
                          : NULL;
    begin(s, now, exact, history);
    memcpy(square, exact, s->n * sizeof *square);
    const fk_path path = stretch(s, &now->axis, 0);
    fk_path_solve(&path, &s->field, s->problem->eta, exact);
    int status = run_step(s, now, history, square, err);
    for (size_t p = 0; p < s->n; p++) {
        double e = square[p] - exact[p];
        square[p] = e * e;
    }
    free(history);
    free(exact);
    return status;
}

/* The mean of w1 a + w2 b over paths, and its standard error. b may be NULL. */
static double average(size_t n, double w1, const double *a, double w2, const double *b, double *se)
{
    double sum = 0, square = 0;
    for (size_t p = 0; p < n; p++) sum += w1 * a[p] + (b ? w2 * b[p] : 0);
    const double mean = sum / (double)n;
    for (size_t p = 0; p < n; p++) {
        double d = w1 * a[p] + (b ? w2 * b[p] : 0) - mean;
        square += d * d;
    }
    *se = sqrt(square / (double)n / (double)(n - 1));
    return mean;
}

/* Everything that follows from the squared errors (n, paths). */
static void summarise(size_t paths, size_t n, const double *square, fk_strong_error *error)
{
    for (size_t i = 0; i < n; i++) {
        fk_strong_error *e = &error[i], *last = e - 1;
        const double *now = square + i * paths;
        double se, ms = average(paths, 1, now, 0, NULL, &se);
        e->rms = sqrt(ms);
        e->rms_se = se / (2 * e->rms);
        e->rms_slope = e->rms_slope_se = e->mean_slope = (double)NAN;
        if (i == 0) continue;
        /* d log rms = d ms / (2 ms): path by path, since the two are of the same paths */
        const double run = log(last->h / e->h), before = last->rms * last->rms;
        average(paths, 0.5 / ms, now, -0.5 / before, now - paths, &se);
        e->rms_slope = log(last->rms / e->rms) / run;
        e->rms_slope_se = se / run;
        e->mean_slope = log(last->mean / e->mean) / run;
    }
}

int fk_strong_law(const fk_strong_problem *problem, double t, const double *h, size_t n,
                  fk_strong_error *error, fk_error *err)
{
    assert(problem->data->dim == 1 && problem->paths > 1 && problem->eta > 0);
    const size_t cells = (problem->scheme->depth + 1) * FK_PATH_CELLS;
    setting s = {.problem = problem, .n = fk_pad(problem->paths)};
    s.field = problem->field ? *problem->field : fk_mixture_field(problem->data);
    s.z = fk_alloc(cells * 2 * s.n, sizeof *s.z);
    for (size_t cell = 0; cell < cells; cell++)
        fk_random_normals((fk_key){problem->seed, FK_STREAM_STEPS}, 0, cell,
                          (fk_block){s.z + cell * 2 * s.n, s.n, 2, s.n});
    double *square = fk_alloc(n * s.n, sizeof *square);
    int status = FK_OK;
    for (size_t i = 0; i < n && status == FK_OK; i++) {
        trial now;
        status = trial_new(problem, t, h[i], &now, err);
        if (status != FK_OK) break;
        error[i] = (fk_strong_error){.h = h[i], .mean = (double)NAN};
        status = squares(&s, &now, square + i * s.n, err);
        if (status == FK_OK && problem->scheme->depth == 0 && problem->eta == 1 && !problem->field)
            status = fk_strong_mean(problem->data, &s.field, &now.axis, now.plan.step,
                                    &error[i].mean, err);
        trial_free(&now);
    }
    if (status == FK_OK) summarise(s.n, n, square, error);
    free(square);
    free(s.z);
    return status;
}
