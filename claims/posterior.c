/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior q(x_{t-1} | x_t, x_0) of DDPM's chain, and what it has to do with q(x_{t-1} | x_t),
 * which the model's steps stand for. */
#include <math.h>
#include <stdlib.h>

#include "analytic/elbo.h"
#include "analytic/exact.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"
#include "sde/schemes.h"

/* mu~ = of_x0 x_0 + of_x x, and beta~, from the chain's beta and alpha_bar. */
typedef struct {
    double of_x0, of_x, var;
} posterior;

enum { FORMULA, SAME_TIME, SWAPPED, NO_ROOT, LARGE, INVERTED };

static posterior posterior_at(const fk_chain *chain, size_t t, int which)
{
    const double beta = chain->beta[t - 1], alpha = 1 - beta;
    const double now = fk_alpha_bar(chain, t), past = fk_alpha_bar(chain, t - 1);
    const double left = -expm1(t > 1 ? chain->log_alpha_bar[t - 2] : 0);
    const double all = -expm1(chain->log_alpha_bar[t - 1]);
    posterior p = {sqrt(past) * beta / all, sqrt(alpha) * left / all, beta * left / all};
    if (which == SAME_TIME) p.of_x0 = sqrt(now) * beta / all, p.of_x = sqrt(alpha);
    if (which == SWAPPED) p = (posterior){p.of_x, p.of_x0, p.var};
    if (which == NO_ROOT) p.of_x0 = past * beta / all, p.of_x = alpha * left / all;
    if (which == LARGE) p.var = beta;
    if (which == INVERTED) p.var = beta * all / left;
    return p;
}

/* --- C85: Bayes --- */

/* log q(x_{t-1} | x_t, x_0) against log q(x_t | x_{t-1}) + log q(x_{t-1} | x_0) - log q(x_t |
 * x_0). */
static fk_verdict bayes(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t t = 2; t <= chain.T; t++) {
            const fk_coeffs now = fk_chain_at(&chain, (long)t - 1);
            const fk_coeffs past = fk_chain_at(&chain, (long)t - 2);
            const double beta = chain.beta[t - 1], x0 = fk_setting_offset(t) / 2;
            const double x = now.s * x0 + now.sigma * fk_setting_offset(t + 3) / 2;
            const double y = past.s * x0 + past.sigma * fk_setting_offset(t + 7) / 2;
            const posterior p = posterior_at(&chain, t, FORMULA);
            fk_marginal *q = fk_marginal_new(mix, past.s, past.sigma);
            double before = fk_log_normal(y, past.s * x0, past.sigma * past.sigma);
            if (v->which == 2) before = fk_marginal_at(q, &y, NULL);
            double after = fk_log_normal(x, now.s * x0, now.sigma * now.sigma);
            if (v->which == 1) after = 0;
            fk_worst(
                &worst,
                fk_residual((double[]){fk_log_normal(y, p.of_x0 * x0 + p.of_x * x, p.var),
                                       -fk_log_normal(x, sqrt(1 - beta) * y, beta), -before, after},
                            4));
            fk_marginal_free(q);
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C86, C87: mean and variance by regression --- */

/* Regression of X_{t-1} on (X_0, X_t), over the independent sources: the normal equations, and the
 * variance that they leave. */
static posterior regression(const fk_sources *s, size_t t)
{
    const double *y = s->row[t - 1], *x0 = s->row[0], *x = s->row[t], v = 0.7385;
    const double a = fk_sources_cov(s, x0, x0, v), b = fk_sources_cov(s, x0, x, v);
    const double d = fk_sources_cov(s, x, x, v);
    const double p = fk_sources_cov(s, x0, y, v), q = fk_sources_cov(s, x, y, v);
    const double det = a * d - b * b;
    posterior r = {(d * p - b * q) / det, (a * q - b * p) / det, 0};
    double rest[FK_MOST_T + 1];
    for (size_t j = 0; j <= s->T; j++) rest[j] = y[j] - r.of_x0 * x0[j] - r.of_x * x[j];
    r.var = fk_sources_cov(s, rest, rest, v);
    return r;
}

static fk_verdict moments(const fk_claim *claim, const fk_variant *v, bool mean)
{
    (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fk_sources s = fk_sources_of(&chain);
        for (size_t t = 1; t <= s.T; t++) {
            const posterior p = posterior_at(&chain, t, v->which), exact = regression(&s, t);
            if (mean) {
                fk_keep_worst(&worst, p.of_x0, exact.of_x0, 0);
                fk_keep_worst(&worst, p.of_x, exact.of_x, 0);
            } else {
                fk_keep_worst(&worst, t == 1 && v->which == INVERTED ? 0 : p.var, exact.var, 0);
                if (v->which == FORMULA)
                    fk_keep_worst(&worst, fk_chain_posterior_variance(&chain, t - 1), exact.var, 0);
            }
        }
        fk_chain_free(&chain);
    }
    return worst;
}

static fk_verdict posterior_mean(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)env;
    return moments(claim, v, true);
}

