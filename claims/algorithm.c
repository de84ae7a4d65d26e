/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Algorithm 2, DDPM's sampling, on Gaussian data: every step is affine, so mean and variance follow
 * exactly from step to step. */
#include <math.h>
#include <stdio.h>

#include "analytic/gaussian_law.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"
#include "sde/schemes.h"

static const fk_gaussian data = {0.7, 0.3}; /* gaussian-1d */

/* A step as a text has it: x' = (x - noise_weight epshat) scale + deviation z, epshat = -sigma
 * score of the data's marginal. */
typedef struct {
    double scale, noise_weight, deviation;
} update;

static fk_gaussian updated(const fk_chain *chain, size_t t, update u, fk_gaussian x)
{
    const fk_coeffs at = fk_chain_at(chain, (long)t - 1);
    const fk_gaussian exact = fk_gaussian_marginal(data, &at);
    const double slope = at.sigma / exact.var; /* epshat = slope (x - exact.mean) */
    const double gain = u.scale * (1 - u.noise_weight * slope);
    return (fk_gaussian){gain * x.mean + u.scale * u.noise_weight * slope * exact.mean,
                         gain * gain * x.var + u.deviation * u.deviation};
}

enum { ALGORITHM, X0HAT, ROOT_ALPHA_BAR, OVER_VARIANCE, DEVIATION_SQUARED, DEVIATION_ROOT };

static update update_of(const fk_chain *chain, size_t t, double variance, int which)
{
    const double beta = chain->beta[t - 1], sigma = sqrt(-expm1(chain->log_alpha_bar[t - 1]));
    update u = {1 / sqrt(1 - beta), beta / sigma, sqrt(variance)};
    if (which == X0HAT) u.scale = 1 / sqrt(fk_alpha_bar(chain, t)), u.noise_weight = sigma;
    if (which == ROOT_ALPHA_BAR) u.scale = 1 / sqrt(fk_alpha_bar(chain, t));
    if (which == OVER_VARIANCE) u.noise_weight /= sigma;
    if (which == DEVIATION_SQUARED) u.deviation = variance;
    if (which == DEVIATION_ROOT) u.deviation = sqrt(u.deviation);
    return u;
}

/* --- C108, C115: the whole chain with the best variance, which on a Gaussian is exact --- */

/* Var(x_0) after all steps from the exact law of x_T. */
static fk_verdict whole_chain(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_bound_run run = fk_bound_run_new("gaussian-1d", "ddpm-linear", FK_VARIANCE_OPTIMAL);
    const fk_coeffs last = fk_chain_at(&run.chain, (long)run.chain.T - 1);
    fk_gaussian x = fk_gaussian_marginal(data, &last);
    for (size_t t = run.chain.T; t > 0; t--)
        x = updated(&run.chain, t, update_of(&run.chain, t, run.elbo.variance[t - 1], v->which), x);
    fk_bound_run_free(&run);
    return fk_measured(x.var, data.var);
}

/* --- C116: algorithm 2 and the product's scheme --- */

/* Mean and variance after each step, by algorithm 2's line and by the scheme's tables. */
static fk_verdict algorithm_2(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c <= FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(
            c < FK_N_CHAINS ? fk_setting_chains[c] : "ddpm-linear:T=200", 0, &fk_ancestral_small);
        fk_gaussian x = {0, 1}; /* x_T ~ N(0, 1) */
        fk_gaussian_law law = fk_gaussian_law_start(x);
        for (size_t n = 0; n < run.plan.n_steps; n++) {
            const size_t t = run.chain.T - n;
            const double variance = fk_chain_posterior_variance(&run.chain, t - 1); /* 0 at t = 1 */
            x = updated(&run.chain, t, update_of(&run.chain, t, variance, v->which), x);
            fk_gaussian_law_step(data, &run.plan.step[n], &law);
            fk_keep_worst(&worst, x.mean, law.mean[FK_ROW_X], 0);
            fk_keep_worst(&worst, x.var, law.cov[FK_ROW_X][FK_ROW_X], 0);
        }
        fk_chain_run_free(&run);
    }
    return worst;
}

/* --- C117: z = 0 at t = 1 --- */

/* Var(x_0) of the model whose likelihood L_0 bounds, p(x_0 | x_1) = N(mu, beta_1), carried on as
 * the text has its steps, less what comes out of the product's own tables, in which z = 0 at last.
 */
static fk_verdict last_noise(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0, &fk_ancestral_small);
        const double beta = run.chain.beta[0], said[] = {beta, 0, beta * beta};
        fk_gaussian x = {0, 1};
        for (size_t t = run.chain.T; t > 0; t--) {
            const double variance = t > 1 ? fk_chain_posterior_variance(&run.chain, t - 1) : beta;
            x = updated(&run.chain, t, update_of(&run.chain, t, variance, ALGORITHM), x);
        }
        fk_gaussian_law law = fk_gaussian_law_start((fk_gaussian){0, 1});
        fk_gaussian_law_run(data, run.plan.step, run.plan.n_steps, &law, NULL);
        fk_keep_worst(&worst, said[v->which], x.var - law.cov[FK_ROW_X][FK_ROW_X], 0);
        fk_chain_run_free(&run);
    }
    return worst;
}

/* --- C111: what the exact predictor leaves --- */

/* T (variance of algorithm 2 with sigma^2 = beta - data's variance) as T grows on vp-linear. With V
 * = s^2 v + sigma^2 each step adds (beta/T)^2 s^2 (1 - v)/V too much, of which v^2 s^2/V^2 reaches
 * t = 0, and the last one, having no noise, leaves out beta(0)/T: int_0^1 beta^2 s^4 v^2 (1 -
 * v)/V^3 dt - beta(0). */
