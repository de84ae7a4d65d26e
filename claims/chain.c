/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward chain of DDPM: its transitions and their product. */
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

static const double data_var = 0.2385; /* Var(X_0) where only second moments matter */

/* --- C62, C63, C64: one step --- */

enum { STEP, NO_ROOT, NO_SHRINKING, NOISE_BETA };

/* The factor A and the variance Q of a step as a variant has them. */
static void step_of(double beta, int which, double *factor, double *var)
{
    *factor = which == NO_ROOT ? 1 - beta : which == NO_SHRINKING ? 1 : sqrt(1 - beta);
    *var = which == NOISE_BETA ? beta * beta : beta;
}

/* s and sigma of the chain's nodes have the step between them: s_t = A s_{t-1}, sigma_t^2 = A^2
 * sigma_{t-1}^2 + Q. */
static fk_verdict transition(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t i = 0; i < chain.T; i++) {
            const fk_coeffs to = fk_chain_at(&chain, (long)i),
                            from = fk_chain_at(&chain, (long)i - 1);
            double factor, var;
            step_of(chain.beta[i], v->which, &factor, &var);
            fk_worst(&worst, fk_residual((double[]){to.s, -factor * from.s}, 2));
            fk_worst(&worst, fk_residual((double[]){to.sigma * to.sigma, -var,
                                                    -factor * factor * from.sigma * from.sigma},
                                         3));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* E exp(k x_t) given x_{t-1}, over eps by quadrature: that of N(sqrt(1 - beta) x, beta). */
static fk_verdict reparametrised(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)env, (void)claim;
    static const double tilt[] = {-1.385, 0.4, 2.1};
    double worst = 0;
    fk_chain chain = fk_setting_chain(fk_setting_chains[0]);
    fk_rule rule = fk_rule_new(-12, 12, 24);
    for (size_t i = 0; i < chain.T; i++)
        for (size_t j = 0; j < 3; j++) {
            const double beta = chain.beta[i], x = fk_setting_offset(i + j), k = tilt[j];
            double factor, var, mean = 0;
            step_of(beta, v->which, &factor, &var);
            for (size_t q = 0; q < rule.n; q++)
                mean += rule.w[q] * exp(k * (factor * x + sqrt(var) * rule.x[q]) +
                                        fk_log_normal(rule.x[q], 0, 1));
            fk_worst(&worst, fabs(mean / exp(k * sqrt(1 - beta) * x + k * k * beta / 2) - 1));
        }
    fk_rule_free(&rule);
    fk_chain_free(&chain);
    return fk_measured(worst, 0);
}

static double variance_at(const fk_mixture *mix, const fk_chain *chain, size_t t)
{
    fk_marginal *p = fk_chain_marginal(mix, chain, t);
    const double var = fk_variance(p);
    fk_marginal_free(p);
    return var;
}

/* Var(x_t) by quadrature against one step from Var(x_{t-1}) by quadrature. */
static fk_verdict step_variance(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_chain chain = fk_setting_chain(fk_setting_chains[0]);
    for (size_t t = 1; t <= chain.T; t++) {
        double factor, var;
        step_of(chain.beta[t - 1], v->which, &factor, &var);
        fk_keep_worst(&worst, factor * factor * variance_at(mix, &chain, t - 1) + var,
                      variance_at(mix, &chain, t), 0);
    }
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return worst;
}

/* --- C65: alpha_bar --- */

