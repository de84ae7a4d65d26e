/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_heun.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/source.h"
#include "registry.h"
#include "tools/bench_mixture.h"
#include "tools/bench_run.h"
#include "tools/bench_scalar.h"

enum { DIM = 2, K = 8, STEPS = 50, PILOT = 4096 };

typedef struct {
    fk_mixture *mixture;
    fk_plan plan;
    scalar_plan scalar; /* its nodes: dx/dt */
    double dt;
    double *start, *x; /* (PILOT, DIM): the lab's first starts, and where the baseline takes them */
} heun;

static void heun_close(void *subject)
{
    heun *s = subject;
    fk_plan_free(&s->plan);
    bench_scalar_free(&s->scalar);
    fk_mixture_free(s->mixture);
    free(s->start), free(s->x);
    free(s);
}

static int heun_plan(heun *s, fk_error *err)
{
    fk_schedule schedule;
    fk_scheme scheme;
    fk_axis axis;
    int status = bench_mixture(DIM, K, false, &s->mixture, err);
    if (status == FK_OK) status = fk_schedule_parse("vp-linear", &schedule, err);
    if (status == FK_OK) status = fk_registry_parse_scheme("heun", &scheme, err);
    if (status == FK_OK)
        status = fk_axis_on_schedule(&schedule, "uniform", STEPS, schedule.t_max, schedule.t_min,
                                     &axis, err);
    if (status) return status;
    s->scalar.at = bench_scalar_freeze(s->mixture, STEPS + 1, axis.node);
    s->scalar.step = fk_alloc(3 * (STEPS + 1), sizeof *s->scalar.step);
    for (size_t i = 0; i <= STEPS; i++) {
        s->scalar.step[3 * i] = axis.node[i].f;
        s->scalar.step[3 * i + 1] = -axis.node[i].g2 / 2;
    }
    s->dt = axis.t[1] - axis.t[0];
    status = fk_plan_new(&axis, &scheme, &s->plan, err);
    fk_axis_free(&axis);
    return status;
}

/* Standard normal, as bench_integrate() has them; (PILOT, DIM). */
static void heun_starts(double *x)
{
    const fk_gaussian_start start = {.seed = 1, .mean = 0, .std = 1};
    const fk_source from = fk_source_gaussian(&start);
    double *rows = fk_alloc(DIM * PILOT, sizeof *rows); /* (DIM, PILOT) */
    from.fill(from.self, 0, (fk_block){rows, PILOT, DIM, PILOT});
    for (size_t i = 0; i < DIM * PILOT; i++) x[i % PILOT * DIM + i / PILOT] = rows[i];
    free(rows);
}

static int heun_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    (void)what, (void)threads;
    heun *s = fk_alloc(1, sizeof *s);
    s->start = fk_alloc(PILOT * DIM, sizeof *s->start);
    s->x = fk_alloc(PILOT * DIM, sizeof *s->x);
    heun_starts(s->start);
    int status = heun_plan(s, err);
    if (status)
        heun_close(s);
    else
        *subject = s;
    return status;
}

static bench_run run_of(const heun *s)
{
    return (bench_run){.mixture = s->mixture, .plan = &s->plan, .threads = 1, .clock = 1};
}

static int run(void *subject, size_t n, double *seconds, fk_error *err)
{
    const bench_run how = run_of(subject);
    return bench_integrate(&how, n, seconds, err);
}

/* The first n, at most PILOT, of the starts through all steps. */
static void by_native(const heun *s, size_t n)
{
    memcpy(s->x, s->start, n * DIM * sizeof *s->x);
    FK_CHOOSE_KERNEL(bench_scalar_heun)(&s->scalar, s->dt, n, s->x);
}

static int run_native(void *subject, size_t n, double *seconds, fk_error *err)
{
    (void)err;
    const double begin = bench_seconds(1);
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < PILOT ? n - done : PILOT;
        by_native(subject, part);
    }
    *seconds = bench_seconds(1) - begin;
    return FK_OK;
}

/* The same starts and steps: mean squares at the end differ by rounding, which the flow stretches
 * by some hundreds. */
static bench_answer same(double mean_square)
{
    return (bench_answer){mean_square, 1e-11};
}

static int answer(void *subject, bench_answer *out, fk_error *err)
{
    double m2;
    const bench_run how = run_of(subject);
    int status = bench_end_square(&how, PILOT, &m2, err);
    *out = same(m2);
    return status;
}

static int answer_native(void *subject, bench_answer *out, fk_error *err)
{
    const heun *s = subject;
    (void)err;
    by_native(s, PILOT);
    *out = same(bench_mean_square(s->x, PILOT * DIM));
    return FK_OK;
}

static double limit(const void *subject, const fk_rates *r)
{
    const heun *s = subject;
    return 1 / ((double)s->plan.evaluations * bench_evaluation_seconds(s->mixture, r));
}

static const bench_contestant contestant[] = {
    {"fokker", 4 * PILOT, run, answer, NULL},
    {"native", PILOT, run_native, answer_native, NULL},
};

static const bench_case row[] = {
    {.name = "pfode-heun-d2k8",
     .says = "probability-flow ODE by 50 steps of Heun's rule, 8 components in 2 dimensions",
     .unit = "particles/s",
     .per = 1,
     .contestant = contestant,
     .n_contestants = sizeof contestant / sizeof *contestant,
     .open = heun_open,
     .close = heun_close,
     .limit = limit},
};

const bench_set bench_heun = {.row = row, .n = sizeof row / sizeof *row};
