/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker train: a score network for a mixture, by denoising or implicit score matching. Writes the
 * weights (the average over the training), and beside them the learning curve (.csv) and the record
 * (.json). Loss and excess are held against the exact floor, which a mixture lets us know. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "claims/loss_floor.h"
#include "core/interrupt.h"
#include "core/noise.h"
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

static int measure(const train_run *r, const fk_model_config *config, const float *param, bool last,
                   fk_excess *sum, fk_error *err)
{
    fk_model *model;
    int code = fk_model_new(config, param, &model, err);
    if (code) return code;
    const fk_field field = fk_model_field(model);
    *sum = fk_excess_over(r->mixture, &r->trainer->schedule, &field, last ? &last_rule : &row_rule,
                          last ? LEVELS : ROW_LEVELS, r->cli.threads);
    fk_model_free(model);
    return FK_OK;
}

static int measure_average(train_run *r, fk_error *err)
{
    return measure(r, &r->model, r->trainer->state.ema, r->trainer->step == r->config.steps,
                   &r->excess, err);
}

/* The excess of a network that answers 0, for the output in its own form. */
static int measure_zero(const train_run *r, fk_net_output output, double *excess, fk_error *err)
{
    fk_model_config config = r->model;
    config.output = output;
    float *zero = fk_alloc(r->trainer->shape.n_params, sizeof *zero);
    fk_excess sum = {.mean = NAN};
    int code = measure(r, &config, zero, true, &sum, err);
    free(zero);
    *excess = sum.mean;
    return code;
}

/* "step 400 of 20000: loss 0.2131 over its floor 0.2109, excess of eps 0.0034, 23 s left"; by the
 * pace of this run, which a bar tells between the rows, where there is a terminal. */
static void tell(const train_run *r, fk_progress *bar, double loss)
{
    if (fk_cli_quiet()) return;
    const size_t step = r->trainer->step, steps = r->config.steps;
    const double pace = (fk_seconds() - r->started) / (double)(step - r->first);
    fk_progress_wipe(bar);
    printf("step %zu of %zu: loss %.5g over its floor %.5g, excess of eps %.3g, %.0f s left\n",
           step, steps, loss, r->floor, r->excess.mean, pace * (double)(steps - step));
    fflush(stdout);
}

static int diverged(const train_run *r, const char *what, fk_error *err)
{
    return fk_fail(err, FK_REFUTED,
                   "diverged: the %s is not finite at step %zu; no weights are written: take a "
                   "smaller --rate%s",
                   what, r->trainer->step, r->config.decay > 0 ? " or --decay" : "");
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
    int code = measure_average(r, err);
    if (code) return code;
    if (!isfinite(r->excess.mean)) return diverged(r, "excess", err);
    json_array_append_new(r->curve, json_pack("[I, f, f]", (json_int_t)to, loss, r->excess.mean));
    tell(r, progress, loss);
    return train_keep(r, err);
}

static int train(train_run *r, fk_error *err)
{
    int code =
        fk_trainer_new(&r->model, &r->config, (fk_data){r, draw}, r->cli.threads, &r->trainer, err);
    if (!code && r->from) code = fk_checkpoint_restore(r->from, r->trainer, err);
    if (code) return code;
    r->floor =
        fk_loss_floor(r->mixture, &r->trainer->schedule, &r->model, &r->config, r->cli.threads);
    if (!isfinite(r->floor))
        return fk_fail(
            err, FK_USAGE,
            "the loss has no finite floor: data of size %.3g are out of reach of the noise "
            "of %s",
            fk_mixture_size(r->mixture), r->model.schedule);
    if (r->from && r->trainer->step == r->config.steps) code = measure_average(r, err);
    if (r->from && !fk_cli_quiet()) {
        printf("going on from step %zu, which %s holds\n", r->trainer->step, r->from);
        fflush(stdout);
    }
    r->first = r->trainer->step, r->started = fk_seconds();
    fk_progress *progress = fk_progress_new("train", r->config.steps - r->trainer->step);
    while (!code && r->trainer->step < r->config.steps) code = advance(r, progress, err);
    fk_progress_free(progress);
    return code;
}

/* Diverged is what ends with more than twice the excess of the answer 0: by then the training has
 * done harm, while one that has hardly begun, or learnt nothing, has that excess and a little
 * chance. Where 0 is right already, as with edm on Gaussian data, any chance is more than that:
 * hence no less than a tenth of the excess of eps = 0, the size of what is to be learnt. */
static int limit_of(const train_run *r, double *zero, double *limit, fk_error *err)
{
    int code = measure_zero(r, r->model.output, zero, err);
    double none = *zero;
    if (!code && r->model.output != FK_OUT_EPS) code = measure_zero(r, FK_OUT_EPS, &none, err);
    if (!code) *limit = fmax(2 * *zero, none / 10);
    return code;
}

static int finish(const train_run *r, fk_error *err)
{
    double zero, limit;
    int code = limit_of(r, &zero, &limit, err);
    if (code) return code;
    if (!(r->excess.mean <= limit))
        return fk_fail(err, FK_REFUTED,
                       "diverged: the excess of eps, %.3g, is above %.3g (%.3g if it answered 0); "
                       "no weights are written: take a smaller --rate, or more --steps",
                       r->excess.mean, limit, zero);
    code = train_write(r, zero, limit, err);
    if (!code)
        printf("%s: excess of eps over the floor %.3g, mean over t (%.3g if it answered 0, "
               "diverged above %.3g); at most %.3g, at t = %.3g (%s)\n",
               r->weights_file, r->excess.mean, zero, limit, r->excess.max, r->excess.t_of_max,
               r->excess.drawn ? "by draws" : "by quadrature");
    return code;
}

static void release(train_run *r)
{
    fk_interrupt_say(NULL);
    json_decref(r->kept);
    free(r->definition), free(r->interrupted);
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
        {"optimiser", "O", "adamw (default) or adam; they differ by --decay alone", FK_OPT_TEXT,
         &r.optimiser, false},
        {"decay", "D", "of the weights (default 0)", FK_OPT_REAL, &c->decay, false},
        {"average", "A", "what the average of the weights keeps a step (default 0.999)",
         FK_OPT_REAL, &c->average, false},
        {"seed", "U", "seed (default 1)", FK_OPT_SEED, &c->seed, false},
        {"out", "W",
         "weights (default out/train/MIXTURE.safetensors; a training that goes on: where it was to "
         "write them); .csv and .json beside them",
         FK_OPT_TEXT, &r.out, false},
        {"checkpoint", "F",
         "a file to keep the training in, which stays at the end; where it is there, go on from it "
         "to the same bits",
         FK_OPT_TEXT, &r.checkpoint, false},
        {"resume", "F", "go on from this checkpoint, which tells everything, and keep it there",
         FK_OPT_TEXT, &r.resume, false},
        {0}};
    const fk_command command = {
        "train",
        "Train a score network on a mixture, and hold it against the exact score. One that "
        "diverges exits with 1 and writes no weights: its loss or excess is not finite, or its "
        "excess ends above twice that of a network that answers 0 (or above a tenth of that of "
        "eps = 0, where this is more).",
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
