/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/sampling.h"

#include <math.h>
#include <stdlib.h>

#include "analytic/marginal.h"
#include "core/observe.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_scaled *scaled = self;
    scaled->of->freeze(scaled->of->self, s, sigma, frozen);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const fk_scaled *scaled = self;
    scaled->of->eval(scaled->of->self, frozen, x, score);
    for (size_t i = 0; i < score.dim; i++)
        for (size_t p = 0; p < score.n; p++) score.x[i * score.ld + p] *= scaled->factor;
}

static double divergence(const void *self, double s, double sigma, const double *x)
{
    const fk_scaled *scaled = self;
    return scaled->factor * scaled->of->divergence(scaled->of->self, s, sigma, x);
}

fk_field fk_scaled_field(const fk_scaled *scaled)
{
    return (fk_field){.self = scaled,
                      .dim = scaled->of->dim,
                      .frozen_size = scaled->of->frozen_size,
                      .freeze = freeze,
                      .eval = eval,
                      .divergence = scaled->of->divergence ? divergence : NULL};
}

bool fk_flow_paths(const fk_schedule *schedule, const fk_mixture *mix, double factor,
                   const double *t, size_t n_t, size_t n, double tolerance, double *x)
{
    const fk_field exact = fk_mixture_field(mix);
    const fk_scaled scaled = {&exact, factor};
    const fk_field field = fk_scaled_field(&scaled);
    fk_adaptive_options options = {.rtol = tolerance, .atol = tolerance};
    fk_error err;
    return fk_adaptive_solve(&fk_rk8pd, schedule, &field, t, n_t, n, x, &options, &err) == FK_OK;
}

double fk_sampling_time(const fk_sampling *run, size_t step)
{
    double from = fk_schedule_at(run->schedule, run->t_start).lambda;
    double to = fk_schedule_at(run->schedule, run->t_end).lambda;
    double u = (double)step / (double)run->steps;
    return run->schedule->time_of(run->schedule, from + u * (to - from));
}

int fk_sample(const fk_sampling *run, uint64_t seed, int threads, double **x, fk_error *err)
{
    fk_axis axis;
    fk_plan plan;
    *x = NULL;
    int status = fk_axis_on_schedule(run->schedule, "lambda", run->steps, run->t_start, run->t_end,
                                     &axis, err);
    if (status) return status;
    status = fk_plan_new(&axis, run->scheme, &plan, err);
    fk_axis_free(&axis);
    if (status) return status;
    size_t seen_at[2] = {run->middle, run->steps}, skip = run->middle == 0;
    fk_snapshots *snap = fk_snapshots_new(2 - skip, run->n, run->field->dim);
    fk_observer observer = fk_observe_snapshots(snap);
    fk_key key = {seed, FK_STREAM_STEPS};
    fk_run all = {.step = plan.step,
                  .n_steps = plan.n_steps,
                  .field = run->field,
                  .start = run->start,
                  .noise = fk_noise_independent(&key, run->field->dim),
                  .n = run->n,
                  .observe_at = seen_at + skip,
                  .n_observe = 2 - skip,
                  .observer = &observer,
                  .n_observers = 1,
                  .threads = threads};
    status = fk_integrate(&all, err);
    if (!status) *x = snap->x, snap->x = NULL;
    fk_snapshots_free(snap);
    fk_plan_free(&plan);
    return status;
}

double *fk_samples(const fk_claim_env *env, const fk_sampling *run)
{
    double *x;
    fk_error err;
    return fk_sample(run, env->seed, env->threads, &x, &err) == FK_OK ? x : NULL;
}
