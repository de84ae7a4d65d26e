/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker sample: run a sampler on a mixture. Writes the ensemble as NPY or CSV, and beside it a
 * .json with everything needed to repeat the run. Equal runs write equal files, so neither holds
 * what must not matter: threads, block size, times. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/mixture_json.h"
#include "core/brownian.h"
#include "core/cli.h"
#include "core/json.h"
#include "core/observe.h"
#include "core/source.h"
#include "core/table.h"
#include "ode/adaptive.h"
#include "tools/common_setup.h"

/* One run: what was asked for, and what it is made of. Parts that are not used stay zero. */
typedef struct {
    setup s;
    const char *start_file, *noise_file, *out;
    char *record;              /* the file beside `out` */
    size_t n, block, brownian; /* brownian: root cells, 0: none */
    uint64_t seed;
    int threads;

    fk_brownian *tree;
    fk_table start, noise;
    double *x; /* (n, dim): the result */
    size_t evaluations;
} run;

/* Of the options of this command alone; before the others are looked at. */
static int check_options(const run *r, fk_error *err)
{
    if (!fk_path_has_ending(r->out, "npy") && !fk_path_has_ending(r->out, "csv"))
        return fk_fail(err, FK_USAGE, "--out %s: the file must end in .npy or .csv", r->out);
    if (r->brownian && r->noise_file)
        return fk_fail(err, FK_USAGE, "give --brownian or --noise, not both");
    if (r->brownian && r->s.chain_spec)
        return fk_fail(err, FK_USAGE, "--brownian: a chain has no path in time; give --schedule");
    return FK_OK;
}

/* Both outputs can be written, and neither is a file that this run reads. */
static int check_outputs(run *r, fk_error *err)
{
    const char *grid = r->s.grid && strncmp(r->s.grid, "file:", 5) == 0 ? r->s.grid + 5 : NULL;
    const char *const in[] = {r->s.mixture_spec, r->start_file, r->noise_file, grid,
                              r->s.score_file};
    const size_t stem = strlen(r->out) - 4; /* less ".npy" or ".csv" */
    r->record = fk_alloc(stem + 6, 1);
    memcpy(r->record, r->out, stem);
    memcpy(r->record + stem, ".json", 6);
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        if (in[i] && (fk_file_same(in[i], r->out) || fk_file_same(in[i], r->record)))
            return fk_fail(err, FK_USAGE,
                           "--out %s: this run writes %s and %s and reads %s: take another name",
                           r->out, r->out, r->record, in[i]);
    int code = fk_file_probe(r->out, err);
    return code ? code : fk_file_probe(r->record, err);
}

/* (steps, n, dim, normals), or one row a step. */
static int read_noise(run *r, fk_error *err)
{
    int code = fk_table_read(r->noise_file, &r->noise, err);
    if (code) return code;
    const size_t want[4] = {r->s.plan.n_steps, r->n, r->s.mixture->dim, r->s.plan.normals};
    const size_t *has = r->noise.shape, axes = r->noise.n_axes, row = want[1] * want[2] * want[3];
    if ((axes == 4 && memcmp(has, want, sizeof want) == 0) ||
        (axes == 2 && has[0] == want[0] && has[1] == row))
        return FK_OK;
    return fk_fail(
        err, FK_USAGE,
        "%s: %s needs noise of shape (steps, n, dim, normals) = (%zu, %zu, %zu, %zu), or "
        "a row of %zu numbers for each step",
        r->noise_file, r->s.scheme.row.name, want[0], want[1], want[2], want[3], row);
}

/* The path in t, or where the scheme's noise is of that clock, in (s/sigma)^2 = e^(2 lambda). */
static int set_tree(run *r, fk_error *err)
{
    const size_t n = r->s.plan.n_steps;
    double *clock = fk_alloc(n + 1, sizeof *clock);
    for (size_t i = 0; i <= n; i++) clock[i] = exp(2 * r->s.axis.node[i].lambda);
    int code =
        fk_brownian_new(r->seed, r->brownian, r->s.plan.step, n, r->s.axis.t, clock, &r->tree, err);
    free(clock);
    return code;
}

