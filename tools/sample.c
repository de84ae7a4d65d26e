/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker sample: run a sampler on a mixture. Writes the ensemble as NPY or CSV, or histograms and
 * moments of it, and beside it a .json with everything needed to repeat the run. Equal runs write
 * equal files, so neither holds what must not matter: threads, ranks, block size, times, and
 * whether the run was interrupted and taken up again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/resumable.h"
#include "tools/sample_run.h"

/* Of the options of this command alone; before the others are looked at. */
static int check_options(const sample_run *r, fk_error *err)
{
    if (!fk_path_has_ending(r->out, "npy") && !fk_path_has_ending(r->out, "csv"))
        return fk_fail(err, FK_USAGE, "--out %s: the file must end in .npy or .csv", r->out);
    if (r->brownian && r->noise_file)
        return fk_fail(err, FK_USAGE, "give --brownian or --noise, not both");
    if (r->brownian && r->s.chain_spec)
        return fk_fail(err, FK_USAGE, "--brownian: a chain has no path in time; give --schedule");
    if (r->bins && !fk_path_has_ending(r->out, "csv"))
        return fk_fail(err, FK_USAGE, "--out %s: histograms are written as .csv", r->out);
    if (r->bins >= INT32_MAX)
        return fk_fail(err, FK_USAGE, "--histogram %zu: at most %d bins", r->bins, INT32_MAX - 1);
    if (r->range.x && !r->bins)
        return fk_fail(err, FK_USAGE, "--range is of a histogram: give --histogram B, too");
    if (r->range.x && !(r->range.n == 2 && r->range.x[0] < r->range.x[1]))
        return fk_fail(err, FK_USAGE, "--range LO,HI: two numbers, the lower one first");
    return FK_OK;
}

static int check_adaptive(const sample_run *r, fk_error *err)
{
    const char *extra = r->noise_file   ? "--noise"
                        : r->brownian   ? "--brownian"
                        : r->bins       ? "--histogram"
                        : r->checkpoint ? "--checkpoint"
                                        : NULL;
    if (!extra) return FK_OK;
    return fk_fail(err, FK_USAGE, "%s is adaptive: it takes --rtol and --atol, not %s",
                   r->s.scheme.row.name, extra);
}

/* Both outputs can be written, and neither is a file that this run reads. */
static int check_outputs(sample_run *r, fk_error *err)
{
    const char *grid = r->s.grid && strncmp(r->s.grid, "file:", 5) == 0 ? r->s.grid + 5 : NULL;
    const char *const in[] = {r->s.mixture_spec, r->start_file, r->noise_file, grid,
                              r->s.score_file};
    const size_t stem = strlen(r->out) - 4; /* less ".npy" or ".csv" */
    r->record_file = fk_alloc(stem + 6, 1);
    memcpy(r->record_file, r->out, stem);
    memcpy(r->record_file + stem, ".json", 6);
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        if (in[i] && (fk_file_same(in[i], r->out) || fk_file_same(in[i], r->record_file)))
            return fk_fail(err, FK_USAGE,
                           "--out %s: this run writes %s and %s and reads %s: take another name",
                           r->out, r->out, r->record_file, in[i]);
    const char *const other[] = {r->out,        r->record_file, r->s.mixture_spec, r->start_file,
                                 r->noise_file, grid,           r->s.score_file};
    for (size_t i = 0; r->checkpoint && i < sizeof other / sizeof *other; i++)
        if (other[i] && fk_file_same(other[i], r->checkpoint))
            return fk_fail(err, FK_USAGE, "--checkpoint %s: it is a file of its own, not %s",
                           r->checkpoint, other[i]);
    int code = fk_file_probe(r->out, err);
    return code ? code : fk_file_probe(r->record_file, err);
}

/* (steps, n, dim, normals), or one row a step. */
static int read_noise(sample_run *r, fk_error *err)
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
static int set_tree(sample_run *r, fk_error *err)
{
    const size_t n = r->s.plan.n_steps;
    double *clock = fk_alloc(n + 1, sizeof *clock);
    for (size_t i = 0; i <= n; i++) clock[i] = exp(2 * r->s.axis.node[i].lambda);
    int code =
        fk_brownian_new(r->seed, r->brownian, r->s.plan.step, n, r->s.axis.t, clock, &r->tree, err);
    free(clock);
    return code;
}

