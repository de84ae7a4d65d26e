/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/moments_lab.h"

#include <math.h>

#include "analytic/draws.h"
#include "claims/forward_step.h"
#include "core/observe.h"

const fk_moment_terms moments_terms[CURVES] = {
    {1, 2, false}, {0.5, 2, false}, {1, 1, false}, {1, 2, true}, {0, 0, false}};

void moments_closed(const moments *q, moments_of *o)
{
    const double cumulant = q->data_fourth - 3 * q->data_var * q->data_var;
    for (size_t j = 0; j <= STEPS; j++) {
        o->t[j] = j == 0       ? o->schedule.t_min
                  : j == STEPS ? o->schedule.t_max
                               : fk_forward_time(&o->schedule, j, STEPS);
        const fk_coeffs c = fk_schedule_at(&o->schedule, o->t[j]);
        const double s2 = c.s * c.s, var = s2 * q->data_var + c.sigma * c.sigma;
        o->mean[j] = c.s * q->data_mean;
        o->var[j] = var;
        o->spread[j] = sqrt(2 + s2 * s2 * cumulant / (var * var));
    }
}

void moments_solve(moments_of *o)
{
    for (size_t k = 0; k < CURVES; k++) {
        o->ode_mean[k][0] = o->mean[0];
        o->ode_var[k][0] = o->var[0];
        fk_moment_odes_path(&o->schedule, moments_terms[k], STEPS + 1, o->t, o->ode_mean[k],
                            o->ode_var[k]);
    }
}

int moments_simulate(const moments *q, moments_of *o, fk_error *err)
{
    fk_step step[STEPS];
    size_t at[SEEN + 1];
    for (size_t j = 0; j < STEPS; j++)
        step[j] = fk_forward_step(&o->schedule, o->t[j], o->t[j + 1], 1, 1);
    for (size_t j = 0; j <= SEEN; j++) at[j] = j * EVERY;
    const fk_coeffs c = fk_schedule_at(&o->schedule, o->t[0]);
    const fk_marginal_start start = {q->mixture, c.s, c.sigma, q->seed};
    const fk_field field = fk_no_score(1);
    const fk_key key = {q->seed, FK_STREAM_STEPS};
    fk_moments *seen = fk_moments_new(SEEN + 1, 1);
    const fk_observer observer = fk_observe_moments(seen);
    const fk_run run = {.step = step,
                        .n_steps = STEPS,
                        .field = &field,
                        .start = fk_source_marginal(&start),
                        .noise = fk_noise_independent(&key, field.dim),
                        .n = q->n,
                        .observe_at = at,
                        .n_observe = SEEN + 1,
                        .observer = &observer,
                        .n_observers = 1,
                        .threads = q->threads};
    int status = fk_integrate(&run, err);
    for (size_t j = 0; j <= SEEN && !status; j++) {
        o->seen_mean[j] = fk_moments_mean(seen, j, 0);
        o->seen_var[j] = fk_moments_variance(seen, j, 0);
    }
    fk_moments_free(seen);
    return status;
}

double moments_mean_error(const moments *q, const moments_of *o, size_t j)
{
    return sqrt(o->var[j] / (double)q->n);
}

double moments_var_error(const moments *q, const moments_of *o, size_t j)
{
    return o->var[j] * o->spread[j] / sqrt((double)q->n);
}
