/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variance of the model's steps: beta~ is neither the variance of q(x_{t-1} | x_t) nor the best
 * choice, by amounts of the order of one step. */
#include <math.h>
#include <stdio.h>

#include "analytic/elbo.h"
#include "analytic/exact.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"

enum { OPTIMAL, SMALL, LARGE, NO_SQUARE };

/* Mean and variance of a 1-D mixture. */
static double law_variance(const fk_mixture *law)
{
    double mean, var;
    fk_mixture_moments(law, &mean, &var);
    return var;
}

/* E Var(x_{t-1} | x_t), the best isotropic variance, from the exact law of every x_t. */
static double mean_variance(const fk_mixture *mix, const fk_chain *chain, size_t t)
{
    const fk_coeffs now = fk_chain_at(chain, (long)t - 1), past = fk_chain_at(chain, (long)t - 2);
    fk_marginal *p = fk_marginal_new(mix, now.s, now.sigma);
    fk_rule rule = fk_rule_over(p);
    double sum = 0;
    for (size_t q = 0; q < rule.n; q++) {
        fk_mixture *law;
        fk_error err;
        if (fk_reverse_law(mix, &now, &rule.x[q], &past, &law, &err) != FK_OK) return NAN;
        sum += rule.w[q] * exp(fk_marginal_at(p, &rule.x[q], NULL)) * law_variance(law);
        fk_mixture_free(law);
    }
    fk_rule_free(&rule);
    fk_marginal_free(p);
    return sum;
}

/* --- C90 --- */

static fk_verdict best_variance(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    const fk_reverse_variance which = v->which == SMALL   ? FK_VARIANCE_SMALL
                                      : v->which == LARGE ? FK_VARIANCE_LARGE
                                                          : FK_VARIANCE_OPTIMAL;
    fk_bound_run run = fk_bound_run_new("three-1d", FK_SHORT_CHAIN, which);
    for (size_t t = 2; t <= run.chain.T; t += 2) {
        double chosen = run.elbo.variance[t - 1];
        if (v->which == NO_SQUARE)
            chosen = fk_chain_posterior_variance(&run.chain, t - 1) +
                     fk_posterior_share(&run.chain, t) * run.elbo.mmse[t - 1];
        fk_keep_worst(&worst, chosen, mean_variance(run.mixture, &run.chain, t), 0);
    }
    fk_bound_run_free(&run);
    return worst;
}

/* On N(0, 1) data the best variance is beta_t itself. */
static fk_verdict best_on_a_normal(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t t = 1; t <= chain.T; t++) {
            const double mmse = -expm1(chain.log_alpha_bar[t - 1]),
                         weight = fk_posterior_share(&chain, t);
            const double small = fk_chain_posterior_variance(&chain, t - 1);
            const double best = small + weight * weight * mmse;
            double said = chain.beta[t - 1];
            if (v->which == SMALL) said = small;
            if (v->which == NO_SQUARE) said = small + weight * mmse;
            fk_keep_worst(&worst, said, best, 0);
        }
        fk_chain_free(&chain);
    }
    return worst;
}

/* T (sigma*^2 - beta~)/beta~ at time 1/2 of a sampled schedule, which tends to beta s^2
 * mmse/sigma^4. */
static fk_verdict relative_gap(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_schedule vp = fk_setting_schedule("vp-linear");
    const fk_coeffs half = fk_schedule_at(&vp, 0.5);
    double scaled[3], mmse = NAN;
    for (int k = 0; k < 3; k++) {
        char spec[48];
        snprintf(spec, sizeof spec, "vp-linear:T=%d", 400 << k);
        fk_bound_run run = fk_bound_run_new("three-1d", spec, FK_VARIANCE_OPTIMAL);
        const size_t i = run.chain.T / 2 - 1; /* (i + 1)/T = 1/2 */
        const double small = fk_chain_posterior_variance(&run.chain, i);
        scaled[k] = (double)run.chain.T * (run.elbo.variance[i] - small) / small;
        mmse = run.elbo.mmse[i];
        fk_bound_run_free(&run);
    }
    const double ratio = half.s / (half.sigma * half.sigma);
    static const double factor[] = {1, 0, 0.5};
    return fk_measured(factor[v->which] * half.g2 * ratio * ratio * mmse, fk_setting_limit(scaled));
}

/* --- C91 --- */

static fk_verdict depends_on_x(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t t = 2; t <= chain.T; t++) {
            const fk_coeffs now = fk_chain_at(&chain, (long)t - 1);
            const fk_coeffs past = fk_chain_at(&chain, (long)t - 2);
            fk_marginal *p = fk_marginal_new(mix, now.s, now.sigma);
            for (size_t j = 0; j < 6; j++) {
                double x, cov;
                fk_mixture *law;
                fk_error err;
                fk_setting_point(p, j + t, &x);
                fk_marginal_at(p, &x, &(fk_point){.covariance = &cov});
                if (fk_reverse_law(mix, &now, &x, &past, &law, &err) != FK_OK)
                    return fk_measured(NAN, 0);
                const double small = fk_chain_posterior_variance(&chain, t - 1);
                const double weight = fk_posterior_share(&chain, t);
                double said = small + weight * weight * cov;
                if (v->which == SMALL) said = small;
                if (v->which == LARGE) said = chain.beta[t - 1];
                if (v->which == NO_SQUARE) said = small + weight * cov;
                fk_keep_worst(&worst, said, law_variance(law), 0);
                fk_mixture_free(law);
            }
            fk_marginal_free(p);
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return worst;
}