static int prepare(run *r, fk_error *err)
{
    int code = check_options(r, err);
    if (!code) code = check_outputs(r, err);
    if (!code) code = setup_make(&r->s, err);
    if (!code && r->s.scheme.adaptive && (r->noise_file || r->brownian))
        code = fk_fail(err, FK_USAGE, "%s is adaptive: it takes --rtol and --atol, not %s",
                       r->s.scheme.row.name, r->noise_file ? "--noise" : "--brownian");
    if (!code && r->start_file) {
        code = fk_points_read(r->start_file, r->s.mixture->dim, &r->start, err);
        r->n = r->start.shape[0];
    }
    if (!code && r->noise_file) code = read_noise(r, err);
    if (!code && r->brownian) code = set_tree(r, err);
    return code;
}

/* Run steps on the ensemble from `start`, into r->x. */
static int integrate(run *r, const fk_step *step, size_t n_steps, const fk_field *field,
                     fk_source start, const char *progress, fk_error *err)
{
    const size_t dim = r->s.mixture->dim;
    const fk_key key = {r->seed, FK_STREAM_STEPS};
    const fk_noise_table given = {r->noise.x, r->s.plan.n_steps, r->n, dim, r->s.plan.normals};
    fk_snapshots *ends = fk_snapshots_new(1, r->n, dim);
    const fk_observer see = fk_observe_snapshots(ends);
    const fk_run all = {
        .step = step,
        .n_steps = n_steps,
        .field = field,
        .start = start,
        .noise = r->noise_file ? fk_noise_given(&given)
                 : r->tree     ? fk_noise_brownian(r->tree)
                               : fk_noise_independent(&key),
        .n = r->n,
        .observe_at = &n_steps,
        .n_observe = 1,
        .observer = &see,
        .n_observers = 1,
        .block = r->block,
        .threads = r->threads,
        .progress = progress,
    };
    int code = fk_integrate(&all, err);
    if (!code) memcpy(r->x, ends->x, r->n * dim * sizeof *r->x);
    fk_snapshots_free(ends);
    return code;
}

/* An adaptive scheme starts from what a run of no steps returns: the start itself. */
static int solve(run *r, const fk_field *field, fk_source start, fk_error *err)
{
    const size_t size = r->n * r->s.mixture->dim;
    const double t[2] = {r->s.t_start, r->s.t_end};
    double *path = fk_alloc(2 * size, sizeof *path);
    fk_adaptive_options how = {.rtol = r->s.rtol, .atol = r->s.atol, .threads = r->threads};
    int code = integrate(r, NULL, 0, field, start, NULL, err);
    if (!code) {
        memcpy(path, r->x, size * sizeof *path);
        code = fk_adaptive_solve(&r->s.scheme, &r->s.schedule, field, t, 2, r->n, path, &how, err);
        memcpy(r->x, path + size, size * sizeof *path);
        r->evaluations = how.evaluations;
    }
    free(path);
    return code;
}

static int denoise(run *r, const fk_field *field, fk_error *err)
{
    const fk_step step = setup_denoising_step(&r->s);
    const fk_points here = {r->x, r->n, r->s.mixture->dim};
    r->evaluations += step.stages * r->n;
    return integrate(r, &step, 1, field, fk_source_points(&here), NULL, err);
}

static int sample(run *r, fk_error *err)
{
    const double std = setup_start_std(&r->s);
    const fk_field field = setup_field(&r->s, r->s.mixture);
    const fk_points given = {r->start.x, r->n, r->s.mixture->dim};
    const fk_marginal_start marginal = {r->s.mixture, r->s.from.s, r->s.from.sigma, r->seed};
    const fk_gaussian_start gaussian = {r->seed, 0.0, std};
    const fk_source start = r->start_file ? fk_source_points(&given)
                            : std > 0     ? fk_source_gaussian(&gaussian)
                                          : fk_source_marginal(&marginal);
    r->x = fk_alloc(r->n * r->s.mixture->dim, sizeof *r->x);
    r->evaluations = r->s.plan.evaluations * r->n;
    int code = r->s.scheme.adaptive
                   ? solve(r, &field, start, err)
                   : integrate(r, r->s.plan.step, r->s.plan.n_steps, &field, start, "sample", err);
    if (!code && setup_denoises(&r->s)) code = denoise(r, &field, err);
    return code;
}

static void set_text(json_t *json, const char *key, const char *text)
{
    json_object_set_new(json, key, text ? json_string(text) : json_null());
}

