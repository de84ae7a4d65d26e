/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network as a score field. Freezing folds the features, which depend on (s, sigma) alone, into
 * the first layer's biases. Blocks go through in tiles that the first-level cache holds. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/model.h"

enum {
    TILE = 3 * FK_LANES,
    STACK = 2 * 256 * TILE /* floats; wider layers get their scratch from the heap, once a block */
};

typedef struct {
    const fk_model *model;
    double scale, p, q; /* score = p x + q F */
    float bias[];       /* (hidden[0]) */
} frozen_model;

/* lambda, or the t where the schedule has it; beyond the interval of training, its end. */
static double place(const fk_model *m, double s, double sigma)
{
    const double lambda = log(s / sigma), *range = m->config.range;
    if (m->config.time == FK_TIME_LAMBDA) return lambda;
    if (!(lambda < fk_schedule_at(&m->schedule, range[0]).lambda)) return range[0];
    if (!(lambda > fk_schedule_at(&m->schedule, range[1]).lambda)) return range[1];
    return m->schedule.time_of(&m->schedule, lambda);
}

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_model *m = self;
    const fk_shape *shape = &m->shape;
    const size_t dim = m->config.dim, in = shape->width[0], out = shape->width[1];
    const fk_net_reading read = fk_model_reading(&m->config, s, sigma);
    frozen_model *f = frozen;
    *f = (frozen_model){m, read.scale, -read.p / sigma, -read.q / sigma};
    float feature[2 * FK_MAX_FREQUENCIES];
    fk_model_features(&m->config, place(m, s, sigma), feature, 1);
    for (size_t r = 0; r < out; r++) {
        const float *w = m->param + shape->weight[0] + r * in + dim;
        double sum = m->param[shape->bias[0] + r];
        for (size_t j = 0; j < in - dim; j++) sum += (double)w[j] * feature[j];
        f->bias[r] = (float)sum;
    }
}

/* The layers behind the input (rows, n), the first rows of the network's, with the first layer's
 * biases; a and b (widest, n) in turn. Returns the output. */
static const float *run(const fk_model *m, size_t rows, const float *bias, size_t n,
                        const float *input, float *a, float *b)
{
    const fk_shape *s = &m->shape;
    const size_t last = s->n_layers - 1;
    for (size_t l = 0; l <= last; l++) {
        const size_t in = l == 0 ? rows : s->width[l], out = s->width[l + 1];
        float *h = l % 2 ? b : a;
        m->ops.gemm(false, false, out, n, in, m->param + s->weight[l], s->width[l], input, n, false,
                    h, n);
        if (l == last) return h;
        m->ops.silu_forward(out, n, 0, l == 0 ? bias : m->param + s->bias[l], h, NULL);
        input = h;
    }
    return input;
}

static size_t scratch_rows(const fk_model *m)
{
    const size_t widest = fk_shape_widest(&m->shape), in = m->shape.width[0];
    return widest > in ? widest : in;
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self;
    const frozen_model *f = frozen;
    const fk_model *m = f->model;
    const size_t dim = m->config.dim, last = m->shape.n_layers - 1;
    const size_t rows = scratch_rows(m);
    const float *shift = m->param + m->shape.bias[last];
    _Alignas(FK_ALIGN) float stack[STACK];
    float *a = 2 * rows * TILE <= STACK ? stack : fk_alloc(2 * rows * TILE, sizeof *a);
    float *b = a + rows * TILE;
    for (size_t from = 0; from < x.n; from += TILE) {
        const size_t n = x.n - from < TILE ? x.n - from : TILE;
        for (size_t i = 0; i < dim; i++)
            for (size_t p = 0; p < n; p++)
                b[i * n + p] = (float)(f->scale * x.x[i * x.ld + from + p]);
        const float *out = run(m, dim, f->bias, n, b, a, b);
        for (size_t i = 0; i < dim; i++)
            for (size_t p = 0; p < n; p++) {
                const double read = out[i * n + p] + (double)shift[i];
                score.x[i * score.ld + from + p] = f->p * x.x[i * x.ld + from + p] + f->q * read;
            }
    }
    if (a != stack) free(a);
}

/* h -> W h + b in double; the tangent goes without the bias. */
static void layer(const fk_shape *s, const float *param, size_t l, const double *h, bool tangent,
                  double *z)
{
    const size_t in = s->width[l], out = s->width[l + 1];
    for (size_t r = 0; r < out; r++) {
        const float *w = param + s->weight[l] + r * in;
        z[r] = tangent ? 0 : param[s->bias[l] + r];
        for (size_t j = 0; j < in; j++) z[r] += (double)w[j] * h[j];
    }
}

