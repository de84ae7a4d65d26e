/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/shape.h"

#include <assert.h>

fk_shape fk_shape_new(size_t inputs, size_t n_hidden, const size_t *hidden, size_t outputs)
{
    assert(n_hidden >= 1 && n_hidden <= FK_MAX_HIDDEN);
    fk_shape s = {.n_layers = n_hidden + 1};
    s.width[0] = inputs;
    for (size_t l = 0; l < n_hidden; l++) s.width[l + 1] = hidden[l];
    s.width[n_hidden + 1] = outputs;
    for (size_t l = 0; l < s.n_layers; l++) {
        s.weight[l] = s.n_params;
        s.bias[l] = s.weight[l] + s.width[l] * s.width[l + 1];
        s.n_params = s.bias[l] + s.width[l + 1];
    }
    return s;
}

size_t fk_shape_widest(const fk_shape *s)
{
    size_t widest = 0;
    for (size_t l = 1; l < s->n_layers; l++)
        if (s->width[l] > widest) widest = s->width[l];
    return widest;
}
