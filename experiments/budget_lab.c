/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/budget_lab.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

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

static void split(const budget *b, const fk_scheme *scheme, size_t evaluations,
                  const fk_functionals *data, spending *out)
{
    fk_error err;
    fk_trial trial;
    *out = (spending){.name = scheme->row.name, .total = INFINITY};
    if (affordable(b, scheme, evaluations, &trial, &err) != FK_OK) return;
    out->steps = trial.plan.n_steps;
    out->evaluations = trial.plan.evaluations;
    fk_law_record exact_start, prior_start;
    fk_functionals end = *data;
    expectations(b, data, &trial.axis.node[trial.plan.n_steps], end.exact + FK_CDF);
    out->ran = fk_trial_law(scheme, b->mixture, &trial, &end, &exact_start, &err) == FK_OK;
    trial.prior = b->prior;
    out->ran =
        out->ran && fk_trial_law(scheme, b->mixture, &trial, &end, &prior_start, &err) == FK_OK;
    fk_trial_free(&trial);
    if (!out->ran) return;
    out->total = 0;
    for (int j = 0; j < FK_N_CDF; j++) {
        const double truncation = end.exact[FK_CDF + j] - data->exact[FK_CDF + j];
        const double with_prior = prior_start.error[FK_CDF + j];
        if (!(fabs(truncation + with_prior) >= fabs(out->total))) continue;
        out->truncation = truncation;
        out->discretisation = exact_start.error[FK_CDF + j];
        out->prior = with_prior - out->discretisation;
        out->total = truncation + with_prior;
    }
    out->ran = isfinite(out->total) && out->total != 0;
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

void budget_run(budget *b, int threads)
{
    size_t kind = 0;
    while (strcmp(fk_registry[kind].name, "schemes") != 0) kind++;
    const size_t schemes = fk_registry[kind].count();
    fk_scheme *scheme = fk_alloc(schemes, sizeof *scheme);
    for (size_t i = 0; i < schemes; i++) {
        fk_error err;
        if (fk_registry_scheme(i)->adaptive) continue;
        if (fk_registry_parse_scheme(fk_registry_scheme(i)->row.name, &scheme[b->n], &err) == FK_OK)
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
        split(b, &scheme[k % b->n], budgets[k / b->n], &data, &b->by[k]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    for (size_t i = 0; i < BUDGETS; i++) qsort(b->by + i * b->n, b->n, sizeof *b->by, by_total);
    b->sampling = sampling_error(b->mixture, &data);
    free(scheme);
}
