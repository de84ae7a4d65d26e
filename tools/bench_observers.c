/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_observers.h"

#include <stdlib.h>

#include "core/observe.h"
#include "tools/bench_mixture.h"
#include "tools/bench_run.h"

enum { STEPS = 100, TIMES = 32, BINS = 100, PILOT = 4096 };
#define EDGE 6.0 /* of the histogram: means lie in a cube of half this side */

typedef struct {
    size_t dim, k;
} shape;

typedef struct {
    shape what;
    fk_mixture *mixture;
    fk_plan plan;
    size_t at[TIMES];
    double lo[TIMES], hi[TIMES];
} subject;

static void observers_close(void *self)
{
    subject *s = self;
    fk_plan_free(&s->plan);
    fk_mixture_free(s->mixture);
    free(s);
}

static int observers_open(const bench_case *what, int threads, void **self, fk_error *err)
{
    (void)threads;
    subject *s = fk_alloc(1, sizeof *s);
    s->what = *(const shape *)what->setting;
    int status = bench_mixture(s->what.dim, s->what.k, false, &s->mixture, err);
    if (status == FK_OK) status = bench_plan("euler-maruyama", STEPS, s->mixture, &s->plan, err);
    if (status) {
        observers_close(s);
        return status;
    }
    for (size_t j = 0; j < TIMES; j++)
        s->at[j] = (j + 1) * STEPS / TIMES, s->lo[j] = -EDGE, s->hi[j] = EDGE;
    *self = s;
    return FK_OK;
}

static bench_run run_of(const subject *s)
{
    return (bench_run){.mixture = s->mixture, .plan = &s->plan, .threads = 1, .clock = 1};
}

/* The mean square of all coordinates at the end, from sums over the observed particles. */
static double last_mean_square(const fk_moments *moments, size_t dim, double n)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        const double mean = fk_moments_mean(moments, TIMES - 1, i);
        sum += mean * mean + fk_moments_variance(moments, TIMES - 1, i) * (n - 1) / n;
    }
    return sum / (double)dim;
}

static int observed(const subject *s, size_t n, double *mean_square, double *seconds, fk_error *err)
{
    fk_moments *moments = fk_moments_new(TIMES, s->what.dim);
    fk_histogram *histogram = fk_histogram_new(TIMES, BINS, 0, s->lo, s->hi);
    const fk_observer both[] = {fk_observe_moments(moments), fk_observe_histogram(histogram)};
    bench_run run = run_of(s);
    run.observer = both, run.n_observers = 2, run.at = s->at, run.n_at = TIMES;
    int status = bench_integrate(&run, n, seconds, err);
    *mean_square = last_mean_square(moments, s->what.dim, (double)n);
    fk_histogram_free(histogram);
    fk_moments_free(moments);
    return status;
}

static int run_observed(void *self, size_t n, double *seconds, fk_error *err)
{
    double mean_square;
    return observed(self, n, &mean_square, seconds, err);
}

static int run_bare(void *self, size_t n, double *seconds, fk_error *err)
{
    const bench_run run = run_of(self);
    return bench_integrate(&run, n, seconds, err);
}

/* The same particles: mean squares, below 100, differ by the rounding of their sums. */
static bench_answer same(double mean_square)
{
    return (bench_answer){mean_square, 1e-11};
}

static int answer_observed(void *self, bench_answer *out, fk_error *err)
{
    double mean_square, seconds;
    int status = observed(self, PILOT, &mean_square, &seconds, err);
    *out = same(mean_square);
    return status;
}

static int answer_bare(void *self, bench_answer *out, fk_error *err)
{
    double mean_square;
    const bench_run run = run_of(self);
    int status = bench_end_square(&run, PILOT, &mean_square, err);
    *out = same(mean_square);
    return status;
}

static const bench_contestant contestant[] = {
    {"fokker", 4 * PILOT, run_observed, answer_observed, NULL},
    {"bare", 4 * PILOT, run_bare, answer_bare, NULL},
};

#define OBSERVERS(title, about, d, n)                                                              \
    {                                                                                              \
        .name = title, .says = about, .unit = "particle-steps/s", .per = STEPS,                    \
        .contestant = contestant, .n_contestants = sizeof contestant / sizeof *contestant,         \
        .setting = &(const shape){d, n}, .open = observers_open, .close = observers_close          \
    }

static const bench_case row[] = {
    OBSERVERS("observers-d1k3", "moments and histogram, 3 components in 1 dimension", 1, 3),
    OBSERVERS("observers-d2k8", "moments and histogram, 8 components in 2 dimensions", 2, 8),
};

const bench_set bench_observers = {.row = row, .n = sizeof row / sizeof *row};
