/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker train: a score network for a mixture, by denoising score matching. Writes the weights (the
 * average over the training), and beside them the learning curve (.csv) and the record (.json).
 * Loss and excess are held against the exact floor, which a mixture lets us know. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_json.h"
#include "core/cli.h"
#include "core/json.h"
#include "core/noise.h"
#include "core/table.h"
#include "learn/weights.h"
#include "tools/train_excess.h"

/* Rows of the learning curve; a checkpoint is written with each. Noise levels and draws for a row,
 * and for the result. */
enum { ROWS = 50, ROW_LEVELS = 16, ROW_DRAWS = 1024, LEVELS = 64, DRAWS = 16384 };

typedef struct {
    const char *mixture_spec, *schedule_spec, *out, *checkpoint, *resume;
    const char *weight, *output, *time, *even_in, *optimiser;
    fk_indices hidden;
    fk_train_config config;
    fk_cli cli;

    char *weights_file, *curve_file, *record_file;
    fk_model_config model;
    fk_mixture *mixture;
    fk_trainer *trainer;
    char *resumed_spec; /* of the mixture, where a checkpoint told it */
    json_t *curve;      /* rows [step, loss, excess] */
    double floor;
} run;

static void draw(const void *self, uint64_t i, double *x)
{
    const run *r = self;
    fk_mixture_draw(r->mixture, r->config.seed, FK_STREAM_DATA, i, x);
}

/* The options that make a training are in the checkpoint that it is resumed from. */
static int check_options(const run *r, fk_error *err)
{
    if (r->resume && r->mixture_spec)
        return fk_fail(err, FK_USAGE,
                       "--mixture: %s tells the mixture; of a resumed training give --out, "
                       "--checkpoint and --threads alone",
                       r->resume);
    if (!r->resume && !r->mixture_spec)
        return fk_fail(err, FK_USAGE, "give --mixture M, or --resume F");
    if (r->out && !fk_path_has_ending(r->out, "safetensors"))
        return fk_fail(err, FK_USAGE, "--out %s: the file must end in .safetensors", r->out);
    return FK_OK;
}

/* Root mean square of the data's coordinates. */
static double size_of(const fk_mixture *m)
{
    double *mean = fk_alloc(m->dim * (m->dim + 1), sizeof *mean), *cov = mean + m->dim, sum = 0;
    fk_mixture_moments(m, mean, cov);
    for (size_t i = 0; i < m->dim; i++) sum += cov[i * (m->dim + 1)] + mean[i] * mean[i];
    free(mean);
    return sum > 0 ? sqrt(sum / (double)m->dim) : 1;
}

static int set_hidden(run *r, fk_error *err)
{
    if (r->hidden.n == 0) return FK_OK;
    bool fits = r->hidden.n <= FK_MAX_HIDDEN;
    for (size_t l = 0; fits && l < r->hidden.n; l++) {
        fits = r->hidden.i[l] >= 1 && r->hidden.i[l] <= FK_MAX_WIDTH;
        r->model.hidden[l] = r->hidden.i[l];
    }
    r->model.n_hidden = r->hidden.n;
    return fits ? FK_OK
                : fk_fail(err, FK_USAGE, "--hidden: take 1 to %d widths, 1 to %d each",
                          (int)FK_MAX_HIDDEN, (int)FK_MAX_WIDTH);
}

static int set_words(run *r, fk_error *err)
{
    fk_schedule schedule;
    int code = fk_net_output_parse("--output", r->output, &r->model.output, err);
    if (!code) code = fk_net_time_parse("--time", r->time, &r->model.time, err);
    if (!code) code = fk_net_weight_parse("--weight", r->weight, &r->config.weight, err);
    if (!code) code = fk_schedule_parse(r->model.schedule, &schedule, err);
    if (code) return code;
    r->config.even_in_lambda = r->even_in ? strcmp(r->even_in, "lambda") == 0 : schedule.exploding;
    r->config.l2 = strcmp(r->optimiser, "adam") == 0;
    if (r->even_in && !r->config.even_in_lambda && strcmp(r->even_in, "t") != 0)
        return fk_fail(err, FK_USAGE, "--even-in %s: it is t or lambda", r->even_in);
    if (!r->config.l2 && strcmp(r->optimiser, "adamw") != 0)
        return fk_fail(err, FK_USAGE, "--optimiser %s: it is adam or adamw", r->optimiser);
    return fk_model_set_range(&r->model, err);
}