static fk_verdict posterior_variance(const fk_claim_env *env, const fk_claim *claim,
                                     const fk_variant *v)
{
    (void)env;
    return moments(claim, v, false);
}

/* What the product's ancestral scheme does with x and x0hat, on every node of a chain. */
static fk_verdict scheme_mean(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0, &fk_ancestral_small);
        for (size_t n = 0; n < run.plan.n_steps; n++) {
            const posterior p = posterior_at(&run.chain, run.chain.T - n, v->which);
            const fk_combination *r = &run.plan.step[n].result;
            fk_keep_worst(&worst, p.of_x, r->a, 0);
            fk_keep_worst(&worst, p.of_x0, r->b[0], 0);
            fk_keep_worst(&worst, p.var, r->c[0] * r->c[0], 0);
        }
        fk_chain_run_free(&run);
    }
    return worst;
}

/* --- C88: the product of two Gaussians --- */

static fk_verdict gaussian_product(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_chain chain = fk_setting_chain(fk_setting_chains[0]);
    for (size_t t = 2; t <= chain.T; t++) {
        const fk_coeffs now = fk_chain_at(&chain, (long)t - 1);
        const fk_coeffs past = fk_chain_at(&chain, (long)t - 2);
        const double beta = chain.beta[t - 1], x0 = fk_setting_offset(t) / 2;
        const double x = now.s * x0 + now.sigma * fk_setting_offset(t + 3) / 2;
        const double centre = past.s * x0, var = past.sigma * past.sigma;
        fk_rule rule = fk_rule_new(centre - 10 * past.sigma, centre + 10 * past.sigma, 60);
        double integral = 0;
        for (size_t q = 0; q < rule.n; q++)
            integral += rule.w[q] * exp(fk_log_normal(x, sqrt(1 - beta) * rule.x[q], beta) +
                                        fk_log_normal(rule.x[q], centre, var));
        fk_rule_free(&rule);
        double constant = exp(fk_log_normal(x, now.s * x0, now.sigma * now.sigma));
        if (v->which == 1) constant = 1;
        if (v->which == 2) constant = exp(fk_log_normal(x, now.s * x0, beta + var));
        fk_keep_worst(&worst, integral, constant, 0);
    }
    fk_chain_free(&chain);
    return worst;
}

/* --- C89: what the model's step stands for --- */

/* q(x_{t-1} | x_t) = int q(x_{t-1} | x_t, x_0) q(x_0 | x_t) dx_0, by quadrature over x_0. */
static fk_verdict target(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_chain chain = fk_setting_chain(FK_SHORT_CHAIN);
    const fk_coeffs clean = fk_chain_at(&chain, -1);
    for (size_t t = 2; t <= chain.T; t += 2) {
        const fk_coeffs now = fk_chain_at(&chain, (long)t - 1);
        const fk_coeffs past = fk_chain_at(&chain, (long)t - 2);
        const posterior p = posterior_at(&chain, t, FORMULA);
        fk_marginal *marginal = fk_marginal_new(mix, now.s, now.sigma);
        for (size_t j = 0; j < 3; j++) {
            double x, x0hat;
            fk_setting_point(marginal, j + t, &x);
            fk_marginal_at(marginal, &x, &(fk_point){.x0hat = &x0hat});
            fk_mixture *law, *start;
            fk_error err;
            if (fk_reverse_law(mix, &now, &x, &past, &law, &err) != FK_OK ||
                fk_reverse_law(mix, &now, &x, &clean, &start, &err) != FK_OK)
                return fk_measured(NAN, 0);
            fk_marginal *exact = fk_marginal_new(law, 1, 0), *x0 = fk_marginal_new(start, 1, 0);
            double y, density = 0;
            fk_setting_point(exact, j, &y);
            fk_rule rule = fk_rule_over(x0);
            for (size_t q = 0; q < rule.n; q++)
                density +=
                    rule.w[q] * exp(fk_marginal_at(x0, &rule.x[q], NULL) +
                                    fk_log_normal(y, p.of_x0 * rule.x[q] + p.of_x * x, p.var));
            fk_rule_free(&rule);
            const double at_estimate = fk_log_normal(y, p.of_x0 * x0hat + p.of_x * x,
                                                     v->which == 2 ? chain.beta[t - 1] : p.var);
            fk_keep_worst(&worst, v->which ? exp(at_estimate) : density,
                          exp(fk_marginal_at(exact, &y, NULL)), 0);
            fk_marginal_free(exact), fk_marginal_free(x0);
            fk_mixture_free(law), fk_mixture_free(start);
        }
        fk_marginal_free(marginal);
    }
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return worst;
}

