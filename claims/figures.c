/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the animation of the main source shows, from a fixed x_1: the SDE's bands are those of the
 * mixture p(x_s|x_1), the ODE's path is one point. Held against Bayes' rule by quadrature,
 *     p(x_s|x_t) = p_s(x_s) N(x_t; A x_s, Q) / p_t(x_t),
 * which knows nothing of the mixture that the law is. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/setting.h"
#include "core/stats.h"
#include "core/sum.h"

enum { TIMES = 6 };
static const double probability[] = {0.05, 0.25, 0.5, 0.75, 0.95};

/* A start x_t at t and a time s < t; everything exact about x_s. */
typedef struct {
    fk_mixture *mix, *law;
    fk_coeffs t, s;
    fk_marginal *p_t, *p_s, *given;
    double x_t;
} view;

static view view_new(const char *mixture, const char *spec, size_t j)
{
    view v = {.mix = fk_setting_mixture(mixture)};
    fk_schedule schedule = fk_setting_schedule(spec);
    double late = schedule.t_min + 0.6385 * (schedule.t_max - schedule.t_min);
    v.t = fk_schedule_at(&schedule, late);
    double u = ((double)j + 0.137) / TIMES;
    v.s = fk_schedule_at(&schedule, schedule.t_min + u * (late - schedule.t_min));
    v.p_t = fk_marginal_new(v.mix, v.t.s, v.t.sigma);
    v.p_s = fk_marginal_new(v.mix, v.s.s, v.s.sigma);
    v.x_t = fk_marginal_quantile(v.p_t, 0.1385 + 0.12 * (double)j, false);
    fk_error err;
    if (fk_reverse_law(v.mix, &v.t, &v.x_t, &v.s, &v.law, &err) != FK_OK) abort();
    v.given = fk_marginal_new(v.law, 1, 0);
    return v;
}

static void view_free(view *v)
{
    fk_marginal_free(v->p_t);
    fk_marginal_free(v->p_s);
    fk_marginal_free(v->given);
    fk_mixture_free(v->law);
    fk_mixture_free(v->mix);
}

/* The density of x_s given x_t, by Bayes. */
static double bayes(const view *v, double x)
{
    double a = v->t.s / v->s.s;
    double q = (v->t.sigma - a * v->s.sigma) * (v->t.sigma + a * v->s.sigma);
    double log_kernel = fk_log_normal(v->x_t, a * x, q);
    return exp(fk_marginal_at(v->p_s, &x, NULL) + log_kernel -
               fk_marginal_at(v->p_t, &v->x_t, NULL));
}

/* The ODE's point at s. */
static double ode_point(const view *v)
{
    double y;
    fk_flow(v->mix, &v->t, &v->s, 1, &v->x_t, &y, NULL);
    return y;
}

typedef double (*gap)(const view *, int which);

static double worst_of(gap of, int which)
{
    static const char *const mixture[] = {"three-1d", "bimodal-1d"};
    static const char *const spec[] = {"vp-linear", "ve", "vp-cosine"};
    double worst = 0;
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < TIMES; j++) {
                view v = view_new(mixture[m], spec[i], j);
                fk_worst(&worst, of(&v, which));
                view_free(&v);
            }
    return worst;
}

/* C56: the dashed mean. */
static double mean_of_law(const view *v, int which)
{
    double mean, var;
    fk_mixture_moments(v->law, &mean, &var);
    double dashed = which == 1 ? ode_point(v) : mean, sd = sqrt(var);
    if (which == 2) fk_mixture_moments(v->mix, &dashed, &var), dashed *= v->s.s;
    fk_rule rule = fk_rule_over(v->given);
    fk_sum sum = {0};
    for (size_t i = 0; i < rule.n; i++)
        fk_sum_add(&sum, rule.w[i] * rule.x[i] * bayes(v, rule.x[i]));
    fk_rule_free(&rule);
    return fabs(fk_sum_value(&sum) - dashed) / (fabs(dashed) + sd);
}
FK_CHECK(mean_of_law, worst_of)

