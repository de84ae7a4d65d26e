/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_train.h"

#include <stdlib.h>
#include <string.h>

#include "analytic/mixture.h"
#include "core/noise.h"
#include "learn/batch.h"
#include "tools/bench_peer.h"

enum { DIM = 2, COLUMNS = 128 }; /* COLUMNS: of the batch whose gradient all must agree in */

typedef struct {
    int threads;
    fk_mixture *mixture;
    fk_trainer *trainer;
    bench_peer *peer;
    fk_tape tape; /* with the batch's input */
    float target[DIM * COLUMNS], weight[COLUMNS], pull[COLUMNS];
    float *param; /* (2, n_params): as the training began, and a gradient */
} train_subject;

static void draw(const void *self, uint64_t i, double *x)
{
    fk_mixture_draw(self, 1, FK_STREAM_DATA, i, x);
}

static void send_floats(bench_peer *peer, const float *x, size_t n)
{
    double *wide = fk_alloc(n, sizeof *wide);
    for (size_t i = 0; i < n; i++) wide[i] = (double)x[i];
    bench_peer_send(peer, wide, n);
    free(wide);
}

/* The script has the network, the data and the schedule, and the batch to agree in. */
static bench_peer *train_script(const train_subject *s)
{
    const fk_shape *shape = &s->trainer->shape;
    const fk_model_config *m = &s->trainer->model;
    const fk_schedule *vp = &s->trainer->schedule;
    double width[FK_MAX_HIDDEN + 2];
    for (size_t l = 0; l <= shape->n_layers; l++) width[l] = (double)shape->width[l];
    const double sizes[] = {(double)s->trainer->config.batch, COLUMNS, (double)s->mixture->k,
                            (double)shape->n_layers};
    const double schedule[] = {vp->t_min,   vp->t_max,   vp->param[0], vp->param[1],
                               m->data_rms, m->range[0], m->range[1]};
    const double std = sqrt(s->mixture->var[0]);
    bench_peer *peer = bench_peer_open("bench_train", s->threads);
    bench_peer_send(peer, sizes, 4);
    bench_peer_send(peer, width, shape->n_layers + 1);
    send_floats(peer, s->param, shape->n_params);
    bench_peer_send(peer, s->mixture->mean, DIM * s->mixture->k);
    bench_peer_send(peer, &std, 1);
    send_floats(peer, s->tape.h[0], shape->width[0] * COLUMNS);
    send_floats(peer, s->target, DIM * COLUMNS);
    send_floats(peer, s->weight, COLUMNS);
    bench_peer_send(peer, schedule, sizeof schedule / sizeof *schedule);
    return peer;
}

static bench_peer *train_peer(const void *subject)
{
    return ((const train_subject *)subject)->peer;
}

static void train_close(void *subject)
{
    train_subject *s = subject;
    bench_peer_close(s->peer);
    fk_tape_free(&s->tape);
    fk_trainer_free(s->trainer);
    fk_mixture_free(s->mixture);
    free(s->param);
    free(s);
}

static void make_batch(train_subject *s)
{
    const fk_trainer *t = s->trainer;
    double normals[DIM * COLUMNS], x0[DIM];
    s->tape = fk_tape_new(&t->shape, COLUMNS, 0);
    fk_batch b = {COLUMNS, COLUMNS, s->tape.h[0], s->target, s->weight, s->pull, 0, normals, x0};
    fk_batch_fill(&t->model, &t->config, &t->schedule, &(fk_data){s->mixture, draw}, 0, 0, &b);
}

static int train_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    train_subject *s = fk_alloc(1, sizeof *s);
    fk_model_config model;
    fk_train_config config = fk_train_defaults();
    s->threads = threads, config.batch = *(const size_t *)what->setting;
    int status = fk_mixture_read("ring-8", &s->mixture, err);
    if (status == FK_OK) status = fk_model_defaults("vp-linear", DIM, 2.85, &model, err);
    if (status == FK_OK)
        status =
            fk_trainer_new(&model, &config, (fk_data){s->mixture, draw}, threads, &s->trainer, err);
    if (status) {
        train_close(s);
        return status;
    }
    const size_t n = s->trainer->shape.n_params;
    s->param = fk_alloc(2 * n, sizeof *s->param);
    memcpy(s->param, s->trainer->state.param, n * sizeof *s->param);
    make_batch(s);
    s->peer = train_script(s);
    *subject = s;
    return FK_OK;
}

/* The learning rate falls to 0 with the last step, and stays there: steps behind it do the same
 * work. */
static int train_run(void *subject, size_t steps, double *seconds, fk_error *err)
{
    const train_subject *s = subject;
    (void)err;
    const double begin = bench_seconds(s->threads);
    for (size_t i = 0; i < steps; i++) fk_trainer_step(s->trainer);
    *seconds = bench_seconds(s->threads) - begin;
    return FK_OK;
}

/* |gradient|^2 of the batch, as the training began: of some thousand roundings of 2^-24. */
static int train_answer(void *subject, bench_answer *answer, fk_error *err)
{
    train_subject *s = subject;
    const fk_shape *shape = &s->trainer->shape;
    const fk_network_ops ops = fk_model_ops();
    float *gradient = s->param + shape->n_params;
    (void)err;
    memset(gradient, 0, shape->n_params * sizeof *gradient);
    fk_network_forward(shape, &ops, s->param, &s->tape);
    fk_network_loss(shape, &s->tape, s->target, s->weight);
    fk_network_backward(shape, &ops, s->param, &s->tape, gradient);
    *answer = (bench_answer){0, 0};
    for (size_t i = 0; i < shape->n_params; i++)
        answer->value += (double)gradient[i] * (double)gradient[i];
    answer->error = 1e-4 * answer->value;
    return FK_OK;
}

/* Multiply-adds of the three products of every layer, but for the way back to the input, at twice
 * the rate of double precision; the hidden layers' exponentials, likewise; and four normals for a
 * sample of the batch. Their times add up, as they share the same ports. */
static double train_limit(const void *subject, const fk_rates *r)
{
    const train_subject *s = subject;
    const double layers[] = {18 * 128, 128 * 128, 128 * 128, 128 * 2};
    double fmas = -layers[0];
    for (size_t l = 0; l < 4; l++) fmas += 3 * layers[l];
    const double sample = fmas / (2 * r->fma) + 3 * 128 / (2 * r->exp) + 2 * DIM / r->normals;
    return 1 / (sample * (double)s->trainer->config.batch);
}

static const bench_contestant who[] = {
    {"fokker", 4, train_run, train_answer, NULL},
    {.name = "torch", .least = 4},
    {.name = "torch-1", .least = 4},
    {.name = "torch-compiled", .least = 4},
    {.name = "torch-compiled-1", .least = 4},
};

#define TRAIN(title, size)                                                                         \
    {                                                                                              \
        .name = title, .says = "training steps, batch " #size, .unit = "steps/s", .per = 1,        \
        .threaded = true, .contestant = who, .n_contestants = sizeof who / sizeof *who,            \
        .setting = &(const size_t){size}, .open = train_open, .close = train_close,                \
        .peer = train_peer, .limit = train_limit                                                   \
    }
static const bench_case row[] = {TRAIN("train-b512", 512), TRAIN("train-b4096", 4096)};

const bench_set bench_train = {.row = row, .n = sizeof row / sizeof *row};
