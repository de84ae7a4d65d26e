/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common_reverse.h"

#include <math.h>

#include "claims/sampling.h"

int fk_reverse_simulate(const fk_reverse_setting *set, const fk_reverse_run *run,
                        fk_snapshots **seen, fk_error *err)
{
    fk_plan plan;
    *seen = NULL;
    int status = fk_plan_new(set->axis, run->scheme, &plan, err);
    if (status) return status;
    fk_field exact = fk_mixture_field(set->mixture);
    fk_scaled scaled = {&exact, run->factor};
    fk_field wrong = fk_scaled_field(&scaled);
    *seen = fk_snapshots_new(set->rows, run->n, set->mixture->dim);
    fk_observer observer = fk_observe_snapshots(*seen);
    fk_run job = {.step = plan.step,
                  .n_steps = plan.n_steps,
                  .field = run->factor == 1.0 ? &exact : &wrong,
                  .start = run->start,
                  .noise = run->noise,
                  .n = run->n,
                  .observe_at = set->node,
                  .n_observe = set->rows,
                  .observer = &observer,
                  .n_observers = 1,
                  .threads = set->threads,
                  .progress = run->label};
    status = fk_integrate(&job, err);
    if (status) fk_snapshots_free(*seen), *seen = NULL;
    fk_plan_free(&plan);
    return status;
}

double fk_reverse_narrowest(const fk_mixture *mixture, const fk_axis *axis)
{
    double data = INFINITY, least = INFINITY;
    for (size_t i = 0; i < mixture->k * mixture->dim; i++) data = fmin(data, mixture->var[i]);
    for (size_t n = 0; n <= axis->n_steps; n++) {
        const fk_coeffs *c = &axis->node[n];
        least = fmin(least, c->s * c->s * data + c->sigma * c->sigma);
    }
    return sqrt(least);
}