/* C57: the bands. The mass that Bayes' density has below each quantile of the law. */
static double bands(const view *v, int which)
{
    double worst = 0, mean, var;
    fk_mixture_moments(v->law, &mean, &var);
    fk_mixture *normal = NULL;
    fk_error err;
    if (fk_mixture_new_diagonal("moments", 1, 1, &(double){1}, &mean, &var, &normal, &err) != FK_OK)
        return NAN;
    fk_marginal *matched = fk_marginal_new(normal, 1, 0);
    const fk_marginal *from = which == 1 ? v->p_s : which == 2 ? matched : v->given;
    double narrow = INFINITY, lowest = INFINITY;
    for (size_t k = 0; k < v->law->k; k++) {
        narrow = fmin(narrow, sqrt(v->law->var[k]));
        lowest = fmin(lowest, v->law->mean[k] - 9 * sqrt(v->law->var[k]));
    }
    for (size_t k = 0; k < sizeof probability / sizeof *probability; k++) {
        double q = fk_marginal_quantile(from, probability[k], false);
        fk_sum mass = {0};
        if (q > lowest) {
            fk_rule rule = fk_rule_new(lowest, q, (size_t)ceil((q - lowest) / narrow));
            for (size_t i = 0; i < rule.n; i++) fk_sum_add(&mass, rule.w[i] * bayes(v, rule.x[i]));
            fk_rule_free(&rule);
        }
        fk_worst(&worst, fabs(fk_sum_value(&mass) - probability[k]));
    }
    fk_marginal_free(matched);
    fk_mixture_free(normal);
    return worst;
}
FK_CHECK(bands, worst_of)

/* C58: the law averaged over x_t ~ p_t is p_s; from one x_t it is not. */
static double averaged_law(const view *v, int which)
{
    double worst = 0;
    for (size_t k = 0; k < 5; k++) {
        double x, density = 0;
        fk_setting_point(v->p_s, k, &x);
        double wanted = exp(fk_marginal_at(v->p_s, &x, NULL));
        if (which == 1) {
            density = exp(fk_marginal_at(v->given, &x, NULL));
        } else {
            fk_rule rule = fk_rule_over(v->p_t);
            fk_sum sum = {0};
            for (size_t i = 0; i < rule.n; i++) {
                fk_mixture *law;
                fk_error err;
                double x_t = which == 2 ? rule.x[i] + 0.1 : rule.x[i];
                if (fk_reverse_law(v->mix, &v->t, &x_t, &v->s, &law, &err) != FK_OK) return NAN;
                fk_marginal *given = fk_marginal_new(law, 1, 0);
                fk_sum_add(&sum, rule.w[i] * exp(fk_marginal_at(v->p_t, &rule.x[i], NULL) +
                                                 fk_marginal_at(given, &x, NULL)));
                fk_marginal_free(given);
                fk_mixture_free(law);
            }
            fk_rule_free(&rule);
            density = fk_sum_value(&sum);
        }
        fk_worst(&worst, fabs(density / wanted - 1));
    }
    return worst;
}
FK_CHECK(averaged_law, worst_of)

/* C58-kl: over x_t ~ p_t the mean of KL(p(x_s|x_t) || p_s) is the mutual information of x_s and
 * x_t, H(p_t) - 1/2 log(2 pi e Q), as the noise from s to t is Gaussian with variance Q. */
