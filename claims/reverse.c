/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reverse SDE, exactly: Fokker-Planck residuals with closed-form derivatives. */
#include <assert.h>
#include <math.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/fokker_planck.h"
#include "claims/setting.h"

/* --- C46: no noise, less noise, more noise than the reverse SDE's --- */

enum { FAMILY, SDE_DRIFT, AMPLITUDE, ODE_DRIFT };

static fk_verdict family(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {0, 0.385, 1.385};
    double worst = 0;
    for (size_t i = 0; i < sizeof eta / sizeof *eta; i++) {
        fk_process process = {(1 + eta[i] * eta[i]) / 2, eta[i] * eta[i], -1, 0};
        if (variant->which == SDE_DRIFT) process.drift = 1;
        if (variant->which == AMPLITUDE) process.drift = (1 + eta[i]) / 2;
        if (variant->which == ODE_DRIFT) process.drift = 0.5;
        fk_worst(&worst, fk_process_worst(&process));
    }
    return fk_measured(worst, 0);
}

/* --- C47: Anderson's SDE --- */

/* param: the factor of g^2 score; which 1: run with dt > 0. */
static fk_verdict anderson(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_process process = {variant->param, 1, variant->which == 1 ? 1 : -1, 0};
    return fk_measured(fk_process_worst(&process), 0);
}

/* One component of the law p(x_s | x_t) and its rate of change with s. With S the component's
 * variance at s or t, A = s_t/s_s and Q = sigma_t^2 - A^2 sigma_s^2:
 *     c = M_s + (A S_s/S_t)(x_t - M_t),  P = Q S_s/S_t,
 *     S_s' = 2 f S_s + g^2,  A' = -f A,  Q' = -A^2 g^2. */
typedef struct {
    double mean, var, mean_rate, var_rate;
} component;

static component component_at(const fk_mixture *mix, size_t k, const fk_coeffs *t, double x_t,
                              const fk_coeffs *s)
{
    double a = t->s / s->s, q = (t->sigma - a * s->sigma) * (t->sigma + a * s->sigma);
    double var_t = t->s * t->s * mix->var[k] + t->sigma * t->sigma;
    double var_s = s->s * s->s * mix->var[k] + s->sigma * s->sigma;
    double away = (x_t - t->s * mix->mean[k]) / var_t, rate = 2 * s->f * var_s + s->g2;
    return (component){.mean = s->s * mix->mean[k] + a * var_s * away,
                       .var = q * var_s / var_t,
                       .mean_rate = s->f * s->s * mix->mean[k] + a * (rate - s->f * var_s) * away,
                       .var_rate = (q * rate - a * a * s->g2 * var_s) / var_t};
}

/* d/ds log q(x) of the law, by its parameters. */
static double law_log_rate(const fk_mixture *mix, const fk_mixture *law, const double *weight,
                           const fk_coeffs *t, double x_t, const fk_coeffs *s, double x)
{
    double sum = 0;
    for (size_t k = 0; k < mix->k; k++) {
        component c = component_at(mix, k, t, x_t, s);
        double d = (x - law->mean[k]) / law->var[k];
        sum += weight[k] * (d * c.mean_rate + c.var_rate / 2 * (d * d - 1 / law->var[k]));
    }
    return sum;
}

/* Residual of d/ds log q = -div b - b (log q)' + direction g^2/2 ((log q)'' + (log q)'^2), b = f x
 * - drift g^2 score of p_s: the equation of C47, for the law from one point, direction the sign of
 * dt. */
static double law_residual(const fk_mixture *mix, const fk_coeffs *t, double x_t,
                           const fk_coeffs *s, size_t j, double drift, double direction)
{
    fk_mixture *law;
    fk_error err;
    if (fk_reverse_law(mix, t, &x_t, s, &law, &err) != FK_OK) return NAN;
    double residual = NAN;
    if (law->k == mix->k && mix->k <= 8) { /* no component underflowed */
        fk_marginal *p = fk_marginal_new(mix, s->s, s->sigma), *q = fk_marginal_new(law, 1, 0);
        double x, score, div, slope, bend, weight[8];
        fk_setting_point(q, j, &x);
        fk_marginal_at(p, &x, &(fk_point){.score = &score, .divergence = &div});
        fk_marginal_at(q, &x, &(fk_point){.score = &slope, .divergence = &bend, .weight = weight});
        double g2 = drift * s->g2;
        double term[] = {law_log_rate(mix, law, weight, t, x_t, s, x),
                         s->f,
                         -g2 * div,
                         s->f * x * slope,
                         -g2 * score * slope,
                         -direction * s->g2 / 2 * bend,
                         -direction * s->g2 / 2 * slope * slope};
        residual = fk_residual(term, sizeof term / sizeof *term);
        fk_marginal_free(q);
        fk_marginal_free(p);
    }
    fk_mixture_free(law);
    return residual;
}

static fk_verdict transition_law(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "bimodal-1d", "gaussian-1d"};
    double worst = 0;
    for (size_t m = 0; m < 3; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < 40; j++) {
                const fk_schedule *schedule = &fk_schedules[i];
                double one = fk_setting_time(schedule, 2 * j);
                double other = fk_setting_time(schedule, 2 * j + 1);
                fk_coeffs t = fk_schedule_at(schedule, fmax(one, other));
                fk_coeffs s = fk_schedule_at(schedule, fmin(one, other));
                fk_marginal *p = fk_marginal_new(mix, t.s, t.sigma);
                double x_t;
                fk_setting_point(p, j, &x_t);
                fk_marginal_free(p);
                fk_worst(&worst, law_residual(mix, &t, x_t, &s, j + 7, variant->param,
                                              variant->which == 1 ? 1 : -1));
            }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

