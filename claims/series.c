/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claims/setting.h"

/* Only a scheme that draws noise follows a process with noise; its eta is its own parameter, else
 * that of the reverse SDE. */
static double eta_of(const fk_scheme *scheme, const fk_plan *plan)
{
    const fk_param *param = scheme->row.param;
    if (plan->normals == 0) return 0;
    for (size_t i = 0; param && param[i].key; i++) {
        if (strcmp(param[i].key, "eta") == 0) return scheme->param[i];
        if (strcmp(param[i].key, "eta2") == 0) return sqrt(scheme->param[i]);
    }
    return 1;
}

int fk_trial_new(const fk_scheme *scheme, const fk_place *place, fk_start_kind start, size_t n,
                 fk_facts_at *facts, fk_trial *trial, fk_error *err)
{
    *trial = (fk_trial){.schedule = fk_setting_schedule(place->schedule)};
    const fk_schedule *schedule = &trial->schedule;
    double t_start =
        isnan(place->lambda) ? schedule->t_max : schedule->time_of(schedule, place->lambda);
    int status =
        fk_axis_on_schedule(schedule, place->grid, n, t_start, place->t_end, &trial->axis, err);
    if (status == FK_OK && start == FK_EXACT_START && scheme->depth > 0)
        status = fk_axis_extend(&trial->axis, scheme->depth, err);
    if (status == FK_OK && scheme->needs & FK_FACTS) {
        trial->facts = fk_alloc(n + 1, sizeof *trial->facts);
        for (size_t i = 0; i < n; i++) trial->facts[i] = facts(&trial->axis.node[i]);
        trial->axis.facts = trial->facts;
    }
    if (status == FK_OK) status = fk_plan_new(&trial->axis, scheme, &trial->plan, err);
    if (status == FK_OK) trial->eta = eta_of(scheme, &trial->plan);
    if (status != FK_OK) fk_trial_free(trial);
    return status;
}

void fk_trial_free(fk_trial *trial)
{
    fk_plan_free(&trial->plan);
    fk_axis_free(&trial->axis);
    free(trial->facts);
    trial->facts = NULL;
}
