/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/series.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/node_facts.h"
#include "claims/setting.h"

/* Only a scheme that draws noise follows a process with noise; its eta is its own parameter, else
 * that of the reverse SDE. */
static double eta_of(const fk_scheme *scheme, const fk_plan *plan)
{
    const size_t eta = fk_scheme_param(scheme, "eta"), eta2 = fk_scheme_param(scheme, "eta2");
    if (plan->normals == 0) return 0;
    if (eta < FK_MAX_PARAMS) return scheme->param[eta];
    return eta2 < FK_MAX_PARAMS ? sqrt(scheme->param[eta2]) : 1;
}

/* On one Gaussian E|x_0 - x0hat|^2 = sigma^2 v/V, the score is -(x - M)/V, and E|z| = sqrt(2/pi):
 * exact, and quick. */
static void facts_of(const fk_mixture *data, const fk_coeffs *node, size_t n, fk_node_facts *facts)
{
    if (data->dim > 1 || data->k > 1) {
        fk_node_facts_of(data, node, n, facts);
        return;
    }
    const double v = data->var[0], half_normal = sqrt(2 / FK_PI);
    for (size_t i = 0; i < n; i++) {
        const double noise = node[i].sigma * node[i].sigma, V = node[i].s * node[i].s * v + noise;
        facts[i] = (fk_node_facts){noise * v / V, half_normal / sqrt(V), half_normal};
    }
}

/* Facts and plan on the axis of a trial; all is freed where something failed. */
static int complete(const fk_scheme *scheme, int status, const fk_mixture *data, fk_trial *trial,
                    fk_error *err)
{
    const size_t n = trial->axis.n_steps;
    if (status == FK_OK && scheme->needs & FK_FACTS) {
        trial->facts = fk_alloc(n + 1, sizeof *trial->facts);
        facts_of(data, trial->axis.node, n, trial->facts);
        trial->axis.facts = trial->facts;
    }
    if (status == FK_OK) status = fk_plan_new(&trial->axis, scheme, &trial->plan, err);
    if (status == FK_OK) trial->eta = eta_of(scheme, &trial->plan);
    if (status != FK_OK) fk_trial_free(trial);
    return status;
}

/* An uneven axis: a uniform one, of which of every seven nodes the fourth and seventh are left out,
 * and so before the start. */
static int uneven(const fk_schedule *schedule, const fk_place *place, double t_start, bool before,
                  size_t n, fk_axis *axis, fk_error *err)
{
    assert(n % 5 == 0);
    const long steps = (long)n / 5 * 7, past = before ? 7 : 0;
    int status =
        fk_axis_on_schedule(schedule, "lambda", (size_t)steps, t_start, place->t_end, axis, err);
    if (status == FK_OK && before) status = fk_axis_extend(axis, (size_t)past, err);
    if (status != FK_OK) return status;
    double *t = axis->t - past;
    fk_coeffs *node = axis->node - past;
    size_t kept = 0;
    for (long i = -past; i <= steps; i++) {
        if ((i + past) % 7 == 3 || (i + past) % 7 == 6) continue;
        t[kept] = axis->t[i];
        node[kept++] = axis->node[i];
    }
    axis->past = before ? 5 : 0;
    axis->n_steps = n;
    axis->t = t + axis->past;
    axis->node = node + axis->past;
    return FK_OK;
}

int fk_trial_new(const fk_scheme *scheme, const fk_place *place, fk_start_kind start, size_t n,
                 const fk_mixture *data, fk_trial *trial, fk_error *err)
{
    *trial = (fk_trial){.schedule = fk_setting_schedule(place->schedule)};
    const fk_schedule *schedule = &trial->schedule;
    double t_start =
        isnan(place->lambda) ? schedule->t_max : schedule->time_of(schedule, place->lambda);
    const size_t past = start == FK_EXACT_START ? scheme->depth : 0;
    int status;
    if (strcmp(place->grid, FK_UNEVEN) == 0) {
        status = uneven(schedule, place, t_start, past > 0, n, &trial->axis, err);
    } else {
        status =
            fk_axis_on_schedule(schedule, place->grid, n, t_start, place->t_end, &trial->axis, err);
        if (status == FK_OK && past > 0) status = fk_axis_extend(&trial->axis, past, err);
    }
    return complete(scheme, status, data, trial, err);
}

int fk_trial_on_chain(const fk_scheme *scheme, const char *spec, size_t n, const fk_mixture *data,
                      fk_trial *trial, fk_error *err)
{
    *trial = (fk_trial){.eta = 0};
    char text[96];
    fk_chain chain;
    snprintf(text, sizeof text, "%s:T=%zu", spec, n);
    int status = fk_chain_parse(text, &chain, err);
    if (status != FK_OK) return status;
    status = fk_axis_on_chain(&chain, "trailing", n, &trial->axis, err);
    fk_chain_free(&chain);
    return complete(scheme, status, data, trial, err);
}

void fk_trial_free(fk_trial *trial)
{
    fk_plan_free(&trial->plan);
    fk_axis_free(&trial->axis);
    free(trial->facts);
    trial->facts = NULL;
}

fk_draws fk_draws_of(const fk_scheme *scheme)
{
    /* all noise scales: churn keeps to a window of them */
    const fk_place place = {"vp-linear", "lambda", NAN, 1e-3};
    const fk_mixture any = {.dim = 1, .k = 1, .var = (double[]){1}};
    fk_draws out = {0, false};
    fk_trial trial;
    fk_error err;
    if (fk_trial_new(scheme, &place, FK_SELF_START, 32, &any, &trial, &err) != FK_OK) return out;
    out.normals = trial.plan.normals;
    for (size_t n = 0; n < trial.plan.n_steps; n++)
        for (size_t l = 0; l < trial.plan.step[n].normals; l++)
            out.fresh = out.fresh || trial.plan.step[n].kernel[l] == FK_FRESH;
    fk_trial_free(&trial);
    return out;
}
