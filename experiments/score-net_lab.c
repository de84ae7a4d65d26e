/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is measured of the network itself: its error by t, and its calibration. */
#include "experiments/score-net_lab.h"

#include <math.h>
#include <stdlib.h>

#include "core/cli.h"

fk_coeffs score_net_at(const score_net *q, double t)
{
    return fk_schedule_at(&q->schedule, t);
}

/* The time where sigma/s is this part of the size of the data, or the nearest end. */
static double time_of_noise(const score_net *q, double part)
{
    const fk_schedule *s = &q->schedule;
    const double lambda = -log(part * fk_mixture_size(q->mixture));
    const double top = fk_schedule_at(s, q->t_end).lambda, low = fk_schedule_at(s, s->t_max).lambda;
    if (lambda >= top) return q->t_end;
    return lambda <= low ? s->t_max : s->time_of(s, lambda);
}

int score_net_measure(score_net *q, fk_error *err)
{
    (void)err;
    const fk_field field = fk_model_field(q->network);
    const fk_score_rule rule = {.part = q->quick ? 0.5 : 0};
    const fk_schedule *s = &q->schedule;
    q->excess = fk_excess_over(q->mixture, s, &field, &rule, q->quick ? 16 : 64, q->threads);
    const double top = fk_schedule_at(s, q->t_end).lambda, low = fk_schedule_at(s, s->t_max).lambda;
    for (size_t i = 0; i < TIMES; i++) {
        const double u = (double)i / (TIMES - 1);
        q->t[i] = s->time_of(s, low + u * (top - low));
        if (i == 0) q->t[i] = s->t_max;
        if (i == TIMES - 1) q->t[i] = q->t_end;
    }
    fk_score_error_along(q->mixture, s, &field, &rule, TIMES, q->t, q->threads, q->at);
    /* g^2 dt = -2 sigma^2 dlambda, so that (1/2) int g^2 error dt is the integral of the excess
     * over lambda; by the trapezium rule */
    q->paths = 0;
    for (size_t i = 0; i < TIMES; i++)
        q->paths += (i % (TIMES - 1) ? 1 : 0.5) * q->at[i].excess * (top - low) / (TIMES - 1);
    static const double part[SHOWN] = {0.8, 0.3, 0.1};
    for (size_t i = 0; i < SHOWN; i++) {
        q->shown[i] = time_of_noise(q, part[i]);
        q->miscalibration[i] = NAN;
        if (q->mixture->dim > 1) continue;
        const fk_coeffs at = score_net_at(q, q->shown[i]);
        fk_marginal *p = fk_marginal_new(q->mixture, at.s, at.sigma);
        fk_calibration_of(p, &field, BINS, q->bin[i]);
        q->miscalibration[i] = fk_calibration_error(BINS, q->bin[i]);
        fk_marginal_free(p);
    }
    return FK_OK;
}