static int begin(run *r, fk_error *err)
{
    int code = fk_mixture_read(r->mixture_spec, &r->mixture, err);
    if (!code)
        code = fk_model_defaults(r->schedule_spec, r->mixture->dim, size_of(r->mixture), &r->model,
                                 err);
    if (!code) code = set_hidden(r, err);
    if (!code) code = set_words(r, err);
    r->curve = json_array();
    return code;
}

static int resume(run *r, fk_error *err)
{
    json_t *meta;
    int code = fk_checkpoint_read(r->resume, &r->model, &r->config, &meta, err);
    if (code) return code;
    const char *mixture = json_string_value(json_object_get(meta, "mixture"));
    const char *curve = json_string_value(json_object_get(meta, "curve"));
    r->mixture_spec = r->resumed_spec = fk_strdup(mixture ? mixture : "");
    r->curve = json_loads(curve ? curve : "", 0, NULL);
    json_decref(meta);
    if (!json_is_array(r->curve))
        return fk_fail(err, FK_USAGE, "%s: metadata \"curve\": it is no learning curve", r->resume);
    code = fk_mixture_read(r->mixture_spec, &r->mixture, err);
    if (!code && r->mixture->dim != r->model.dim)
        code = fk_fail(err, FK_USAGE, "%s: the network has dimension %zu, %s has %zu", r->resume,
                       r->model.dim, r->mixture_spec, r->mixture->dim);
    return code;
}

/* The name of a mixture for a file: "three-1d", "dir/own.json" -> "own". */
static char *plain_name(const char *spec)
{
    const char *base = strrchr(spec, '/');
    char *name = fk_strdup(base ? base + 1 : spec), *dot = strrchr(name, '.');
    if (dot && dot > name) *dot = '\0';
    return name;
}

static int set_files(run *r, fk_error *err)
{
    char *name = plain_name(r->mixture_spec);
    const size_t room = strlen(name) + 40 + (r->out ? strlen(r->out) : 0);
    char *stem = fk_alloc(room, 1);
    if (r->out)
        snprintf(stem, room, "%.*s", (int)(strlen(r->out) - strlen(".safetensors")), r->out);
    else
        snprintf(stem, room, "out/train/%s", name);
    free(name);
    char **const file[] = {&r->weights_file, &r->curve_file, &r->record_file};
    const char *const ending[] = {"safetensors", "csv", "json"};
    int code = r->out ? FK_OK : fk_make_folder("out/train", err);
    for (size_t i = 0; i < 3; i++) {
        *file[i] = fk_alloc(room + 16, 1);
        snprintf(*file[i], room + 16, "%s.%s", stem, ending[i]);
        if (!code && fk_file_same(r->mixture_spec, *file[i]))
            code = fk_fail(err, FK_USAGE, "--out: this run reads %s and would write it",
                           r->mixture_spec);
        if (!code) code = fk_file_probe(*file[i], err);
    }
    if (!code && r->checkpoint) code = fk_file_probe(r->checkpoint, err);
    free(stem);
    return code;
}

