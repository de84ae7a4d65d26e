/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chain backwards, one step at a time: Bayes' rule, what a normal in its place costs, and the
 * model's kernels. */
#include <math.h>

#include "analytic/exact.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/derivatives.h"
#include "claims/setting.h"
#include "core/order.h"
#include "schedules/scheme.h"
#include "sde/schemes.h"

/* --- C81: Bayes' rule --- */

enum { BAYES, RATIO_INVERTED, NO_RATIO, NO_ROOT };

static fk_verdict bayes(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t t = 2; t <= chain.T; t++) {
            fk_marginal *now = fk_chain_marginal(mix, &chain, t);
            fk_marginal *past = fk_chain_marginal(mix, &chain, t - 1);
            fk_coeffs to = fk_chain_at(&chain, (long)t - 2),
                      from = fk_chain_at(&chain, (long)t - 1);
            const double beta = chain.beta[t - 1];
            const double factor = variant->which == NO_ROOT ? 1 - beta : sqrt(1 - beta);
            for (size_t j = 0; j < 6; j++) {
                double x_t, x;
                fk_error err;
                fk_mixture *law;
                fk_setting_point(now, j + 7 * t, &x_t);
                if (fk_reverse_law(mix, &from, &x_t, &to, &law, &err) != FK_OK) continue;
                fk_marginal *p = fk_marginal_new(law, 1, 0);
                fk_setting_point(p, j, &x);
                double ratio = fk_marginal_at(past, &x, NULL) - fk_marginal_at(now, &x_t, NULL);
                if (variant->which == RATIO_INVERTED) ratio = -ratio;
                if (variant->which == NO_RATIO) ratio = 0;
                double gap =
                    fk_marginal_at(p, &x, NULL) - ratio - fk_log_normal(x_t, factor * x, beta);
                fk_worst(&worst, fabs(gap));
                fk_marginal_free(p);
                fk_mixture_free(law);
            }
            fk_marginal_free(past);
            fk_marginal_free(now);
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

enum { LEVELS = 7 };

/* --- C83: a normal in place of q(x_{t-1} | x_t) --- */

typedef enum { ITS_MOMENTS, POSTERIOR_VARIANCE, BETA, X0HAT_MEAN } normal;

/* E KL(q(x_{t-1} | x_t) || the normal) over x_t, at alpha_bar_t = 0.385, by the trapezoidal rule:
 * with steps of 0.4 and 0.5 standard deviations its error on Gaussians is below 1e-16. */
static double step_divergence(const fk_mixture *mix, double beta, normal kind)
{
    const double alpha_bar = 0.385, past_bar = alpha_bar / (1 - beta);
    fk_coeffs t = {.s = sqrt(alpha_bar), .sigma = sqrt(1 - alpha_bar)};
    fk_coeffs u = {.s = sqrt(past_bar), .sigma = sqrt(1 - past_bar)};
    fk_marginal *g = fk_marginal_new(mix, t.s, t.sigma);
    double lo = INFINITY, hi = -INFINITY, narrow = INFINITY, sum = 0;
    for (size_t k = 0; k < mix->k; k++) {
        double sd = sqrt(g->var[k]);
        lo = fmin(lo, g->mean[k] - 8.5 * sd), hi = fmax(hi, g->mean[k] + 8.5 * sd);
        narrow = fmin(narrow, sd);
    }
    for (double h = 0.4 * narrow, x_t = lo; x_t < hi; x_t += h) {
        fk_mixture *law;
        fk_error err;
        double x0hat, mean, var, kl = 0;
        double weight = h * exp(fk_marginal_at(g, &x_t, &(fk_point){.x0hat = &x0hat}));
        if (fk_reverse_law(mix, &t, &x_t, &u, &law, &err) != FK_OK) continue;
        fk_mixture_moments(law, &mean, &var);
        double reach = 9 * sqrt(var), dx = sqrt(var) / 2, width = var;
        if (kind == POSTERIOR_VARIANCE) width = beta * (1 - past_bar) / (1 - alpha_bar);
        if (kind == BETA) width = beta;
        double centre = kind == X0HAT_MEAN ? x0hat : mean;
        fk_marginal *p = fk_marginal_new(law, 1, 0);
        for (double x = mean - reach; x < mean + reach; x += dx) {
            double log_q = fk_marginal_at(p, &x, NULL);
            kl += dx * exp(log_q) * (log_q - fk_log_normal(x, centre, width));
        }
        sum += weight * kl;
        fk_marginal_free(p);
        fk_mixture_free(law);
    }
    fk_marginal_free(g);
    return sum;
}

/* param: the order that is claimed. */
static fk_verdict order_in_beta(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env;
    double error[LEVELS], noise[LEVELS];
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < LEVELS; i++) {
        error[i] = step_divergence(mix, ldexp(1, -3 - (int)i), (normal)variant->which);
        noise[i] = 1e-14;
    }
    fk_mixture_free(mix);
    fk_order order = fk_order_read(error, noise, LEVELS, 0.1);
    return fk_measured(order.state == FK_ORDER_SETTLED ? order.p : NAN, claim->right.param);
}

