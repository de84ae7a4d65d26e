/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside learn/: what a training step sees, made from counters. */
#ifndef FK_LEARN_BATCH_H
#define FK_LEARN_BATCH_H

#include "learn/train.h"

/* What the network is given and asked for, n columns: input (inputs, n), its rows ld apart. The
 * loss is rest + sum of weight |output - target|^2 + pull div, with target (outputs, n) in the
 * network's own output and div the divergence of output by input: of denoising, rest and pull are
 * 0. */
typedef struct {
    size_t n, ld;
    float *input, *target, *weight, *pull;
    double rest;
    double *normals, *x0; /* scratch: (dim, n), (dim) */
} fk_batch;

/* Columns first..first+n-1 of the batch of a step. Those behind the batch's end have weight 0. The
 * weights of a batch are divided by its size. */
void fk_batch_fill(const fk_model_config *, const fk_train_config *, const fk_schedule *,
                   const fk_data *, size_t step, size_t first, fk_batch *);

#endif
