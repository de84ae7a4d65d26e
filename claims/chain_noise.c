/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noises of DDPM's chain, and which of them are independent. They are linear in (X_0, E_1, ..,
 * E_T), so independence is linear algebra, but for data that are not Gaussian. */
#include <complex.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"

static const double data_var = 0.2385; /* Var(X_0) where only second moments matter */

/* --- C66, C67, C68: the noise of X_t over X_0 --- */

enum { ALPHA_BAR, ALPHA, ROOT, EARLIER };

/* What stands for alpha_bar_t. */
static double stand_in(const fk_chain *chain, size_t t, int which)
{
    const double alpha_bar = fk_alpha_bar(chain, t);
    if (which == ALPHA) return 1 - chain->beta[t - 1];
    if (which == ROOT) return sqrt(alpha_bar);
    return which == EARLIER ? fk_alpha_bar(chain, t - 1) : alpha_bar;
}

/* Ebar_t with X_t = sqrt(a) X_0 + sqrt(1 - a) Ebar_t, in the sources. */
static void total_noise(const fk_sources *s, size_t t, double a, double *row)
{
    for (size_t j = 0; j <= s->T; j++)
        row[j] = (s->row[t][j] - (j == 0 ? sqrt(a) : 0)) / sqrt(1 - a);
}

