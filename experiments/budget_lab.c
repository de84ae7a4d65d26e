/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/budget_lab.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_law.h"
#include "analytic/grid_law.h"
#include "claims/sampling.h"
#include "claims/setting.h"
#include "core/cli.h"
#include "core/observe.h"
#include "core/source.h"
#include "registry.h"

const size_t budgets[BUDGETS] = {5, 10, 20, 50};

/* A scheme with noise follows the reverse SDE, all of the registry's with eta = 1. */
static int process_of(fk_family family)
{
    return family > FK_MULTISTEP ? FK_REVERSE_SDE : FK_FLOW;
}

/* The most steps that cost no more than this. */
static int affordable(const budget *b, const fk_scheme *scheme, size_t evaluations, fk_trial *trial,
                      fk_error *err)
{
    for (size_t n = evaluations; n > 0; n--) {
        int status = fk_trial_new(scheme, &b->place, FK_SELF_START, n, b->mixture, trial, err);
        if (status != FK_OK || trial->plan.evaluations <= evaluations) return status;
        fk_trial_free(trial);
    }
    return fk_fail(err, FK_USAGE, "one step costs more");
}

/* Cells of the backward equation. Its own choice, made for 1e-9, follows the range of the law,
 * which in a few long steps is a hundred times that of the data. With these, against it on
 * three-1d, errors of 0.2 to 0.35 in one to three steps are wrong by 0.002 or less, others by 3e-5.
 */
static size_t cells_for(const fk_plan *plan)
{
    if (plan->history > 0) return 192;
    return plan->n_steps < 4 ? 512 : plan->n_steps < 10 ? 384 : 256;
}

static int by_backward(const budget *b, const fk_trial *trial, const fk_field *field,
                       double mean[FK_N_CDF], fk_error *err)
{
    const fk_field own = fk_mixture_field(b->mixture);
    const fk_backward_law run = {.step = trial->plan.step,
                                 .n_steps = trial->plan.n_steps,
                                 .field = field ? field : &own,
                                 .start = b->exact.prior,
                                 .functionals = &b->exact.functionals,
                                 .cells = cells_for(&trial->plan),
                                 .tolerance = 1e-8,
                                 .threads = 1};
    fk_expectations found;
    const int status = fk_backward_law_run(&run, false, &found, err);
    if (!status) memcpy(mean, found.value + FK_CDF, FK_N_CDF * sizeof *mean);
    return status;
}

/* Of the sixteen, from the prior, by this score; NULL: the data's own. */
static int mean_of(const budget *b, const fk_scheme *scheme, fk_trial *trial, const fk_field *field,
                   fk_seen_law *law, fk_error *err)
{
    const fk_step *step = trial->plan.step;
    const size_t n = trial->plan.n_steps;
    const bool smooth = !fk_grid_law_takes(step, n) && fk_backward_law_takes(step, n);
    const fk_field own = fk_mixture_field(b->mixture);
    *law = (fk_seen_law){.mean = {0}};
    if (b->mixture->k > 1 || field) {
        if (smooth) return by_backward(b, trial, field, law->mean, err);
        if (process_of(fk_family_of(scheme)) == FK_FLOW)
            return fk_plan_law(&b->exact, &trial->plan, field ? field : &own, 1, law, err);
    }
    fk_law_record record;
    trial->prior = b->prior, trial->field = field;
    const int status = fk_trial_law(scheme, b->mixture, trial, &b->exact.functionals, &record, err);
    for (int j = FK_CDF; j < FK_N_FUNCTIONALS && !status; j++)
        law->mean[j - FK_CDF] = b->exact.functionals.exact[j] + record.error[j];
    return status;
}

static void split(const budget *b, const fk_scheme *scheme, size_t evaluations, spending *out)
{
    fk_error err = {0};
    fk_trial trial;
    fk_seen_law steps = {.mean = {0}}, learnt = steps, *score = &steps;
    int status = affordable(b, scheme, evaluations, &trial, &err);
    if (!status) {
        out->steps = trial.plan.n_steps;
        out->evaluations = trial.plan.evaluations;
        status = mean_of(b, scheme, &trial, NULL, &steps, &err);
        if (!status && b->learnt)
            status = mean_of(b, scheme, &trial, b->learnt, score = &learnt, &err);
        if (!status) {
            out->error = fk_causes_on_line(&b->exact, process_of(out->family), steps.mean,
                                           score->mean, &out->functional);
            out->bound[0] = steps.bound[out->functional];
            out->bound[1] = score->bound[out->functional];
        }
        fk_seen_law_free(&steps), fk_seen_law_free(&learnt);
        fk_trial_free(&trial);
    }
    out->ran = !status && isfinite(out->error.total) && out->error.total != 0;
    if (!out->ran)
        snprintf(out->why, sizeof out->why, "%.150s", *err.text ? err.text : "its law diverged");
}

