/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of score-net: from a file, or a small one trained here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_json.h"
#include "claims/loss_floor.h"
#include "core/cli.h"
#include "core/noise.h"
#include "core/table.h"
#include "experiments/score-net_lab.h"
#include "learn/stand_in.h"
#include "registry.h"

enum { ROWS = 40, ROW_LEVELS = 16, COLUMNS = 4 };

typedef struct {
    const fk_mixture *mixture;
    uint64_t seed;
} data;

static void draw(const void *self, uint64_t i, double *x)
{
    const data *d = self;
    fk_mixture_draw(d->mixture, d->seed, FK_STREAM_DATA, i, x);
}

/* The form of Karras et al., which keeps what it does not know from running away. */
static int configure(const score_net *q, fk_model_config *model, fk_train_config *train,
                     fk_error *err)
{
    static const size_t wide[] = {64, 64, 64}, narrow[] = {32, 32};
    int code = fk_model_defaults(q->spec, q->mixture->dim, fk_mixture_size(q->mixture), model, err);
    if (code) return code;
    model->output = FK_OUT_EDM;
    model->n_hidden = q->quick ? 2 : 3;
    memcpy(model->hidden, q->quick ? narrow : wide, model->n_hidden * sizeof *wide);
    *train = fk_train_defaults();
    train->steps = q->quick ? 1600 : 6000;
    train->rate = q->quick ? 1e-2 : 3e-3;
    train->batch = q->quick ? 128 : 256;
    train->warmup = train->steps / 30;
    train->average = q->quick ? 0.98 : 0.995;
    train->seed = q->seed;
    train->even_in_lambda = q->schedule.exploding;
    return FK_OK;
}

/* Up to a row of the learning curve. */
static int advance(score_net *q, fk_trainer *t, double floor, fk_progress *bar, fk_error *err)
{
    const size_t to = (q->rows + 1) * t->config.steps / ROWS;
    const double from = (double)t->step;
    double loss = 0;
    for (; t->step < to; fk_progress_add(bar, 1)) loss += fk_trainer_step(t);
    fk_model_free(q->network), q->network = NULL;
    int code = fk_model_new(&t->model, t->state.ema, &q->network, err);
    if (code) return code;
    const fk_field field = fk_model_field(q->network);
    const fk_excess e = fk_excess_over(q->mixture, &q->schedule, &field,
                                       &(fk_score_rule){.part = 0.5}, ROW_LEVELS, q->threads);
    const double row[COLUMNS] = {(double)to, loss / ((double)to - from), floor, e.mean};
    memcpy(q->curve + COLUMNS * q->rows++, row, sizeof row);
    return FK_OK;
}

static int train(score_net *q, fk_error *err)
{
    fk_model_config model;
    fk_train_config config;
    fk_trainer *t;
    const data from = {q->mixture, q->seed};
    int code = configure(q, &model, &config, err);
    if (!code) code = fk_trainer_new(&model, &config, (fk_data){&from, draw}, q->threads, &t, err);
    if (code) return code;
    q->trained = config.steps;
    q->curve = fk_alloc(ROWS * COLUMNS, sizeof *q->curve);
    const double floor = fk_loss_floor(q->mixture, &q->schedule, &model, &config, q->threads);
    fk_progress *bar = fk_progress_new("score-net: training", config.steps);
    while (!code && q->rows < ROWS) code = advance(q, t, floor, bar, err);
    fk_progress_free(bar);
    fk_trainer_free(t);
    return code;
}

/* The learning curve that fokker train left beside the weights, if it is there. */
static void read_curve(score_net *q, const char *file)
{
    q->no_curve = "no learning curve beside the weights";
    if (!fk_path_has_ending(file, "safetensors")) return;
    const size_t length = strlen(file) - strlen(".safetensors");
    char *path = fk_alloc(length + 5, 1);
    memcpy(path, file, length), memcpy(path + length, ".csv", 5);
    fk_table table = {0};
    fk_error absent;
    if (fk_points_read(path, COLUMNS, &table, &absent) == FK_OK) {
        q->rows = table.shape[0];
        q->curve = fk_alloc(q->rows * COLUMNS, sizeof *q->curve);
        memcpy(q->curve, table.x, q->rows * COLUMNS * sizeof *q->curve);
    }
    fk_table_free(&table);
    free(path);
}

static int check_data(const fk_mixture *m, const char *name, fk_error *err)
{
    if (m->dim > 2)
        return fk_fail(err, FK_USAGE,
                       "--mixture %s has dim %zu, and what can be drawn has dim 1 or 2", name,
                       m->dim);
    for (size_t i = 0; i < m->k * m->dim; i++)
        if (!(m->var[i] > 0))
            return fk_fail(err, FK_USAGE,
                           "--mixture %s: component %zu is a point mass; give it a std above 0",
                           name, i / m->dim + 1);
    return FK_OK;
}

int score_net_open(score_net *q, const char *mixture, const char *schedule, const char *file,
                   fk_error *err)
{
    int code = fk_mixture_read(mixture, &q->mixture, err);
    if (!code) code = check_data(q->mixture, mixture, err);
    if (!code && file) code = fk_stand_in_read(file, mixture, q->mixture->dim, &q->network, err);
    q->spec = fk_stand_in_schedule(schedule, q->network);
    if (!code) code = fk_schedule_parse(q->spec, &q->schedule, err);
    if (code) return code;
    const fk_schedule *s = &q->schedule;
    q->t_end = fmax(1e-3, s->t_min);
    q->prior = s->exploding ? fk_schedule_at(s, s->t_max).sigma : 1;
    if (!file) return train(q, err);
    code = fk_stand_in_times(file, q->network, s, s->t_max, q->t_end, err);
    if (code) return code;
    const bool on = fk_stand_in_is_on(file, q->network, s, q->spec);
    const bool own = fk_stand_in_is_of(file, q->network, mixture, fk_mixture_json(q->mixture));
    const bool told = json_object_get(q->network->metadata, "mixture_definition");
    q->foreign = told && !own;
    if (!told)
        q->no_curve = "the weights do not tell their data";
    else if (!own)
        q->no_curve = "its learning curve is of other data";
    else if (!on)
        q->no_curve = "its learning curve is of another schedule";
    else
        read_curve(q, file);
    return FK_OK;
}

void score_net_close(score_net *q)
{
    fk_model_free(q->network);
    fk_mixture_free(q->mixture);
    free(q->curve), free(q->sample);
}
