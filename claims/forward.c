/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward process: what x_t = s x_0 + sigma eps says about variances, and which schedules are
 * variance preserving or exploding. */
#include <math.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/setting.h"
#include "core/sum.h"
#include "schedules/chain.h"

enum { TIMES = 9 };

/* --- C05: the variance of x_t --- */

static double variance_by_quadrature(const fk_marginal *g)
{
    fk_rule rule = fk_rule_over(g);
    fk_sum mass = {0}, first = {0}, second = {0};
    double centre = g->mean[0];
    for (size_t i = 0; i < rule.n; i++) {
        double x = rule.x[i] - centre, p = rule.w[i] * exp(fk_marginal_at(g, &rule.x[i], NULL));
        fk_sum_add(&mass, p);
        fk_sum_add(&first, x * p);
        fk_sum_add(&second, x * x * p);
    }
    fk_rule_free(&rule);
    double mean = fk_sum_value(&first) / fk_sum_value(&mass);
    return fk_sum_value(&second) / fk_sum_value(&mass) - mean * mean;
}

enum { WITH_DATA_VARIANCE, AS_PRINTED, SIGMA_NOT_SQUARED, S_NOT_SQUARED };

static fk_verdict variance_of_x_t(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "bimodal-1d", "gaussian-1d"};
    double worst = 0;
    for (size_t m = 0; m < 3; m++) {
        fk_mixture *mixture = fk_setting_mixture(name[m]);
        double mean, var_0;
        fk_mixture_moments(mixture, &mean, &var_0);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < TIMES; j++) {
                const fk_schedule *schedule = &fk_schedules[i];
                fk_coeffs c = fk_schedule_at(schedule, fk_setting_time(schedule, j));
                fk_marginal *g = fk_marginal_new(mixture, c.s, c.sigma);
                double s2 = c.s * c.s, sigma2 = c.sigma * c.sigma, formula = s2 * var_0 + sigma2;
                if (variant->which == AS_PRINTED) formula = s2 + sigma2;
                if (variant->which == SIGMA_NOT_SQUARED) formula = s2 * var_0 + c.sigma;
                if (variant->which == S_NOT_SQUARED) formula = c.s * var_0 + sigma2;
                fk_worst(&worst, fabs(variance_by_quadrature(g) / formula - 1));
                fk_marginal_free(g);
            }
        fk_mixture_free(mixture);
    }
    return fk_measured(worst, 0);
}

/* --- C06: whitened data --- */

enum { WHITENED, EACH_COORDINATE_ALONE, NOT_WHITENED, SUB_VP };

/* The rows of W, lower triangular, with W C W^T = 1 (or only its diagonal). */
static void whitening(const double cov[4], int which, double w[4])
{
    double l00 = sqrt(cov[0]), l10 = cov[2] / l00, l11 = sqrt(cov[3] - l10 * l10);
    w[0] = 1 / l00;
    w[1] = 0;
    w[2] = -l10 / (l00 * l11);
    w[3] = 1 / l11;
    if (which == EACH_COORDINATE_ALONE) {
        w[2] = 0;
        w[3] = 1 / sqrt(cov[3]);
    }
    if (which == NOT_WHITENED) memcpy(w, (double[]){1, 0, 0, 1}, 4 * sizeof *w);
}

/* Largest entry of |Cov(x_t) - 1| of the transformed mixture, by the law of total covariance over
 * its components: the covariance of W x_0 is never formed. */
