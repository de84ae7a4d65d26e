/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker sample: run a sampler on a mixture. Writes the ensemble as NPY or CSV, and beside it a
 * .json with everything needed to repeat the run. Equal runs write equal files, so neither holds
 * what must not matter: threads, block size, times. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/marginal.h"
#include "analytic/mixture_json.h"
#include "analytic/node_facts.h"
#include "core/brownian.h"
#include "core/cli.h"
#include "core/json.h"
#include "core/observe.h"
#include "core/source.h"
#include "core/table.h"
#include "ode/adaptive.h"
#include "registry.h"

/* One run: what was asked for, and what it is made of. Parts that are not used stay zero. */
typedef struct {
    const char *mixture_spec, *schedule_spec, *chain_spec, *scheme_spec, *grid;
    const char *start_file, *noise_file, *prior, *final, *out;
    size_t steps, n, block, brownian; /* brownian: root cells, 0: none */
    uint64_t seed;
    double t_start, t_end, rtol, atol; /* NaN: not given */
    int threads;

    fk_mixture *mixture;
    fk_schedule schedule;
    fk_chain chain;
    fk_scheme scheme;
    fk_axis axis;
    fk_node_facts *facts; /* of the axis' nodes, where the scheme asks for them */
    fk_plan plan;
    fk_brownian *tree;
    fk_coeffs from, to; /* at the two ends */
    fk_table start, noise;
    double *x; /* (n, dim): the result */
    size_t evaluations;
} run;

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static int check_words(const run *r, fk_error *err)
{
    if (r->chain_spec && r->schedule_spec)
        return fk_fail(err, FK_USAGE, "give --schedule or --chain, not both");
    if (!is(r->prior, "exact") && !is(r->prior, "normal") && !is(r->prior, "standard"))
        return fk_fail(err, FK_USAGE, "--prior %s: it is exact, normal or standard", r->prior);
    if (!is(r->final, "none") && !is(r->final, "denoise"))
        return fk_fail(err, FK_USAGE, "--final %s: it is none or denoise", r->final);
    if (!fk_path_has_ending(r->out, "npy") && !fk_path_has_ending(r->out, "csv"))
        return fk_fail(err, FK_USAGE, "--out %s: the file must end in .npy or .csv", r->out);
    return FK_OK;
}

/* Options that this kind of scheme or time axis does not take. */
static int check_combination(const run *r, fk_error *err)
{
    const char *name = r->scheme.row.name;
    if (r->scheme.adaptive) {
        const char *extra = r->grid         ? "--grid"
                            : r->steps      ? "--steps"
                            : r->noise_file ? "--noise"
                            : r->brownian   ? "--brownian"
                                            : 0;
        if (r->chain_spec)
            return fk_fail(err, FK_USAGE,
                           "%s needs f and g^2, and a chain has nodes only: give "
                           "--schedule",
                           name);
        if (extra)
            return fk_fail(err, FK_USAGE, "%s is adaptive: it takes --rtol and --atol, not %s",
                           name, extra);
        if (!(isnan(r->rtol) || r->rtol >= 0) || !(isnan(r->atol) || r->atol >= 0) ||
            (r->rtol == 0 && r->atol == 0))
            return fk_fail(err, FK_USAGE, "--rtol, --atol: not negative, and not both 0");
    } else if (!isnan(r->rtol) || !isnan(r->atol)) {
        return fk_fail(err, FK_USAGE, "--%s: %s has fixed steps; tolerances are for rk45 and rk8pd",
                       isnan(r->rtol) ? "atol" : "rtol", name);
    }
    if (r->brownian && r->noise_file)
        return fk_fail(err, FK_USAGE, "give --brownian or --noise, not both");
    if (r->brownian && r->chain_spec)
        return fk_fail(err, FK_USAGE, "--brownian: a chain has no path in time; give --schedule");
    if (r->chain_spec && (!isnan(r->t_start) || !isnan(r->t_end)))
        return fk_fail(err, FK_USAGE, "--t-%s: the ends of a chain are set by --grid",
                       isnan(r->t_start) ? "end" : "start");
    return FK_OK;
}

/* The ends of the run are those of its axis: a grid file and a chain tell their own. */
static void set_ends(run *r)
{
    r->t_start = r->axis.t[0];
    r->t_end = r->axis.t[r->axis.n_steps];
    r->from = r->axis.node[0];
    r->to = r->axis.node[r->axis.n_steps];
}

