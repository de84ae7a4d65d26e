/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step in two parallel loops: the tiles of the batch, each forward and backward by itself, into
 * as many gradients as there are slots; then the parameters, which add up the slots in order. */
#include "learn/train.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "learn/batch.h"

/* A tile of 128 columns and layers of 128 make products that a second-level cache holds; more slots
 * would cost the sum more than they give to threads. */
enum { TILE = 128, MAX_SLOTS = 16, CHUNK = 2048 };

/* What a thread owns. */
typedef struct {
    fk_tape tape;
    fk_batch batch;
} workplace;

struct fk_train_scratch {
    fk_data data;
    fk_network_ops ops;
    int threads;
    size_t tiles, slots, stride; /* tile k goes to slot k mod slots; stride: of gradient */
    workplace *place;            /* (threads) */
    float *gradient;             /* (slots, stride) */
    double *loss;                /* (slots) */
};

static const char *const objectives[FK_N_OBJECTIVES] = {"dsm", "ism"};
static const char *const weights[FK_N_WEIGHTS] = {"uniform", "snr", "min-snr", "likelihood"};

const char *fk_net_weight_name(fk_net_weight weight)
{
    return weights[weight];
}

int fk_net_weight_parse(const char *what, const char *word, fk_net_weight *weight, fk_error *err)
{
    for (int i = 0; i < FK_N_WEIGHTS; i++)
        if (strcmp(word, weights[i]) == 0) return *weight = (fk_net_weight)i, FK_OK;
    return fk_fail(err, FK_USAGE, "%s %.40s: it is uniform, snr, min-snr or likelihood", what,
                   word);
}

const char *fk_net_objective_name(fk_net_objective objective)
{
    return objectives[objective];
}

int fk_net_objective_parse(const char *what, const char *word, fk_net_objective *objective,
                           fk_error *err)
{
    for (int i = 0; i < FK_N_OBJECTIVES; i++)
        if (strcmp(word, objectives[i]) == 0) return *objective = (fk_net_objective)i, FK_OK;
    return fk_fail(err, FK_USAGE, "%s %.40s: it is dsm or ism", what, word);
}

fk_train_config fk_train_defaults(void)
{
    return (fk_train_config){.steps = 20000,
                             .batch = 512,
                             .warmup = 200,
                             .rate = 3e-3,
                             .floor = 0,
                             .beta1 = 0.9,
                             .beta2 = 0.99,
                             .epsilon = 1e-8,
                             .average = 0.999,
                             .gamma = 5,
                             .seed = 1};
}

int fk_train_check(const fk_train_config *c, fk_error *err)
{
    if (c->steps == 0 || c->steps >> 32)
        return fk_fail(err, FK_USAGE, "--steps %zu: take 1 to 4294967295", c->steps);
    if (c->batch == 0 || c->batch > 1 << 24)
        return fk_fail(err, FK_USAGE, "--batch %zu: take 1 to 16777216", c->batch);
    if (c->warmup >> 32)
        return fk_fail(err, FK_USAGE, "--warmup %zu: take at most 4294967295", c->warmup);
    if (!(c->rate > 0)) return fk_fail(err, FK_USAGE, "--rate %g: it is above 0", c->rate);
    if (!(c->decay >= 0)) return fk_fail(err, FK_USAGE, "--decay %g: it is not negative", c->decay);
    if (!(c->average >= 0 && c->average < 1))
        return fk_fail(err, FK_USAGE, "--average %g: it is at least 0 and below 1", c->average);
    if (!(c->gamma > 0)) return fk_fail(err, FK_USAGE, "--gamma %g: it is above 0", c->gamma);
    /* these have no option; the kernels take them in single precision */
    const double beta[] = {c->beta1, c->beta2};
    for (size_t i = 0; i < 2; i++)
        if (!(beta[i] >= 0 && (float)beta[i] < 1))
            return fk_fail(err, FK_USAGE, "beta%zu %g: it is at least 0 and below 1", i + 1,
                           beta[i]);
    if (!((float)c->epsilon > 0))
        return fk_fail(err, FK_USAGE, "epsilon %g: it is above 0", c->epsilon);
    if (!(c->floor >= 0 && c->floor <= 1))
        return fk_fail(err, FK_USAGE, "rate_floor %g: it is from 0 to 1", c->floor);
    return FK_OK;
}

static workplace place_new(const fk_shape *shape, size_t dim, fk_net_objective objective)
{
    workplace w = {.tape = fk_tape_new(shape, TILE, objective == FK_OBJECTIVE_ISM ? dim : 0)};
    w.batch = (fk_batch){.n = TILE,
                         .ld = w.tape.columns,
                         .input = w.tape.h[0],
                         .target = fk_alloc((dim + 2) * TILE, sizeof(float)),
                         .normals = fk_alloc(dim * (TILE + 1), sizeof(double))};
    w.batch.weight = w.batch.target + dim * TILE, w.batch.pull = w.batch.weight + TILE;
    w.batch.x0 = w.batch.normals + dim * TILE;
    return w;
}

