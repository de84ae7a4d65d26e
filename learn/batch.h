/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside learn/: what a training step sees, made from counters. */
#ifndef FK_LEARN_BATCH_H
#define FK_LEARN_BATCH_H

#include "learn/train.h"

/* What the network is given and asked for, n columns: input (inputs, n), target (outputs, n) in the
 * network's own output, weight (n). */
typedef struct {
    size_t n;
    float *input, *target, *weight;
    double *normals, *x0; /* scratch: (dim, n), (dim) */
} fk_batch;

/* Columns first..first+n-1 of the batch of a step. Those behind the batch's end have weight 0. The
 * weights of a batch are divided by its size. */
void fk_batch_fill(const fk_model_config *, const fk_train_config *, const fk_schedule *,
                   const fk_data *, size_t step, size_t first, fk_batch *);

#endif
