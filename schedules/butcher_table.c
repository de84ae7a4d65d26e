/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>

#include "schedules/butcher.h"

/* The worse of a difference so far and |is - should|, relative to should where that is not 0. */
static double worse(double worst, double is, double should)
{
    fk_worst(&worst, fabs(is - should) / (should != 0 ? fabs(should) : 1));
    return worst;
}

/* What a combination has beside the state and the outputs of this step. */
static bool has_more(const fk_combination *y)
{
    for (size_t l = 0; l < FK_MAX_NORMALS; l++)
        if (y->c[l] != 0) return true;
    for (size_t h = 0; h < FK_MAX_HISTORY; h++)
        if (y->d[h] != 0) return true;
    return false;
}

double fk_butcher_of_table(const fk_axis *axis, size_t n, const fk_step *step, fk_butcher *rk)
{
    const fk_schedule *schedule = axis->schedule;
    assert(schedule && n < axis->n_steps && step->stages <= FK_MAX_STAGES);
    const double t = axis->t[n], dt = axis->t[n + 1] - t;
    double off = worse(has_more(&step->result), step->result.a, 1);
    *rk = (fk_butcher){.stages = step->stages};
    for (size_t i = 0; i < step->stages; i++) {
        const fk_stage *stage = &step->stage[i];
        const double found = schedule->time_of(schedule, log(stage->s / stage->sigma));
        const double at = fmin(fmax(found, schedule->t_min), schedule->t_max);
        const fk_coeffs right = fk_schedule_at(schedule, at);
        rk->c[i] = (at - t) / dt;
        rk->b[i] = step->result.b[i] / dt;
        for (size_t j = 0; j < i; j++) rk->a[i][j] = stage->y.b[j] / dt;
        off = worse(worse(off, stage->s, right.s), stage->sigma, right.sigma);
        off = worse(worse(off, stage->p, right.f), stage->q, -right.g2 / 2);
        off = worse(worse(off, has_more(&stage->y), 0), stage->y.a, 1);
    }
    return off;
}
