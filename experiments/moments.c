/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: do m' = f m and var' = 2 f var + g^2 give mean and variance of the forward SDE?
 *
 * Setting: dx = f x dt + g dw from noised data at t_min to t_max on all six schedules, 20000 paths
 * by Heun's rule from f and g alone.
 *
 * Measured: mean and variance in three ways: the closed forms s E x_0 and s^2 Var x_0 + sigma^2,
 * the two equations integrated by GSL, and the paths, whose bands are six standard errors of mean
 * and variance to either side; and the same equations with a factor dropped.
 *
 * It would be refuted by paths outside the bands, by equations that miss the closed forms, or by a
 * wrong equation that stays inside. */
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/setting.h"
#include "experiments/common.h"
#include "experiments/moments_lab.h"

/* ---- claims ------------------------------------------------------------------------------------
 */

/* Worst over schedules and times of GSL's solution against the closed form, relative; where the
 * mean has all but vanished, to the standard deviation. */
static fk_verdict check_ode(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)claim;
    const moments *q = env->context;
    double worst = 0;
    for (size_t i = 0; i < q->n_of; i++)
        for (size_t j = 0; j <= STEPS; j++) {
            const moments_of *o = &q->of[i];
            const double mean = o->ode_mean[variant->which][j], var = o->ode_var[variant->which][j];
            fk_worst(&worst, fabs(mean - o->mean[j]) / sqrt(o->var[j]));
            fk_worst(&worst, fabs(var / o->var[j] - 1));
        }
    return fk_measured(worst, 0);
}

/* Paths against the solution of a pair of equations: means in units of the standard deviation. */
static fk_verdict check_means(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const moments *q = env->context;
    fk_verdict worst = {.n = q->n};
    for (size_t i = 0; i < q->n_of; i++)
        for (size_t k = 0; k <= SEEN; k++) {
            const moments_of *o = &q->of[i];
            const size_t j = k * EVERY;
            const double sd = sqrt(o->var[j]);
            fk_keep_worst(&worst, o->seen_mean[k] / sd, o->ode_mean[variant->which][j] / sd,
                          moments_mean_error(q, o, j) / sd);
        }
    return worst;
}

/* Variances relative to the closed form. */
static fk_verdict check_variances(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)claim;
    const moments *q = env->context;
    fk_verdict worst = {.n = q->n};
    for (size_t i = 0; i < q->n_of; i++)
        for (size_t k = 0; k <= SEEN; k++) {
            const moments_of *o = &q->of[i];
            const size_t j = k * EVERY;
            fk_keep_worst(&worst, o->seen_var[k] / o->var[j],
                          o->ode_var[variant->which][j] / o->var[j],
                          moments_var_error(q, o, j) / o->var[j]);
        }
    return worst;
}

static const fk_claim claims[] = {
    {.id = "moments-equations",
     .says = "m' = f m and var' = 2 f var + g^2 give s E x_0 and s^2 Var x_0 + sigma^2 on every "
             "schedule",
     .source = "Song et al. 2021, eq. 29; Sarkka and Solin 2019, sec. 5.5",
     .kind = FK_EXACT,
     .margin = 1e-9,
     .because = "local errors of 1e-13 relative over at most 5000 steps of GSL's rk8pd",
     .check = check_ode,
     .right = {"f m, 2 f var + g^2", CURVE_RIGHT, 0},
     .control = {{"f m/2", CURVE_HALF_MEAN, 0},
                 {"f var + g^2", CURVE_HALF_VAR, 0},
                 {"2 f var + g", CURVE_ROOT, 0}}},
    {.id = "moments-mean",
     .says = "the mean of 20000 paths is that of m' = f m at 21 times on every schedule",
     .source = "Sarkka and Solin 2019, sec. 5.5",
     .kind = FK_STATISTICAL,
     .margin = 0.08,
     .because = "in standard deviations of x_t: six standard errors are 0.042, the worst of all "
                "within four more, and 0.005 for Heun's rule",
     .check = check_means,
     .right = {"f m", CURVE_RIGHT, 0},
     .control = {{"f m/2", CURVE_HALF_MEAN, 0}, {"no drift", CURVE_NO_DRIFT, 0}}},
    {.id = "moments-variance",
     .says = "the variance of 20000 paths is that of var' = 2 f var + g^2 at 21 times on every "
             "schedule",
     .source = "Sarkka and Solin 2019, sec. 5.5",
     .kind = FK_STATISTICAL,
     .margin = 0.12,
     .because = "relative: six standard errors are 0.06 for data of kurtosis 3 and less, the worst "
                "of all within four more, and 0.01 for Heun's rule",
     .check = check_variances,
     .right = {"2 f var + g^2", CURVE_RIGHT, 0},
     .control = {{"f var + g^2", CURVE_HALF_VAR, 0},
                 {"2 f var + g", CURVE_ROOT, 0},
                 {"g^2 alone", CURVE_NO_DRIFT, 0}}},
};

/* ---- tables ------------------------------------------------------------------------------------
 */