static fk_verdict noise_moments(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fk_sources s = fk_sources_of(&chain);
        for (size_t t = 2; t <= s.T; t++) {
            double noise[FK_MOST_T + 1];
            total_noise(&s, t, stand_in(&chain, t, v->which), noise);
            fk_worst(&worst, fabs(fk_sources_cov(&s, noise, noise, data_var) - 1));
            fk_worst(&worst, fabs(fk_sources_cov(&s, noise, s.row[0], data_var)));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* The exact fields solve X_t = sqrt(a) x0hat + sqrt(1 - a) epshat, epshat = -sigma score. */
static fk_verdict estimators(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t t = 2; t <= chain.T; t++) {
            fk_marginal *p = fk_chain_marginal(mix, &chain, t);
            double x, score, x0hat, a = stand_in(&chain, t, v->which);
            fk_setting_point(p, t, &x);
            fk_marginal_at(p, &x, &(fk_point){.score = &score, .x0hat = &x0hat});
            fk_worst(
                &worst,
                fk_residual((double[]){x, -sqrt(a) * x0hat, sqrt(1 - a) * p->sigma * score}, 3));
            fk_marginal_free(p);
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* E exp(iu X_0) of a mixture. */
static double complex characteristic(const fk_mixture *mix, double u)
{
    double complex sum = 0;
    for (size_t k = 0; k < mix->k; k++)
        sum += mix->weight[k] * cexp(I * u * mix->mean[k] - u * u * mix->var[k] / 2);
    return sum;
}

/* The joint characteristic function of (X_0, Ebar_t) is that of X_0 times that of N(0, 1). */
static fk_verdict noise_is_independent(const fk_claim_env *env, const fk_claim *claim,
                                       const fk_variant *v)
{
    (void)env, (void)claim;
    static const double at[][2] = {{0.385, 1.1}, {-1.7, 0.62}, {0.9, -2.3}};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fk_sources s = fk_sources_of(&chain);
        for (size_t t = 2; t <= s.T; t++) {
            double noise[FK_MOST_T + 1];
            total_noise(&s, t, stand_in(&chain, t, v->which), noise);
            const double own = fk_sources_cov(&s, noise, noise, 0);
            for (size_t j = 0; j < 3; j++) {
                const double u = at[j][0], w = at[j][1];
                double complex joint =
                    characteristic(mix, u + w * noise[0]) * exp(-w * w * own / 2);
                fk_worst(&worst, cabs(joint - characteristic(mix, u) * exp(-w * w / 2)));
            }
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C72, C73, C75: independent noise and the Markov property --- */

enum { MARKOV, FRESH, DDIM, SPREAD };

/* Cov(X_s, X_t), s <= t, of processes with the same marginals: the chain; fresh noise over X_0 at
 * every time; DDIM's with a part of the posterior variance, whose X_{t-1} is pulled to both X_t and
 * X_0. */
static double covariance(const fk_chain *chain, size_t s, size_t t, int kind)
{
    const double a_s = fk_alpha_bar(chain, s), a_t = fk_alpha_bar(chain, t);
    if (s == t) return a_s * data_var + 1 - a_s;
    if (kind == FRESH) return sqrt(a_s * a_t) * data_var;
    if (kind == MARKOV || kind == SPREAD) return sqrt(a_t / a_s) * covariance(chain, s, s, kind);
    double given = 1 - a_t; /* Cov(X_s, X_t | X_0) */
    for (size_t j = t; j > s; j--) {
        const double own = 0.385 * fk_chain_posterior_variance(chain, j - 1);
        const double left = 1 - fk_alpha_bar(chain, j - 1) - own;
        given *= sqrt(fmax(left, 0) / (1 - fk_alpha_bar(chain, j)));
    }
    return sqrt(a_s * a_t) * data_var + given;
}

static void fill(const fk_chain *chain, int kind, double *cov)
{
    const size_t n = chain->T + 1;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a; b < n; b++)
            cov[a * n + b] = cov[b * n + a] = covariance(chain, a, b, kind);
}

/* The greatest correlation among X_0 and E_t = (X_t - a_t X_{t-1})/sqrt(beta_t), and the greatest
 * |Var(E_t) - 1|. */
static double dependence(const fk_chain *chain, const double *cov, int factor)
{
    const size_t n = chain->T + 1;
    double worst = 0, row[FK_MOST_T + 1][2];
    row[0][0] = 1;
    for (size_t t = 1; t < n; t++) {
        const double beta = chain->beta[t - 1];
        row[t][0] = 1 / (factor == 2 ? 1 : sqrt(beta));
        row[t][1] = -(factor == 1 ? sqrt(fk_alpha_bar(chain, t)) : sqrt(1 - beta)) * row[t][0];
    }
    for (size_t s = 0; s < n; s++)
        for (size_t t = s ? s : 1; t < n; t++) {
            double sum = 0;
            for (size_t a = 0; a <= (s ? 1 : 0); a++)
                for (size_t b = 0; b < 2; b++)
                    sum += row[s][a] * row[t][b] * cov[(s - a) * n + t - b];
            fk_worst(&worst, fabs(sum - (s == t)));
        }
    return worst;
}

static fk_verdict chain_noises(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0, cov[(FK_MOST_T + 1) * (FK_MOST_T + 1)];
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fill(&chain, MARKOV, cov);
        fk_worst(&worst, dependence(&chain, cov, v->which));
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* Cov(E_t^2, X_{t-1}^2) where E_t has variance v(x) given X_{t-1} = x: 0 where v = 1. */
static double square_dependence(const fk_marginal *p, bool spread)
{
    fk_rule rule = fk_rule_over(p);
    double square = 0, own = 0, both = 0;
    for (size_t q = 0; q < rule.n; q++) {
        const double x = rule.x[q], mass = rule.w[q] * exp(fk_marginal_at(p, &x, NULL));
        const double var = spread ? (1 + x * x) / 2 : 1;
        square += mass * x * x, own += mass * var, both += mass * x * x * var;
    }
    fk_rule_free(&rule);
    return both - own * square;
}

static fk_verdict markov_and_noise(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0, cov[(FK_MOST_T + 1) * (FK_MOST_T + 1)];
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fill(&chain, v->which, cov);
        fk_worst(&worst, dependence(&chain, cov, 0));
        for (size_t t = 0; t < chain.T; t += 4) {
            fk_marginal *p = fk_chain_marginal(mix, &chain, t);
            fk_worst(&worst, fabs(square_dependence(p, v->which == SPREAD)));
            fk_marginal_free(p);
        }
        fk_chain_free(&chain);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* A Gaussian process is Markov where its inverse covariance is tridiagonal. */
static fk_verdict tridiagonal(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0, cov[(FK_MOST_T + 1) * (FK_MOST_T + 1)];
    for (size_t c = 0; c < 2; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        const size_t n = chain.T + 1;
        fill(&chain, v->which, cov);
        if (v->which == MARKOV) { /* here from the independent noises themselves */
            fk_sources s = fk_sources_of(&chain);
            for (size_t a = 0; a < n; a++)
                for (size_t b = 0; b < n; b++)
                    cov[a * n + b] = fk_sources_cov(&s, s.row[a], s.row[b], data_var);
        }
        gsl_matrix_view m = gsl_matrix_view_array(cov, n, n);
        gsl_linalg_cholesky_decomp1(&m.matrix);
        gsl_linalg_cholesky_invert(&m.matrix);
        for (size_t a = 0; a < n; a++)
            for (size_t b = a + 2; b < n; b++)
                fk_worst(&worst, fabs(cov[a * n + b]) / sqrt(cov[a * n + a] * cov[b * n + b]));
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* --- C74: the noises over X_0 are not independent of one another --- */

static fk_verdict total_noises_correlate(const fk_claim_env *env, const fk_claim *claim,
                                         const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        fk_sources src = fk_sources_of(&chain);
        for (size_t s = 1; s <= src.T; s++)
            for (size_t t = s + 1; t <= src.T; t++) {
                const double a_s = fk_alpha_bar(&chain, s), a_t = fk_alpha_bar(&chain, t);
                double one[FK_MOST_T + 1], other[FK_MOST_T + 1];
                total_noise(&src, s, a_s, one);
                total_noise(&src, t, a_t, other);
                double said = sqrt(a_t / a_s) * sqrt((1 - a_s) / (1 - a_t));
                if (v->which == 1) said = 0;
                if (v->which == 2) said = sqrt(a_t / a_s);
                if (v->which == 3) said *= said;
                fk_keep_worst(&worst, said, fk_sources_cov(&src, one, other, data_var), 0);
            }
        fk_chain_free(&chain);
    }
    return worst;
}

#define ALGEBRA "at most thirty products of square roots of numbers of size 1: a hundred roundings"

const fk_claim fk_chain_noise_claims[] = {
    {"C66",
     "X_t = sqrt(alpha_bar_t) X_0 + sqrt(1 - alpha_bar_t) Ebar_t defines a noise of variance 1, "
     "uncorrelated with X_0",
     FK_CHOCHO ", eq. 1",
     FK_EXACT,
     1e-13,
     ALGEBRA ", over 1 - alpha_bar >= 0.04",
     noise_moments,
     {"alpha_bar_t in both places", ALPHA_BAR, 0},
     {{"as printed: alpha_t in both places", ALPHA, 0},
      {"sqrt(alpha_bar_t)", ROOT, 0},
      {"alpha_bar_{t-1}", EARLIER, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "X_t = sqrt(alpha_t) X_0 + sqrt(1 - alpha_t) Ebar_t"},
    {"C67",
     "The estimates of X_0 and of the noise satisfy X_t = sqrt(alpha_bar_t) x0hat + sqrt(1 - "
     "alpha_bar_t) epshat",
     FK_CHOCHO ", eq. 2",
     FK_EXACT,
     1e-14,
     "x0hat and score to some roundings each, relative to the terms' sizes",
     estimators,
     {"alpha_bar_t in both places", ALPHA_BAR, 0},
     {{"as printed: alpha_t in both places", ALPHA, 0},
      {"sqrt(alpha_bar_t)", ROOT, 0},
      {"alpha_bar_{t-1}", EARLIER, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "X_t = sqrt(alpha_t) X0hat + sqrt(1 - alpha_t) Ehat_t"},
    {"C68",
     "Ebar_t is independent of X_0 and N(0, I), with alpha_bar_t in its definition: the joint "
     "characteristic function factors, X_0 not Gaussian",
     FK_CHOCHO ", section 2.1, A.1",
     FK_EXACT,
     1e-13,
     ALGEBRA " in the exponents",
     noise_is_independent,
     {"alpha_bar_t", ALPHA_BAR, 0},
     {{"alpha_t, as its eq. 1 has it", ALPHA, 0},
      {"sqrt(alpha_bar_t)", ROOT, 0},
      {"alpha_bar_{t-1}", EARLIER, 0}},
     .reading = FK_TRUE_IF,
     .printed = "Ebar_t is independent of X_0 and Ebar_t ~ N(0, I), Ebar_t defined with alpha_t"},
    {"C72",
     "X_0, E_1, .., E_T are independent and E_t ~ N(0, I), E_t = (X_t - sqrt(alpha_t) X_{t-1})/"
     "sqrt(beta_t): from the covariance of the Markov chain",
     FK_CHOCHO ", section 2.1, A.1",
     FK_EXACT,
     1e-12,
     ALGEBRA ", over beta >= 0.014",
     chain_noises,
     {"sqrt(alpha_t), sqrt(beta_t)", 0, 0},
     {{"sqrt(alpha_bar_t) X_{t-1}", 1, 0}, {"not over sqrt(beta_t)", 2, 0}},
     .reading = FK_TRUE},
    {"C73",
     "Adding noise independently is the Markov property where q(x_t|x_{t-1}) = N(sqrt(alpha_t) "
     "x_{t-1}, beta_t I): E_t is then uncorrelated with X_0 and all E_s, and E_t^2 with X_{t-1}^2",
     FK_CHOCHO ", section 2.1, title of A.1",
     FK_EXACT,
     1e-12,
     "as C72; moments by quadrature to 1e-14",
     markov_and_noise,
     {"Gaussian transitions", MARKOV, 0},
     {{"a Markov chain of variance beta (1 + x^2)/2", SPREAD, 0},
      {"DDIM's process, not Markov", DDIM, 0},
      {"fresh noise over X_0 at every time", FRESH, 0}},
     .reading = FK_TRUE_IF,
     .printed = "adding noise independently is equivalent to the Markov property"},
    {"C74",
     "The noises Ebar_t of X_t = sqrt(alpha_bar_t) X_0 + sqrt(1 - alpha_bar_t) Ebar_t correlate: "
     "sqrt(alpha_bar_t/alpha_bar_s) sqrt((1 - alpha_bar_s)/(1 - alpha_bar_t)), s < t",
     FK_CHOCHO ", A.1, remark",
     FK_EXACT,
     1e-13,
     ALGEBRA ", over 1 - alpha_bar >= 0.04",
     total_noises_correlate,
     {"that correlation", 0, 0},
     {{"as printed: independent", 1, 0},
      {"sqrt(alpha_bar_t/alpha_bar_s)", 2, 0},
      {"its square", 3, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed =
         "if we set X_t = sqrt(abar_t) X_0 + sqrt(1 - abar_t) Ebar_t, then X_0, E_1, .., E_T "
         "are independent"},
    {"C75",
     "With X_0, E_1, .., E_T independent {X_t} is a Markov chain: its inverse covariance is "
     "tridiagonal",
     FK_CHOCHO ", A.1",
     FK_EXACT,
     1e-11,
     "an inverse of condition below 1e4, in partial correlations",
     tridiagonal,
     {"independent noises", MARKOV, 0},
     {{"fresh noise over X_0 at every time", FRESH, 0}, {"DDIM's process", DDIM, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