static json_t *metadata(const run *r, bool curve)
{
    json_t *more = json_object();
    json_object_set_new(more, "mixture", json_string(r->mixture_spec));
    json_object_set_new(more, "blas", json_string(r->trainer->blas.name));
    if (!curve) return more;
    char *text = json_dumps(r->curve, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_object_set_new(more, "curve", json_string(text));
    free(text);
    return more;
}

static int write_checkpoint(const run *r, fk_error *err)
{
    if (!r->checkpoint) return FK_OK;
    json_t *more = metadata(r, true);
    int code = fk_checkpoint_write(r->checkpoint, r->trainer, more, err);
    json_decref(more);
    return code;
}

static excess_setting setting(const run *r, size_t draws)
{
    const int threads = r->cli.threads ? r->cli.threads : omp_get_max_threads();
    return (excess_setting){r->mixture, &r->trainer->schedule, draws, threads};
}

static int measure(const run *r, size_t levels, size_t draws, excess_summary *sum, fk_error *err)
{
    fk_model *model;
    int code = fk_model_new(&r->model, r->trainer->state.ema, &model, err);
    if (code) return code;
    const excess_setting e = setting(r, draws);
    *sum = excess_over(&e, model, levels);
    fk_model_free(model);
    return FK_OK;
}

/* "train: step 400 of 20000, loss 0.2131 over 0.2109, excess 0.0034", in place of the bar. */
static void tell(const run *r, double loss, double excess)
{
    if (fk_cli_quiet()) return;
    printf("step %zu of %zu: loss %.5g over its floor %.5g, excess of eps %.3g\n", r->trainer->step,
           r->config.steps, loss, r->floor, excess);
    fflush(stdout);
}

/* Up to the next row of the curve. */
static int advance(run *r, fk_progress *progress, fk_error *err)
{
    const size_t rows = r->config.steps < ROWS ? r->config.steps : ROWS;
    const size_t from = r->trainer->step, row = from * rows / r->config.steps + 1;
    const size_t to = (row * r->config.steps + rows - 1) / rows;
    double loss = 0;
    while (r->trainer->step < to) {
        loss += fk_trainer_step(r->trainer) / (double)(to - from);
        fk_progress_add(progress, 1);
    }
    if (!isfinite(loss))
        return fk_fail(err, FK_USAGE, "the loss is not finite at step %zu: take a smaller --rate",
                       r->trainer->step);
    excess_summary sum;
    int code = measure(r, ROW_LEVELS, ROW_DRAWS, &sum, err);
    if (code) return code;
    json_array_append_new(r->curve, json_pack("[I, f, f]", (json_int_t)to, loss, sum.mean));
    tell(r, loss, sum.mean);
    return write_checkpoint(r, err);
}

static int train(run *r, fk_error *err)
{
    int code =
        fk_trainer_new(&r->model, &r->config, (fk_data){r, draw}, r->cli.threads, &r->trainer, err);
    if (!code && r->resume) code = fk_checkpoint_restore(r->resume, r->trainer, err);
    if (code) return code;
    const excess_setting e = setting(r, DRAWS);
    r->floor = excess_loss_floor(&e, &r->model, &r->config);
    fk_progress *progress = fk_progress_new("train", r->config.steps - r->trainer->step);
    while (!code && r->trainer->step < r->config.steps) code = advance(r, progress, err);
    fk_progress_free(progress);
    return code;
}

static int write_curve(const run *r, fk_error *err)
{
    fk_csv *csv;
    int code = fk_csv_create(r->curve_file, "step,loss,floor,excess",
                             "loss: mean of the batches since the row before; floor: of the loss; "
                             "excess: of eps, mean over t, of the average",
                             &csv, err);
    if (code) return code;
    size_t i;
    json_t *row;
    json_array_foreach(r->curve, i, row)
    {
        double value[3];
        for (size_t k = 0; k < 3; k++) value[k] = json_number_value(json_array_get(row, k));
        fk_csv_row(csv, (double[]){value[0], value[1], r->floor, value[2]}, 4);
    }
    return fk_csv_commit(csv, err);
}

static int write_record(const run *r, const excess_summary *sum, fk_error *err)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "version",
        FK_VERSION, "command", fk_cli_text(), "mixture", r->mixture_spec, "mixture_definition",
        fk_mixture_json(r->mixture), "schedule", r->model.schedule, "blas", r->trainer->blas.name,
        "parameters", (json_int_t)r->trainer->shape.n_params, "steps", (json_int_t)r->config.steps,
        "seed", (json_int_t)r->config.seed, "loss_floor", fk_json_real(r->floor), "excess_mean",
        fk_json_real(sum->mean), "excess_max", fk_json_real(sum->max), "t_of_excess_max",
        fk_json_real(sum->t_of_max), "excess_by", r->mixture->dim == 1 ? "quadrature" : "draws");
    int code = fk_json_write(r->record_file, json, err);
    json_decref(json);
    return code;
}

