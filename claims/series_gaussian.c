/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series on Gaussian data, where the law of every scheme is known exactly. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/gaussian_law.h"
#include "claims/limit_law.h"
#include "claims/series.h"

static const fk_gaussian data = {0.7385, 0.2385};

/* The same as a mixture, for the facts of nodes. */
static const fk_mixture mixture = {.name = "N(0.7385, 0.2385)",
                                   .dim = 1,
                                   .k = 1,
                                   .kind = FK_ISOTROPIC,
                                   .weight = (double[]){1},
                                   .mean = (double[]){0.7385},
                                   .var = (double[]){0.2385}};

/* Rounding: units in the last place of lambda's differences, of either sign from step to step, on
 * numbers of the size of 1. Schemes that are exact here show a third of it. */
static double rounding(size_t steps)
{
    return DBL_EPSILON * (8 + sqrt((double)steps));
}

static fk_gaussian_law start_of(const fk_scheme *scheme, const fk_trial *trial, fk_start_kind start)
{
    if (start == FK_EXACT_START) {
        const fk_history past = fk_history_exact(&trial->axis, scheme, trial->eta);
        return fk_gaussian_law_exact(data, trial->axis.node, &past);
    }
    return fk_gaussian_law_start(fk_gaussian_marginal(data, trial->axis.node));
}

static void read_weak(const fk_scheme *scheme, const fk_trial *trial, fk_start_kind start, size_t i,
                      fk_series *out)
{
    const size_t n = trial->plan.n_steps;
    fk_gaussian_law law = start_of(scheme, trial, start);
    const fk_gaussian exact = fk_gaussian_marginal(data, &trial->axis.node[n]);
    fk_gaussian_law_run(data, trial->plan.step, n, &law, NULL);
    out->steps[i] = n;
    out->evaluations[i] = trial->plan.evaluations;
    out->error[0][i] = law.mean[FK_ROW_X] - exact.mean;
    out->error[1][i] = law.cov[FK_ROW_X][FK_ROW_X] - exact.var;
    out->noise[0][i] = out->noise[1][i] = rounding(n);
}

int fk_series_gaussian(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                       size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    *out = (fk_series){.levels = levels, .functionals = 2, .name = {"mean", "variance"}};
    for (size_t i = 0; i < levels; i++) {
        fk_trial trial;
        int status = fk_trial_new(scheme, place, start, coarsest << i, &mixture, &trial, err);
        if (status != FK_OK) return status;
        read_weak(scheme, &trial, start, i, out);
        fk_trial_free(&trial);
    }
    return FK_OK;
}

int fk_series_chain(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                    size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    (void)place, (void)start;
    *out = (fk_series){.levels = levels, .functionals = 2, .name = {"mean", "variance"}};
    for (size_t i = 0; i < levels; i++) {
        fk_trial trial;
        int status = fk_trial_on_chain(scheme, "vp-linear", coarsest << i, &mixture, &trial, err);
        if (status != FK_OK) return status;
        read_weak(scheme, &trial, FK_SELF_START, i, out);
        fk_trial_free(&trial);
    }
    return FK_OK;
}

int fk_series_limit(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                    size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    int status = fk_series_gaussian(scheme, place, start, coarsest, levels, out, err);
    if (status != FK_OK) return status;
    fk_trial trial;
    double variance = NAN;
    status = fk_trial_new(scheme, place, start, out->steps[levels - 1], &mixture, &trial, err);
    if (status != FK_OK) return status;
    status = fk_limit_variance(scheme, data, &trial.axis, &variance, err);
    out->bias[1] = variance - fk_gaussian_marginal(data, trial.axis.node + trial.axis.n_steps).var;
    for (size_t i = 0; i < levels; i++) out->error[1][i] -= out->bias[1];
    fk_trial_free(&trial);
    return status;
}

int fk_series_fading(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                     size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    const size_t snr = fk_scheme_param(scheme, "snr");
    assert(snr < FK_MAX_PARAMS);
    *out = (fk_series){.levels = levels, .functionals = 2, .name = {"mean", "variance"}};
    for (size_t i = 0; i < levels; i++) {
        fk_trial trial;
        fk_scheme fading = *scheme;
        fading.param[snr] /= sqrt((double)((size_t)1 << i));
        int status = fk_trial_new(&fading, place, start, coarsest << i, &mixture, &trial, err);
        if (status != FK_OK) return status;
        read_weak(&fading, &trial, start, i, out);
        fk_trial_free(&trial);
    }
    return FK_OK;
}

int fk_series_strong_gaussian(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                              size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    *out = (fk_series){.levels = levels, .functionals = 1, .name = {"rms"}};
    for (size_t i = 0; i < levels; i++) {
        const size_t n = coarsest << i;
        fk_trial trial;
        int status = fk_trial_new(scheme, place, start, n, &mixture, &trial, err);
        if (status != FK_OK) return status;
        fk_gaussian_law law = start_of(scheme, &trial, start);
        double *rms = fk_alloc(n + 1, sizeof *rms);
        status = fk_gaussian_law_strong(data, &trial.axis, &trial.plan, trial.eta, &law, rms, err);
        out->steps[i] = n;
        out->evaluations[i] = trial.plan.evaluations;
        out->error[0][i] = rms[n];
        out->noise[0][i] = rounding(n);
        free(rms);
        fk_trial_free(&trial);
        if (status != FK_OK) return status;
    }
    return FK_OK;
}