static struct fk_train_scratch *scratch_new(const fk_trainer *t, fk_data data, int threads)
{
    struct fk_train_scratch *c = fk_alloc(1, sizeof *c);
    c->data = data;
    c->ops = fk_model_ops();
    c->tiles = (t->config.batch + TILE - 1) / TILE;
    c->slots = c->tiles < MAX_SLOTS ? c->tiles : MAX_SLOTS;
    c->threads = threads > 0 ? threads : omp_get_max_threads();
    if ((size_t)c->threads > c->slots) c->threads = (int)c->slots;
    c->stride = fk_pad(t->shape.n_params);
    c->gradient = fk_alloc(c->slots * c->stride, sizeof *c->gradient);
    c->loss = fk_alloc(c->slots, sizeof *c->loss);
    c->place = fk_alloc((size_t)c->threads, sizeof *c->place);
    for (int i = 0; i < c->threads; i++)
        c->place[i] = place_new(&t->shape, t->model.dim, t->config.objective);
    return c;
}

int fk_trainer_new(const fk_model_config *model, const fk_train_config *config, fk_data data,
                   int threads, fk_trainer **trainer, fk_error *err)
{
    *trainer = NULL;
    fk_trainer start = {.model = *model, .config = *config, .shape = fk_model_shape(model)};
    int code = fk_train_check(config, err);
    if (!code) code = fk_schedule_parse(model->schedule, &start.schedule, err);
    if (code) return code;
    fk_trainer *t = *trainer = fk_alloc(1, sizeof *t);
    *t = start;
    const size_t n = fk_pad(t->shape.n_params);
    float *all = fk_alloc(4 * n, sizeof *all);
    t->state = (fk_adam_state){all, all + n, all + 2 * n, all + 3 * n};
    fk_model_initialise(model, config->seed, t->state.param);
    memcpy(t->state.ema, t->state.param, n * sizeof *all);
    t->scratch = scratch_new(t, data, threads);
    return FK_OK;
}

void fk_trainer_free(fk_trainer *t)
{
    if (!t) return;
    for (int i = 0; i < t->scratch->threads; i++) {
        workplace *w = &t->scratch->place[i];
        fk_tape_free(&w->tape);
        free(w->batch.target), free(w->batch.normals);
    }
    free(t->scratch->place), free(t->scratch->gradient), free(t->scratch->loss);
    free(t->scratch);
    free(t->state.param);
    free(t);
}

double fk_train_rate(const fk_train_config *c, size_t i)
{
    if (i < c->warmup) return c->rate * (double)(i + 1) / (double)c->warmup;
    const double part =
        (double)(i - c->warmup) / (double)(c->steps > c->warmup ? c->steps - c->warmup : 1);
    return c->rate * (c->floor + (1 - c->floor) * (1 + cos(FK_PI * part)) / 2);
}

static fk_adam_step adam_step(const fk_train_config *c, size_t i)
{
    const double k = (double)i + 1, early = k / (k + 10); /* the average forgets its start */
    return (fk_adam_step){.rate = (float)fk_train_rate(c, i),
                          .beta1 = (float)c->beta1,
                          .beta2 = (float)c->beta2,
                          .unbias1 = (float)(1 / (1 - pow(c->beta1, k))),
                          .unbias2 = (float)(1 / (1 - pow(c->beta2, k))),
                          .epsilon = (float)c->epsilon,
                          .decay = c->l2 ? 0 : (float)c->decay,
                          .l2 = c->l2 ? (float)c->decay : 0,
                          .keep = (float)(early < c->average ? early : c->average)};
}

static void work_slot(fk_trainer *t, workplace *w, size_t slot)
{
    const struct fk_train_scratch *c = t->scratch;
    float *gradient = c->gradient + slot * c->stride;
    memset(gradient, 0, c->stride * sizeof *gradient);
    c->loss[slot] = 0;
    for (size_t k = slot; k < c->tiles; k += c->slots) {
        fk_batch_fill(&t->model, &t->config, &t->schedule, &c->data, t->step, k * TILE, &w->batch);
        fk_network_forward(&t->shape, &c->ops, t->state.param, &w->tape);
        c->loss[slot] += fk_network_loss(&t->shape, &w->tape, w->batch.target, w->batch.weight);
        if (t->config.objective == FK_OBJECTIVE_ISM)
            c->loss[slot] +=
                w->batch.rest + fk_network_divergence(&t->shape, &w->tape, w->batch.pull);
        fk_network_backward(&t->shape, &c->ops, t->state.param, &w->tape, gradient);
    }
}

static uint64_t hash_of(const fk_trainer *t, double loss)
{
    const float *const all[] = {t->state.param, t->state.m, t->state.v, t->state.ema};
    uint64_t hash = fk_hash(FK_HASH, &loss, sizeof loss);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        hash = fk_hash(hash, all[i], t->shape.n_params * sizeof(float));
    return hash;
}

double fk_trainer_step(fk_trainer *t)
{
    struct fk_train_scratch *c = t->scratch;
    const fk_adam_step adam = adam_step(&t->config, t->step);
#pragma omp parallel num_threads(c->threads)
    {
        workplace *w = &c->place[omp_get_thread_num()];
#pragma omp for schedule(dynamic, 1)
        for (size_t slot = 0; slot < c->slots; slot++) work_slot(t, w, slot);
#pragma omp for schedule(static)
        for (size_t i = 0; i < c->stride; i += CHUNK) {
            const size_t end = i + CHUNK < c->stride ? i + CHUNK : c->stride;
            FK_CHOOSE_KERNEL(fk_adam)(&adam, i, end, c->gradient, c->stride, c->slots, t->state);
        }
    }
    double loss = 0;
    for (size_t slot = 0; slot < c->slots; slot++) loss += c->loss[slot];
    if (t->step++ == 0) t->first = hash_of(t, loss);
    return loss;
}