/* --- C49: the score is the gradient of log p --- */

enum { GRADIENT_OF_LOG, GRADIENT_OF_P, KERNEL_SCORE, OTHER_TIME };

/* Central differences of order eight. */
static double difference_of_log(const fk_marginal *g, double *x, size_t i, double h)
{
    static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    double sum = 0, at = x[i];
    for (int k = 1; k <= 4; k++) {
        x[i] = at + k * h;
        double right = fk_marginal_at(g, x, NULL);
        x[i] = at - k * h;
        sum += weight[k - 1] * (right - fk_marginal_at(g, x, NULL));
    }
    x[i] = at;
    return sum / h;
}

static fk_verdict score_is_a_gradient(const fk_claim_env *env, const fk_claim *claim,
                                      const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "full-2d"};
    double worst = 0;
    for (size_t m = 0; m < 2; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < 12; j++) {
                const fk_schedule *schedule = &fk_schedules[i];
                fk_coeffs c = fk_schedule_at(schedule, fk_setting_time(schedule, j));
                double shift = variant->which == OTHER_TIME ? 1.01 : 1, narrow = INFINITY;
                fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
                fk_marginal *other = fk_marginal_new(mix, c.s, c.sigma * shift);
                for (size_t k = 0; k < mix->k * mix->dim; k++)
                    narrow = fmin(narrow, sqrt(g->var[k]));
                double x[2], score[2];
                fk_setting_point(g, j, x);
                double log_p = fk_marginal_at(other, x, &(fk_point){.score = score});
                for (size_t a = 0; a < mix->dim; a++) {
                    if (variant->which == GRADIENT_OF_P) score[a] *= exp(log_p);
                    if (variant->which == KERNEL_SCORE)
                        score[a] = (g->mean[a] - x[a]) / (c.sigma * c.sigma);
                    double slope = difference_of_log(g, x, a, 0.005 * narrow);
                    fk_worst(&worst, fabs(slope - score[a]) / (fabs(slope) + 1 / narrow));
                }
                fk_marginal_free(other);
                fk_marginal_free(g);
            }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

#define BECAUSE                                                                                    \
    "closed-form derivatives: some fifty roundings of 2^-53, relative to the sum of the terms' "   \
    "sizes"

const fk_claim fk_reverse_claims[] = {
    {"C46",
     "Every dx = (f x - (1 + eta^2)/2 g^2 score) dt + eta g dw, dt < 0, has the marginals p_t, eta "
     "= "
     "0 too; printed: the reverse dynamics must be an SDE",
     FK_OVERVIEW ", introduction",
     FK_EXACT,
     1e-14,
     BECAUSE,
     family,
     {"(1 + eta^2)/2", FAMILY, 0},
     {{"as printed: one drift, the SDE's g^2 score", SDE_DRIFT, 0},
      {"(1 + eta)/2", AMPLITUDE, 0},
      {"the ODE's g^2/2 score at every eta", ODE_DRIFT, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "the reverse dynamics must also be an SDE"},
    {"C47",
     "The reverse SDE dx = (f x - g^2 score) dt + g dwbar, with dt < 0, has the marginals p_t: its "
     "Fokker-Planck residual is 0",
     FK_OVERVIEW ", eq. 26",
     FK_EXACT,
     1e-14,
     BECAUSE,
     anderson,
     {"g^2 score, dt < 0", 0, 1},
     {{"g^2/2 score", 0, 0.5},
      {"run with dt > 0", 1, 1},
      {"+ g^2 score", 0, -1},
      {"no score", 0, 0}},
     .reading = FK_TRUE_IF,
     .printed =
         "dx = (f x - g^2 grad log p_t) dt + g dwbar, with no word of dt < 0 or of the start"},
    {"C47-transition",
     "Stronger: the law p(x_s|x_t) of the true process run backwards from one point solves the "
     "Fokker-Planck equation of eq. 26",
     FK_OVERVIEW ", eq. 26",
     FK_EXACT,
     1e-14,
     BECAUSE,
     transition_law,
     {"g^2 score", 0, 1},
     {{"g^2/2 score", 0, 0.5},
      {"run with dt > 0", 1, 1},
      {"+ g^2 score", 0, -1},
      {"0.999 g^2 score", 0, 0.999}},
     .reading = FK_TRUE_IF},
    {"C49",
     "The score is the gradient, in x_t, of the log-density of the noised marginal",
     FK_OVERVIEW ", text below eq. 26",
     FK_EXACT,
     1e-10,
     "differences of order eight with h = 0.005 standard deviations: truncation 1e-14, rounding of "
     "log p (below 50) 50 * 2^-53/0.005 = 1e-12 per standard deviation",
     score_is_a_gradient,
     {"grad log p_t", GRADIENT_OF_LOG, 0},
     {{"grad p_t", GRADIENT_OF_P, 0},
      {"the kernel's score, of p(x_t|x_0)", KERNEL_SCORE, 0},
      {"the score at 1 % more noise", OTHER_TIME, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