static int write_one(const moments *q, const moments_of *o, const char *folder, fk_error *err)
{
    char file[64];
    snprintf(file, sizeof file, "%.40s.csv", o->schedule.row.name);
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, file,
        "t,mean,mean_6se,var,var_6se,ode_mean,ode_var,half_mean,half_var,root_var,paths_mean,"
        "paths_var",
        "mean and var: closed forms, units of x and of x^2; _6se: six standard errors of the "
        "paths' "
        "own; ode: m' = f m, var' = 2 f var + g^2 by GSL; half: f m/2, f var + g^2; root: 2 f var "
        "+ "
        "g; paths: simulated, empty where not observed",
        &csv, err);
    if (status) return status;
    for (size_t j = 0; j <= STEPS; j++) {
        const bool seen = j % EVERY == 0;
        fk_csv_row(csv,
                   (double[]){o->t[j], o->mean[j], 6 * moments_mean_error(q, o, j), o->var[j],
                              6 * moments_var_error(q, o, j), o->ode_mean[CURVE_RIGHT][j],
                              o->ode_var[CURVE_RIGHT][j], o->ode_mean[CURVE_HALF_MEAN][j],
                              o->ode_var[CURVE_HALF_VAR][j], o->ode_var[CURVE_ROOT][j],
                              seen ? o->seen_mean[j / EVERY] : NAN,
                              seen ? o->seen_var[j / EVERY] : NAN},
                   12);
    }
    return fk_csv_commit(csv, err);
}

/* ---- the run -----------------------------------------------------------------------------------
 */

/* The data: a mean that a wrong drift moves by more than the margin, and tails that the margin of
 * the variance allows for. */
static int read_data(const fk_experiment *e, moments *q, fk_mixture **mixture, fk_error *err)
{
    int status = fk_mixture_read(e->mixture, mixture, err);
    if (status) return status;
    const fk_mixture *m = q->mixture = *mixture;
    if (m->dim != 1)
        return fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: it must be 1", e->mixture,
                       m->dim);
    fk_mixture_moments(m, &q->data_mean, &q->data_var);
    for (size_t k = 0; k < m->k; k++) {
        const double d2 = (m->mean[k] - q->data_mean) * (m->mean[k] - q->data_mean);
        q->data_fourth += m->weight[k] * (3 * m->var[k] * m->var[k] + 6 * m->var[k] * d2 + d2 * d2);
    }
    const double sd = sqrt(fmax(q->data_var, 1));
    if (!(fabs(q->data_mean) >= 0.65 * sd))
        return fk_fail(err, FK_USAGE,
                       "--mixture '%s' has mean %.3g: wrong drifts would not show; take data with "
                       "a mean of %.3g or more",
                       e->mixture, q->data_mean, 0.65 * sd);
    if (q->data_fourth > 3.5 * q->data_var * q->data_var)
        return fk_fail(err, FK_USAGE,
                       "--mixture '%s' has kurtosis %.3g: its variance would be checked too "
                       "loosely; take data of 3.5 or less",
                       e->mixture, q->data_fourth / (q->data_var * q->data_var));
    return FK_OK;
}

static int prepare(const fk_experiment *e, moments *q, fk_mixture **mixture, fk_error *err)
{
    fk_schedule given;
    int status = read_data(e, q, mixture, err);
    if (!status && e->schedule) status = fk_schedule_parse(e->schedule, &given, err);
    if (status) return status;
    for (q->n_of = 0; q->n_of < fk_n_schedules; q->n_of++) {
        const fk_schedule *own = &fk_schedules[q->n_of];
        const bool taken = e->schedule && strcmp(own->row.name, given.row.name) == 0;
        q->of[q->n_of].schedule = taken ? given : *own;
    }
    q->n = 20000;
    return fk_make_folder(e->out, err);
}

int main(int argc, char **argv)
{
    fk_experiment e = {.mixture = "gaussian-1d", .out = "out/moments", .seed = 1};
    fk_option option[] = {FK_EXPERIMENT_OPTIONS(e),
                          {"schedule", "S", "a schedule in the place of the one of its name",
                           FK_OPT_TEXT, &e.schedule, false},
                          {0}};
    option[0].help = "the data: a built-in name or a JSON file (default: gaussian-1d)";
    const fk_command command = {.name = "moments",
                                .says =
                                    "Mean and variance of the forward SDE on all schedules: "
                                    "closed form, GSL and paths, and what a dropped factor does.",
                                .example = "fokker moments --schedule vp-linear:beta1=10",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "moments");
    gsl_set_error_handler_off();

    fk_error err = {0};
    moments *q = fk_alloc(1, sizeof *q);
    q->seed = e.seed, q->threads = cli.threads;
    fk_mixture *mixture = NULL;
    int status = prepare(&e, q, &mixture, &err);
    for (size_t i = 0; i < q->n_of && !status; i++) {
        moments_closed(q, &q->of[i]);
        moments_solve(&q->of[i]);
        status = moments_simulate(q, &q->of[i], &err);
        if (!status) status = write_one(q, &q->of[i], e.out, &err);
    }
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = q};
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
            fk_claim_run(&claims[i], &env, &ledger);
        char assignments[400], data[64];
        fk_figure_name(e.mixture, true, data, sizeof data);
        snprintf(assignments, sizeof assignments, "mixture='%s'; paths=%zu", data, q->n);
        code = fk_experiment_end(&e, "moments", assignments, NULL, &cli, &ledger);
    }
    fk_mixture_free(mixture);
    free(q);
    return code;
}
