/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_run.h"

#include <stdlib.h>

#include "analytic/marginal.h"
#include "analytic/node_facts.h"
#include "core/observe.h"
#include "core/source.h"
#include "registry.h"
#include "tools/bench.h"

int bench_plan(const char *spec, size_t steps, const fk_mixture *data, fk_plan *plan, fk_error *err)
{
    fk_axis axis;
    fk_scheme scheme;
    fk_schedule vp;
    int status = fk_registry_parse_scheme(spec, &scheme, err);
    if (status == FK_OK) status = fk_schedule_parse("vp-linear", &vp, err);
    if (status == FK_OK)
        status = fk_axis_on_schedule(&vp, "uniform", steps, vp.t_max, vp.t_min, &axis, err);
    if (status) return status;
    fk_node_facts *facts = NULL;
    if (scheme.needs & FK_FACTS) {
        axis.facts = facts = fk_alloc(steps + 1, sizeof *facts);
        fk_node_facts_of(data, axis.node, steps + 1, facts);
    }
    status = fk_plan_new(&axis, &scheme, plan, err);
    free(facts);
    fk_axis_free(&axis);
    return status;
}

int bench_integrate(const bench_run *how, size_t n, double *seconds, fk_error *err)
{
    const fk_key key = {1, FK_STREAM_STEPS};
    const fk_gaussian_start start = {.seed = 1, .mean = 0, .std = 1};
    const fk_field field = fk_mixture_field(how->mixture);
    const fk_noise_table silence = {/* of no particles: zeros for all */
                                    .steps = how->plan->n_steps,
                                    .dim = field.dim,
                                    .normals = FK_MAX_NORMALS};
    const size_t at_end = how->plan->n_steps;
    const fk_run run = {
        .step = how->plan->step,
        .n_steps = how->plan->n_steps,
        .field = &field,
        .start = how->start ? fk_source_points(how->start) : fk_source_gaussian(&start),
        .noise = how->start ? fk_noise_given(&silence) : fk_noise_independent(&key, field.dim),
        .n = n,
        .observe_at = how->at ? how->at : &at_end,
        .n_observe = how->at ? how->n_at : 1,
        .observer = how->observer,
        .n_observers = how->n_observers,
        .threads = how->threads};
    const double begin = bench_seconds(how->clock);
    int status = fk_integrate(&run, err);
    *seconds = bench_seconds(how->clock) - begin;
    return status;
}

double bench_mean_square(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sum / (double)n;
}

int bench_end_square(const bench_run *how, size_t n, double *mean_square, fk_error *err)
{
    double seconds;
    const size_t dim = how->mixture->dim;
    fk_snapshots *end = fk_snapshots_new(1, n, dim);
    const fk_observer observer = fk_observe_snapshots(end);
    bench_run run = *how;
    run.observer = &observer, run.n_observers = 1;
    int status = bench_integrate(&run, n, &seconds, err);
    *mean_square = bench_mean_square(end->x, n * dim);
    fk_snapshots_free(end);
    return status;
}