static fk_verdict product(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        long double product = 1, sum = 0;
        for (size_t i = 0; i < chain.T; i++) {
            if (v->which != 2 || i > 0) product *= 1 - (long double)chain.beta[i];
            sum += chain.beta[i];
            const double found = v->which == 1   ? (double)expl(-sum)
                                 : v->which == 3 ? 1 - chain.beta[i]
                                                 : (double)product;
            fk_worst(&worst, fabs(found / fk_alpha_bar(&chain, i + 1) - 1));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* --- C71: the joint density --- */

/* log N(x; 0, cov) of n variables by Cholesky factors. */
static double log_joint(const double *cov, const double *x, size_t n)
{
    double factor[(FK_MOST_T + 1) * (FK_MOST_T + 1)], solved[FK_MOST_T + 1];
    for (size_t j = 0; j < n * n; j++) factor[j] = cov[j];
    for (size_t j = 0; j < n; j++) solved[j] = x[j];
    gsl_matrix_view m = gsl_matrix_view_array(factor, n, n);
    gsl_vector_view y = gsl_vector_view_array(solved, n);
    gsl_linalg_cholesky_decomp1(&m.matrix);
    gsl_linalg_cholesky_svx(&m.matrix, &y.vector);
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += log(2 * FK_PI) / 2 + log(factor[j * n + j]) + x[j] * solved[j] / 2;
    return -sum;
}

static fk_verdict factors(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t c = 0; c < 2; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fk_sources s = fk_sources_of(&chain);
        const size_t n = s.T + 1;
        double cov[(FK_MOST_T + 1) * (FK_MOST_T + 1)], x[FK_MOST_T + 1];
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                cov[a * n + b] = fk_sources_cov(&s, s.row[a], s.row[b], data_var);
        for (size_t j = 0; j < 20; j++) {
            for (size_t t = 0; t < n; t++) x[t] = fk_setting_offset(j * n + t) / 2;
            double sum = v->which == 3 ? 0 : fk_log_normal(x[0], 0, data_var);
            for (size_t t = 1; t < n; t++) {
                const double beta = chain.beta[t - 1], a = fk_alpha_bar(&chain, t);
                if (v->which == 1) /* every variable given X_0 alone */
                    sum += fk_log_normal(x[t], sqrt(a) * x[0], 1 - a);
                else
                    sum += fk_log_normal(
                        x[t], (v->which == 2 ? 1 - beta : sqrt(1 - beta)) * x[t - 1], beta);
            }
            fk_worst(&worst, fk_residual((double[]){sum, -log_joint(cov, x, n)}, 2));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_chain_claims[] = {
    {"C62",
     "q(x_t|x_{t-1}) = N(sqrt(1 - beta_t) x_{t-1}, beta_t I) leads from each node (s, sigma) of a "
     "chain to the next",
     FK_SERIES ", section 2.1; " FK_CHOCHO ", section 2.1",
     FK_EXACT,
     1e-14,
     "s and sigma from log alpha_bar: some ten roundings of 2^-53, relative to the terms' sizes",
     transition,
     {"sqrt(1 - beta), beta", STEP, 0},
     {{"factor 1 - beta", NO_ROOT, 0},
      {"no shrinking", NO_SHRINKING, 0},
      {"variance beta^2", NOISE_BETA, 0}},
     .reading = FK_TRUE},
    {"C63",
     "x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) eps has that law: E exp(k x_t) over eps by "
     "quadrature",
     FK_SERIES ", section 2.1, 2nd display; " FK_CHOCHO ", section 2",
     FK_EXACT,
     1e-13,
     "quadrature to rounding: exponents up to 50, each to 2^-53 of itself",
     reparametrised,
     {"sqrt(1 - beta), sqrt(beta)", STEP, 0},
     {{"factor 1 - beta", NO_ROOT, 0},
      {"no shrinking", NO_SHRINKING, 0},
      {"beta eps for sqrt(beta) eps", NOISE_BETA, 0}},
     .reading = FK_TRUE},
    {"C64",
     "A step adds noise and shrinks the data: Var(x_t) = (1 - beta_t) Var(x_{t-1}) + beta_t",
     FK_SERIES ", section 2.1, below the 2nd display",
     FK_EXACT,
     1e-13,
     "two variances near 1 by quadrature, to 1e-14 each",
     step_variance,
     {"shrunk by sqrt(1 - beta)", STEP, 0},
     {{"as printed: noise is added, no more", NO_SHRINKING, 0},
      {"shrunk by 1 - beta", NO_ROOT, 0},
      {"noise of variance beta^2", NOISE_BETA, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "which means adding noise sqrt(beta_t) eps_t to the data"},
    {"C65",
     "alpha_t = 1 - beta_t and alpha_bar_t = alpha_1 alpha_2 .. alpha_t",
     FK_SERIES ", section 2.1; " FK_CHOCHO ", section 2.1",
     FK_EXACT,
     1e-13,
     "alpha_bar = exp of a sum of up to 20 in size: 20 * 2^-53 relative; the product in long "
     "double",
     product,
     {"the product from s = 1", 0, 0},
     {{"exp(-sum of beta)", 1, 0}, {"the product from s = 2", 2, 0}, {"alpha_t alone", 3, 0}},
     .reading = FK_TRUE},
    {"C71",
     "q(x_{T:0}) = q(x_T|x_{T-1}) .. q(x_1|x_0) q(x_0): the joint normal density by Cholesky "
     "factors of its covariance",
     FK_CHOCHO ", section 2.1",
     FK_EXACT,
     1e-12,
     "a Cholesky solve of condition below 1e3, relative to the logarithm",
     factors,
     {"transition densities", 0, 0},
     {{"densities given X_0 alone", 1, 0},
      {"alpha for sqrt(alpha)", 2, 0},
      {"without q(x_0)", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
