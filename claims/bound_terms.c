/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terms L_{t-1} of the variational bound, in x_0 and in eps. */
#include <math.h>

#include "analytic/elbo.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"
#include "sde/schemes.h"

/* --- C98: the KL of a step --- */

/* which 0: the model's variance is beta~. 1, 2: beta, or sigma*^2 on N(0, I) data halved. param:
 * the factor of the term that another variance adds; 0 is the printed form. */
static fk_verdict step_kl(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_chain chain = fk_setting_chain(FK_SHORT_CHAIN);
    for (size_t t = 2; t <= chain.T; t++) {
        const double small = fk_chain_posterior_variance(&chain, t - 1);
        double var = small, norm = 0, kl = 0;
        if (v->which == 1) var = chain.beta[t - 1];
        if (v->which == 2) var = (small + chain.beta[t - 1]) / 2;
        for (size_t j = 0; j < 3; j++) { /* three coordinates */
            const double mean = fk_setting_offset(t + j) / 2, model = fk_setting_offset(t + 5 * j);
            norm += (mean - model) * (mean - model);
            kl += fk_normal_divergence(mean, small, model, var);
        }
        const double ratio = small / var;
        fk_keep_worst(&worst, norm / (2 * var) + v->param * 3.0 / 2 * (ratio - 1 - log(ratio)), kl,
                      0);
    }
    fk_chain_free(&chain);
    return worst;
}

/* --- C99: the mean by the ancestral scheme's own table --- */

static fk_verdict mean_distance(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0, &fk_ancestral_small);
        for (size_t n = 0; n < run.plan.n_steps; n++) {
            const size_t t = run.chain.T - n;
            const fk_combination *r = &run.plan.step[n].result;
            double apart = 0, x0_apart = 0, weight = fk_posterior_share(&run.chain, t);
            if (v->which == 1)
                weight *= sqrt(fk_alpha_bar(&run.chain, t) / fk_alpha_bar(&run.chain, t - 1));
            if (v->which == 2) weight /= run.chain.beta[t - 1];
            if (v->which == 3) weight = sqrt(weight);
            for (size_t j = 0; j < 3; j++) {
                const double x = fk_setting_offset(t + j), x0 = fk_setting_offset(t + 3 * j);
                const double x0hat = fk_setting_offset(t + 7 * j + 1);
                const double d = (r->a * x + r->b[0] * x0) - (r->a * x + r->b[0] * x0hat);
                apart += d * d, x0_apart += (x0 - x0hat) * (x0 - x0hat);
            }
            fk_keep_worst(&worst, weight * sqrt(x0_apart), sqrt(apart), 0);
        }
        fk_chain_run_free(&run);
    }
    return worst;
}

/* --- C101: L_{t-1} in eps, and by the signal-to-noise ratio --- */

enum { IN_EPS, PAST, NO_ALPHA, BETA_ONCE, BY_SNR, SNR_WHOLE, SNR_RATE };

static fk_verdict step_term(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_bound_run run = fk_bound_run_new("three-1d", FK_SHORT_CHAIN, FK_VARIANCE_SMALL);
    const fk_chain *chain = &run.chain;
    for (size_t t = 2; t <= chain->T; t++) {
        fk_marginal *p = fk_chain_marginal(run.mixture, chain, t);
        const double beta = chain->beta[t - 1], alpha = 1 - beta;
        const double now = fk_alpha_bar(chain, t), past = fk_alpha_bar(chain, t - 1);
        const double ratio = p->s / p->sigma,
                     noise = ratio * ratio * fk_mmse(p); /* E Var(eps|x_t) */
        const double var = fk_chain_posterior_variance(chain, t - 1);
        double said = beta * beta / (2 * var * alpha * (1 - now)) * noise;
        if (v->which == PAST) said *= (1 - now) / (1 - past);
        if (v->which == NO_ALPHA) said *= alpha;
        if (v->which == BETA_ONCE) said /= beta;
        if (v->which >= BY_SNR) {
            const double before = past / (1 - past), after = now / (1 - now);
            said = (before - after) / 2 * fk_mmse(p);
            if (v->which == SNR_WHOLE) said *= 2;
            if (v->which == SNR_RATE) said *= after / before;
        }
        fk_keep_worst(&worst, said, run.elbo.step[t - 1], 0);
        fk_marginal_free(p);
    }
    fk_bound_run_free(&run);
    return worst;
}

const fk_claim fk_bound_terms_claims[] = {
    {"C98",
     "L_{t-1} = E|mu_t - mu_theta|^2/(2 sigma_t^2) where the model's variance is beta~_t: the KL "
     "of "
     "two normals in three dimensions by quadrature",
     FK_CHOCHO ", section 2.2.2",
     FK_EXACT,
     1e-11,
     "quadrature to rounding of terms up to 300",
     step_kl,
     {"variance beta~", 0, 0},
     {{"variance beta", 1, 0}, {"halfway between", 2, 0}},
     .reading = FK_TRUE_IF,
     .printed = "L_{t-1} = E[|mu_t(X_t, X_0) - mu_theta(X_t, t)|^2/(2 sigma_t^2)]"},
    {"C98-variance",
     "For any variance sigma^2 of the model (n/2)(beta~/sigma^2 - 1 - log(beta~/sigma^2)) is to be "
     "added",
     FK_CHOCHO ", section 2.2.2",
     FK_EXACT,
     1e-11,
     "as C98",
     step_kl,
     {"added once, variance beta", 1, 1},
     {{"not added", 1, 0}, {"added twice", 1, 2}, {"subtracted, halfway between", 2, -1}},
     .reading = FK_TRUE_IF,
     .printed = "L_{t-1} = E[|mu_t(X_t, X_0) - mu_theta(X_t, t)|^2/(2 sigma_t^2)]"},
    {"C99",
     "|mu_t(x_t, x_0) - mu_t(x_t, x0hat)| = sqrt(abar_{t-1}) beta_t/(1 - abar_t) |x_0 - x0hat|, by "
     "the ancestral scheme's tables",
     FK_CHOCHO ", eq. 6 and 7, section 2.6",
     FK_EXACT,
     1e-13,
     "norms of vectors up to 6, twenty roundings",
     mean_distance,
     {"that weight", 0, 0},
     {{"abar_t for abar_{t-1}", 1, 0}, {"without beta", 2, 0}, {"its root", 3, 0}},
     .reading = FK_TRUE},
    {"C101",
     "L_{t-1} = beta_t^2/(2 sigma_t^2 alpha_t (1 - abar_t)) E|Ebar_t - Net|^2, t >= 2, with the "
     "exact predictor on a mixture",
     FK_CHOCHO ", sections 2.2.2 and 2.3",
     FK_EXACT,
     1e-14,
     "forty roundings of 2^-53 in the weights, and 40 * 2^-53 of the densities that the variances "
     "of "
     "eps and x_0 are averaged with: 9e-15 of values below 1",
     step_term,
     {"that weight", IN_EPS, 0},
     {{"1 - abar_{t-1}", PAST, 0},
      {"without alpha_t", NO_ALPHA, 0},
      {"beta for beta^2", BETA_ONCE, 0}},
     .reading = FK_TRUE},
    {"C101-snr",
     "In x_0 it is (SNR_{t-1} - SNR_t)/2 E|x_0 - x0hat|^2",
     FK_CHOCHO ", sections 2.2.2 and 2.3",
     FK_EXACT,
     1e-14,
     "as C101",
     step_term,
     {"half the difference", BY_SNR, 0},
     {{"the whole difference", SNR_WHOLE, 0}, {"times SNR_t/SNR_{t-1}", SNR_RATE, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
