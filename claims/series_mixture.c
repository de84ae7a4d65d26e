/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series on a 1-D mixture, where the score is not linear: by quantiles pushed forward where the
 * scheme draws no noise. */
#include <math.h>
#include <stdio.h>

#include "analytic/history.h"
#include "analytic/node_facts.h"
#include "analytic/pushforward.h"
#include "claims/series.h"
#include "claims/setting.h"

/* The errors of the functionals, then W1. */
enum { W1 = FK_N_FUNCTIONALS, N_ERRORS };

static int deterministic(const fk_scheme *scheme, const fk_mixture *mixture, const fk_trial *trial,
                         const fk_functionals *functionals, const fk_marginal *start,
                         const fk_marginal *end, fk_law_record *record, fk_error *err)
{
    fk_stage history[FK_MAX_HISTORY];
    const fk_field field = fk_mixture_field(mixture);
    fk_pushforward run = {.step = trial->plan.step,
                          .n_steps = trial->plan.n_steps,
                          .field = &field,
                          .start = {.marginal = start},
                          .end = end,
                          .cells = 2000,
                          .threads = 1};
    if (trial->axis.past > 0) {
        run.history = history;
        run.depth = fk_history_stages(&trial->axis, scheme, 0, history);
    }
    fk_curve law;
    int status = fk_pushforward_run(&run, &law, err);
    if (status != FK_OK) return status;
    *record = fk_curve_compare(&law, end, functionals);
    fk_curve_free(&law);
    return FK_OK;
}

static int run_once(const fk_scheme *scheme, const fk_mixture *mixture, const fk_trial *trial,
                    fk_law_record *record, fk_error *err)
{
    const fk_coeffs *first = trial->axis.node, *last = first + trial->plan.n_steps;
    fk_marginal *start = fk_marginal_new(mixture, first->s, first->sigma);
    fk_marginal *end = fk_marginal_new(mixture, last->s, last->sigma);
    fk_functionals functionals = fk_functionals_new(end);
    int status;
    if (trial->plan.normals == 0)
        status = deterministic(scheme, mixture, trial, &functionals, start, end, record, err);
    else
        status = fk_fail(err, FK_USAGE, "this law is for schemes without noise");
    fk_marginal_free(start);
    fk_marginal_free(end);
    return status;
}

static void name_functionals(fk_series *out)
{
    static const char *const name[] = {"x", "x^2", "cos 2x"};
    for (int f = 0; f < FK_N_FUNCTIONALS; f++)
        if (f < FK_CDF)
            snprintf(out->name[f], sizeof out->name[f], "%s", name[f]);
        else
            snprintf(out->name[f], sizeof out->name[f], "cdf %d", f - FK_CDF + 1);
    snprintf(out->name[W1], sizeof out->name[W1], "W1");
}

int fk_series_mixture(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                      size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    *out = (fk_series){.levels = levels, .functionals = N_ERRORS};
    name_functionals(out);
    fk_mixture *mixture = fk_setting_mixture("three-1d");
    int status = FK_OK;
    for (size_t i = 0; i < levels && status == FK_OK; i++) {
        fk_trial trial;
        fk_law_record record;
        status = fk_trial_new(scheme, place, start, coarsest << i, mixture, &trial, err);
        if (status != FK_OK) break;
        status = run_once(scheme, mixture, &trial, &record, err);
        out->steps[i] = trial.plan.n_steps;
        out->evaluations[i] = trial.plan.evaluations;
        for (int f = 0; f < N_ERRORS && status == FK_OK; f++) {
            out->error[f][i] = f == W1 ? record.w1 : record.error[f];
            out->noise[f][i] = 2e-15; /* what is left of dp5 at 640 steps */
        }
        fk_trial_free(&trial);
    }
    fk_mixture_free(mixture);
    return status;
}
