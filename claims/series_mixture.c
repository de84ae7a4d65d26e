/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series on a 1-D mixture, where the score is not linear. */
#include <math.h>
#include <stdio.h>

#include "claims/series.h"
#include "claims/setting.h"

/* The errors of the functionals, then W1. */
enum { W1 = FK_N_FUNCTIONALS, N_ERRORS };

/* What is left of dp5 at 640 steps. */
static const double ROUNDING = 2e-15;

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
        trial.check = true;
        status = fk_trial_law(scheme, mixture, &trial, NULL, &record, err);
        out->steps[i] = trial.plan.n_steps;
        out->evaluations[i] = trial.plan.evaluations;
        for (int f = 0; f < N_ERRORS && status == FK_OK; f++) {
            out->error[f][i] = f == W1 ? record.w1 : record.error[f];
            out->noise[f][i] = ROUNDING;
        }
        if (status == FK_OK && isnan(record.w1)) { /* expectations only */
            out->functionals = W1;
            for (int f = 0; f < W1; f++) out->noise[f][i] = record.accuracy;
        }
        fk_trial_free(&trial);
    }
    fk_mixture_free(mixture);
    return status;
}