static int set_axis_on_schedule(run *r, fk_error *err)
{
    if (r->grid && strncmp(r->grid, "file:", 5) == 0 && (!isnan(r->t_start) || !isnan(r->t_end)))
        return fk_fail(err, FK_USAGE, "--t-%s: the ends are those of --grid %s",
                       isnan(r->t_start) ? "end" : "start", r->grid);
    if (isnan(r->t_start)) r->t_start = r->schedule.t_max;
    if (isnan(r->t_end)) r->t_end = r->schedule.t_min;
    int code = fk_schedule_check_usable(&r->schedule, "--t-start", r->t_start, err);
    if (!code) code = fk_schedule_check_usable(&r->schedule, "--t-end", r->t_end, err);
    if (!code && !(r->t_end < r->t_start))
        code = fk_fail(err, FK_USAGE, "--t-end %g is not below --t-start %g", r->t_end, r->t_start);
    if (code) return code;
    r->from = fk_schedule_at(&r->schedule, r->t_start);
    r->to = fk_schedule_at(&r->schedule, r->t_end);
    if (r->scheme.adaptive) return FK_OK;
    code =
        fk_axis_on_schedule(&r->schedule, r->grid, r->steps, r->t_start, r->t_end, &r->axis, err);
    if (!code) set_ends(r);
    return code;
}

static int set_axis_on_chain(run *r, fk_error *err)
{
    int code = fk_axis_on_chain(&r->chain, r->grid, r->steps, &r->axis, err);
    if (!code) set_ends(r);
    return code;
}

static void set_facts(run *r)
{
    r->facts = fk_alloc(r->axis.n_steps + 1, sizeof *r->facts);
    fk_node_facts_of(r->mixture, r->axis.node, r->axis.n_steps + 1, r->facts);
    r->axis.facts = r->facts;
}

/* (steps, n, dim, normals), or one row a step. */
static int read_noise(run *r, fk_error *err)
{
    int code = fk_table_read(r->noise_file, &r->noise, err);
    if (code) return code;
    const size_t want[4] = {r->plan.n_steps, r->n, r->mixture->dim, r->plan.normals};
    const size_t *has = r->noise.shape, axes = r->noise.n_axes, row = want[1] * want[2] * want[3];
    if ((axes == 4 && memcmp(has, want, sizeof want) == 0) ||
        (axes == 2 && has[0] == want[0] && has[1] == row))
        return FK_OK;
    return fk_fail(
        err, FK_USAGE,
        "%s: %s needs noise of shape (steps, n, dim, normals) = (%zu, %zu, %zu, %zu), or "
        "a row of %zu numbers for each step",
        r->noise_file, r->scheme.row.name, want[0], want[1], want[2], want[3], row);
}

/* The path in t, or where the scheme's noise is of that clock, in (s/sigma)^2 = e^(2 lambda). */
static int set_tree(run *r, fk_error *err)
{
    const size_t n = r->plan.n_steps;
    double *clock = fk_alloc(n + 1, sizeof *clock);
    for (size_t i = 0; i <= n; i++) clock[i] = exp(2 * r->axis.node[i].lambda);
    int code =
        fk_brownian_new(r->seed, r->brownian, r->plan.step, n, r->axis.t, clock, &r->tree, err);
    free(clock);
    return code;
}

