/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks and trainings as files. A weights file holds the tensors layers.L.weight (out, in) and
 * layers.L.bias (out), in the metadata the whole of fk_model_config, so that anybody can build the
 * network from it, and what else the writer tells: `fokker train` has "mixture" there, the name of
 * the data, and "mixture_definition", what that name stood for (analytic/mixture_json.h, as text).
 * A checkpoint holds the state of a training as flat arrays (param, adam.m, adam.v, ema) with the
 * config of model and training and the step: resumed, it goes on to the same bits. */
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

int fk_checkpoint_write(const char *path, const fk_trainer *, const json_t *more,
                        fk_error *err) FK_CHECKED;
/* What it says of model and training, and the metadata; then, in a trainer made of these, its state
 * and step. */
int fk_checkpoint_read(const char *path, fk_model_config *, fk_train_config *, json_t **more,
                       fk_error *err) FK_CHECKED;
int fk_checkpoint_restore(const char *path, fk_trainer *, fk_error *err) FK_CHECKED;

#endif
