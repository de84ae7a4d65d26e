/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noise and the score: of the kernel q(x_t | x_0), of the marginal, of the data. */
#include <complex.h>
#include <math.h>

#include "analytic/exact.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/joint.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* --- C119, C122: the kernel's score --- */

/* d/dx log N(x; s x_0, sigma^2) by a complex step. */
static double kernel_slope(double x, double centre, double var)
{
    const double complex d = fk_complex_step(x) - centre;
    return fk_complex_rate(-d * d / (2 * var));
}

/* which: 0 -eps/sigma; 1 -eps; 2 -eps/sigma^2; 3 +eps/sigma; 4 -eps over the sigma of the middle of
 * the chain; 5 the marginal's score. */
static fk_verdict kernel_score(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        const double middle = fk_chain_at(&chain, (long)chain.T / 2).sigma;
        for (size_t t = 1; t <= chain.T; t++) {
            fk_marginal *p = fk_chain_marginal(mix, &chain, t);
            const double eps = fk_setting_offset(t), x0 = fk_setting_offset(t + 5);
            const double x = p->s * x0 + p->sigma * eps, sigma = p->sigma;
            double score;
            fk_marginal_at(p, &x, &(fk_point){.score = &score});
            const double said[] = {-eps / sigma, -eps,          -eps / (sigma * sigma),
                                   eps / sigma,  -eps / middle, score};
            fk_worst(&worst,
                     fabs(said[v->which] - kernel_slope(x, p->s * x0, sigma * sigma)) * sigma);
            fk_marginal_free(p);
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C120: whose score --- */

/* The score that samplers use, grad log p_t, is the mean of the kernel's over q(x_0 | x_t). */
static fk_verdict mean_score(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_marginal *data = fk_marginal_new(mix, 1, 0);
    fk_chain chain = fk_setting_chain("vp-linear:T=30");
    const fk_coeffs clean = fk_chain_at(&chain, -1);
    double centre, spread;
    fk_mixture_moments(mix, &centre, &spread);
    for (size_t t = 2; t <= chain.T; t += 3) {
        const fk_coeffs now = fk_chain_at(&chain, (long)t - 1);
        fk_marginal *p = fk_marginal_new(mix, now.s, now.sigma);
        for (size_t j = 0; j < 4; j++) {
            double x, exact, other, mean = 0;
            fk_mixture *law;
            fk_error err;
            fk_setting_point(p, j + t, &x);
            fk_marginal_at(p, &x, &(fk_point){.score = &exact});
            fk_marginal_at(data, &x, &(fk_point){.score = &other});
            if (fk_reverse_law(mix, &now, &x, &clean, &law, &err) != FK_OK)
                return fk_measured(NAN, 0);
            fk_marginal *posterior = fk_marginal_new(law, 1, 0);
            fk_rule rule = fk_rule_over(posterior);
            for (size_t q = 0; q < rule.n; q++)
                mean += rule.w[q] * exp(fk_marginal_at(posterior, &rule.x[q], NULL)) *
                        kernel_slope(x, now.s * rule.x[q], now.sigma * now.sigma);
            fk_rule_free(&rule);
            if (v->which == 1) mean = other;
            if (v->which == 2) mean = kernel_slope(x, now.s * centre, now.sigma * now.sigma);
            fk_keep_worst(&worst, mean * now.sigma, exact * now.sigma, 0);
            fk_marginal_free(posterior);
            fk_mixture_free(law);
        }
        fk_marginal_free(p);
    }
    fk_chain_free(&chain);
    fk_marginal_free(data);
    fk_mixture_free(mix);
    return worst;
}

/* --- C123: predicting eps and predicting the score --- */

/* The kernel's score less the marginal's: its square, its product with the marginal's; eps' error
 * squared. */
static void score_errors(const fk_pair *p, const void *self, double *value)
{
    const double sigma = *(const double *)self, rest = -p->eps / sigma - p->score;
    const double noise = p->eps + sigma * p->score;
    value[0] = rest * rest, value[1] = rest * p->score, value[2] = noise * noise;
}

static fk_verdict score_matching(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    fk_chain chain = fk_setting_chain("vp-linear:T=30");
    for (size_t t = 3; t <= chain.T; t += 9) {
        fk_marginal *p = fk_chain_marginal(mix, &chain, t);
        const double sigma = p->sigma, fisher = fk_fisher(p);
        double mean[FK_JOINT], rest = 1 / (sigma * sigma) - fisher, weight = sigma * sigma;
        fk_joint_means(p, score_errors, &sigma, mean);
        if (v->which == 1) rest = 0;
        if (v->which == 2) rest = 1 / (sigma * sigma);
        if (v->which == 3) weight = 1;
        fk_keep_worst(&worst, rest, mean[0], 0);             /* what no function of x_t predicts */
        fk_keep_worst(&worst, mean[1], 0, 0);                /* so the marginal's score is best */
        fk_keep_worst(&worst, weight * mean[0], mean[2], 0); /* the two losses */
        fk_marginal_free(p);
    }
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return worst;
}

const fk_claim fk_training_score_claims[] = {
    {"C119",
     "grad log q(x_t|x_0) = -(x_t - sqrt(abar_t) x_0)/(1 - abar_t) = -eps/sqrt(1 - abar_t)",
     FK_SERIES ", section 2.4",
     FK_EXACT,
     1e-13,
     "a complex step of the kernel's logarithm; x - s x_0 loses |x|/sigma <= 30 roundings",
     kernel_score,
     {"-eps/sqrt(1 - abar)", 0, 0},
     {{"-eps/(1 - abar)", 2, 0}, {"+eps/sqrt(1 - abar)", 3, 0}},
     .reading = FK_TRUE},
    {"C120",
     "The score that samplers use is grad log p_t of the noised marginal, which is the mean of the "
     "kernel's score over q(x_0|x_t); neither is the data's",
     FK_SERIES ", section 2.4",
     FK_EXACT,
     1e-12,
     "quadrature over the exact posterior, 1e-14; scores in units of 1/sigma, up to 10",
     mean_score,
     {"E[kernel's score | x_t]", 0, 0},
     {{"as printed: the score of the data distribution", 1, 0},
      {"the kernel's at the data's mean", 2, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "score function, which is the gradient of the log-probability of the data "
                "distribution"},
    {.id = "C121",
     .says = "q(x_t|x_0) is the perturbation kernel, a likelihood, and not a prior",
     .source = FK_SERIES ", section 2.4",
     .reading = FK_WORDING,
     .printed = "For the Gaussian prior q(x_t|x_0)"},
    {"C122",
     "The kernel's score is -eps times 1/sqrt(1 - abar_t), a factor that changes with t",
     FK_SERIES ", section 2.4",
     FK_EXACT,
     1e-13,
     "as C119",
     kernel_score,
     {"-eps/sqrt(1 - abar_t)", 0, 0},
     {{"-eps itself", 1, 0}, {"one factor for all t", 4, 0}, {"the marginal's score", 5, 0}},
     .reading = FK_TRUE},
    {"C123",
     "Predicting eps is estimating the marginal's score: eps* = -sqrt(1 - abar_t) grad log p_t; of "
     "the kernel's score 1/(1 - abar_t) - E score^2 remains, and the losses differ by 1 - abar_t",
     FK_SERIES ", section 2.4",
     FK_EXACT,
     1e-11,
     "quadratures over (x_0, eps), 1e-14 of values up to 100",
     score_matching,
     {"that remainder and weight", 0, 0},
     {{"as printed: s_t of the kernel, no remainder", 1, 0},
      {"a remainder of 1/(1 - abar_t)", 2, 0},
      {"equal losses", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "Predicting eps during training is equivalent to estimating the score function "
                "s_t(x_t)"},
    {.id = "C124",
     .says = "NCSNs model the gradient of the log-density of the noised data",
     .source = FK_CHOCHO ", section 1",
     .reading = FK_WORDING,
     .printed = "NCSNs use score matching to model the gradient of the data distribution"},
    {.id = NULL},
};
