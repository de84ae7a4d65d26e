/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the network's gradients share: a small network and a batch for it, in double.
 */
#ifndef FK_TESTS_NETWORK_BATCH_H
#define FK_TESTS_NETWORK_BATCH_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/noise.h"
#include "learn/model.h"
#include "tests/suite.h"

enum { COLUMNS = 48, DIM = 2, INPUTS = DIM + 6 };
static const size_t hidden[] = {11, 19, 7};
static const char *const group[] = {"W0", "b0", "W1", "b1", "W2", "b2", "W3", "b3"};

static inline double normal(uint64_t stream, uint64_t i)
{
    double z[2 * FK_LANES];
    fk_random_normals((fk_key){2385, FK_STREAM_USER + stream}, i, 0, (fk_block){z, 16, 1, 16});
    return z[0];
}

/* A batch of noised points at mixed levels, of a model with any output. */
typedef struct {
    fk_model_config config;
    fk_shape shape;
    double *param, input[INPUTS * COLUMNS], target[DIM * COLUMNS], weight[COLUMNS];
    double x[DIM * COLUMNS], eps[DIM * COLUMNS], w[COLUMNS], sigma[COLUMNS];
    fk_net_reading read[COLUMNS];
} batch;

static inline batch *batch_new(fk_net_output output)
{
    fk_error err = {0};
    batch *b = fk_alloc(1, sizeof *b);
    ck_assert_int_eq(fk_model_defaults("vp-linear", DIM, 1.385, &b->config, &err), FK_OK);
    b->config.frequencies = (INPUTS - DIM) / 2;
    memcpy(b->config.hidden, hidden, sizeof hidden);
    b->config.output = output;
    b->shape = fk_model_shape(&b->config);
    b->param = fk_alloc(b->shape.n_params, sizeof *b->param);
    for (size_t i = 0; i < b->shape.n_params; i++) b->param[i] = 0.37 * normal(0, i);
    for (size_t p = 0; p < COLUMNS; p++) {
        fk_schedule vp;
        ck_assert_int_eq(fk_schedule_parse("vp-linear", &vp, &err), FK_OK);
        const fk_coeffs c = fk_schedule_at(&vp, 0.061 + 0.0187 * (double)p);
        float feature[INPUTS];
        fk_model_features(&b->config, c.lambda, feature, 1);
        b->read[p] = fk_model_reading(&b->config, c.s, c.sigma);
        b->sigma[p] = c.sigma;
        b->w[p] = 0.31 + 0.013 * (double)p;
        const double q = b->read[p].q;
        b->weight[p] = b->w[p] * q * q;
        for (size_t j = DIM; j < INPUTS; j++) b->input[j * COLUMNS + p] = feature[j - DIM];
        for (size_t i = 0; i < DIM; i++) {
            const size_t at = i * COLUMNS + p;
            b->eps[at] = normal(1, at);
            b->x[at] = c.s * 1.385 * normal(2, at) + c.sigma * b->eps[at];
            b->input[at] = b->read[p].scale * b->x[at];
            b->target[at] = (b->eps[at] - b->read[p].p * b->x[at]) / q;
        }
    }
    return b;
}

static inline void batch_free(batch *b)
{
    free(b->param);
    free(b);
}

/* |a - b| / |b| over the parameters of group k: W and b of each layer in turn. */
static inline double off(const fk_shape *s, size_t k, const double *a, const double *b)
{
    const size_t l = k / 2, from = k % 2 ? s->bias[l] : s->weight[l];
    const size_t to = k % 2 ? from + s->width[l + 1] : s->bias[l];
    double gap = 0, size = 0;
    for (size_t i = from; i < to; i++) gap += (a[i] - b[i]) * (a[i] - b[i]), size += b[i] * b[i];
    return sqrt(gap / size);
}

#endif
