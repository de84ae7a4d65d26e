/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B18: the guided score, what it is at scale 1, and what it is not at any other. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "analytic/tilted.h"
#include "claims/claims.h"
#include "claims/setting.h"

static fk_guidance guidance_of(const fk_mixture *mix, size_t label, double gamma)
{
    fk_guidance g;
    fk_error err;
    if (fk_guidance_new(mix, &label, 1, gamma, &g, &err) != FK_OK) abort(); /* known to be right */
    return g;
}

/* --- B18: one component's score less that of all --- */

enum { DIFFERENCE_OF_SCORES, SCORE_GIVEN_Y, OTHER_SIGN };

/* The gradient of log p(y|x_t), by central differences of order eight of the responsibilities. */
static fk_verdict label_gradient(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    static const char *const name[] = {"three-1d", "full-2d"};
    double worst = 0;
    for (size_t m = 0; m < 2; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t j = 0; j < 30; j++) {
            const fk_schedule *schedule = &fk_schedules[j % fk_n_schedules];
            double lambda = 1.185 - 0.115 * (double)j;
            fk_coeffs c = fk_schedule_at(schedule, schedule->time_of(schedule, lambda));
            fk_guidance g = guidance_of(mix, j % mix->k, 1);
            fk_marginal *all = fk_marginal_new(mix, c.s, c.sigma);
            fk_marginal *given = fk_marginal_new(g.given, c.s, c.sigma);
            double x[2], gradient[2], score[2], narrow = INFINITY;
            for (size_t k = 0; k < mix->k * mix->dim; k++) narrow = fmin(narrow, sqrt(all->var[k]));
            fk_setting_point(given, j, x);
            fk_marginal_at(given, x, &(fk_point){.score = score});
            double h = 0.01 * narrow;
            fk_guidance_log_label(&g, all, given, x, gradient);
            for (size_t i = 0; i < mix->dim; i++) {
                double at = x[i], sum = 0, r[25];
                for (int k = -4; k <= 4; k++) {
                    if (k == 0) continue;
                    x[i] = at + k * h;
                    fk_marginal_at(all, x, &(fk_point){.weight = r});
                    sum += (k > 0 ? 1 : -1) * weight[abs(k) - 1] * log(r[j % mix->k]);
                }
                x[i] = at;
                double formula = gradient[i];
                if (variant->which == SCORE_GIVEN_Y) formula = score[i];
                if (variant->which == OTHER_SIGN) formula = -gradient[i];
                fk_worst(&worst, fabs(sum / h - formula) / (fabs(gradient[i]) + 1 / narrow));
            }
            fk_marginal_free(all);
            fk_marginal_free(given);
            fk_guidance_free(&g);
        }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

/* --- B18-scale: the conditional process at scale 1 --- */

/* The residual of p_t(x|y) in the continuity equation of dx = (f x - g^2/2 guided) dt:
 *     d/dt log p = -n f - f x.u + g^2/2 (div guided + guided.u),    u = grad log p_t(x|y). */
static double guided_residual(const fk_mixture *mix, const fk_schedule *schedule, size_t j,
                              double gamma)
{
    fk_coeffs c = fk_schedule_at(schedule, fk_setting_time(schedule, j));
    fk_guidance g = guidance_of(mix, j % mix->k, gamma);
    fk_marginal *all = fk_marginal_new(mix, c.s, c.sigma);
    fk_marginal *given = fk_marginal_new(g.given, c.s, c.sigma);
    double x[2], score[2], u[2], bend, bend_given, along = 0, push = 0;
    fk_setting_point(given, j, x);
    fk_marginal_at(all, x, &(fk_point){.score = score, .divergence = &bend});
    fk_marginal_at(given, x, &(fk_point){.score = u, .divergence = &bend_given});
    for (size_t i = 0; i < mix->dim; i++) {
        along += x[i] * u[i];
        push += (score[i] + gamma * (u[i] - score[i])) * u[i];
    }
    double term[] = {fk_marginal_log_rate(given, c.f, c.g2, x), (double)mix->dim * c.f, c.f * along,
                     -c.g2 / 2 * (bend + gamma * (bend_given - bend)), -c.g2 / 2 * push};
    fk_marginal_free(all);
    fk_marginal_free(given);
    fk_guidance_free(&g);
    return fk_residual(term, sizeof term / sizeof *term);
}

static fk_verdict scale_one(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "full-2d", "grid-25"};
    double worst = 0;
    for (size_t m = 0; m < 3; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < 24; j++)
                fk_worst(&worst, guided_residual(mix, &fk_schedules[i], j, variant->param));
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

/* --- B18-tilt: what is missing at other scales --- */

enum { JENSEN, NOTHING, NO_FACTOR, LABEL_NOT_SUBTRACTED };

/* (s/sigma^2)(E[r^g x_0]/E[r^g] - E x_0 - g (E[r x_0]/E r - E x_0)), all given x_t, by quadrature
 * over the posterior: the gradient of log E[r^g|x_t] - g log E[r|x_t]. */
static double jensen_gap(const fk_guidance *g, const fk_tilted *q, const fk_coeffs *c, double x_t,
                         int which)
{
    fk_mixture *law;
    fk_error err;
    fk_coeffs zero = {.s = 1, .sigma = 0, .lambda = INFINITY};
    if (fk_reverse_law(g->data, c, &x_t, &zero, &law, &err) != FK_OK) return NAN;
    fk_marginal *posterior = fk_marginal_new(law, 1, 0);
    fk_rule rule = fk_rule_over(posterior);
    double sum[3] = {0}, first[3] = {0};
    for (size_t i = 0; i < rule.n; i++) {
        double x = rule.x[i], p = rule.w[i] * exp(fk_marginal_at(posterior, &x, NULL));
        double log_r = fk_guidance_log_label(g, q->of_data, q->of_given, &x, NULL);
        double weight[3] = {p, p * exp(log_r), p * exp(q->gamma * log_r)};
        for (size_t k = 0; k < 3; k++) {
            sum[k] += weight[k];
            first[k] += weight[k] * x;
        }
    }
    fk_rule_free(&rule);
    fk_marginal_free(posterior);
    fk_mixture_free(law);
    double all = first[0] / sum[0], once = first[1] / sum[1], often = first[2] / sum[2];
    double factor = which == NO_FACTOR ? 1 : c->s / (c->sigma * c->sigma);
    if (which == LABEL_NOT_SUBTRACTED) return factor * (often - all);
    return factor * (often - all - q->gamma * (once - all));
}

static fk_verdict not_the_tilted_law(const fk_claim_env *env, const fk_claim *claim,
                                     const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double gamma[] = {0.385, 2, 4.385};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0;
    for (size_t k = 0; k < mix->k; k++)
        for (size_t m = 0; m < 3; m++) {
            fk_guidance g = guidance_of(mix, k, gamma[m]);
            fk_tilted *q = fk_tilted_new(&g, gamma[m]);
            for (size_t j = 0; j < 5; j++) {
                double lambda = 1.385 - 0.715 * (double)j, x, score, own, label;
                fk_coeffs c = fk_schedule_at(&schedule, schedule.time_of(&schedule, lambda));
                fk_marginal *all = fk_marginal_new(mix, c.s, c.sigma);
                fk_marginal *given = fk_marginal_new(g.given, c.s, c.sigma);
                fk_setting_point(given, j + 5 * m, &x);
                fk_marginal_at(all, &x, &(fk_point){.score = &score});
                fk_guidance_log_label(&g, all, given, &x, &label);
                fk_tilted_noised(q, c.s, c.sigma, x, &own);
                double residual = own - (score + gamma[m] * label);
                double gap =
                    variant->which == NOTHING ? 0 : jensen_gap(&g, q, &c, x, variant->which);
                fk_worst(&worst, fabs(residual - gap) * c.sigma / (1 + fabs(x)));
                fk_marginal_free(all);
                fk_marginal_free(given);
            }
            fk_tilted_free(q);
            fk_guidance_free(&g);
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

const fk_claim fk_guided_scores_claims[] = {
    {"B18",
     "grad log p(y|x_t), the label a component, is that component's score less the score of all: "
     "what guidance adds is exact",
     "Dhariwal and Nichol 2021, section 4.1",
     FK_EXACT,
     1e-9,
     "differences of order eight with h = 0.01 standard deviations: truncation 1e-13, rounding of "
     "log p(y|x), below 1e3 here, 1e3 * 2^-53/0.01 = 1e-11 and 10 terms",
     label_gradient,
     {"u_k - score", DIFFERENCE_OF_SCORES, 0},
     {{"u_k", SCORE_GIVEN_Y, 0}, {"score - u_k", OTHER_SIGN, 0}},
     .reading = FK_TRUE},
    {"B18-scale",
     "At scale 1 guidance is the exact reverse process given y: p_t(x|y) solves the continuity "
     "equation of the guided ODE. At no other scale does it",
     "Ho and Salimans 2022, eq. 6",
     FK_EXACT,
     1e-14,
     "closed-form derivatives: some fifty roundings of 2^-53, relative to the sum of the terms' "
     "sizes",
     scale_one,
     {"scale 1", 0, 1},
     {{"scale 0", 0, 0}, {"scale 0.999", 0, 0.999}, {"scale 2", 0, 2}},
     .reading = FK_TRUE},
    {"B18-tilt",
     "The guided score is not that of the noised tilted law p_0 p(y|x_0)^gamma: the tilted law's "
     "exceeds it by grad log( E[r^gamma|x_t]/E[r|x_t]^gamma ), r = p(y|x_0), which is 0 at gamma = "
     "1 only",
     "Ho and Salimans 2022, section 3.2",
     FK_EXACT,
     1e-9,
     "quadratures over x_0 and over the posterior, 1e-11 each, of scores times sigma",
     not_the_tilted_law,
     {"grad log( E[r^gamma]/E[r]^gamma )", JENSEN, 0},
     {{"0: guidance samples the tilted law", NOTHING, 0},
      {"without s/sigma^2", NO_FACTOR, 0},
      {"grad log E[r^gamma]", LABEL_NOT_SUBTRACTED, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
