/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which interpretation of the step tables takes which case. */
#include <math.h>

#include "analytic/backward_law.h"
#include "analytic/gaussian_law.h"
#include "analytic/grid_law.h"
#include "analytic/history.h"
#include "analytic/pushforward.h"
#include "claims/series.h"

/* The law is N(mean, var): E x^2, E cos 2x = e^(-2 var) cos 2 mean, and E Phi((x - c)/w) =
 * Phi((mean - c)/sqrt(w^2 + var)). */
static void set_gaussian(fk_gaussian x, const fk_functionals *f, fk_law_record *record)
{
    double value[FK_N_FUNCTIONALS];
    value[FK_MEAN] = x.mean;
    value[FK_SQUARE] = x.mean * x.mean + x.var;
    value[FK_COS2] = exp(-2 * x.var) * cos(2 * x.mean);
    for (int j = 0; j < FK_N_CDF; j++)
        value[FK_CDF + j] =
            0.5 * erfc((f->centre[j] - x.mean) / sqrt(2 * (0.2 * 0.2 + fmax(0, x.var))));
    *record = fk_law_record_empty();
    fk_law_record_set(record, f, 1, value);
}

static void gaussian(const fk_scheme *scheme, const fk_mixture *data, const fk_trial *trial,
                     const fk_functionals *functionals, fk_law_record *record)
{
    const fk_gaussian x0 = {data->mean[0], data->var[0]};
    const fk_gaussian start = trial->prior > 0 ? (fk_gaussian){0, trial->prior * trial->prior}
                                               : fk_gaussian_marginal(x0, trial->axis.node);
    fk_gaussian_law law = trial->axis.past > 0
                              ? fk_gaussian_law_exact(x0, &trial->axis, scheme, trial->eta)
                              : fk_gaussian_law_start(start);
    fk_gaussian_law_run(x0, trial->plan.step, trial->plan.n_steps, &law, NULL);
    set_gaussian((fk_gaussian){law.mean[FK_ROW_X], law.cov[FK_ROW_X][FK_ROW_X]}, functionals,
                 record);
}

static int deterministic(const fk_scheme *scheme, const fk_mixture *data, const fk_trial *trial,
                         const fk_marginal *start, const fk_marginal *end,
                         const fk_functionals *functionals, fk_law_record *record, fk_error *err)
{
    fk_stage history[FK_MAX_HISTORY];
    const fk_field field = fk_mixture_field(data);
    fk_pushforward run = {.step = trial->plan.step,
                          .n_steps = trial->plan.n_steps,
                          .field = &field,
                          .start = {start, trial->prior},
                          .end = end,
                          .cells = 2000,
                          .threads = 1};
    if (trial->axis.past > 0) {
        run.history = history;
        run.depth = fk_history_stages(&trial->axis, scheme, trial->eta, history);
    }
    fk_curve law;
    int status = fk_pushforward_run(&run, &law, err);
    if (status != FK_OK) return status;
    *record = fk_curve_compare(&law, end, functionals);
    fk_curve_free(&law);
    return FK_OK;
}

static int on_grid(const fk_mixture *data, const fk_trial *trial, const fk_marginal *start,
                   const fk_marginal *end, const fk_functionals *functionals, fk_law_record *record,
                   fk_error *err)
{
    const fk_field field = fk_mixture_field(data);
    const fk_grid_law run = {.step = trial->plan.step,
                             .n_steps = trial->plan.n_steps,
                             .field = &field,
                             .start = {start, trial->prior},
                             .threads = 1};
    fk_curve law;
    int status = fk_grid_law_run(&run, &law, err);
    if (status != FK_OK) return status;
    *record = fk_curve_compare(&law, end, functionals);
    fk_curve_free(&law);
    return FK_OK;
}

static int backward(const fk_scheme *scheme, const fk_mixture *data, const fk_trial *trial,
                    const fk_marginal *start, const fk_functionals *functionals,
                    fk_law_record *record, fk_error *err)
{
    fk_stage history[FK_MAX_HISTORY];
    const fk_field field = fk_mixture_field(data);
    fk_backward_law run = {.step = trial->plan.step,
                           .n_steps = trial->plan.n_steps,
                           .field = &field,
                           .start = {start, trial->prior},
                           .functionals = functionals,
                           .noisy = true,
                           .threads = 1};
    if (trial->axis.past > 0) {
        fk_history_stages(&trial->axis, scheme, trial->eta, history);
        run.history = history;
    }
    fk_expectations found;
    int status = fk_backward_law_run(&run, false, &found, err);
    if (status != FK_OK) return status;
    *record = fk_law_record_empty();
    fk_law_record_set(record, functionals, found.mass, found.value);
    return FK_OK;
}

int fk_trial_law(const fk_scheme *scheme, const fk_mixture *data, const fk_trial *trial,
                 const fk_functionals *given, fk_law_record *record, fk_error *err)
{
    const fk_coeffs *first = trial->axis.node, *last = first + trial->plan.n_steps;
    fk_marginal *start = fk_marginal_new(data, first->s, first->sigma);
    fk_marginal *end = fk_marginal_new(data, last->s, last->sigma);
    const fk_functionals functionals = given ? *given : fk_functionals_new(end);
    int status = FK_OK;
    if (data->k == 1)
        gaussian(scheme, data, trial, &functionals, record);
    else if (trial->plan.normals == 0)
        status = deterministic(scheme, data, trial, start, end, &functionals, record, err);
    else if (fk_grid_law_takes(trial->plan.step, trial->plan.n_steps))
        status = on_grid(data, trial, start, end, &functionals, record, err);
    else if (fk_backward_law_takes(trial->plan.step, trial->plan.n_steps))
        status = backward(scheme, data, trial, start, &functionals, record, err);
    else
        status = fk_fail(err, FK_USAGE,
                         "no law on a mixture takes more than two normals a step, or more than "
                         "one entry of history with noise; take one Gaussian");
    fk_marginal_free(start);
    fk_marginal_free(end);
    return status;
}
