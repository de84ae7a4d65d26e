/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker train: a score network for a mixture, by denoising or implicit score matching. Writes the
 * weights (the average over the training), and beside them the learning curve (.csv) and the record
 * (.json). Loss and excess are held against the exact floor, which a mixture lets us know. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_json.h"
#include "claims/loss_floor.h"
#include "core/json.h"
#include "core/noise.h"
#include "core/table.h"
#include "tools/train_setup.h"

/* Rows of the learning curve; a checkpoint is written with each. Noise levels and their
 * expectations for a row, and for the result. */
enum { ROWS = 50, ROW_LEVELS = 16, LEVELS = 64 };
static const fk_score_rule row_rule = {.part = 0.5, .draws = 1024}, last_rule = {0};

static void draw(const void *self, uint64_t i, double *x)
{
    const train_run *r = self;
    fk_mixture_draw(r->mixture, r->config.seed, FK_STREAM_DATA, i, x);
}

/* Of the weights, or of a checkpoint, which also tells what the training is to write. */
static json_t *metadata(const train_run *r, bool checkpoint)
{
    json_t *more = json_object();
    json_object_set_new(more, "mixture", json_string(r->mixture_spec));
    json_object_set_new(more, "mixture_definition", json_string(r->definition));
    if (!checkpoint) return more;
    json_object_set_new(more, "out", json_string(r->weights_file));
    char *text = json_dumps(r->curve, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_object_set_new(more, "curve", json_string(text));
    free(text);
    return more;
}

static int write_checkpoint(const train_run *r, fk_error *err)
{
    if (!r->checkpoint) return FK_OK;
    json_t *more = metadata(r, true);
    int code = fk_checkpoint_write(r->checkpoint, r->trainer, more, err);
    json_decref(more);
    return code;
}

static int measure(const train_run *r, size_t levels, const fk_score_rule *rule, fk_excess *sum,
                   fk_error *err)
{
    fk_model *model;
    int code = fk_model_new(&r->model, r->trainer->state.ema, &model, err);
    if (code) return code;
    const fk_field field = fk_model_field(model);
    *sum = fk_excess_over(r->mixture, &r->trainer->schedule, &field, rule, levels, r->cli.threads);
    fk_model_free(model);
    return FK_OK;
}

/* "step 400 of 20000: loss 0.2131 over its floor 0.2109, excess of eps 0.0034, 23 s left"; by the
 * pace of this run, which a bar tells between the rows, where there is a terminal. */
static void tell(const train_run *r, fk_progress *bar, double loss, double excess)
{
    if (fk_cli_quiet()) return;
    const size_t step = r->trainer->step, steps = r->config.steps;
    const double pace = (fk_seconds() - r->started) / (double)(step - r->first);
    fk_progress_wipe(bar);
    printf("step %zu of %zu: loss %.5g over its floor %.5g, excess of eps %.3g, %.0f s left\n",
           step, steps, loss, r->floor, excess, pace * (double)(steps - step));
    fflush(stdout);
}

static int diverged(const train_run *r, const char *what, fk_error *err)
{
    return fk_fail(err, FK_USAGE, "the %s is not finite at step %zu: take a smaller --rate%s", what,
                   r->trainer->step, r->config.decay > 0 ? " or --decay" : "");
}

/* Up to the next row of the curve. */
static int advance(train_run *r, fk_progress *progress, fk_error *err)
{
    const size_t rows = r->config.steps < ROWS ? r->config.steps : ROWS;
    const size_t from = r->trainer->step, row = from * rows / r->config.steps + 1;
    const size_t to = (row * r->config.steps + rows - 1) / rows;
    double loss = 0;
    while (r->trainer->step < to) {
        loss += fk_trainer_step(r->trainer) / (double)(to - from);
        fk_progress_add(progress, 1);
    }
    if (!isfinite(loss)) return diverged(r, "loss", err);
    fk_excess sum;
    int code = measure(r, ROW_LEVELS, &row_rule, &sum, err);
    if (code) return code;
    if (!isfinite(sum.mean)) return diverged(r, "excess", err);
    json_array_append_new(r->curve, json_pack("[I, f, f]", (json_int_t)to, loss, sum.mean));
    tell(r, progress, loss, sum.mean);
    return write_checkpoint(r, err);
}

static int train(train_run *r, fk_error *err)
{
    int code =
        fk_trainer_new(&r->model, &r->config, (fk_data){r, draw}, r->cli.threads, &r->trainer, err);
    if (!code && r->resume) code = fk_checkpoint_restore(r->resume, r->trainer, err);
    if (code) return code;
    r->floor =
        fk_loss_floor(r->mixture, &r->trainer->schedule, &r->model, &r->config, r->cli.threads);
    if (!isfinite(r->floor))
        return fk_fail(
            err, FK_USAGE,
            "the loss has no finite floor: data of size %.3g are out of reach of the noise "
            "of %s",
            fk_mixture_size(r->mixture), r->model.schedule);
    r->first = r->trainer->step, r->started = fk_seconds();
    fk_progress *progress = fk_progress_new("train", r->config.steps - r->trainer->step);
    while (!code && r->trainer->step < r->config.steps) code = advance(r, progress, err);
    fk_progress_free(progress);
    return code;
}

static int write_curve(const train_run *r, fk_error *err)
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

static int write_record(const train_run *r, const fk_excess *sum, fk_error *err)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "version", FK_VERSION,
        "command", fk_cli_text(), "mixture", r->mixture_spec, "mixture_definition",
        fk_mixture_json(r->mixture), "schedule", r->model.schedule, "parameters",
        (json_int_t)r->trainer->shape.n_params, "steps", (json_int_t)r->config.steps, "seed",
        (json_int_t)r->config.seed, "loss_floor", fk_json_real(r->floor), "excess_mean",
        fk_json_real(sum->mean), "excess_max", fk_json_real(sum->max), "t_of_excess_max",
        fk_json_real(sum->t_of_max), "excess_by", sum->drawn ? "draws" : "quadrature");
    int code = fk_json_write(r->record_file, json, err);
    json_decref(json);
    return code;
}