#define ALGEBRA "at most thirty products of square roots of numbers of size 1: a hundred roundings"

const fk_claim fk_posterior_claims[] = {
    {"C85",
     "q(x_t, x_{t-1}|x_0) = q(x_t|x_{t-1}) q(x_{t-1}|x_0), and q(x_{t-1}|x_t, x_0) by Bayes' rule",
     FK_SERIES ", appendix 1 and 2",
     FK_EXACT,
     1e-13,
     "four logarithms of densities, relative to their sizes; a variance of 1e-2 as a difference",
     bayes,
     {"over q(x_t|x_0)", 0, 0},
     {{"not normalised", 1, 0}, {"q(x_{t-1}) for q(x_{t-1}|x_0)", 2, 0}},
     .reading = FK_TRUE},
    {"C86",
     "mu~_t = sqrt(abar_{t-1}) beta_t/(1 - abar_t) x_0 + sqrt(alpha_t)(1 - abar_{t-1})/(1 - "
     "abar_t) "
     "x_t: regression of X_{t-1} on X_0 and X_t",
     FK_SERIES ", section 2.2, appendix 3; " FK_CHOCHO ", eq. 4",
     FK_EXACT,
     1e-12,
     ALGEBRA ", over a determinant of 0.01",
     posterior_mean,
     {"both coefficients", FORMULA, 0},
     {{"abar_t for abar_{t-1}", SAME_TIME, 0},
      {"coefficients swapped", SWAPPED, 0},
      {"no roots", NO_ROOT, 0}},
     .reading = FK_TRUE},
    {"C87",
     "beta~_t = beta_t (1 - abar_{t-1})/(1 - abar_t) is the variance that this regression leaves",
     FK_SERIES ", section 2.2, appendix 3; " FK_CHOCHO ", eq. 4",
     FK_EXACT,
     1e-12,
     "as C86",
     posterior_variance,
     {"beta~", FORMULA, 0},
     {{"beta", LARGE, 0}, {"the fraction inverted", INVERTED, 0}},
     .reading = FK_TRUE},
    {"C87-scheme",
     "The ancestral scheme's steps on a chain have these coefficients and this variance, at t = 1 "
     "1, 0 and 0",
     FK_SERIES ", section 2.2; " FK_CHOCHO ", eq. 4",
     FK_EXACT,
     1e-13,
     "some twenty roundings of numbers up to 1, over 1 - alpha_bar >= 0.01",
     scheme_mean,
     {"mu~ and beta~", FORMULA, 0},
     {{"abar_t for abar_{t-1}", SAME_TIME, 0}, {"beta", LARGE, 0}, {"no roots", NO_ROOT, 0}},
     .reading = FK_TRUE},
    {"C88",
     "The product of two Gaussians is a Gaussian up to its constant: int q(x_t|x_{t-1}) "
     "q(x_{t-1}|x_0) dx_{t-1} = q(x_t|x_0)",
     FK_SERIES ", appendix 3",
     FK_EXACT,
     1e-13,
     "quadrature of a Gaussian to rounding; densities up to 2",
     gaussian_product,
     {"q(x_t|x_0)", 0, 0},
     {{"1: a density as it stands", 1, 0}, {"variances added, not propagated", 2, 0}},
     .reading = FK_TRUE_IF,
     .printed = "The product of two Gaussians results in another Gaussian"},
    {"C89",
     "The model's step stands for q(x_{t-1}|x_t), the mean of q(x_{t-1}|x_t, x_0) over q(x_0|x_t), "
     "and not for any one of these",
     FK_SERIES ", section 2.2",
     FK_EXACT,
     1e-12,
     "quadrature of a product of Gaussians; densities up to 2, exponents to 1e-14",
     target,
     {"averaged over x_0", 0, 0},
     {{"aligned with it at x0hat, variance beta~", 1, 0}, {"at x0hat, variance beta", 2, 0}},
     .reading = FK_TRUE_IF,
     .printed = "We aim to ensure the reverse process aligns with the true posterior "
                "q(x_{t-1}|x_t, x_0)"},
    {.id = NULL},
};
