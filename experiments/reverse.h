/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reverse runs for experiments: a scheme on an axis, from a start, seen at chosen nodes; and the
 * score field times a constant, which makes the wrong variants. The reverse SDE needs g^2 score and
 * the probability-flow ODE g^2/2 score: half the score in the one and twice the score in the other
 * is each the other's mistake. */
#ifndef FK_EXPERIMENTS_REVERSE_H
#define FK_EXPERIMENTS_REVERSE_H

#include <math.h>
#include <stdlib.h>

#include "analytic/marginal.h"
#include "core/observe.h"
#include "schedules/scheme.h"

typedef struct {
    const fk_field *inner;
    double factor;
} scaled_score;

static inline void scaled_freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_field *inner = ((const scaled_score *)self)->inner;
    inner->freeze(inner->self, s, sigma, frozen);
}

static inline void scaled_eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const scaled_score *scaled = self;
    scaled->inner->eval(scaled->inner->self, frozen, x, score);
    for (size_t i = 0; i < score.dim; i++)
        for (size_t p = 0; p < score.n; p++) score.x[i * score.ld + p] *= scaled->factor;
}

/* Borrows *scaled and its inner field. */
static inline fk_field scaled_field(const scaled_score *scaled)
{
    return (fk_field){.self = scaled,
                      .dim = scaled->inner->dim,
                      .frozen_size = scaled->inner->frozen_size,
                      .freeze = scaled_freeze,
                      .eval = scaled_eval};
}

typedef struct {
    const fk_mixture *mixture;
    const fk_axis *axis;
    const size_t *node; /* (rows) ascending: the nodes to be seen, 0 is the start */
    size_t rows;
    int threads;
} reverse_setting;

typedef struct {
    const fk_scheme *scheme;
    double factor; /* of the score: 1 is right */
    fk_source start;
    fk_noise noise;
    size_t n;
    const char *label; /* of the progress bar */
} reverse_run;

/* The ensemble at the rows, (rows, n, dim), to be freed by fk_snapshots_free. */
static inline int reverse_simulate(const reverse_setting *set, const reverse_run *run,
                                   fk_snapshots **seen, fk_error *err)
{
    fk_plan plan;
    int status = fk_plan_new(set->axis, run->scheme, &plan, err);
    if (status) return status;
    fk_field exact = fk_mixture_field(set->mixture);
    scaled_score scaled = {&exact, run->factor};
    fk_field wrong = scaled_field(&scaled);
    *seen = fk_snapshots_new(set->rows, run->n, set->mixture->dim);
    fk_observer observer = fk_observe_snapshots(*seen);
    fk_run job = {.step = plan.step,
                  .n_steps = plan.n_steps,
                  .field = run->factor == 1.0 ? &exact : &wrong,
                  .start = run->start,
                  .noise = run->noise,
                  .n = run->n,
                  .observe_at = set->node,
                  .n_observe = set->rows,
                  .observer = &observer,
                  .n_observers = 1,
                  .threads = set->threads,
                  .progress = run->label};
    status = fk_integrate(&job, err);
    if (status) fk_snapshots_free(*seen), *seen = NULL;
    fk_plan_free(&plan);
    return status;
}

/* Of a 1-D mixture: the mean of the data; the standard deviation at (s, sigma). */
static inline double data_mean(const fk_mixture *mixture)
{
    double mean, variance;
    fk_mixture_moments(mixture, &mean, &variance);
    return mean;
}

static inline double marginal_sd(const fk_mixture *mixture, double s, double sigma)
{
    double mean, variance;
    fk_mixture_moments(mixture, &mean, &variance);
    return sqrt(s * s * variance + sigma * sigma);
}

/* How many samples to take by default: `n`, or so many fewer that a mixture of hundreds of
 * components costs no more than one of 64; a quarter at least. */
static inline size_t samples_for(const fk_mixture *mixture, size_t n)
{
    size_t fewer = n * 64 / mixture->k;
    return fewer >= n ? n : (fewer < n / 4 ? n / 4 : fewer);
}

#endif
