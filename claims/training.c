/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network is trained to predict, and the step's mean that follows from it. */
#include <math.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"
#include "sde/schemes.h"

/* --- C100: x0hat from eps --- */

static fk_verdict x0_from_eps(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "full-2d", "random-16d"};
    double worst = 0;
    for (size_t m = 0; m < 3; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t c = 0; c < FK_N_CHAINS; c++) {
            fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
            for (size_t t = 1; t <= chain.T; t++) {
                fk_marginal *p = fk_chain_marginal(mix, &chain, t);
                const double s = p->s, sigma = p->sigma;
                double x[16], score[16], x0hat[16];
                fk_setting_point(p, t, x);
                fk_marginal_at(p, x, &(fk_point){.score = score, .x0hat = x0hat});
                const double root = v->which == 1 ? sigma * sigma : sigma;
                const double over = v->which == 2 ? s * s : s, sign = v->which == 3 ? -1 : 1;
                for (size_t j = 0; j < mix->dim; j++) {
                    const double eps = -sigma * score[j];
                    fk_worst(&worst,
                             fk_residual((double[]){over * x0hat[j], -x[j], sign * root * eps}, 3));
                }
                fk_marginal_free(p);
            }
            fk_chain_free(&chain);
        }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

/* --- C108, C109: the mean of a step --- */

enum { MEAN, X0HAT, ROOT_ALPHA_BAR, NO_ROOT, VARIANCE };

/* mu_theta(x) at time t of the chain, from epshat. */
static double mean_of(const fk_chain *chain, size_t t, double x, double eps, int which)
{
    const double beta = chain->beta[t - 1], sigma = sqrt(-expm1(chain->log_alpha_bar[t - 1]));
    const double root = sqrt(fk_alpha_bar(chain, t));
    if (which == X0HAT) return x / root - sigma / root * eps;
    if (which == ROOT_ALPHA_BAR) return (x - beta / sigma * eps) / root;
    if (which == NO_ROOT) return (x - beta / sigma * eps) / (1 - beta);
    if (which == VARIANCE) return (x - beta / (sigma * sigma) * eps) / sqrt(1 - beta);
    return (x - beta / sigma * eps) / sqrt(1 - beta);
}

/* E[x_{t-1} | x_t = x] by Bayes' rule: the kernel is narrow, so it places the nodes. */
static double mean_by_bayes(const fk_mixture *mix, const fk_chain *chain, size_t t, double x)
{
    const double beta = chain->beta[t - 1], alpha = 1 - beta;
    const double centre = x / sqrt(alpha), sd = sqrt(beta / alpha);
    fk_marginal *p = fk_chain_marginal(mix, chain, t - 1);
    fk_rule rule = fk_rule_new(centre - 10 * sd, centre + 10 * sd, 40);
    double mass = 0, mean = 0;
    for (size_t q = 0; q < rule.n; q++) {
        const double y = rule.x[q];
        const double weight =
            rule.w[q] * exp(fk_marginal_at(p, &y, NULL) + fk_log_normal(x, sqrt(alpha) * y, beta));
        mass += weight, mean += weight * y;
    }
    fk_rule_free(&rule);
    fk_marginal_free(p);
    return mean / mass;
}

/* One place that can be read off: DDPM's chain, t = 500, x_t = 1.385, data three-1d. */
static fk_verdict step_mean(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    const size_t t = 500;
    const double x = 1.385;
    double score;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_chain chain = fk_setting_chain("ddpm-linear");
    fk_marginal *p = fk_chain_marginal(mix, &chain, t);
    fk_marginal_at(p, &x, &(fk_point){.score = &score});
    fk_verdict out = fk_measured(mean_of(&chain, t, x, -p->sigma * score, v->which),
                                 mean_by_bayes(mix, &chain, t, x));
    fk_marginal_free(p);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return out;
}

/* On all nodes of short chains: mu~ by the ancestral scheme's table. */
static fk_verdict mean_from_eps(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0, &fk_ancestral_small);
        for (size_t n = 0; n < run.plan.n_steps; n++) {
            const size_t t = run.chain.T - n;
            const fk_combination *r = &run.plan.step[n].result;
            fk_marginal *p = fk_chain_marginal(mix, &run.chain, t);
            double x, score, x0hat;
            fk_setting_point(p, n, &x);
            fk_marginal_at(p, &x, &(fk_point){.score = &score, .x0hat = &x0hat});
            fk_worst(&worst,
                     fk_residual((double[]){mean_of(&run.chain, t, x, -p->sigma * score, v->which),
                                            -r->a * x, -r->b[0] * x0hat},
                                 3));
            fk_marginal_free(p);
        }
        fk_chain_run_free(&run);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C114: the simple loss at t = 1 --- */

