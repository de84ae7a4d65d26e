/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers of a multilayer perceptron, and where each has its parameters in one flat array: layer
 * after layer, W (out, in) row by row and then b (out). */
#ifndef FK_LEARN_SHAPE_H
#define FK_LEARN_SHAPE_H

#include "core/base.h"

enum { FK_MAX_HIDDEN = 4, FK_MAX_WIDTH = 4096 };

typedef struct {
    size_t n_layers;                                           /* hidden + 1 */
    size_t width[FK_MAX_HIDDEN + 2];                           /* inputs, hidden layers, outputs */
    size_t weight[FK_MAX_HIDDEN + 1], bias[FK_MAX_HIDDEN + 1]; /* of layer l, from width[l] */
    size_t n_params;
} fk_shape;

/* 1 <= n_hidden <= FK_MAX_HIDDEN. */
fk_shape fk_shape_new(size_t inputs, size_t n_hidden, const size_t *hidden, size_t outputs);

/* The widest hidden layer. */
size_t fk_shape_widest(const fk_shape *);

#endif