static json_t *record(const run *r)
{
    json_t *json = json_object();
    set_text(json, "version", FK_VERSION);
    set_text(json, "command", fk_cli_text());
    set_text(json, "mixture", r->s.mixture_spec);
    json_object_set_new(json, "mixture_definition", fk_mixture_json(r->s.mixture));
    set_text(json, r->s.chain_spec ? "chain" : "schedule",
             r->s.chain_spec ? r->s.chain_spec : r->s.schedule_spec);
    set_text(json, "scheme", r->s.scheme_spec);
    set_text(json, "score", r->s.score_file);
    if (r->s.scheme.adaptive) {
        json_object_set_new(json, "rtol", fk_json_real(r->s.rtol));
        json_object_set_new(json, "atol", fk_json_real(r->s.atol));
    } else {
        set_text(json, "grid", r->s.grid);
        json_object_set_new(json, "steps", json_integer((json_int_t)r->s.plan.n_steps));
    }
    json_object_set_new(json, "t_start", fk_json_real(r->s.t_start));
    json_object_set_new(json, "t_end", fk_json_real(r->s.t_end));
    json_object_set_new(json, "n", json_integer((json_int_t)r->n));
    json_object_set_new(json, "dim", json_integer((json_int_t)r->s.mixture->dim));
    json_object_set_new(json, "seed", json_integer((json_int_t)r->seed));
    set_text(json, "prior", r->start_file ? NULL : r->s.prior);
    set_text(json, "start", r->start_file);
    set_text(json, "noise", r->noise_file);
    json_object_set_new(json, "brownian",
                        r->brownian ? json_integer((json_int_t)r->brownian) : json_null());
    set_text(json, "final", r->s.final);
    json_object_set_new(json, "evaluations", json_integer((json_int_t)r->evaluations));
    return json;
}

static int write_files(const run *r, fk_error *err)
{
    json_t *json = record(r);
    int code = fk_points_write(r->out, r->x, r->n, r->s.mixture->dim, NULL, err);
    if (!code) code = fk_json_write(r->record, json, err);
    json_decref(json);
    return code;
}

static void release(run *r)
{
    free(r->x);
    free(r->record);
    fk_table_free(&r->start);
    fk_table_free(&r->noise);
    fk_brownian_free(r->tree);
    setup_free(&r->s);
}

int main(int argc, char **argv)
{
    run r = {.s = setup_default(), .n = 10000, .seed = 1};
    const fk_option table[] = {
        SETUP_OPTIONS(r.s),
        {"rtol", "R", "relative tolerance of rk45, rk8pd (default 1e-6)", FK_OPT_REAL, &r.s.rtol,
         false},
        {"atol", "A", "absolute tolerance of rk45, rk8pd (default 1e-6)", FK_OPT_REAL, &r.s.atol,
         false},
        {"steps", "N", "number of steps (default 50)", FK_OPT_COUNT, &r.s.steps, false},
        {"n", "COUNT", "number of samples (default 10000)", FK_OPT_COUNT, &r.n, false},
        {"seed", "U", "seed (default 1)", FK_OPT_SEED, &r.seed, false},
        {"start", "F", "start points (n, d), CSV or NPY; sets n", FK_OPT_TEXT, &r.start_file,
         false},
        {"noise", "F", "normals (steps, n, d, normals), NPY, or CSV with one row a step",
         FK_OPT_TEXT, &r.noise_file, false},
        {"brownian", "N0", "normals off a Brownian tree of N0 root cells; steps = N0 2^k",
         FK_OPT_COUNT, &r.brownian, false},
        {"block", "B", "particles a block (changes speed, never a bit)", FK_OPT_COUNT, &r.block,
         false},
        {"out", "F", "result, .npy or .csv; the record beside it, .json", FK_OPT_TEXT, &r.out,
         true},
        {0}};
    const fk_command command = {
        "sample", "Run a sampler on a mixture, by its exact score or a network's.",
        "fokker sample --mixture ring-8 --scheme heun --steps 30 --n 1000 --out ring.npy", NULL,
        table};
    fk_error err = {0};
    r.threads = fk_cli_parse(&command, argc, argv).threads;
    int code = prepare(&r, &err);
    if (!code) code = sample(&r, &err);
    if (!code) code = write_files(&r, &err);
    release(&r);
    return code ? fk_cli_report(&err) : FK_OK;
}
