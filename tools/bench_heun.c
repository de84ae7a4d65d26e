/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_heun.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/observe.h"
#include "core/source.h"
#include "registry.h"
#include "tools/bench_mixture.h"
#include "tools/bench_run.h"

enum { DIM = 2, K = 8, STEPS = 50, PILOT = 4096 };

/* The baseline's constants at a node: v = f x - g^2/2 score, all variances being the same. */
typedef struct {
    double f, half_g2, precision, mean[K][DIM];
} node;

typedef struct {
    fk_mixture *mixture;
    fk_plan plan;
    node node[STEPS + 1];
    double dt, log_weight[K];
    double *x; /* (PILOT, DIM) */
} heun;

static void heun_close(void *subject)
{
    heun *s = subject;
    fk_plan_free(&s->plan);
    fk_mixture_free(s->mixture);
    free(s->x);
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
    for (size_t i = 0; i <= STEPS; i++) {
        const fk_coeffs *at = &axis.node[i];
        const double var = at->s * at->s * s->mixture->var[0] + at->sigma * at->sigma;
        s->node[i] = (node){.f = at->f, .half_g2 = at->g2 / 2, .precision = 1 / var};
        for (size_t k = 0; k < K; k++)
            for (size_t j = 0; j < DIM; j++)
                s->node[i].mean[k][j] = at->s * s->mixture->mean[k * DIM + j];
    }
    for (size_t k = 0; k < K; k++) s->log_weight[k] = log(s->mixture->weight[k]);
    s->dt = axis.t[1] - axis.t[0];
    status = fk_plan_new(&axis, &scheme, &s->plan, err);
    fk_axis_free(&axis);
    return status;
}

static int heun_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    (void)what, (void)threads;
    heun *s = fk_alloc(1, sizeof *s);
    s->x = fk_alloc(PILOT * DIM, sizeof *s->x);
    int status = heun_plan(s, err);
    if (status)
        heun_close(s);
    else
        *subject = s;
    return status;
}

static int integrate(const heun *s, size_t n, const fk_observer *observer, double *seconds,
                     fk_error *err)
{
    const bench_run run = {.mixture = s->mixture,
                           .plan = &s->plan,
                           .observer = observer,
                           .n_observers = observer ? 1 : 0,
                           .threads = 1,
                           .clock = 1};
    return bench_integrate(&run, n, seconds, err);
}

static int run(void *subject, size_t n, double *seconds, fk_error *err)
{
    return integrate(subject, n, NULL, seconds, err);
}

static void drift(const heun *s, const node *at, const double *x, double *v)
{
    double logit[K], top = -HUGE_VAL, total = 0, pull[DIM] = {0};
    for (size_t k = 0; k < K; k++) {
        const double a = at->mean[k][0] - x[0], b = at->mean[k][1] - x[1];
        logit[k] = s->log_weight[k] - 0.5 * at->precision * (a * a + b * b);
        if (logit[k] > top) top = logit[k];
    }
    for (size_t k = 0; k < K; k++) {
        const double e = exp(logit[k] - top);
        total += e;
        for (size_t j = 0; j < DIM; j++) pull[j] += e * (at->mean[k][j] - x[j]);
    }
    for (size_t j = 0; j < DIM; j++)
        v[j] = at->f * x[j] - at->half_g2 * at->precision * pull[j] / total;
}

/* The first n, at most PILOT, of the lab's standard normal starts through all steps. */
static void by_scalar(heun *s, size_t n)
{
    const fk_gaussian_start start = {.seed = 1, .mean = 0, .std = 1};
    const fk_source from = fk_source_gaussian(&start);
    double *first = fk_alloc(DIM * PILOT, sizeof *first); /* (DIM, PILOT) */
    from.fill(from.self, 0, (fk_block){first, PILOT, DIM, PILOT});
    for (size_t p = 0; p < n; p++) {
        double x[DIM] = {first[p], first[PILOT + p]}, y[DIM], v[DIM], w[DIM];
        for (size_t i = 0; i < STEPS; i++) {
            drift(s, &s->node[i], x, v);
            for (size_t j = 0; j < DIM; j++) y[j] = x[j] + s->dt * v[j];
            drift(s, &s->node[i + 1], y, w);
            for (size_t j = 0; j < DIM; j++) x[j] += s->dt / 2 * (v[j] + w[j]);
        }
        memcpy(s->x + p * DIM, x, sizeof x);
    }
    free(first);
}

static int run_scalar(void *subject, size_t n, double *seconds, fk_error *err)
{
    (void)err;
    const double begin = bench_seconds(1);
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < PILOT ? n - done : PILOT;
        by_scalar(subject, part);
    }
    *seconds = bench_seconds(1) - begin;
    return FK_OK;
}

/* The same starts and steps: mean squares at the end differ by rounding, which the flow stretches
 * by some hundreds. */
static bench_answer mean_square(const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < DIM * PILOT; i++) sum += x[i] * x[i];
    return (bench_answer){sum / (DIM * PILOT), 1e-11};
}

static int answer(void *subject, bench_answer *out, fk_error *err)
{
    double seconds;
    fk_snapshots *end = fk_snapshots_new(1, PILOT, DIM);
    const fk_observer observer = fk_observe_snapshots(end);
    int status = integrate(subject, PILOT, &observer, &seconds, err);
    *out = mean_square(end->x);
    fk_snapshots_free(end);
    return status;
}

static int answer_scalar(void *subject, bench_answer *out, fk_error *err)
{
    (void)err;
    by_scalar(subject, PILOT);
    *out = mean_square(((heun *)subject)->x);
    return FK_OK;
}

static double limit(const void *subject, const fk_rates *r)
{
    const heun *s = subject;
    return 1 / ((double)s->plan.evaluations * bench_evaluation_seconds(s->mixture, r));
}

static const bench_contestant contestant[] = {
    {"fokker", 4 * PILOT, run, answer, NULL},
    {"scalar", PILOT, run_scalar, answer_scalar, NULL},
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