/* One pass forward with a tangent for each coordinate, whose sum is sum_i dF_i/dx_i. */
double fk_model_at(const fk_model *m, double s, double sigma, const double *x, double *score)
{
    const fk_shape *shape = &m->shape;
    const size_t dim = m->config.dim, in = shape->width[0];
    const fk_net_reading read = fk_model_reading(&m->config, s, sigma);
    size_t widest = fk_shape_widest(shape);
    if (widest < in) widest = in;
    double *h = fk_alloc(2 * (dim + 1) * widest, sizeof *h), *z = h + (dim + 1) * widest;
    float feature[2 * FK_MAX_FREQUENCIES];
    fk_model_features(&m->config, place(m, s, sigma), feature, 1);
    for (size_t i = 0; i < dim; i++) {
        h[i] = read.scale * x[i];
        h[(i + 1) * widest + i] = read.scale;
    }
    for (size_t j = dim; j < in; j++) h[j] = feature[j - dim];
    for (size_t l = 0; l < shape->n_layers; l++) {
        for (size_t i = 0; i <= dim; i++)
            layer(shape, m->param, l, h + i * widest, i > 0, z + i * widest);
        for (size_t r = 0; l + 1 < shape->n_layers && r < shape->width[l + 1]; r++) {
            const double u = z[r], g = 1 / (1 + exp(-u)), slope = g + u * g * (1 - g);
            z[r] = u * g;
            for (size_t i = 1; i <= dim; i++) z[i * widest + r] *= slope;
        }
        double *swap = h;
        h = z, z = swap;
    }
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        sum += h[(i + 1) * widest + i];
        if (score) score[i] = -(read.p * x[i] + read.q * h[i]) / sigma;
    }
    free(h < z ? h : z);
    return -((double)dim * read.p + read.q * sum) / sigma;
}

static double divergence_of(const void *self, double s, double sigma, const double *x)
{
    return fk_model_at(self, s, sigma, x, NULL);
}

/* The same with features for every lane, as the network was trained. */
static void eval_each(const void *self, const double *s, const double *sigma, fk_block x,
                      fk_block score, double *divergence)
{
    const fk_model *m = self;
    const size_t dim = m->config.dim, last = m->shape.n_layers - 1, rows = scratch_rows(m);
    const float *shift = m->param + m->shape.bias[last];
    _Alignas(FK_ALIGN) float stack[STACK];
    float *a = 2 * rows * TILE <= STACK ? stack : fk_alloc(2 * rows * TILE, sizeof *a);
    float *b = a + rows * TILE;
    double *point = fk_alloc(dim, sizeof *point);
    for (size_t from = 0; from < x.n; from += TILE) {
        const size_t n = x.n - from < TILE ? x.n - from : TILE;
        fk_net_reading read[TILE];
        for (size_t p = 0; p < n; p++) {
            const double here[2] = {s[from + p], sigma[from + p]};
            read[p] = fk_model_reading(&m->config, here[0], here[1]);
            for (size_t i = 0; i < dim; i++) {
                point[i] = x.x[i * x.ld + from + p];
                b[i * n + p] = (float)(read[p].scale * point[i]);
            }
            fk_model_features(&m->config, place(m, here[0], here[1]), b + dim * n + p, n);
            if (divergence) divergence[from + p] = fk_model_at(m, here[0], here[1], point, NULL);
        }
        const float *out = run(m, m->shape.width[0], m->param + m->shape.bias[0], n, b, a, b);
        for (size_t i = 0; i < dim; i++)
            for (size_t p = 0; p < n; p++) {
                const double f = out[i * n + p] + (double)shift[i];
                score.x[i * score.ld + from + p] =
                    -(read[p].p * x.x[i * x.ld + from + p] + read[p].q * f) / sigma[from + p];
            }
    }
    free(point);
    if (a != stack) free(a);
}

fk_field fk_model_field(const fk_model *m)
{
    return (fk_field){.self = m,
                      .dim = m->config.dim,
                      .frozen_size = sizeof(frozen_model) + m->shape.width[1] * sizeof(float),
                      .freeze = freeze,
                      .eval = eval,
                      .divergence = divergence_of,
                      .eval_each = eval_each};
}