/* (1 - alpha_1)/(2 beta_1 alpha_1) = 1/(2 alpha_1) is what the simple loss drops: x_0 - x0hat = -
 * sigma_1/s_1 (eps - epshat) makes L'_0 of the excess of eps. */
static fk_verdict dropped_weight(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        const fk_coeffs at = fk_chain_at(&chain, 0);
        const double beta = chain.beta[0], ratio = at.sigma / at.s;
        const double weight[] = {1 / (2 * (1 - beta)), 1 / (2 * beta), 0.5};
        for (size_t j = 0; j < 5; j++) {
            const double noise = fk_setting_offset(j), miss = -ratio * noise;
            fk_keep_worst(&worst, weight[v->which] * noise * noise, miss * miss / (2 * beta), 0);
        }
        fk_chain_free(&chain);
    }
    return worst;
}

const fk_claim fk_training_claims[] = {
    {"C100",
     "x_t = sqrt(abar_t) x0hat + sqrt(1 - abar_t) Net: x0hat from the predicted noise, on the "
     "exact "
     "fields -sigma score and x0hat in 1, 2 and 16 dimensions",
     FK_CHOCHO ", eq. 8, section 2.4; " FK_SERIES ", section 2.3",
     FK_EXACT,
     1e-13,
     "x0hat and score by separate formulas, each to some roundings of the sums over 16 components",
     x0_from_eps,
     {"sqrt(1 - abar) eps", 0, 0},
     {{"(1 - abar) eps", 1, 0}, {"abar x0hat", 2, 0}, {"the other sign of eps", 3, 0}},
     .reading = FK_TRUE},
    {"C108",
     "The mean of x_{t-1} given x_t is mu_theta = (x_t - beta_t/sqrt(1 - abar_t) eps_theta)/"
     "sqrt(alpha_t): at t = 500, x_t = 1.385 of DDPM's chain on three-1d",
     FK_SERIES ", section 2.3, 5th display",
     FK_EXACT,
     1e-13,
     "E[x_{t-1}|x_t] by Bayes' rule and quadrature, and the score: some 50 roundings of 1.4",
     step_mean,
     {"with beta_t and sqrt(alpha_t)", MEAN, 0},
     {{"as printed: that is x0hat", X0HAT, 0},
      {"over sqrt(abar_t)", ROOT_ALPHA_BAR, 0},
      {"over alpha_t", NO_ROOT, 0},
      {"beta_t/(1 - abar_t)", VARIANCE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "mu_theta(x_t, t) = x_t/sqrt(abar_t) - sqrt(1 - abar_t)/sqrt(abar_t) "
                "eps_theta(x_t, t)"},
    {"C109",
     "mu_theta = (x_t - beta_t/sqrt(1 - abar_t) Net)/sqrt(alpha_t) is mu~_t(x_t, x0hat) at every "
     "node, by the ancestral scheme's tables",
     FK_CHOCHO ", sections 2.3 and 2.6",
     FK_EXACT,
     1e-12,
     "some twenty roundings over 1 - abar_t >= 0.01",
     mean_from_eps,
     {"with beta_t and sqrt(alpha_t)", MEAN, 0},
     {{"x0hat", X0HAT, 0},
      {"over sqrt(abar_t)", ROOT_ALPHA_BAR, 0},
      {"over alpha_t", NO_ROOT, 0},
      {"beta_t/(1 - abar_t)", VARIANCE, 0}},
     .reading = FK_TRUE},
    {"C114",
     "The simple loss at t = 1 is that of every t, its weight 1/(2 alpha_1) dropped",
     FK_CHOCHO ", section 2.3",
     FK_EXACT,
     1e-12,
     "ten roundings of values up to 5, over beta_1 >= 0.01",
     dropped_weight,
     {"1/(2 alpha_1)", 0, 0},
     {{"1/(2 beta_1)", 1, 0}, {"1/2", 2, 0}},
     .reading = FK_TRUE},
    {.id = "C118",
     .says =
         "The model learns to predict the noise, and a network parametrises mean and covariance",
     .source = FK_SERIES ", sections 2.2 and 2.3",
     .reading = FK_WORDING,
     .printed = "Instead of directly predicting x_0, the model learns to predict the noise"},
    {.id = "C172",
     .says =
         "Motivation and history; DDPM's map between distributions is a Markov kernel, and a map "
         "only without noise",
     .source = FK_SERIES ", introduction; " FK_CHOCHO ", section 1",
     .reading = FK_WORDING,
     .printed = "Like all deep generative models, DDPM creates a mapping from one distribution to "
                "another"},
    {.id = NULL},
};
