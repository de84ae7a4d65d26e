/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run of fokker sample: fixed steps in one go, that a checkpoint may cut; adaptive ones after a
 * start, and followed by the denoising step. */
#include "tools/sample_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "core/resumable.h"
#include "core/source.h"
#include "ode/adaptive.h"

/* Steps on the ensemble from `start`, seen at the end. */
static int run_steps(const sample_run *r, const fk_step *step, size_t n_steps,
                     const fk_field *field, fk_source start, const fk_observer *see, size_t n_see,
                     const char *what, fk_error *err)
{
    const fk_key key = {r->seed, FK_STREAM_STEPS};
    const fk_noise_table given = {r->noise.x, r->s.plan.n_steps, r->n, r->s.mixture->dim,
                                  r->s.plan.normals};
    const fk_run all = {
        .step = step,
        .n_steps = n_steps,
        .field = field,
        .start = start,
        .noise = r->noise_file ? fk_noise_given(&given)
                 : r->tree     ? fk_noise_brownian(r->tree)
                               : fk_noise_independent(&key, r->s.mixture->dim),
        .n = r->n,
        .observe_at = &n_steps,
        .n_observe = 1,
        .observer = see,
        .n_observers = n_see,
        .block = r->block,
        .threads = r->threads,
        .progress = what ? "sample" : NULL,
    };
    return fk_resumable_run(&all, what ? r->checkpoint : NULL, what, err);
}

/* A checkpoint is of this run: its record, and what the record names by a file alone. */
static char *describe(const sample_run *r, const json_t *record)
{
    const size_t starts = r->start.x ? r->start.shape[0] * r->s.mixture->dim : 0;
    const size_t normals =
        r->noise.x ? r->s.plan.n_steps * r->n * r->s.mixture->dim * r->s.plan.normals : 0;
    uint64_t hash = fk_hash(FK_HASH, r->s.axis.t, (r->s.axis.n_steps + 1) * sizeof(double));
    hash = fk_hash(hash, r->start.x, starts * sizeof(double));
    hash = fk_hash(hash, r->noise.x, normals * sizeof(double));
    if (r->s.network)
        hash = fk_hash(hash, r->s.network->param, r->s.network->shape.n_params * sizeof(float));
    char *text = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *all = fk_alloc(strlen(text) + 24, 1);
    sprintf(all, "%s %016" PRIx64, text, hash);
    free(text);
    return all;
}

static int run_table(sample_run *r, const fk_field *field, fk_source start, const json_t *record,
                     fk_error *err)
{
    const size_t dim = r->s.mixture->dim;
    size_t n_steps, n_see = 0;
    int code = r->bins ? sample_statistics_new(r, err) : FK_OK;
    if (code) return code;
    fk_step *step = setup_steps(&r->s, &n_steps);
    fk_observer *see = fk_alloc(dim + 1, sizeof *see);
    if (r->bins) {
        see[n_see++] = fk_observe_moments(r->moments);
        for (size_t i = 0; i < dim; i++) see[n_see++] = fk_observe_histogram(r->histogram[i]);
    } else {
        r->samples = fk_snapshots_new(1, r->n, dim);
        see[n_see++] = fk_observe_snapshots(r->samples);
    }
    char *what = describe(r, record);
    code = run_steps(r, step, n_steps, field, start, see, n_see, what, err);
    free(what), free(see), free(step);
    return code;
}

/* An adaptive scheme starts from what a run of no steps returns: the start itself. */
static int run_adaptive(sample_run *r, const fk_field *field, fk_source start, fk_error *err)
{
    const size_t size = r->n * r->s.mixture->dim;
    const double t[2] = {r->s.t_start, r->s.t_end};
    double *path = fk_alloc(2 * size, sizeof *path);
    fk_adaptive_options how = {.rtol = r->s.rtol, .atol = r->s.atol, .threads = r->threads};
    r->samples = fk_snapshots_new(1, r->n, r->s.mixture->dim);
    const fk_observer see = fk_observe_snapshots(r->samples);
    int code = run_steps(r, NULL, 0, field, start, &see, 1, NULL, err);
    if (!code) {
        memcpy(path, r->samples->x, size * sizeof *path);
        code = fk_adaptive_solve(&r->s.scheme, &r->s.schedule, field, t, 2, r->n, path, &how, err);
        memcpy(r->samples->x, path + size, size * sizeof *path);
        r->evaluations = how.evaluations;
    }
    if (!code && setup_denoises(&r->s)) {
        const fk_step step = setup_denoising_step(&r->s);
        const fk_points here = {path + size, r->n, r->s.mixture->dim};
        r->evaluations += step.stages * r->n;
        code = run_steps(r, &step, 1, field, fk_source_points(&here), &see, 1, NULL, err);
    }
    free(path);
    return code;
}

int sample_integrate(sample_run *r, const json_t *record, fk_error *err)
{
    const double std = setup_start_std(&r->s);
    const fk_field field = setup_field(&r->s, r->s.mixture);
    const fk_points given = {r->start.x, r->n, r->s.mixture->dim};
    const fk_marginal_start marginal = {r->s.mixture, r->s.from.s, r->s.from.sigma, r->seed};
    const fk_gaussian_start gaussian = {r->seed, 0.0, std};
    const fk_source start = r->start_file ? fk_source_points(&given)
                            : std > 0     ? fk_source_gaussian(&gaussian)
                                          : fk_source_marginal(&marginal);
    return r->s.scheme.adaptive ? run_adaptive(r, &field, start, err)
                                : run_table(r, &field, start, record, err);
}