static double distance_from_identity(const fk_mixture *mix, const double w[4], fk_coeffs c)
{
    double mean[2], cov[4], worst = 0;
    fk_mixture_moments(mix, mean, cov);
    for (size_t a = 0; a < 2; a++)
        for (size_t b = 0; b < 2; b++) {
            fk_sum total = {0};
            for (size_t k = 0; k < mix->k; k++) {
                double own[4], d[2] = {mix->mean[2 * k] - mean[0], mix->mean[2 * k + 1] - mean[1]};
                fk_mixture_covariance(mix, k, own);
                for (size_t i = 0; i < 2; i++)
                    for (size_t j = 0; j < 2; j++)
                        fk_sum_add(&total, mix->weight[k] * w[2 * a + i] * w[2 * b + j] *
                                               (own[2 * i + j] + d[i] * d[j]));
            }
            double entry = c.s * c.s * fk_sum_value(&total) + (a == b ? c.sigma * c.sigma - 1 : 0);
            fk_worst(&worst, fabs(entry));
        }
    return worst;
}

static fk_verdict whitened_variance(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const vp[] = {"vp-linear", "vp-cosine"};
    fk_mixture *mix = fk_setting_mixture("full-2d");
    double mean[2], cov[4], w[4], worst = 0;
    fk_mixture_moments(mix, mean, cov);
    whitening(cov, variant->which, w);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < TIMES; j++) {
            fk_schedule schedule = fk_setting_schedule(variant->which == SUB_VP ? "sub-vp" : vp[i]);
            fk_coeffs c = fk_schedule_at(&schedule, fk_setting_time(&schedule, j));
            fk_worst(&worst, distance_from_identity(mix, w, c));
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C08: the chain's closed form against its recursion --- */

enum { ALPHA_BAR, ALPHA, NO_ROOT, ONLY_ADDED };

/* x_i = sqrt(1 - beta_i) x_{i-1} + sqrt(beta_i) eps_i carries mean coefficient and variance. */
static fk_verdict chain_closed_form(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ddpm-linear", "cosine", "vp-linear:T=777"};
    double worst = 0;
    for (size_t k = 0; k < 3; k++) {
        fk_chain chain;
        fk_error err;
        if (fk_chain_parse(spec[k], &chain, &err) != FK_OK) return fk_measured(NAN, 0);
        double mean = 1, var = 0;
        for (size_t i = 0; i < chain.T; i++) {
            double beta = chain.beta[i];
            mean *= sqrt(1 - beta);
            var = (variant->which == ONLY_ADDED ? 1 : 1 - beta) * var + beta;
            fk_coeffs c = fk_chain_at(&chain, (long)i);
            double s = c.s, sigma = c.sigma;
            if (variant->which == ALPHA) s = sqrt(1 - beta), sigma = sqrt(beta);
            if (variant->which == NO_ROOT) s *= s;
            fk_worst(&worst, fabs(s / mean - 1));
            fk_worst(&worst, fabs(sigma * sigma / var - 1));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* --- C09, C10: which schedules preserve the variance, which keep the signal --- */

/* s^2 + sigma^2 = 1, and what is linear in "linear" is beta(t) = -(log s^2)' = -2 f. */
static fk_verdict linear_and_cosine_preserve(const fk_claim_env *env, const fk_claim *claim,
                                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[][2] = {
        {"vp-linear", "vp-cosine"}, {"vp-linear", "sub-vp"}, {"vp-linear", "flow"}};
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[variant->which % 3][i]);
        for (size_t j = 0; j < 40; j++) {
            double t = fk_setting_time(&schedule, j);
            fk_coeffs c = fk_schedule_at(&schedule, t);
            fk_worst(&worst, fabs(c.s * c.s + c.sigma * c.sigma - 1));
            double linear = 0.1 + 19.9 * t, slope = variant->which == 3 ? -2 * c.f * c.s : -2 * c.f;
            if (i == 0) fk_worst(&worst, fabs(slope / linear - 1));
        }
    }
    return fk_measured(worst, 0);
}

/* Over increasing times: |s - 1|, and 1 for every step on which sigma does not grow. */
static fk_verdict exploding_keeps_the_signal(const fk_claim_env *env, const fk_claim *claim,
                                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[][2] = {{"ve", "edm"}, {"vp-linear", "edm"}, {"ve", "flow"}};
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[variant->which][i]);
        double before = -1;
        for (int j = 0; j <= 997; j++) {
            double t = schedule.t_min + (schedule.t_max - schedule.t_min) * j / 997;
            fk_coeffs c = fk_schedule_at(&schedule, t);
            fk_worst(&worst, fabs(c.s - 1) + (c.sigma > before ? 0 : 1));
            before = c.sigma;
        }
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_forward_claims[] = {
    {"C05",
     "Var(x_t) = s^2 Var(x_0) + sigma^2 on every schedule; printed without Var(x_0), as s^2 + "
     "sigma^2 = 1",
     FK_POST_2025 ", section on VP",
     FK_EXACT,
     1e-14,
     "quadrature by Gauss-Legendre is exact to 1e-18; the density's error is that of log p, which "
     "is 40 at most where it matters: 40 * 2^-53 = 5e-15",
     variance_of_x_t,
     {"s^2 Var(x_0) + sigma^2", WITH_DATA_VARIANCE, 0},
     {{"as printed: s^2 + sigma^2", AS_PRINTED, 0},
      {"sigma for sigma^2", SIGMA_NOT_SQUARED, 0},
      {"s for s^2", S_NOT_SQUARED, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "Var(x_t) = s^2 + sigma^2 = 1"},
    {"C06",
     "On VP schedules Cov(x_t) = 1 at every t where Cov(x_0) = 1, the whole covariance and not "
     "only "
     "unit variances",
     FK_OVERVIEW ", section 1, VP",
     FK_EXACT,
     1e-14,
     "forty roundings of 2^-53 in the factor, the sum and the schedule, amplified by the condition "
     "number of the data's covariance, 1.8: 8e-15",
     whitened_variance,
     {"data whitened by its Cholesky factor", WHITENED, 0},
     {{"each coordinate scaled alone", EACH_COORDINATE_ALONE, 0},
      {"data not whitened", NOT_WHITENED, 0},
      {"sub-VP in place of VP", SUB_VP, 0}},
     .reading = FK_TRUE_IF,
     .printed = "Var(x_t) = s^2 + sigma^2 = 1, the data whitened so that var(x_0) = 1"},
    {"C08",
     "Chains x_i = sqrt(1 - beta_i) x_{i-1} + sqrt(beta_i) eps_i have s = sqrt(alpha_bar), sigma = "
     "sqrt(1 - alpha_bar), alpha_bar the product of the alphas",
     FK_OVERVIEW ", eq. 2",
     FK_EXACT,
     1e-12,
     "a thousand steps of three roundings of 2^-53 each: at most 3.4e-13",
     chain_closed_form,
     {"sqrt(alpha_bar), sqrt(1 - alpha_bar)", ALPHA_BAR, 0},
     {{"alpha for alpha_bar, as in ChoCho's eq. 1", ALPHA, 0},
      {"s = alpha_bar", NO_ROOT, 0},
      {"noise only added, no shrinking", ONLY_ADDED, 0}},
     .reading = FK_TRUE},
    {"C09",
     "The linear and the cosine schedule preserve variance, s^2 + sigma^2 = 1; what is linear is "
     "beta(t) = -(log s^2)', not s",
     FK_OVERVIEW ", section 1, VP",
     FK_EXACT,
     2e-15,
     "two squares of numbers below 1, each with two or three roundings of 2^-53, and a sum",
     linear_and_cosine_preserve,
     {"vp-linear and vp-cosine", 0, 0},
     {{"sub-VP for the cosine", 1, 0},
      {"rectified flow for the cosine", 2, 0},
      {"s itself linear in t", 3, 0}},
     .reading = FK_TRUE},
    {"C10",
     "Variance exploding schedules leave the coefficient of x_0 at 1 and only add noise: sigma "
     "grows strictly",
     FK_OVERVIEW ", eq. 3",
     FK_EXACT,
     1e-15,
     "s is the constant 1: no rounding at all",
     exploding_keeps_the_signal,
     {"VE and EDM", 0, 0},
     {{"vp-linear", 1, 0}, {"rectified flow", 2, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