static double mean_divergence(const view *v, int which)
{
    double a = v->t.s / v->s.s, entropy = 0, mean_kl = 0;
    double q = (v->t.sigma - a * v->s.sigma) * (v->t.sigma + a * v->s.sigma);
    fk_rule outer = fk_rule_over(v->p_t);
    for (size_t i = 0; i < outer.n; i++) {
        double log_p = fk_marginal_at(v->p_t, &outer.x[i], NULL), kl = 0;
        double weight = outer.w[i] * exp(log_p);
        entropy -= weight * log_p;
        fk_mixture *law;
        fk_error err;
        if (weight < 1e-20) continue; /* a KL is below 1e3 */
        if (fk_reverse_law(v->mix, &v->t, &outer.x[i], &v->s, &law, &err) != FK_OK) return NAN;
        fk_marginal *given = fk_marginal_new(law, 1, 0);
        fk_rule inner = fk_rule_over(given);
        for (size_t k = 0; k < inner.n; k++) {
            double log_q = fk_marginal_at(given, &inner.x[k], NULL);
            if (log_q < -90) continue;
            kl += inner.w[k] * exp(log_q) * (log_q - fk_marginal_at(v->p_s, &inner.x[k], NULL));
        }
        fk_rule_free(&inner);
        fk_marginal_free(given);
        fk_mixture_free(law);
        mean_kl += weight * kl;
    }
    fk_rule_free(&outer);
    double information = entropy - (log(q) + FK_LOG_2PI + (which == 2 ? 0 : 1)) / 2;
    if (which == 1) information = 0;
    return fabs(mean_kl - information) / (fabs(entropy) + fabs(log(q)) + 1);
}

/* Two views do: each takes two nested quadratures. */
static fk_verdict check_mean_divergence(const fk_claim_env *env, const fk_claim *claim,
                                        const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve"};
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        view v = view_new("three-1d", spec[i], 3);
        fk_worst(&worst, mean_divergence(&v, variant->which));
        view_free(&v);
    }
    return fk_measured(worst, 0);
}

/* --- C55: the diversity of the outputs --- */

enum { TOTAL, SDE_ADDS_TO_ODE, MEANS_ALONE, CONDITIONAL_ALONE };

/* Over x_1 ~ p_1: E Var(x_0|x_1) + Var E(x_0|x_1) for the SDE; for the ODE the variance of its end
 * points y, int y^2 p_1(x(y)) dx/dy dy with x(y) the map from 0 to 1. Both are Var(x_0). */
static fk_verdict diversity(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "bimodal-1d"};
    static const double late[] = {0.2385, 0.6385, 1};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0;
    for (size_t m = 0; m < 2; m++)
        for (size_t j = 0; j < 3; j++) {
            fk_mixture *mix = fk_setting_mixture(name[m]);
            fk_coeffs c = fk_schedule_at(&schedule, late[j]), clean = fk_schedule_at(&schedule, 0);
            fk_marginal *p_1 = fk_marginal_new(mix, c.s, c.sigma);
            fk_marginal *p_0 = fk_marginal_new(mix, 1, 0);
            double mean, var_0;
            fk_mixture_moments(mix, &mean, &var_0);

            fk_sum within = {0}, between = {0}, ode = {0};
            fk_rule rule = fk_rule_over(p_1);
            for (size_t i = 0; i < rule.n; i++) {
                double x0hat, cov;
                double log_p = fk_marginal_at(p_1, &rule.x[i],
                                              &(fk_point){.x0hat = &x0hat, .covariance = &cov});
                double w = rule.w[i] * exp(log_p);
                fk_sum_add(&within, w * cov);
                fk_sum_add(&between, w * (x0hat - mean) * (x0hat - mean));
            }
            fk_rule_free(&rule);
            rule = fk_rule_over(p_0);
            for (size_t i = 0; i < rule.n; i++) {
                double x, slope, y = rule.x[i];
                fk_flow(mix, &clean, &c, 1, &y, &x, &slope);
                double w = rule.w[i] * exp(fk_marginal_at(p_1, &x, NULL)) * slope;
                fk_sum_add(&ode, w * (y - mean) * (y - mean));
            }
            fk_rule_free(&rule);
            double inside = fk_sum_value(&within), of_ode = fk_sum_value(&ode);
            double of_sde = inside + fk_sum_value(&between);
            if (variant->which == SDE_ADDS_TO_ODE) of_sde = of_ode + inside;
            if (variant->which == MEANS_ALONE) of_sde = fk_sum_value(&between);
            if (variant->which == CONDITIONAL_ALONE) of_sde = inside;
            fk_worst(&worst, fabs(of_sde / of_ode - 1));
            fk_worst(&worst, fabs(of_ode / var_0 - 1));
            fk_worst(&worst, inside > 0.01 * var_0 ? 0 : 1); /* the SDE's own spread is there */
            fk_marginal_free(p_0);
            fk_marginal_free(p_1);
            fk_mixture_free(mix);
        }
    return fk_measured(worst, 0);
}

