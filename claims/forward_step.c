/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/forward_step.h"

#include <math.h>

double fk_forward_time(const fk_schedule *schedule, size_t n, size_t steps)
{
    const double clean = fk_schedule_at(schedule, schedule->t_min).lambda;
    const double noisy = fk_schedule_at(schedule, schedule->t_max).lambda;
    const double t =
        schedule->time_of(schedule, clean + (noisy - clean) * (double)n / (double)steps);
    return fmin(fmax(t, schedule->t_min), schedule->t_max);
}

fk_step fk_forward_step(const fk_schedule *schedule, double t, double next, double f_factor,
                        double power)
{
    const double h = next - t;
    const fk_coeffs c[2] = {fk_schedule_at(schedule, t), fk_schedule_at(schedule, next)};
    fk_step step = {.stages = 2, .normals = 1, .kernel = {FK_W}};
    double g2[2];
    for (size_t i = 0; i < 2; i++) {
        g2[i] = power == 1 ? c[i].g2 : pow(c[i].g2, power);
        step.stage[i].y.a = 1;
        step.stage[i].s = c[i].s;
        step.stage[i].sigma = c[i].sigma;
        step.stage[i].p = f_factor * c[i].f;
        step.result.b[i] = h / 2;
    }
    step.stage[1].y.b[0] = h;
    step.stage[1].y.c[0] = sqrt(h * g2[0]);
    step.result.a = 1;
    step.result.c[0] = sqrt(h * (g2[0] + g2[1]) / 2);
    return step;
}

static void freeze_nothing(const void *self, double s, double sigma, void *frozen)
{
    (void)self, (void)s, (void)sigma, (void)frozen;
}

static void no_score(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self, (void)frozen;
    for (size_t i = 0; i < x.dim; i++)
        for (size_t p = 0; p < x.n; p++) score.x[i * score.ld + p] = 0;
}

fk_field fk_no_score(size_t dim)
{
    return (fk_field){.dim = dim, .frozen_size = 1, .freeze = freeze_nothing, .eval = no_score};
}