enum { CUBIC, SQUARED_HESSIAN, WITHOUT_PULL };

/* E KL/beta^3 of the normal of equal moments, over E((log p)''')^2/12; that of variance beta, over
 * E(1 + (log p)'')^2/4. */
static fk_verdict constant_in_beta(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *variant)
{
    (void)env;
    bool own = claim->right.which == CUBIC;
    double R[3], expected = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (int i = 0; i < 3; i++) {
        double beta = ldexp(1, -7 - i);
        R[i] = step_divergence(mix, beta, own ? ITS_MOMENTS : BETA) / pow(beta, own ? 3 : 2);
    }
    fk_marginal *g = fk_marginal_new(mix, sqrt(0.385), sqrt(1 - 0.385));
    fk_rule rule = fk_rule_over(g);
    for (size_t i = 0; i < rule.n; i++) {
        double bend, third = fk_log_third(g, rule.x[i]);
        double p = exp(fk_marginal_at(g, &rule.x[i], &(fk_point){.divergence = &bend}));
        double pull = 1 + bend;
        double term = third * third / 12;
        if (variant->which == SQUARED_HESSIAN) term = pull * pull / 4;
        if (variant->which == WITHOUT_PULL) term = bend * bend / 4;
        expected += variant->param * rule.w[i] * p * term;
    }
    fk_rule_free(&rule);
    fk_marginal_free(g);
    fk_mixture_free(mix);
    return fk_measured(fk_setting_limit(R) / expected, 1);
}

/* --- C84: the model's kernels --- */

enum { KERNELS, VARIANCE_FOR_DEVIATION, X0HAT_FOR_MEAN, LARGE_VARIANCE };

/* Each step of a plan reads x_t alone, draws one normal, and has the mean mu_theta = (x - beta
 * eps/sigma_t)/sqrt(alpha) and the variance beta~; the last one none. */
static fk_verdict kernels(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0,
                                            variant->which == LARGE_VARIANCE ? &fk_ancestral_large
                                                                             : &fk_ancestral_small);
        for (size_t n = 0; n < run.plan.n_steps; n++) {
            fk_step step = run.plan.step[n];
            if (variant->which == VARIANCE_FOR_DEVIATION) step.result.c[0] *= step.result.c[0];
            if (variant->which == X0HAT_FOR_MEAN) step.result.a = 0, step.result.b[0] = 1;
            size_t i = run.chain.T - 1 - n;
            double beta = run.chain.beta[i], sigma = fk_chain_at(&run.chain, (long)i).sigma;
            double x = fk_setting_offset(n), score = fk_setting_offset(n + 31);
            double output = step.stage[0].p * step.stage[0].y.a * x + step.stage[0].q * score;
            double mean = step.result.a * x + step.result.b[0] * output;
            double eps = -sigma * score, mu = (x - beta * eps / sigma) / sqrt(1 - beta);
            fk_worst(&worst, fabs(mean - mu) / (fabs(x) + fabs(beta * score)));
            double var = i == 0 ? 0 : fk_chain_posterior_variance(&run.chain, i);
            fk_worst(&worst, fabs(step.result.c[0] * step.result.c[0] - var));
            if (step.history || step.normals > 1) fk_worst(&worst, 1);
        }
        fk_chain_run_free(&run);
    }
    return fk_measured(worst, 0);
}