static int prepare(sample_run *r, fk_error *err)
{
    int code = check_options(r, err);
    if (!code) code = check_outputs(r, err);
    if (!code) code = setup_make(&r->s, err);
    if (!code && r->s.scheme.adaptive) code = check_adaptive(r, err);
    if (!code && r->start_file) {
        code = fk_points_read(r->start_file, r->s.mixture->dim, &r->start, err);
        r->n = r->start.shape[0];
    }
    if (!code && r->noise_file) code = read_noise(r, err);
    if (!code && r->brownian) code = set_tree(r, err);
    if (!code && !r->s.scheme.adaptive) {
        const size_t last = setup_denoises(&r->s) ? setup_denoising_step(&r->s).stages : 0;
        r->evaluations = (r->s.plan.evaluations + last) * r->n;
    }
    return code;
}

static json_t *record(const sample_run *r)
{
    json_t *json = json_object();
    json_object_set_new(json, "version", json_string(FK_VERSION));
    json_object_set_new(json, "command", json_string(fk_cli_text()));
    setup_record(&r->s, json);
    json_object_set_new(json, "n", json_integer((json_int_t)r->n));
    json_object_set_new(json, "dim", json_integer((json_int_t)r->s.mixture->dim));
    json_object_set_new(json, "seed", json_integer((json_int_t)r->seed));
    if (r->start_file) json_object_set_new(json, "prior", json_null());
    json_object_set_new(json, "start", setup_text(r->start_file));
    json_object_set_new(json, "noise", setup_text(r->noise_file));
    json_object_set_new(json, "brownian",
                        r->brownian ? json_integer((json_int_t)r->brownian) : json_null());
    return json;
}

static int write_files(const sample_run *r, json_t *json, fk_error *err)
{
    json_object_set_new(json, "evaluations", json_integer((json_int_t)r->evaluations));
    if (r->bins) return sample_statistics_write(r, json, err);
    int code = fk_points_write(r->out, r->samples->x, r->n, r->s.mixture->dim, NULL, err);
    return code ? code : fk_json_write(r->record_file, json, err);
}

static int run(sample_run *r, fk_error *err)
{
    json_t *json = record(r);
    int code = sample_integrate(r, json, err);
    if (!code) code = write_files(r, json, err);
    if (!code) fk_resumable_end(r->checkpoint);
    json_decref(json);
    return code;
}

static void release(sample_run *r)
{
    fk_snapshots_free(r->samples);
    sample_statistics_free(r);
    free(r->range.x);
    free(r->record_file);
    fk_table_free(&r->start);
    fk_table_free(&r->noise);
    fk_brownian_free(r->tree);
    setup_free(&r->s);
}

int main(int argc, char **argv)
{
    sample_run r = {.s = setup_default(), .n = 10000, .seed = 1};
    const fk_option table[] = {
        SETUP_OPTIONS(r.s),
        {"rtol", "R", "relative tolerance of rk45, rk8pd, dopri5 (default 1e-6)", FK_OPT_REAL,
         &r.s.rtol, false},
        {"atol", "A", "absolute tolerance of rk45, rk8pd, dopri5 (default 1e-6)", FK_OPT_REAL,
         &r.s.atol, false},
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
        {"histogram", "B",
         "in place of samples B bins of each coordinate (from <= x < to, to the last bit), and its "
         "moments in the record; memory does not grow with n",
         FK_OPT_COUNT, &r.bins, false},
        {"range", "LO,HI",
         "of the bins (default: the marginal's mean and six standard deviations about it)",
         FK_OPT_REALS, &r.range, false},
        {"checkpoint", "F",
         "a file to keep the run in; where it is there, go on from it to the same bytes; removed "
         "at "
         "the end",
         FK_OPT_TEXT, &r.checkpoint, false},
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
    if (!code) code = run(&r, &err);
    release(&r);
    return code ? fk_cli_report(&err) : FK_OK;
}
