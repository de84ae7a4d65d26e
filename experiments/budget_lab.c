/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/budget_lab.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_law.h"
#include "analytic/grid_law.h"
#include "analytic/pushforward.h"
#include "claims/setting.h"
#include "core/cli.h"
#include "registry.h"

const size_t budgets[BUDGETS] = {5, 10, 20, 50};

/* What the sixteen of the data are under another law of the same mixture: one more Gaussian in it,
 * E Phi((X - c)/w) = P(X + w xi > c). */
static void expectations(const budget *b, const fk_functionals *data, const fk_coeffs *node,
                         double value[FK_N_CDF])
{
    fk_marginal *wider = fk_marginal_new(b->mixture, node->s, hypot(node->sigma, 0.2));
    for (int j = 0; j < FK_N_CDF; j++) value[j] = fk_marginal_cdf(wider, data->centre[j], true);
    fk_marginal_free(wider);
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

/* The errors of the sixteen at the end, from the exact marginal, from the prior, and from there
 * with the network's score (else those from the prior again). */
typedef struct {
    double exact[FK_N_CDF], prior[FK_N_CDF], score[FK_N_CDF];
} errors;

/* Cells of the backward equation. Its own choice, made for 1e-9, follows the range of the law,
 * which in a few long steps is a hundred times that of the data. With these, against it on
 * three-1d, errors of 0.2 to 0.35 in one to three steps are wrong by 0.002 or less, others by 3e-5.
 */
static size_t cells_for(const fk_plan *plan)
{
    if (plan->history > 0) return 192;
    return plan->n_steps < 4 ? 512 : plan->n_steps < 10 ? 384 : 256;
}

/* Two starts under one backward equation: what their difference is has no error of its grids. */
static int backward(const budget *b, const fk_trial *trial, const fk_functionals *end,
                    const fk_field *field, fk_expectations *found, fk_error *err)
{
    const fk_coeffs *first = trial->axis.node;
    fk_marginal *start = fk_marginal_new(b->mixture, first->s, first->sigma);
    const fk_start_law prior = {start, b->prior};
    const fk_backward_law run = {.step = trial->plan.step,
                                 .n_steps = trial->plan.n_steps,
                                 .field = field,
                                 .start = {.marginal = start},
                                 .also = &prior,
                                 .functionals = end,
                                 .cells = cells_for(&trial->plan),
                                 .threads = 1};
    const int status = fk_backward_law_run(&run, false, found, err);
    fk_marginal_free(start);
    return status;
}

static int by_backward(const budget *b, const fk_trial *trial, const fk_functionals *end,
                       errors *out, fk_error *err)
{
    if (b->learnt)
        return fk_fail(err, FK_USAGE,
                       "by the backward equation, for scores as smooth as a mixture's");
    fk_expectations found;
    const fk_field field = fk_mixture_field(b->mixture);
    int status = backward(b, trial, end, &field, &found, err);
    for (int j = 0; j < FK_N_CDF && status == FK_OK; j++) {
        const double exact = end->exact[FK_CDF + j];
        out->exact[j] = found.value[FK_CDF + j] - exact;
        out->prior[j] = found.also[FK_CDF + j] - exact;
        out->score[j] = out->prior[j];
    }
    return status;
}

static int errors_of(const budget *b, const fk_scheme *scheme, fk_trial *trial,
                     const fk_functionals *end, errors *out, fk_error *err)
{
    const fk_step *step = trial->plan.step;
    const size_t n = trial->plan.n_steps;
    const bool smooth = !fk_grid_law_takes(step, n) && fk_backward_law_takes(step, n);
    if ((b->mixture->k > 1 || b->learnt) && smooth) return by_backward(b, trial, end, out, err);
    fk_law_record record;
    int status = fk_trial_law(scheme, b->mixture, trial, end, &record, err);
    if (status != FK_OK) return status;
    memcpy(out->exact, record.error + FK_CDF, sizeof out->exact);
    trial->prior = b->prior;
    status = fk_trial_law(scheme, b->mixture, trial, end, &record, err);
    if (status == FK_OK) memcpy(out->prior, record.error + FK_CDF, sizeof out->prior);
    trial->field = b->learnt;
    if (status == FK_OK && b->learnt)
        status = fk_trial_law(scheme, b->mixture, trial, end, &record, err);
    if (status == FK_OK) memcpy(out->score, record.error + FK_CDF, sizeof out->score);
    return status;
}

static void split(const budget *b, const fk_scheme *scheme, size_t evaluations,
                  const fk_functionals *data, spending *out)
{
    fk_error err = {0};
    fk_trial trial;
    errors found;
    out->total = INFINITY;
    int status = affordable(b, scheme, evaluations, &trial, &err);
    if (status == FK_OK) {
        out->steps = trial.plan.n_steps;
        out->evaluations = trial.plan.evaluations;
        fk_functionals end = *data;
        expectations(b, data, &trial.axis.node[trial.plan.n_steps], end.exact + FK_CDF);
        status = errors_of(b, scheme, &trial, &end, &found, &err);
        fk_trial_free(&trial);
        out->total = 0;
        for (int j = 0; j < FK_N_CDF && status == FK_OK; j++) {
            const double truncation = end.exact[FK_CDF + j] - data->exact[FK_CDF + j];
            const double discretisation = found.exact[j], prior = found.prior[j] - found.exact[j];
            const double score = found.score[j] - found.prior[j];
            const double total = truncation + discretisation + prior + score;
            if (fabs(total) <= fabs(out->total)) continue;
            out->truncation = truncation;
            out->discretisation = discretisation;
            out->prior = prior;
            out->score = score;
            out->total = total;
        }
    }
    out->ran = status == FK_OK && isfinite(out->total) && out->total != 0;
    if (!out->ran)
        snprintf(out->why, sizeof out->why, "%.150s", *err.text ? err.text : "its law diverged");
}

static int by_total(const void *x, const void *y)
{
    const spending *a = x, *b = y;
    if (a->ran != b->ran) return a->ran ? -1 : 1;
    double d = fabs(a->total) - fabs(b->total);
    return a->ran && d != 0 ? (d > 0) - (d < 0) : strcmp(a->name, b->name);
}

/* The root of the mean variance of the sixteen at one sample of the data. */
static double sampling_error(const fk_mixture *mixture, const fk_functionals *data)
{
    fk_marginal *law = fk_marginal_new(mixture, 1, 0);
    fk_rule rule = fk_rule_over(law);
    double sum = 0;
    for (size_t i = 0; i < rule.n; i++) {
        double value[FK_N_FUNCTIONALS], p = exp(fk_marginal_at(law, &rule.x[i], &(fk_point){0}));
        fk_functionals_at(data, rule.x[i], value);
        for (int j = FK_CDF; j < FK_N_FUNCTIONALS; j++) {
            const double d = value[j] - data->exact[j];
            sum += rule.w[i] * p * d * d / FK_N_CDF;
        }
    }
    fk_rule_free(&rule);
    fk_marginal_free(law);
    return sqrt(sum);
}

static double truncation_of(const budget *b, const fk_functionals *data)
{
    const fk_schedule schedule = fk_setting_schedule(b->place.schedule);
    const fk_coeffs node = fk_schedule_at(&schedule, b->place.t_end);
    double value[FK_N_CDF], worst = 0;
    expectations(b, data, &node, value);
    for (int j = 0; j < FK_N_CDF; j++)
        if (fabs(value[j] - data->exact[FK_CDF + j]) > fabs(worst))
            worst = value[j] - data->exact[FK_CDF + j];
    return worst;
}

/* ---- chains of distances -----------------------------------------------------------------------
 */

enum { DATA, END, EXACT, PRIOR, SCORE, LAWS, CELLS = 2000 };

/* A run's law as a curve, from the marginal or the prior; without steps, a marginal itself. */
static int curve_of(const fk_field *field, const fk_plan *plan, fk_start_law start,
                    const fk_marginal *end, fk_curve *curve, fk_error *err)
{
    if (plan->n_steps > 0 && fk_grid_law_takes(plan->step, plan->n_steps)) {
        const fk_grid_law grid = {plan->step, plan->n_steps, field, start, 0, 0};
        return fk_grid_law_run(&grid, curve, err);
    }
    const fk_pushforward push = {plan->step, plan->n_steps, field, start, end, NULL, CELLS, 0};
    return fk_pushforward_run(&push, curve, err);
}

static int chain_of(const budget *b, const fk_scheme *scheme, size_t steps, budget_chain *out,
                    fk_error *err)
{
    fk_trial trial;
    int status = fk_trial_new(scheme, &b->place, FK_SELF_START, steps, b->mixture, &trial, err);
    if (status) return status;
    const fk_coeffs *first = trial.axis.node, *last = first + trial.plan.n_steps;
    fk_marginal *data = fk_marginal_new(b->mixture, 1, 0);
    fk_marginal *start = fk_marginal_new(b->mixture, first->s, first->sigma);
    fk_marginal *end = fk_marginal_new(b->mixture, last->s, last->sigma);
    const fk_field exact = fk_mixture_field(b->mixture);
    const fk_plan none = {.n_steps = 0};
    const fk_start_law prior = {start, b->prior};
    fk_curve law[LAWS] = {{0}};
    status = curve_of(&exact, &none, (fk_start_law){data, 0}, data, &law[DATA], err);
    if (!status) status = curve_of(&exact, &none, (fk_start_law){end, 0}, end, &law[END], err);
    if (!status)
        status = curve_of(&exact, &trial.plan, (fk_start_law){start, 0}, end, &law[EXACT], err);
    if (!status) status = curve_of(&exact, &trial.plan, prior, end, &law[PRIOR], err);
    if (!status) status = curve_of(b->learnt, &trial.plan, prior, end, &law[SCORE], err);
    if (!status)
        *out = (budget_chain){.name = scheme->row.name,
                              .steps = steps,
                              .truncation = fk_curve_w1(&law[DATA], &law[END]),
                              .discretisation = fk_curve_w1(&law[END], &law[EXACT]),
                              .prior = fk_curve_w1(&law[EXACT], &law[PRIOR]),
                              .score = fk_curve_w1(&law[PRIOR], &law[SCORE]),
                              .distance = fk_curve_w1(&law[DATA], &law[SCORE])};
    for (size_t i = 0; i < LAWS; i++) fk_curve_free(&law[i]);
    fk_marginal_free(data), fk_marginal_free(start), fk_marginal_free(end);
    fk_trial_free(&trial);
    return status;
}

/* Of the best scheme that has one. */
static budget_chain best_chain(const budget *b, size_t i)
{
    budget_chain out = {.name = NULL};
    for (size_t k = 0; k < b->n && b->by[i * b->n + k].ran; k++) {
        const spending *s = &b->by[i * b->n + k];
        fk_scheme scheme;
        fk_error err;
        if (fk_registry_parse_scheme(s->name, &scheme, &err) != FK_OK) continue;
        const bool curve = s->family <= FK_MULTISTEP || s->family == FK_WEAK_ONE;
        if (curve && chain_of(b, &scheme, s->steps, &out, &err) == FK_OK && !isnan(out.distance))
            return out;
        out.name = NULL;
    }
    return out;
}

void budget_run(budget *b, int threads)
{
    size_t listing = 0;
    while (strcmp(fk_registry[listing].name, "schemes") != 0) listing++;
    const size_t schemes = fk_registry[listing].count();
    fk_scheme *scheme = fk_alloc(schemes, sizeof *scheme);
    spending *one = fk_alloc(schemes, sizeof *one);
    for (size_t i = 0; i < schemes; i++) {
        fk_error err;
        const char *name = fk_registry_scheme(i)->row.name;
        if (fk_registry_scheme(i)->adaptive) continue;
        if (fk_registry_parse_scheme(name, &scheme[b->n], &err) != FK_OK) continue;
        one[b->n] =
            (spending){.name = name, .number = i + 1, .family = fk_family_of(&scheme[b->n])};
        b->n++;
    }
    fk_marginal *law = fk_marginal_new(b->mixture, 1, 0);
    const fk_functionals data = fk_functionals_new(law);
    fk_marginal_free(law);
    b->by = fk_alloc(BUDGETS * b->n, sizeof *b->by);
    fk_progress *bar = fk_progress_new("budget", BUDGETS * b->n);
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(threads > 0 ? threads : omp_get_max_threads())
    for (size_t k = 0; k < BUDGETS * b->n; k++) {
        b->by[k] = one[k % b->n];
        split(b, &scheme[k % b->n], budgets[k / b->n], &data, &b->by[k]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    for (size_t i = 0; i < BUDGETS; i++) qsort(b->by + i * b->n, b->n, sizeof *b->by, by_total);
    if (b->learnt)
        for (size_t i = 0; i < BUDGETS; i++) b->chain[i] = best_chain(b, i);
    b->sampling = sampling_error(b->mixture, &data);
    b->truncation = truncation_of(b, &data);
    free(scheme);
    free(one);
}
