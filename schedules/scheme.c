/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedules/scheme.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int fk_scheme_parse(const char *spec, const fk_scheme *const *table, size_t n, fk_scheme *scheme,
                    fk_error *err)
{
    fk_row *row = fk_alloc(n, sizeof *row);
    for (size_t i = 0; i < n; i++) row[i] = table[i]->row;
    long i = fk_row_find(spec, "scheme", row, n, err);
    free(row);
    if (i < 0) return FK_USAGE;
    *scheme = *table[i];
    int status = fk_spec_params(spec, "scheme", scheme->row.param, scheme->param, err);
    if (status == FK_OK && scheme->check) status = scheme->check(scheme, err);
    if (status == FK_OK && scheme->prepare) scheme->prepare(scheme);
    return status;
}

double fk_smooth_order(const fk_scheme *scheme)
{
    return scheme->smooth_order > 0 ? scheme->smooth_order : scheme->weak_order;
}

size_t fk_scheme_param(const fk_scheme *scheme, const char *key)
{
    for (size_t i = 0; scheme->row.param && scheme->row.param[i].key; i++)
        if (strcmp(scheme->row.param[i].key, key) == 0) return i;
    return FK_MAX_PARAMS;
}

fk_coeffs fk_step_coeffs(const fk_step_at *at, double c)
{
    const fk_coeffs *node = at->axis->node + at->n;
    const double *t = at->axis->t + at->n;
    if (c == 0) return node[0];
    if (c == 1) return node[1];
    return fk_schedule_at(at->axis->schedule, fmax(t[0] + c * (t[1] - t[0]), t[1]));
}

size_t fk_step_evaluations(const fk_step *step)
{
    size_t n = 0;
    for (size_t i = 0; i < step->stages; i++) n += step->stage[i].q != 0;
    return n;
}

bool fk_step_draws(const fk_step *step)
{
    for (size_t l = 0; l < step->normals; l++) {
        if (step->result.c[l] != 0) return true;
        for (size_t i = 0; i < step->stages; i++)
            if (step->stage[i].y.c[l] != 0) return true;
    }
    return false;
}

int fk_plan_new(const fk_axis *axis, const fk_scheme *scheme, fk_plan *plan, fk_error *err)
{
    *plan = (fk_plan){.n_steps = 0};
    if (scheme->adaptive)
        return fk_fail(err, FK_USAGE,
                       "scheme '%s' is adaptive: it chooses its own steps and runs on "
                       "no grid",
                       scheme->row.name);
    if (!axis->schedule && scheme->needs & (FK_F_G2 | FK_LAMBDA_INVERSE))
        return fk_fail(
            err, FK_USAGE,
            "scheme '%s'%s needs %s, which a chain has not; take --schedule, "
            "or a scheme of nodes only, such as ddim",
            scheme->row.name,
            scheme->prepare && scheme->needs & FK_LAMBDA_INVERSE ? " with these parameters" : "",
            scheme->needs & FK_F_G2 ? "f and g^2" : "t(lambda)");
    if (!axis->facts && scheme->needs & FK_FACTS)
        return fk_fail(err, FK_USAGE,
                       "scheme '%s' needs expectations over the data at each node (posterior "
                       "variance, norm of the score), and this axis was given none",
                       scheme->row.name);

    plan->n_steps = axis->n_steps;
    plan->step = fk_alloc(axis->n_steps, sizeof *plan->step);
    for (size_t n = 0; n < axis->n_steps; n++) {
        fk_step *step = &plan->step[n];
        size_t past = axis->past + n;
        /* of lag 0, a first step pushes two, unless it was given the entry of node 0 */
        if (scheme->lag == 0 && axis->past == 0 && n > 0) past++;
        if (past > scheme->depth) past = scheme->depth;
        scheme->step(scheme, &(fk_step_at){.axis = axis, .n = n, .past = past}, step);
        assert(step->stages <= FK_MAX_STAGES && step->normals <= FK_MAX_NORMALS &&
               step->history <= FK_MAX_HISTORY);
        plan->evaluations += fk_step_evaluations(step);
        if (step->normals > plan->normals) plan->normals = step->normals;
        if (step->history > plan->history) plan->history = step->history;
    }
    return FK_OK;
}

void fk_plan_free(fk_plan *plan)
{
    free(plan->step);
    *plan = (fk_plan){.n_steps = 0};
}
