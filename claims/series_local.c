/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series of the local strong error on a mixture: one step against the exact process on the same
 * path. Strong order p asks for a root mean square of h^(p + 1/2) and a mean of h^(p + 1) (Milstein
 * 1987); over sqrt(h) and h both read p. */
#include <float.h>
#include <math.h>

#include "analytic/strong_law.h"
#include "claims/series.h"
#include "claims/setting.h"

enum { PATHS = 2048 };

int fk_series_local(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                    size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    (void)start;
    *out = (fk_series){.levels = levels, .functionals = 2, .name = {"rms", "mean"}};
    fk_mixture *mixture = fk_setting_mixture("three-1d");
    fk_trial trial;
    const fk_place anywhere = {place->schedule, "lambda", place->lambda, place->t_end};
    int status = fk_trial_new(scheme, &anywhere, FK_SELF_START, 2, mixture, &trial, err);
    if (status == FK_OK) {
        const double t = trial.axis.t[0];
        double h[FK_MAX_LEVELS];
        fk_strong_error error[FK_MAX_LEVELS];
        for (size_t i = 0; i < levels; i++) h[i] = t / (double)(coarsest << i);
        const fk_strong_problem problem = {.data = mixture,
                                           .schedule = &trial.schedule,
                                           .scheme = scheme,
                                           .eta = trial.eta,
                                           .paths = PATHS,
                                           .seed = 1};
        if (trial.plan.normals == 0)
            status = fk_fail(err, FK_USAGE, "this test is for schemes that draw noise");
        else
            status = fk_strong_law(&problem, t, h, levels, error, err);
        for (size_t i = 0; i < levels && status == FK_OK; i++) {
            out->steps[i] = coarsest << i;
            out->evaluations[i] = trial.plan.evaluations / 2;
            out->error[0][i] = error[i].rms / sqrt(h[i]);
            out->error[1][i] = error[i].mean / h[i];
            out->noise[0][i] = 4 * DBL_EPSILON / sqrt(h[i]);
            out->noise[1][i] = 4 * DBL_EPSILON / h[i];
        }
        if (status == FK_OK && isnan(error[0].mean)) out->functionals = 1; /* not known here */
        fk_trial_free(&trial);
    }
    fk_mixture_free(mixture);
    return status;
}