static fk_verdict left_over(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double scaled[3];
    for (int k = 0; k < 3; k++) {
        char spec[48];
        snprintf(spec, sizeof spec, "vp-linear:T=%d", 4000 << k);
        fk_chain chain = fk_setting_chain(spec);
        const fk_coeffs last = fk_chain_at(&chain, (long)chain.T - 1);
        fk_gaussian x = fk_gaussian_marginal(data, &last);
        for (size_t t = chain.T; t > 0; t--)
            x = updated(&chain, t, update_of(&chain, t, t > 1 ? chain.beta[t - 1] : 0, ALGORITHM),
                        x);
        scaled[k] = (double)chain.T * (x.var - data.var);
        fk_chain_free(&chain);
    }
    fk_schedule vp = fk_setting_schedule("vp-linear");
    fk_rule rule = fk_rule_new(0, 1, 60);
    double integral = 0;
    for (size_t q = 0; q < rule.n; q++) {
        const fk_coeffs c = fk_schedule_at(&vp, rule.x[q]);
        const double s2 = c.s * c.s, total = s2 * data.var + c.sigma * c.sigma;
        integral += rule.w[q] * c.g2 * c.g2 * s2 * s2 * data.var * data.var * (1 - data.var) /
                    (total * total * total);
    }
    fk_rule_free(&rule);
    const double limit = integral - fk_schedule_at(&vp, 0).g2;
    const double said[] = {limit, 0, integral, limit / 2};
    return fk_measured(said[v->which], fk_setting_limit(scaled));
}

const fk_claim fk_algorithm_claims[] = {
    {"C108-chain",
     "With that mean and the best variance DDPM's 1000 steps give Gaussian data their variance "
     "back "
     "(0.3): the printed mean does not",
     FK_SERIES ", section 2.3, 5th display",
     FK_EXACT,
     1e-11,
     "1000 steps of some ten roundings each, contracting",
     whole_chain,
     {"mu_theta of C109", ALGORITHM, 0},
     {{"as printed: x0hat for the mean", X0HAT, 0},
      {"over sqrt(abar_t)", ROOT_ALPHA_BAR, 0},
      {"beta_t/(1 - abar_t)", OVER_VARIANCE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "mu_theta(x_t, t) = x_t/sqrt(abar_t) - sqrt(1 - abar_t)/sqrt(abar_t) "
                "eps_theta(x_t, t)"},
    {"C111",
     "The exact predictor does not give the data distribution at finite T: T (Var - v) of "
     "algorithm 2 with sigma^2 = beta tends to int beta^2 s^4 v^2 (1 - v)/V^3 dt - beta(0)",
     FK_SERIES ", section 2.3",
     FK_ORDER,
     1e-5,
     "Richardson's extrapolation from T = 4000, 8000, 16000 leaves (20/4000)^3 of 1: 1e-7; "
     "rounding T 1e-13",
     left_over,
     {"that constant over T", 0, 0},
     {{"as printed: the true data distribution", 1, 0},
      {"with noise in the last step", 2, 0},
      {"half of it", 3, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "This establishes that the model learns the true data distribution by learning to "
                "denoise"},
    {"C115",
     "p_theta(x_{t-1}|x_t) = N(mu_theta, sigma_t^2 I): with the variance sigma_t^2, and not "
     "sigma_t, "
     "the chain gives Gaussian data their variance back",
     FK_CHOCHO ", section 2.3",
     FK_EXACT,
     1e-11,
     "as C108-chain",
     whole_chain,
     {"variance sigma_t^2", ALGORITHM, 0},
     {{"as printed: variance sigma_t", DEVIATION_ROOT, 0},
      {"deviation sigma_t^2", DEVIATION_SQUARED, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "p_theta(x_{t-1}|x_t) ~ N(mu_theta(x_t, t), sigma_t I)"},
    {"C116",
     "Algorithm 2's line x_{t-1} = (x_t - (1 - alpha_t)/sqrt(1 - abar_t) Net)/sqrt(alpha_t) + "
     "sigma_t z is the ancestral scheme, z = 0 at t = 1: same law after every step",
     FK_CHOCHO ", algorithm 2",
     FK_EXACT,
     1e-12,
     "200 steps of some ten roundings each, contracting",
     algorithm_2,
     {"algorithm 2", ALGORITHM, 0},
     {{"over sqrt(abar_t)", ROOT_ALPHA_BAR, 0},
      {"(1 - alpha_t)/(1 - abar_t)", OVER_VARIANCE, 0},
      {"sigma_t^2 z", DEVIATION_SQUARED, 0}},
     .reading = FK_TRUE},
    {"C117",
     "With z = 0 at t = 1 algorithm 2 returns the mean of p_theta(x_0|x_1), not a sample of it: "
     "its "
     "variance is beta_1 less than that of p_theta(x_0)",
     FK_CHOCHO ", section 2.3",
     FK_EXACT,
     1e-13,
     "a difference of two variances below 1, thirty steps of ten roundings each, contracting",
     last_noise,
     {"less by beta_1", 0, 0},
     {{"as printed: x_0 ~ p_theta(x_0)", 1, 0}, {"less by beta_1^2", 2, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "we may sample x_0 ~ p_theta(x_0) .. if t > 1 then z ~ N(0, I) else z = 0"},
    {.id = NULL},
};
