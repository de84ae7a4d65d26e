/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/gemm.h"
#include "core/noise.h"
#include "learn/silu_kernel.h"
#include "learn/streams.h"

static const char *const outputs[FK_N_OUTPUTS] = {"eps", "x0", "v", "score", "edm"};
static const char *const times[FK_N_TIMES] = {"lambda", "t"};

const char *fk_net_output_name(fk_net_output output)
{
    return outputs[output];
}

const char *fk_net_time_name(fk_net_time time)
{
    return times[time];
}

int fk_net_output_parse(const char *what, const char *word, fk_net_output *output, fk_error *err)
{
    for (int i = 0; i < FK_N_OUTPUTS; i++)
        if (strcmp(word, outputs[i]) == 0) return *output = (fk_net_output)i, FK_OK;
    return fk_fail(err, FK_USAGE, "%s %.40s: it is eps, x0, v, score or edm", what, word);
}

int fk_net_time_parse(const char *what, const char *word, fk_net_time *time, fk_error *err)
{
    for (int i = 0; i < FK_N_TIMES; i++)
        if (strcmp(word, times[i]) == 0) return *time = (fk_net_time)i, FK_OK;
    return fk_fail(err, FK_USAGE, "%s %.40s: it is lambda or t", what, word);
}

int fk_model_set_range(fk_model_config *c, fk_error *err)
{
    fk_schedule schedule;
    int code = fk_schedule_parse(c->schedule, &schedule, err);
    if (code) return code;
    c->range[0] = schedule.t_min, c->range[1] = schedule.t_max;
    for (size_t i = 0; c->time == FK_TIME_LAMBDA && i < 2; i++)
        c->range[i] = fk_schedule_at(&schedule, c->range[i]).lambda;
    return FK_OK;
}

int fk_model_defaults(const char *schedule, size_t dim, double data_rms, fk_model_config *c,
                      fk_error *err)
{
    *c = (fk_model_config){.dim = dim,
                           .frequencies = 8,
                           .n_hidden = 3,
                           .hidden = {128, 128, 128},
                           .data_rms = data_rms};
    if (strlen(schedule) >= FK_MAX_SPEC)
        return fk_fail(err, FK_USAGE, "schedule %.40s..: longer than %d characters", schedule,
                       FK_MAX_SPEC - 1);
    strcpy(c->schedule, schedule);
    return fk_model_set_range(c, err);
}

fk_shape fk_model_shape(const fk_model_config *c)
{
    return fk_shape_new(c->dim + 2 * c->frequencies, c->n_hidden, c->hidden, c->dim);
}

fk_net_reading fk_model_reading(const fk_model_config *c, double s, double sigma)
{
    assert(sigma > 0);
    const double rms = c->data_rms, size = s * s + sigma * sigma, r = sqrt(size);
    const double wide = s * s * rms * rms + sigma * sigma;
    fk_net_reading read = {.q = 1, .scale = 1 / sqrt(wide)};
    switch (c->output) {
    case FK_OUT_X0:
        read.p = 1 / sigma, read.q = -s / sigma;
        break;
    case FK_OUT_V:
        read.p = sigma / size, read.q = s / r;
        break;
    case FK_OUT_SCORE:
        read.q = -sigma / r;
        break;
    case FK_OUT_EDM:
        read.p = sigma / wide, read.q = -s * rms / sqrt(wide);
        break;
    default:
        break;
    }
    return read;
}

void fk_model_features(const fk_model_config *c, double time, fk_real *feature, size_t ld)
{
    const double u = (time - c->range[0]) / (c->range[1] - c->range[0]);
    double first[2], now[2] = {1, 0};
    fk_lane_turn(u / 4, &first[0], &first[1]);
    for (size_t j = 0; j < c->frequencies; j++) { /* one more turn by the first angle each time */
        const double next[2] = {now[0] * first[0] - now[1] * first[1],
                                now[1] * first[0] + now[0] * first[1]};
        for (size_t i = 0; i < 2; i++) feature[(2 * j + i) * ld] = (fk_real)(now[i] = next[i]);
    }
}

void fk_model_initialise(const fk_model_config *c, uint64_t seed, fk_real *param)
{
    const fk_shape s = fk_model_shape(c);
    const fk_key key = {seed, FK_STREAM_WEIGHTS};
    const size_t n = fk_pad(s.n_params);
    double *z = fk_alloc(n, sizeof *z);
    fk_random_normals(key, 0, 0, (fk_block){z, n, 1, n});
    memset(param, 0, s.n_params * sizeof *param);
    for (size_t l = 0; l < s.n_layers; l++) {
        const double sd = sqrt(2 / (double)s.width[l]) * (l + 1 < s.n_layers ? 1 : 0.1);
        for (size_t i = s.weight[l]; i < s.bias[l]; i++) param[i] = (fk_real)(sd * z[i]);
    }
    free(z);
}

fk_network_ops fk_model_ops(void)
{
    return (fk_network_ops){FK_CHOOSE_KERNEL(fk_gemm_float), FK_CHOOSE_KERNEL(fk_silu_forward),
                            FK_CHOOSE_KERNEL(fk_silu_backward)};
}

int fk_model_new(const fk_model_config *config, const float *param, fk_model **model, fk_error *err)
{
    fk_schedule schedule;
    *model = NULL;
    int code = fk_schedule_parse(config->schedule, &schedule, err);
    if (code) return code;
    fk_model *m = *model = fk_alloc(1, sizeof *m);
    *m = (fk_model){.config = *config,
                    .shape = fk_model_shape(config),
                    .schedule = schedule,
                    .ops = fk_model_ops()};
    m->param = fk_alloc(m->shape.n_params, sizeof *m->param);
    memcpy(m->param, param, m->shape.n_params * sizeof *param);
    return FK_OK;
}

void fk_model_free(fk_model *m)
{
    if (!m) return;
    json_decref(m->metadata);
    free(m->param);
    free(m);
}