static int finish(const train_run *r, fk_error *err)
{
    fk_excess sum;
    int code = measure(r, LEVELS, &last_rule, &sum, err);
    if (code) return code;
    json_t *more = metadata(r, false);
    code = fk_weights_write_trained(r->weights_file, r->trainer, more, err);
    json_decref(more);
    if (!code) code = write_curve(r, err);
    if (!code) code = write_record(r, &sum, err);
    if (!code && !fk_cli_quiet())
        printf(
            "%s: excess of eps over the floor %.3g, mean over t; at most %.3g, at t = %.3g (%s)\n",
            r->weights_file, sum.mean, sum.max, sum.t_of_max,
            sum.drawn ? "by draws" : "by quadrature");
    return code;
}

static void release(train_run *r)
{
    free(r->resumed_spec), free(r->resumed_out), free(r->definition);
    free(r->weights_file), free(r->curve_file), free(r->record_file);
    free(r->hidden.i);
    json_decref(r->curve);
    fk_trainer_free(r->trainer);
    fk_mixture_free(r->mixture);
}

int main(int argc, char **argv)
{
    train_run r = {.schedule_spec = "vp-linear",
                   .objective = "dsm",
                   .weight = "uniform",
                   .output = "edm",
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
        {"objective", "O", "dsm (denoising, default) or ism (implicit: by the divergence)",
         FK_OPT_TEXT, &r.objective, false},
        {"weight", "W", "uniform (default), snr, min-snr or likelihood", FK_OPT_TEXT, &r.weight,
         false},
        {"gamma", "G", "of min-snr (default 5)", FK_OPT_REAL, &c->gamma, false},
        {"output", "O", "edm (default), eps, x0, v or score", FK_OPT_TEXT, &r.output, false},
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
        {"out", "W",
         "weights (default out/train/MIXTURE.safetensors, or with --resume where the training was "
         "to "
         "write them); .csv and .json beside them",
         FK_OPT_TEXT, &r.out, false},
        {"checkpoint", "F", "keep the state of the training here", FK_OPT_TEXT, &r.checkpoint,
         false},
        {"resume", "F", "go on from a checkpoint on the same data, to the same bits", FK_OPT_TEXT,
         &r.resume, false},
        {0}};
    const fk_command command = {
        "train", "Train a score network on a mixture, and hold it against the exact score.",
        "fokker train --mixture three-1d --steps 2000 --out three.safetensors", NULL, table};
    fk_error err = {0};
    r.option = table;
    r.cli = fk_cli_parse(&command, argc, argv);
    int code = train_prepare(&r, &err);
    if (!code) code = train(&r, &err);
    if (!code) code = finish(&r, &err);
    release(&r);
    return code ? fk_cli_report(&err) : FK_OK;
}
