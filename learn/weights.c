/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/weights.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/metadata.h"

static const char format[] = "fokker score network 1", checkpoint[] = "fokker training 2";

static void layer_tensors(const fk_shape *s, size_t l, const float *param, fk_tensor pair[2])
{
    pair[0] = (fk_tensor){.n_axes = 2, .shape = {s->width[l + 1], s->width[l]}};
    pair[1] = (fk_tensor){.n_axes = 1, .shape = {s->width[l + 1]}};
    pair[0].x = (float *)param + s->weight[l], pair[1].x = (float *)param + s->bias[l];
    snprintf(pair[0].name, sizeof pair[0].name, "layers.%zu.weight", l);
    snprintf(pair[1].name, sizeof pair[1].name, "layers.%zu.bias", l);
}

static int write_layers(const char *path, const fk_model_config *c, const float *param,
                        const json_t *meta, fk_error *err)
{
    const fk_shape shape = fk_model_shape(c);
    fk_tensor tensor[2 * (FK_MAX_HIDDEN + 1)];
    for (size_t l = 0; l < shape.n_layers; l++) layer_tensors(&shape, l, param, tensor + 2 * l);
    return fk_tensors_write(path, tensor, 2 * shape.n_layers, meta, err);
}

int fk_weights_write(const char *path, const fk_model_config *c, const float *param,
                     const json_t *more, fk_error *err)
{
    json_t *meta = fk_metadata_of_model(format, c, more);
    int code = write_layers(path, c, param, meta, err);
    json_decref(meta);
    return code;
}

int fk_weights_write_trained(const char *path, const fk_trainer *t, const json_t *more,
                             fk_error *err)
{
    json_t *meta = fk_metadata_of_model(format, &t->model, more);
    fk_metadata_add_training(meta, &t->config, t->step);
    int code = write_layers(path, &t->model, t->state.ema, meta, err);
    json_decref(meta);
    return code;
}

int fk_weights_read(const char *path, fk_model **model, fk_error *err)
{
    fk_tensors all;
    fk_model_config c;
    *model = NULL;
    int code = fk_tensors_read(path, &all, err);
    if (code) return code;
    code = fk_metadata_model(path, format, all.metadata, &c, err);
    if (!code) {
        const fk_shape s = fk_model_shape(&c);
        float *param = fk_alloc(s.n_params, sizeof *param);
        for (size_t l = 0; !code && l < s.n_layers; l++) {
            fk_tensor pair[2];
            layer_tensors(&s, l, param, pair);
            for (size_t i = 0; !code && i < 2; i++) {
                const float *x;
                code = fk_tensors_find(&all, path, pair[i].name, pair[i].shape[0],
                                       i == 0 ? pair[i].shape[1] : 0, &x, err);
                if (!code) memcpy(pair[i].x, x, fk_tensor_size(&pair[i]) * sizeof *x);
            }
        }
        if (!code) code = fk_model_new(&c, param, model, err);
        free(param);
    }
    if (!code) (*model)->metadata = json_incref(all.metadata);
    fk_tensors_free(&all);
    return code;
}

enum { ADAM_V = 2, STATES = 4 };
static const char *const state_name[STATES] = {"param", "adam.m", [ADAM_V] = "adam.v", "ema"};

static void state_arrays(const fk_trainer *t, float *x[STATES])
{
    x[0] = t->state.param, x[1] = t->state.m, x[2] = t->state.v, x[3] = t->state.ema;
}

enum { HASH_TEXT = 17 };

static void text_of(uint64_t hash, char text[HASH_TEXT])
{
    snprintf(text, HASH_TEXT, "%016" PRIx64, hash);
}

