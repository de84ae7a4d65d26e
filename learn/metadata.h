/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configs of model and training as the metadata of files, and as records. */
#ifndef FK_LEARN_METADATA_H
#define FK_LEARN_METADATA_H

#include <jansson.h>

#include "learn/train.h"

/* A new object of words and numbers: all that makes a training but its data. Two trainings on the
 * same data are one where these are equal. */
json_t *fk_metadata_of_training(const fk_model_config *, const fk_train_config *);

/* A new object: "format", the model, and what `more` (or NULL) has beside these. */
json_t *fk_metadata_of_model(const char *format, const fk_model_config *, const json_t *more);
void fk_metadata_add_training(json_t *, const fk_train_config *, size_t step);

/* FK_USAGE with path and key where the format is another, a key is missing or has no such value. */
int fk_metadata_model(const char *path, const char *format, const json_t *, fk_model_config *,
                      fk_error *err) FK_CHECKED;
int fk_metadata_training(const char *path, const json_t *, fk_train_config *, size_t *step,
                         fk_error *err) FK_CHECKED;

#endif