static int by_total(const void *x, const void *y)
{
    const spending *a = x, *b = y;
    if (a->ran != b->ran) return a->ran ? -1 : 1;
    double d = fabs(a->error.total) - fabs(b->error.total);
    return a->ran && d != 0 ? (d > 0) - (d < 0) : strcmp(a->name, b->name);
}

/* The root of the mean variance of the sixteen at one sample of the data. */
static double sampling_error(const fk_exact_laws *l)
{
    fk_rule rule = fk_rule_over(l->data);
    double sum = 0;
    for (size_t i = 0; i < rule.n; i++) {
        double value[FK_N_FUNCTIONALS],
            p = exp(fk_marginal_at(l->data, &rule.x[i], &(fk_point){0}));
        fk_functionals_at(&l->functionals, rule.x[i], value);
        for (int j = 0; j < FK_N_CDF; j++) {
            const double d = value[FK_CDF + j] - l->of_data.mean[j];
            sum += rule.w[i] * p * d * d / FK_N_CDF;
        }
    }
    fk_rule_free(&rule);
    return sqrt(sum);
}

static double truncation_of(const fk_exact_laws *l)
{
    double worst = 0;
    for (int j = 0; j < FK_N_CDF; j++) {
        const double off = l->at_end.mean[j] - l->of_data.mean[j];
        if (fabs(off) > fabs(worst)) worst = off;
    }
    return worst;
}

/* ---- chains of distances -----------------------------------------------------------------------
 */

static int plan_of(const budget *b, const spending *s, fk_trial *trial, fk_error *err)
{
    fk_scheme scheme;
    const int status = fk_registry_parse_scheme(s->name, &scheme, err);
    return status
               ? status
               : fk_trial_new(&scheme, &b->place, FK_SELF_START, s->steps, b->mixture, trial, err);
}

static int chain_of(budget *b, const spending *s, budget_chain *out, fk_error *err)
{
    fk_trial trial;
    int status = plan_of(b, s, &trial, err);
    if (status) return status;
    const fk_field exact = fk_mixture_field(b->mixture);
    fk_seen_law steps = {.mean = {0}}, score = steps;
    status = fk_plan_law(&b->exact, &trial.plan, &exact, 0, &steps, err);
    if (!status) status = fk_plan_law(&b->exact, &trial.plan, b->learnt, 0, &score, err);
    if (!status)
        *out = (budget_chain){
            s, fk_distances_on_line(&b->exact, process_of(s->family), &steps.curve, &score.curve)};
    fk_seen_law_free(&steps), fk_seen_law_free(&score);
    fk_trial_free(&trial);
    return status;
}

/* Of the best scheme that has one. */
static budget_chain best_chain(budget *b, size_t i)
{
    fk_error err;
    for (size_t k = 0; k < b->n && b->by[i * b->n + k].ran; k++) {
        budget_chain out;
        if (chain_of(b, &b->by[i * b->n + k], &out, &err) == FK_OK && fk_distances_known(&out.w1))
            return out;
    }
    return (budget_chain){.of = NULL};
}

/* ---- the same by particles ---------------------------------------------------------------------
 */

enum { PARTICLES = 16384 };

static const spending *best_of(const budget *b, size_t i, int process)
{
    for (const spending *s = b->by + i * b->n; s < b->by + (i + 1) * b->n && s->ran; s++)
        if (process_of(s->family) == process) return s;
    return NULL;
}

const spending *budget_best_with_noise(const budget *b, size_t i)
{
    return best_of(b, i, FK_REVERSE_SDE);
}