#define BY_RICHARDSON                                                                              \
    "three values at arguments halved, the finest 2^-9 or 2^-8: errors of its third power times "  \
    "the ratio of the constants, below 1000"

const fk_claim fk_chain_reverse_claims[] = {
    {"C81",
     "q(x_{t-1}|x_t) = q(x_{t-1})/q(x_t) q(x_t|x_{t-1}): the mixture p(x_s|x_t) has that density",
     FK_CHOCHO ", 2.2",
     FK_EXACT,
     1e-12,
     "logarithms of size up to 100, some ten roundings of 2^-53 each, on both sides",
     bayes,
     {"Bayes' rule", BAYES, 0},
     {{"the ratio inverted", RATIO_INVERTED, 0},
      {"without the ratio", NO_RATIO, 0},
      {"alpha for its root", NO_ROOT, 0}},
     .reading = FK_TRUE},
    {.id = "C82",
     .says = "Not easy in general; for mixtures q(x_{t-1}|x_t) is a mixture again, and drawn from "
             "exactly (C81)",
     .source = FK_CHOCHO ", 2.2",
     .reading = FK_WORDING,
     .printed = "It's not easy to use this formula to sample x_{t-1} ~ q(x_{t-1}|x_t)"},
    {"C83",
     "The best normal in place of q(x_{t-1}|x_t), that of its moments, costs a KL of order beta^3 "
     "a step",
     FK_CHOCHO ", 2.2",
     FK_ORDER,
     0.1,
     "two-term fits to errors without noise, beta = 2^-3 .. 2^-9",
     order_in_beta,
     {"its own mean and variance", ITS_MOMENTS, 3},
     {{"variance beta~", POSTERIOR_VARIANCE, 3},
      {"variance beta", BETA, 3},
      {"mean x0hat", X0HAT_MEAN, 3}},
     .reading = FK_APPROXIMATE,
     .printed = "we can approximate q(x_{t-1}|x_t) with a normal"},
    {"C83-constant",
     "That KL over beta^3 tends to E((log p)''')^2/12",
     FK_CHOCHO ", 2.2",
     FK_EXACT,
     1e-3,
     BY_RICHARDSON,
     constant_in_beta,
     {"E((log p)''')^2/12", CUBIC, 1},
     {{"E((log p)''')^2/6", CUBIC, 2}, {"E(1 + (log p)'')^2/4", SQUARED_HESSIAN, 1}},
     .reading = FK_APPROXIMATE,
     .printed = "we can approximate q(x_{t-1}|x_t) with a normal"},
    {"C83-beta",
     "With the variance beta of DDPM the KL is of order beta^2, and over beta^2 tends to E(1 + "
     "(log p)'')^2/4: O(1/T) over T steps",
     FK_CHOCHO ", 2.2",
     FK_EXACT,
     1e-3,
     BY_RICHARDSON,
     constant_in_beta,
     {"E(1 + (log p)'')^2/4", SQUARED_HESSIAN, 1},
     {{"E((log p)'')^2/4", WITHOUT_PULL, 1}, {"E((log p)''')^2/12", CUBIC, 1}},
     .reading = FK_APPROXIMATE,
     .printed = "we can approximate q(x_{t-1}|x_t) with a normal"},
    {"C84",
     "p_theta(x_{t-1}|x_t) = N(mu_theta, Sigma_theta), from x_t alone, so that p_theta(x_{0:T}) is "
     "their product: every step of the ancestral scheme is such a kernel",
     FK_SERIES ", 2.2, 2.3; " FK_CHOCHO ", 2.2, eq. 9",
     FK_EXACT,
     1e-13,
     "twenty roundings of 2^-53, with 1 - alpha_bar near 0.01 at the first step",
     kernels,
     {"the scheme's step tables", KERNELS, 0},
     {{"the variance where the deviation stands", VARIANCE_FOR_DEVIATION, 0},
      {"x0hat for the mean", X0HAT_FOR_MEAN, 0},
      {"variance beta", LARGE_VARIANCE, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