static int prepare(run *r, fk_error *err)
{
    int code = check_words(r, err);
    if (!code) code = fk_mixture_read(r->mixture_spec, &r->mixture, err);
    if (!code) code = fk_registry_parse_scheme(r->scheme_spec, &r->scheme, err);
    if (!code) code = check_combination(r, err);
    if (code) return code;

    if (!r->scheme.adaptive && !r->grid) r->grid = r->chain_spec ? "trailing" : "lambda";
    if (!r->scheme.adaptive && !r->steps) r->steps = 50;
    if (r->scheme.adaptive && isnan(r->rtol)) r->rtol = 1e-6;
    if (r->scheme.adaptive && isnan(r->atol)) r->atol = 1e-6;
    if (r->chain_spec) {
        code = fk_chain_parse(r->chain_spec, &r->chain, err);
        if (!code) code = set_axis_on_chain(r, err);
    } else {
        if (!r->schedule_spec) r->schedule_spec = "vp-linear";
        code = fk_schedule_parse(r->schedule_spec, &r->schedule, err);
        if (!code) code = set_axis_on_schedule(r, err);
    }
    if (!code && r->scheme.needs & FK_FACTS) set_facts(r);
    if (!code && !r->scheme.adaptive) code = fk_plan_new(&r->axis, &r->scheme, &r->plan, err);
    if (!code && r->start_file) {
        code = fk_points_read(r->start_file, r->mixture->dim, &r->start, err);
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
    const size_t dim = r->mixture->dim;
    const fk_key key = {r->seed, FK_STREAM_STEPS};
    const fk_noise_table given = {r->noise.x, r->plan.n_steps, r->n, dim, r->plan.normals};
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
    const size_t size = r->n * r->mixture->dim;
    const double t[2] = {r->t_start, r->t_end};
    double *path = fk_alloc(2 * size, sizeof *path);
    fk_adaptive_options how = {.rtol = r->rtol, .atol = r->atol, .threads = r->threads};
    int code = integrate(r, NULL, 0, field, start, NULL, err);
    if (!code) {
        memcpy(path, r->x, size * sizeof *path);
        code = fk_adaptive_solve(&r->scheme, &r->schedule, field, t, 2, r->n, path, &how, err);
        memcpy(r->x, path + size, size * sizeof *path);
        r->evaluations = how.evaluations;
    }
    free(path);
    return code;
}

/* The denoising end is a step table like any other: x0hat = (x + sigma^2 score)/s. */
static int denoise(run *r, const fk_field *field, fk_error *err)
{
    fk_step step = {0};
    const fk_points here = {r->x, r->n, r->mixture->dim};
    if (r->to.sigma == 0.0) {
        step.result.a = 1.0 / r->to.s;
    } else {
        step.stages = 1;
        step.stage[0] = (fk_stage){.y = {.a = 1.0},
                                   .s = r->to.s,
                                   .sigma = r->to.sigma,
                                   .p = 1.0 / r->to.s,
                                   .q = r->to.sigma * r->to.sigma / r->to.s};
        step.result.b[0] = 1.0;
    }
    r->evaluations += step.stages * r->n;
    return integrate(r, &step, 1, field, fk_source_points(&here), NULL, err);
}

static int sample(run *r, fk_error *err)
{
    bool wide = is(r->prior, "normal") && !r->chain_spec && r->schedule.exploding;
    const fk_field field = fk_mixture_field(r->mixture);
    const fk_points given = {r->start.x, r->n, r->mixture->dim};
    const fk_marginal_start marginal = {r->mixture, r->from.s, r->from.sigma, r->seed};
    const fk_gaussian_start gaussian = {r->seed, 0.0, wide ? r->from.sigma : 1.0};
    const fk_source start = r->start_file           ? fk_source_points(&given)
                            : is(r->prior, "exact") ? fk_source_marginal(&marginal)
                                                    : fk_source_gaussian(&gaussian);
    r->x = fk_alloc(r->n * r->mixture->dim, sizeof *r->x);
    r->evaluations = r->plan.evaluations * r->n;
    int code = r->scheme.adaptive
                   ? solve(r, &field, start, err)
                   : integrate(r, r->plan.step, r->plan.n_steps, &field, start, "sample", err);
    if (!code && is(r->final, "denoise")) code = denoise(r, &field, err);
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
    set_text(json, "mixture", r->mixture_spec);
    json_object_set_new(json, "mixture_definition", fk_mixture_json(r->mixture));
    set_text(json, r->chain_spec ? "chain" : "schedule",
             r->chain_spec ? r->chain_spec : r->schedule_spec);
    set_text(json, "scheme", r->scheme_spec);
    if (r->scheme.adaptive) {
        json_object_set_new(json, "rtol", fk_json_real(r->rtol));
        json_object_set_new(json, "atol", fk_json_real(r->atol));
    } else {
        set_text(json, "grid", r->grid);
        json_object_set_new(json, "steps", json_integer((json_int_t)r->plan.n_steps));
    }
    json_object_set_new(json, "t_start", fk_json_real(r->t_start));
    json_object_set_new(json, "t_end", fk_json_real(r->t_end));
    json_object_set_new(json, "n", json_integer((json_int_t)r->n));
    json_object_set_new(json, "dim", json_integer((json_int_t)r->mixture->dim));
    json_object_set_new(json, "seed", json_integer((json_int_t)r->seed));
    set_text(json, "prior", r->start_file ? NULL : r->prior);
    set_text(json, "start", r->start_file);
    set_text(json, "noise", r->noise_file);
    json_object_set_new(json, "brownian",
                        r->brownian ? json_integer((json_int_t)r->brownian) : json_null());
    set_text(json, "final", r->final);
    json_object_set_new(json, "evaluations", json_integer((json_int_t)r->evaluations));
    return json;
}

static int write_files(const run *r, fk_error *err)
{
    size_t stem = strlen(r->out) - 4; /* less ".npy" or ".csv" */
    char *path = fk_alloc(stem + 6, 1);
    memcpy(path, r->out, stem);
    memcpy(path + stem, ".json", 6);
    json_t *json = record(r);
    int code = fk_points_write(r->out, r->x, r->n, r->mixture->dim, NULL, err);
    if (!code) code = fk_json_write(path, json, err);
    json_decref(json);
    free(path);
    return code;
}

static void release(run *r)
{
    free(r->x);
    fk_table_free(&r->start);
    fk_table_free(&r->noise);
    fk_brownian_free(r->tree);
    fk_plan_free(&r->plan);
    fk_axis_free(&r->axis);
    free(r->facts);
    fk_chain_free(&r->chain);
    fk_mixture_free(r->mixture);
}

int main(int argc, char **argv)
{
    run r = {.prior = "exact",
             .final = "none",
             .n = 10000,
             .seed = 1,
             .t_start = (double)NAN,
             .t_end = (double)NAN,
             .rtol = (double)NAN,
             .atol = (double)NAN};
    const fk_option table[] = {
        {"mixture", "M", "built-in name or JSON file", FK_OPT_TEXT, &r.mixture_spec, true},
        {"schedule", "S", "noise schedule (default vp-linear)", FK_OPT_TEXT, &r.schedule_spec,
         false},
        {"chain", "C", "discrete chain, in place of a schedule", FK_OPT_TEXT, &r.chain_spec, false},
        {"scheme", "K", "sampler, e.g. euler-maruyama:eta=1", FK_OPT_TEXT, &r.scheme_spec, true},
        {"grid", "G", "time grid (default lambda; chain: trailing)", FK_OPT_TEXT, &r.grid, false},
        {"steps", "N", "number of steps (default 50)", FK_OPT_COUNT, &r.steps, false},
        {"n", "COUNT", "number of samples (default 10000)", FK_OPT_COUNT, &r.n, false},
        {"seed", "U", "seed (default 1)", FK_OPT_SEED, &r.seed, false},
        {"t-start", "T", "start time (default t_max)", FK_OPT_REAL, &r.t_start, false},
        {"t-end", "T", "end time (default t_min)", FK_OPT_REAL, &r.t_end, false},
        {"start", "F", "start points (n, d), CSV or NPY; sets n", FK_OPT_TEXT, &r.start_file,
         false},
        {"noise", "F", "normals (steps, n, d, normals), NPY, or CSV with one row a step",
         FK_OPT_TEXT, &r.noise_file, false},
        {"brownian", "N0", "normals off a Brownian tree of N0 root cells; steps = N0 2^k",
         FK_OPT_COUNT, &r.brownian, false},
        {"prior", "P", "law of the start: exact (default), normal or standard", FK_OPT_TEXT,
         &r.prior, false},
        {"final", "F", "none (default), or denoise: return x0hat at the end", FK_OPT_TEXT, &r.final,
         false},
        {"rtol", "R", "relative tolerance of rk45, rk8pd (default 1e-6)", FK_OPT_REAL, &r.rtol,
         false},
        {"atol", "A", "absolute tolerance of rk45, rk8pd (default 1e-6)", FK_OPT_REAL, &r.atol,
         false},
        {"block", "B", "particles a block (changes speed, never a bit)", FK_OPT_COUNT, &r.block,
         false},
        {"out", "F", "result, .npy or .csv; the record beside it, .json", FK_OPT_TEXT, &r.out,
         true},
        {0}};
    const fk_command command = {
        "sample", "Run a sampler on a mixture whose score is known exactly.",
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