static int best_again(const budget *b, size_t i, int threads, budget_again *out, fk_error *err)
{
    const spending *s = best_of(b, i, FK_FLOW);
    if (!s) return FK_OK;
    const fk_field exact = fk_mixture_field(b->mixture);
    double mean[FK_LAWS][FK_N_CDF], bound[FK_LAWS][FK_N_CDF];
    fk_trial trial;
    int status = plan_of(b, s, &trial, err);
    if (status) return status;
    status = fk_causes_by_particles(&b->exact, &trial.plan, b->network ? b->network : &exact,
                                    PARTICLES, threads, mean, bound, &out->w1, err);
    fk_trial_free(&trial);
    if (status) return status;
    out->of = s;
    for (size_t k = 0; k < FK_LAWS; k++)
        out->mean[k] = mean[k][s->functional], out->bound[k] = bound[k][s->functional];
    out->bound[FK_IN_STEPS] += s->bound[0], out->bound[FK_BY_NETWORK] += s->bound[1];
    return FK_OK;
}

int budget_draw(const budget *b, const spending *s, double factor, size_t n, uint64_t seed,
                int threads, double *x, fk_error *err)
{
    fk_trial trial;
    int status = plan_of(b, s, &trial, err);
    if (status) return status;
    const fk_field exact = fk_mixture_field(b->mixture);
    const fk_scaled scaled = {b->learnt ? b->learnt : &exact, factor};
    const fk_field field = fk_scaled_field(&scaled);
    const fk_gaussian_start prior = {seed, 0, b->prior};
    const fk_key key = {seed, FK_STREAM_STEPS};
    fk_snapshots *end = fk_snapshots_new(1, n, 1);
    const fk_observer see = fk_observe_snapshots(end);
    const fk_run run = {.step = trial.plan.step,
                        .n_steps = trial.plan.n_steps,
                        .field = &field,
                        .start = fk_source_gaussian(&prior),
                        .noise = fk_noise_independent(&key, 1),
                        .n = n,
                        .observe_at = &trial.plan.n_steps,
                        .n_observe = 1,
                        .observer = &see,
                        .n_observers = 1,
                        .threads = threads};
    status = fk_integrate(&run, err);
    memcpy(x, end->x, n * sizeof *x);
    fk_snapshots_free(end);
    fk_trial_free(&trial);
    return status;
}

int budget_run(budget *b, int threads, fk_error *err)
{
    const fk_schedule schedule = fk_setting_schedule(b->place.schedule);
    const fk_coeffs from = fk_schedule_at(&schedule, schedule.t_max),
                    to = fk_schedule_at(&schedule, b->place.t_end);
    int status = fk_exact_laws_new(b->mixture, &from, &to, b->prior, &b->exact, err);
    if (status) return status;
    size_t listing = 0;
    while (strcmp(fk_registry[listing].name, "schemes") != 0) listing++;
    const size_t schemes = fk_registry[listing].count();
    fk_scheme *scheme = fk_alloc(schemes, sizeof *scheme);
    spending *one = fk_alloc(schemes, sizeof *one);
    for (size_t i = 0; i < schemes; i++) {
        fk_error unknown;
        const char *name = fk_registry_scheme(i)->row.name;
        if (fk_registry_scheme(i)->adaptive) continue;
        if (fk_registry_parse_scheme(name, &scheme[b->n], &unknown) != FK_OK) continue;
        one[b->n] =
            (spending){.name = name, .number = i + 1, .family = fk_family_of(&scheme[b->n])};
        b->n++;
    }
    b->by = fk_alloc(BUDGETS * b->n, sizeof *b->by);
    fk_progress *bar = fk_progress_new("budget", BUDGETS * b->n);
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(threads > 0 ? threads : omp_get_max_threads())
    for (size_t k = 0; k < BUDGETS * b->n; k++) {
        b->by[k] = one[k % b->n];
        split(b, &scheme[k % b->n], budgets[k / b->n], &b->by[k]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    for (size_t i = 0; i < BUDGETS; i++) qsort(b->by + i * b->n, b->n, sizeof *b->by, by_total);
    for (size_t i = 0; i < BUDGETS && b->learnt; i++) b->chain[i] = best_chain(b, i);
    for (size_t i = 0; i < BUDGETS && !status; i++)
        status = best_again(b, i, threads, &b->again[i], err);
    b->sampling = sampling_error(&b->exact);
    b->truncation = truncation_of(&b->exact);
    free(scheme);
    free(one);
    return status;
}

void budget_free(budget *b)
{
    free(b->by);
    fk_exact_laws_free(&b->exact);
    fk_mixture_free(b->mixture);
}
