/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks and trainings as files. A weights file holds the tensors layers.L.weight (out, in) and
 * layers.L.bias (out), in the metadata the whole of fk_model_config, so that anybody can build the
 * network from it, and what else the writer tells: `fokker train` has "mixture" there, the name of
 * the data, and "mixture_definition", what that name stood for (analytic/mixture_json.h, as text).
 * A checkpoint holds the state of a training as flat arrays (param, adam.m, adam.v, ema) with the
 * config of model and training and the step: resumed, it goes on to the same bits. It has a
 * "checksum", and "first_step", a hash of what the first step made of the training: a build that
 * makes something else of it would go on to other bits, and refuses it. */
#ifndef FK_LEARN_WEIGHTS_H
#define FK_LEARN_WEIGHTS_H

#include "learn/safetensors.h"
#include "learn/train.h"

/* more: an object of strings added to the metadata, or NULL; borrowed. */
int fk_weights_write(const char *path, const fk_model_config *, const float *param,
                     const json_t *more, fk_error *err) FK_CHECKED;
/* The average of a training, with the config of the training as well. */
int fk_weights_write_trained(const char *path, const fk_trainer *, const json_t *more,
                             fk_error *err) FK_CHECKED;
/* With its metadata. */
int fk_weights_read(const char *path, fk_model **, fk_error *err) FK_CHECKED;

/* Of a training that has begun. */
int fk_checkpoint_write(const char *path, const fk_trainer *, const json_t *more,
                        fk_error *err) FK_CHECKED;
/* Set the "checksum" of metadata and tensors: FNV-1a over names and numbers of the tensors, and
 * over the other metadata as JSON, without blanks, their keys in order. */
void fk_checkpoint_seal(json_t *metadata, const fk_tensor *, size_t n);
/* Whether a file says that it is one. */
bool fk_checkpoint_claimed(const char *path);
/* What it says of model and training, and the metadata; then, in a trainer made of these, its state
 * and step. FK_USAGE where it is damaged; to restore, also where the trainer's first step, which is
 * done if it has not been, is not that of the file. */
int fk_checkpoint_read(const char *path, fk_model_config *, fk_train_config *, json_t **more,
                       fk_error *err) FK_CHECKED;
int fk_checkpoint_restore(const char *path, fk_trainer *, fk_error *err) FK_CHECKED;

#endif
