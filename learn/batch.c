/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/batch.h"

#include <math.h>
#include <string.h>

#include "learn/streams.h"

double fk_net_weight_at(const fk_train_config *c, const fk_coeffs *at, double q)
{
    const double snr = at->s * at->s / (at->sigma * at->sigma);
    switch (c->weight) {
    case FK_WEIGHT_UNIFORM:
        return 1 / (q * q);
    case FK_WEIGHT_MIN_SNR:
        return snr < c->gamma ? 1 : c->gamma / snr;
    case FK_WEIGHT_LIKELIHOOD:
        return at->g2 / (at->sigma * at->sigma);
    default:
        return 1;
    }
}

/* The t of sample i: t or lambda even over the usable interval, in as many strata as samples. */
static double time_of(const fk_train_config *c, const fk_schedule *schedule, double shift, size_t i)
{
    const double u = ((double)i + shift) / (double)c->batch;
    if (!c->even_in_lambda) return schedule->t_min + u * (schedule->t_max - schedule->t_min);
    const double top = fk_schedule_at(schedule, schedule->t_min).lambda;
    const double low = fk_schedule_at(schedule, schedule->t_max).lambda;
    return schedule->time_of(schedule, top + u * (low - top));
}

void fk_batch_fill(const fk_model_config *m, const fk_train_config *c, const fk_schedule *schedule,
                   const fk_data *data, size_t step, size_t first, fk_batch *b)
{
    const size_t dim = m->dim, n = b->n;
    const double shift = fk_random_uniform((fk_key){c->seed, FK_STREAM_TIMES}, 0, step, 0);
    fk_random_normals((fk_key){c->seed, FK_STREAM_EPS}, first, step,
                      (fk_block){b->normals, n, dim, n});
    const bool denoising = c->objective == FK_OBJECTIVE_DSM;
    b->rest = 0;
    for (size_t p = 0; p < n; p++) {
        const size_t i = first + p;
        b->weight[p] = b->pull[p] = 0;
        if (i >= c->batch) continue; /* input and target keep what they had: finite numbers */
        const double t = time_of(c, schedule, shift, i);
        const fk_coeffs at = fk_schedule_at(schedule, t);
        const fk_net_reading read = fk_model_reading(m, at.s, at.sigma);
        const double w = fk_net_weight_at(c, &at, read.q) / (double)c->batch;
        b->weight[p] = (float)(w * read.q * read.q);
        if (!denoising) { /* w (|eps|^2 - 2 sigma div eps + dim), eps = p x + q F */
            b->pull[p] = (float)(-2 * w * at.sigma * read.q * read.scale);
            b->rest += w * (double)dim * (1 - 2 * at.sigma * read.p);
        }
        data->draw(data->self, (uint64_t)step * c->batch + i, b->x0);
        for (size_t j = 0; j < dim; j++) {
            const double eps = b->normals[j * n + p], x = at.s * b->x0[j] + at.sigma * eps;
            b->input[j * b->ld + p] = (float)(read.scale * x);
            b->target[j * n + p] = (float)(((denoising ? eps : 0) - read.p * x) / read.q);
        }
        fk_model_features(m, m->time == FK_TIME_T ? t : at.lambda, b->input + dim * b->ld + p,
                          b->ld);
    }
}