/* T times what Var(x_{t-1} | x_t)/beta~ differs by between two points, at time 1/2 of a sampled
 * schedule, which tends to beta s^2/sigma^4 times the difference of Var(x_0 | x_t). */
static fk_verdict relative_spread(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *v)
{
    (void)env, (void)claim;
    static const double at[2] = {-0.3385, 0.515};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_schedule vp = fk_setting_schedule("vp-linear");
    const fk_coeffs half = fk_schedule_at(&vp, 0.5);
    double scaled[3], cov[2];
    for (int k = 0; k < 3; k++) {
        char spec[48];
        snprintf(spec, sizeof spec, "vp-linear:T=%d", 400 << k);
        fk_chain chain = fk_setting_chain(spec);
        const long i = (long)chain.T / 2 - 1; /* (i + 1)/T = 1/2 */
        const fk_coeffs now = fk_chain_at(&chain, i), past = fk_chain_at(&chain, i - 1);
        double var[2] = {NAN, NAN};
        for (int j = 0; j < 2; j++) {
            fk_mixture *law;
            fk_error err;
            if (fk_reverse_law(mix, &now, &at[j], &past, &law, &err) != FK_OK) break;
            var[j] = law_variance(law);
            fk_mixture_free(law);
        }
        scaled[k] =
            (double)chain.T * (var[1] - var[0]) / fk_chain_posterior_variance(&chain, (size_t)i);
        fk_chain_free(&chain);
    }
    fk_marginal *p = fk_marginal_new(mix, half.s, half.sigma);
    for (int j = 0; j < 2; j++) fk_marginal_at(p, &at[j], &(fk_point){.covariance = &cov[j]});
    fk_marginal_free(p);
    fk_mixture_free(mix);
    const double ratio = half.s / (half.sigma * half.sigma);
    static const double factor[] = {1, 0, 0.5};
    return fk_measured(factor[v->which] * half.g2 * ratio * ratio * (cov[1] - cov[0]),
                       fk_setting_limit(scaled));
}

const fk_claim fk_posterior_variance_claims[] = {
    {"C90",
     "The best isotropic variance is beta~_t + c_t^2 mmse_t, c_t = sqrt(abar_{t-1}) beta_t/(1 - "
     "abar_t): E Var(x_{t-1}|x_t) from the exact law at every x_t",
     FK_CHOCHO ", eq. 5",
     FK_EXACT,
     1e-12,
     "two quadratures of variances up to 0.4, to 1e-14 of each",
     best_variance,
     {"beta~ + c^2 mmse", OPTIMAL, 0},
     {{"beta~", SMALL, 0}, {"beta", LARGE, 0}, {"beta~ + c mmse", NO_SQUARE, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "it is natural to choose Sigma_theta = Sigma_t = beta~_t I"},
    {"C90-normal",
     "On N(0, I) data the best variance is beta_t itself",
     FK_CHOCHO ", eq. 5",
     FK_EXACT,
     1e-14,
     "some ten roundings of numbers up to 1",
     best_on_a_normal,
     {"beta", LARGE, 0},
     {{"beta~", SMALL, 0}, {"beta~ + c mmse", NO_SQUARE, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "it is natural to choose Sigma_theta = Sigma_t = beta~_t I"},
    {"C90-order",
     "beta~ falls short of the best variance by a relative O(1/T): T (sigma*^2 - beta~)/beta~ -> "
     "beta(t) s^2 mmse/sigma^4 at a fixed time t",
     FK_CHOCHO ", eq. 5",
     FK_ORDER,
     1e-4,
     "Richardson's extrapolation from T = 400, 800, 1600 leaves (10/400)^3 = 1.6e-5 of the limit",
     relative_gap,
     {"first order", 0, 0},
     {{"no gap", 1, 0}, {"half of it", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "it is natural to choose Sigma_theta = Sigma_t = beta~_t I"},
    {"C91",
     "Cov(x_{t-1}|x_t) = beta~_t I + c_t^2 Cov(x_0|x_t) depends on x_t",
     FK_CHOCHO ", A.3; also section 2.2.1",
     FK_EXACT,
     1e-14,
     "closed forms on both sides, eighty roundings of 2^-53 in all of variances up to 1",
     depends_on_x,
     {"beta~ + c^2 Cov(x_0|x_t)", OPTIMAL, 0},
     {{"as printed, independent of x: beta~", SMALL, 0},
      {"beta", LARGE, 0},
      {"c for c^2", NO_SQUARE, 0}},
     .reading = FK_APPROXIMATE,
     .printed =
         "This explains why it is reasonable to assume that Sigma_theta(x, t) is independent "
         "of x"},
    {"C91-order",
     "It depends on x_t at relative order 1/T: between two points Var(x_{t-1}|x_t)/beta~ differs "
     "by "
     "beta(t) s^2/(sigma^4 T) times what Var(x_0|x_t) does, at a fixed time t",
     FK_CHOCHO ", A.3; also section 2.2.1",
     FK_ORDER,
     1e-4,
     "as C90-order: extrapolation from T = 400, 800, 1600 leaves (10/400)^3 = 1.6e-5 of the limit",
     relative_spread,
     {"first order", 0, 0},
     {{"as printed, independent of x", 1, 0}, {"half of it", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed =
         "This explains why it is reasonable to assume that Sigma_theta(x, t) is independent "
         "of x"},
    {.id = NULL},
};