static void checksum(const json_t *metadata, const fk_tensor *t, size_t n, char text[HASH_TEXT])
{
    json_t *other = fk_tensors_texts(metadata);
    json_object_del(other, "checksum");
    char *json = json_dumps(other, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t hash = fk_hash(FK_HASH, json, strlen(json));
    for (size_t i = 0; i < n; i++) {
        hash = fk_hash(hash, t[i].name, strlen(t[i].name));
        hash = fk_hash(hash, t[i].x, fk_tensor_size(&t[i]) * sizeof *t[i].x);
    }
    free(json), json_decref(other);
    text_of(hash, text);
}

void fk_checkpoint_seal(json_t *metadata, const fk_tensor *tensor, size_t n)
{
    char text[HASH_TEXT];
    checksum(metadata, tensor, n, text);
    json_object_set_new(metadata, "checksum", json_string(text));
}

static bool says(const json_t *metadata, const char *key, const char *text)
{
    const char *there = json_string_value(json_object_get(metadata, key));
    return there && strcmp(there, text) == 0;
}

/* Of another kind of file fk_metadata_model tells. */
static int read_sealed(const char *path, fk_tensors *all, fk_error *err)
{
    char text[HASH_TEXT];
    int code = fk_tensors_read(path, all, err);
    if (code || !says(all->metadata, "format", checkpoint)) return code;
    checksum(all->metadata, all->tensor, all->n, text);
    if (says(all->metadata, "checksum", text)) return FK_OK;
    fk_tensors_free(all);
    return fk_fail(err, FK_USAGE, "%s: damaged: remove it to start anew", path);
}

bool fk_checkpoint_claimed(const char *path)
{
    fk_tensors all;
    fk_error none;
    if (fk_tensors_read(path, &all, &none)) return false;
    const bool claimed = says(all.metadata, "format", checkpoint);
    fk_tensors_free(&all);
    return claimed;
}

int fk_checkpoint_write(const char *path, const fk_trainer *t, const json_t *more, fk_error *err)
{
    fk_tensor tensor[STATES];
    float *x[STATES];
    state_arrays(t, x);
    for (size_t i = 0; i < STATES; i++) {
        tensor[i] = (fk_tensor){.n_axes = 1, .shape = {t->shape.n_params}, .x = x[i]};
        strcpy(tensor[i].name, state_name[i]);
    }
    assert(t->step > 0);
    char first[HASH_TEXT];
    text_of(t->first, first);
    json_t *meta = fk_metadata_of_model(checkpoint, &t->model, more);
    fk_metadata_add_training(meta, &t->config, t->step);
    json_object_set_new(meta, "first_step", json_string(first));
    fk_checkpoint_seal(meta, tensor, STATES);
    int code = fk_tensors_write(path, tensor, STATES, meta, err);
    json_decref(meta);
    return code;
}

int fk_checkpoint_read(const char *path, fk_model_config *model, fk_train_config *train,
                       json_t **more, fk_error *err)
{
    fk_tensors all;
    size_t step;
    *more = NULL;
    int code = read_sealed(path, &all, err);
    if (code) return code;
    code = fk_metadata_model(path, checkpoint, all.metadata, model, err);
    if (!code) code = fk_metadata_training(path, all.metadata, train, &step, err);
    if (!code) *more = json_incref(all.metadata);
    fk_tensors_free(&all);
    return code;
}

int fk_checkpoint_restore(const char *path, fk_trainer *t, fk_error *err)
{
    fk_tensors all;
    fk_train_config config;
    size_t step;
    float *to[STATES];
    char first[HASH_TEXT];
    int code = read_sealed(path, &all, err);
    if (code) return code;
    code = fk_metadata_training(path, all.metadata, &config, &step, err);
    if (!code && t->step == 0) fk_trainer_step(t);
    text_of(t->first, first);
    if (!code && !says(all.metadata, "first_step", first))
        code = fk_fail(err, FK_USAGE,
                       "%s: begun by a fokker that computes other numbers: remove it to start "
                       "anew, or go on with that one",
                       path);
    state_arrays(t, to);
    for (size_t i = 0; !code && i < STATES; i++) {
        const float *x;
        code = fk_tensors_find(&all, path, state_name[i], t->shape.n_params, 0, &x, err);
        for (size_t k = 0; !code && i == ADAM_V && k < t->shape.n_params; k++)
            if (x[k] < 0)
                code = fk_fail(err, FK_USAGE, "%s: tensor %s: it has a number below 0", path,
                               state_name[i]);
        if (!code) memcpy(to[i], x, t->shape.n_params * sizeof *x);
    }
    if (!code) t->step = step;
    fk_tensors_free(&all);
    return code;
}