const fk_claim fk_figures_claims[] = {
    {"C55",
     "SDE and ODE outputs are equally diverse: both have variance Var(x_0). Only given x_1 the SDE "
     "spreads, Var(x_0|x_1) > 0, and the ODE does not; printed: the SDE's outputs are more diverse",
     FK_OVERVIEW ", introduction and Advantage",
     FK_EXACT,
     1e-12,
     "quadrature to rounding; the flow map is known to 1e-13 and its density enters relatively",
     diversity,
     {"E Var(x_0|x_1) + Var E(x_0|x_1)", TOTAL, 0},
     {{"as printed: the ODE's variance and more", SDE_ADDS_TO_ODE, 0},
      {"Var E(x_0|x_1) alone", MEANS_ALONE, 0},
      {"E Var(x_0|x_1) alone", CONDITIONAL_ALONE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "SDE sampling gives more diverse outputs"},
    {"C56",
     "From a fixed x_1 the dashed mean of the SDE is the mean of p(x_t|x_1); it is not the ODE's "
     "path "
     "F_t^-1(F_1(x_1))",
     FK_OVERVIEW ", animation, Reading guide",
     FK_EXACT,
     1e-13,
     "Bayes' density by quadrature: exponents up to 40 in size, 40 * 2^-53 = 5e-15, ten times that "
     "for Q in the exponent where s is near t, and the quadrature's 1e-15",
     check_mean_of_law,
     {"the mean of p(x_t|x_1)", 0, 0},
     {{"the ODE's path", 1, 0}, {"the mean of p_t", 2, 0}},
     .reading = FK_TRUE},
    {"C57",
     "From a fixed x_1 the bands are quantiles of p(x_t|x_1), a mixture: narrower than those of "
     "p_t "
     "and not those of a normal law",
     FK_OVERVIEW ", animation, Reading guide",
     FK_EXACT,
     1e-13,
     "as C56, and quantiles to 1e-14",
     check_bands,
     {"quantiles of p(x_t|x_1)", 0, 0},
     {{"quantiles of p_t", 1, 0}, {"a normal law of the same moments", 2, 0}},
     .reading = FK_TRUE},
    {"C58",
     "From a common fixed x_1 the SDE has the law p(x_t|x_1) and the ODE is a point: neither has "
     "the "
     "marginal p_t, as printed. Averaged over x_1 ~ p_1 the law is p_t",
     FK_OVERVIEW ", animation",
     FK_EXACT,
     1e-12,
     "quadrature over x_1: exponents up to 100 in size on either side, 2 * 100 * 2^-53 = 2e-14, "
     "ten "
     "times that for Q where s is near t",
     check_averaged_law,
     {"averaged over x_1 ~ p_1", 0, 0},
     {{"as printed: one fixed x_1", 1, 0}, {"x_1 shifted by 0.1", 2, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "with a common initial condition both processes have the same marginal p_t"},
    {"C58-kl",
     "KL(p(x_t|x_1) || p_t) is positive: its mean over x_1 ~ p_1 is the mutual information of x_t "
     "and "
     "x_1, H(p_1) - 1/2 log(2 pi e Q)",
     FK_OVERVIEW ", animation",
     FK_EXACT,
     1e-12,
     "two nested quadratures, each as in C58",
     check_mean_divergence,
     {"H(p_1) - 1/2 log(2 pi e Q)", 0, 0},
     {{"0: the law is p_t", 1, 0}, {"H(p_1) - 1/2 log(2 pi Q)", 2, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