static int finish(const run *r, fk_error *err)
{
    excess_summary sum;
    int code = measure(r, LEVELS, DRAWS, &sum, err);
    if (code) return code;
    json_t *more = metadata(r, false);
    code = fk_weights_write_trained(r->weights_file, r->trainer, more, err);
    json_decref(more);
    if (!code) code = write_curve(r, err);
    if (!code) code = write_record(r, &sum, err);
    if (!code && !fk_cli_quiet())
        printf("%s: excess of eps over the floor %.3g, mean over t; at most %.3g, at t = %.3g (%s, "
               "%s)\n",
               r->weights_file, sum.mean, sum.max, sum.t_of_max,
               r->mixture->dim == 1 ? "by quadrature" : "by draws", r->trainer->blas.name);
    return code;
}

static void release(run *r)
{
    free(r->resumed_spec);
    free(r->weights_file), free(r->curve_file), free(r->record_file);
    free(r->hidden.i);
    json_decref(r->curve);
    fk_trainer_free(r->trainer);
    fk_mixture_free(r->mixture);
}

int main(int argc, char **argv)
{
    run r = {.schedule_spec = "vp-linear",
             .weight = "uniform",
             .output = "eps",
             .time = "lambda",
             .optimiser = "adamw",
             .config = fk_train_defaults()};
    fk_train_config *c = &r.config;
    const fk_option table[] = {
        {"mixture", "M", "built-in name or JSON file", FK_OPT_TEXT, &r.mixture_spec, false},
        {"schedule", "S", "noise schedule (default vp-linear)", FK_OPT_TEXT, &r.schedule_spec,
         false},
        {"steps", "N", "training steps (default 20000)", FK_OPT_COUNT, &c->steps, false},
        {"batch", "B", "samples a step (default 512)", FK_OPT_COUNT, &c->batch, false},
        {"weight", "W", "uniform (default), snr, min-snr or likelihood", FK_OPT_TEXT, &r.weight,
         false},
        {"gamma", "G", "of min-snr (default 5)", FK_OPT_REAL, &c->gamma, false},
        {"output", "O", "eps (default), x0, v, score or edm", FK_OPT_TEXT, &r.output, false},
        {"time", "T", "what the network is told: lambda (default) or t", FK_OPT_TEXT, &r.time,
         false},
        {"even-in", "T",
         "where the noise levels lie evenly: t or lambda (default t; ve, edm: lambda)", FK_OPT_TEXT,
         &r.even_in, false},
        {"hidden", "W,...", "widths of the hidden layers (default 128,128,128)", FK_OPT_INDICES,
         &r.hidden, false},
        {"rate", "R", "learning rate (default 3e-3), falling as a cosine to 0", FK_OPT_REAL,
         &c->rate, false},
        {"warmup", "N", "steps in which the rate rises (default 200)", FK_OPT_COUNT, &c->warmup,
         false},
        {"optimiser", "O", "adamw (default) or adam", FK_OPT_TEXT, &r.optimiser, false},
        {"decay", "D", "of the weights (default 0)", FK_OPT_REAL, &c->decay, false},
        {"average", "A", "what the average of the weights keeps a step (default 0.999)",
         FK_OPT_REAL, &c->average, false},
        {"seed", "U", "seed (default 1)", FK_OPT_SEED, &c->seed, false},
        {"out", "W", "weights (default out/train/MIXTURE.safetensors); .csv and .json beside them",
         FK_OPT_TEXT, &r.out, false},
        {"checkpoint", "F", "keep the state of the training here", FK_OPT_TEXT, &r.checkpoint,
         false},
        {"resume", "F", "go on from a checkpoint, to the same bits", FK_OPT_TEXT, &r.resume, false},
        {0}};
    const fk_command command = {
        "train", "Train a score network on a mixture, and hold it against the exact score.",
        "fokker train --mixture three-1d --steps 2000 --out three.safetensors", NULL, table};
    fk_error err = {0};
    r.cli = fk_cli_parse(&command, argc, argv);
    int code = check_options(&r, &err);
    if (!code) code = r.resume ? resume(&r, &err) : begin(&r, &err);
    if (!code) code = set_files(&r, &err);
    if (!code) code = train(&r, &err);
    if (!code) code = finish(&r, &err);
    release(&r);
    return code ? fk_cli_report(&err) : FK_OK;
}
