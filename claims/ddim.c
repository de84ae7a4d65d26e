/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM's inference family Q_sigma: which processes there are, what their joint laws are, when they
 * are Markov. Gaussian algebra at seven nodes of the DDPM chain. */
#include <math.h>
#include <stdlib.h>

#include "analytic/ddim_family.h"
#include "claims/claims.h"
#include "claims/dense.h"
#include "claims/setting.h"
#include "schedules/chain.h"

enum { N = 7, M = N + 1 };

static const double data_var = 0.7315;

/* Nodes t = 1 .. N at 0 .. N-1, and the deviations sd_t in the same places. */
typedef struct {
    fk_coeffs node[N];
    double sd[N];
} family;

/* eta in [0, 1]; or deviations of another pattern, all between 0 and sigma_(t-1). */
enum { MIXED = -1 };

static family family_of(double eta)
{
    static const long index[N] = {23, 137, 291, 443, 611, 797, 999};
    family f;
    fk_chain chain;
    fk_error err;
    if (fk_chain_parse("ddpm-linear", &chain, &err) != FK_OK) abort(); /* the spec is right */
    for (size_t i = 0; i < N; i++) f.node[i] = fk_chain_at(&chain, index[i]);
    fk_chain_free(&chain);
    fk_ddim_deviations(f.node, N, fmax(eta, 0), f.sd);
    for (size_t t = 1; eta == MIXED && t < N; t++)
        f.sd[t] = fmod(0.2385 + 0.6180339887 * (double)t, 1) * f.node[t - 1].sigma;
    return f;
}

static double alpha_bar(const family *f, size_t t) /* t = 0 .. N; alpha_bar_0 = 1 */
{
    return t ? f->node[t - 1].s * f->node[t - 1].s : 1;
}

static double var_of(const family *f, size_t t) /* 1 - alpha_bar_t */
{
    return t ? f->node[t - 1].sigma * f->node[t - 1].sigma : 0;
}

static double log_normal(double x, double mean, double var)
{
    double d = x - mean;
    return -(d * d / var + log(var) + FK_LOG_2PI) / 2;
}

/* --- C146: the chain written backwards --- */

enum { GIVEN_X0, WITHOUT_X0, BETA, NO_END };

static fk_verdict two_ways(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    family f = family_of(1);
    double worst = 0;
    for (size_t j = 0; j < 40; j++) {
        double x[M], term[2 * N], v = data_var;
        x[0] = fk_setting_offset(j);
        for (size_t t = 1; t <= N; t++)
            x[t] = sqrt(alpha_bar(&f, t)) * x[0] + fk_setting_offset(j + 7 * t) / 2;
        for (size_t t = 1; t <= N; t++) {
            double alpha = alpha_bar(&f, t) / alpha_bar(&f, t - 1);
            double beta = var_of(&f, t) - alpha * var_of(&f, t - 1);
            term[t - 1] = log_normal(x[t], sqrt(alpha) * x[t - 1], beta);
            if (t == 1) continue;
            double share = var_of(&f, t - 1) / var_of(&f, t);
            double mean = sqrt(alpha) * share * x[t] +
                          sqrt(alpha_bar(&f, t - 1)) * beta / var_of(&f, t) * x[0];
            double var = share * beta;
            if (variant->which == BETA) var = beta;
            if (variant->which == WITHOUT_X0) { /* q(x_(t-1) | x_t) on N(0, v) data */
                double all = alpha_bar(&f, t) * v + var_of(&f, t);
                double before = alpha_bar(&f, t - 1) * v + var_of(&f, t - 1);
                mean = sqrt(alpha) * before / all * x[t];
                var = beta * before / all;
            }
            term[N + t - 1] = -log_normal(x[t - 1], mean, var);
        }
        term[N] = -log_normal(x[N], sqrt(alpha_bar(&f, N)) * x[0], var_of(&f, N));
        if (variant->which == NO_END) term[N] = 0;
        fk_worst(&worst, fk_residual(term, 2 * N));
    }
    return fk_measured(worst, 0);
}

/* --- C147: which deviations there are --- */

enum { UP_TO_THE_NODE_BEFORE, ANY, UP_TO_OWN_NODE };

/* Var(x_(t-1) | x_0) = |root|^2 + sd_t^2 over 1 - alpha_bar_(t-1), where the root may be imaginary;
 * and the product refuses what is no process. */
static fk_verdict admissible(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double share[] = {0, 0.385, 0.885, 1};
    double worst = 0;
    for (size_t k = 0; k < 4; k++) {
        family f = family_of(0);
        double cov[N * N];
        fk_error err;
        for (size_t t = 1; t < N; t++) {
            double most = f.node[t - 1].sigma;
            if (variant->which == ANY) most *= 1.385;
            if (variant->which == UP_TO_OWN_NODE) most = f.node[t].sigma;
            f.sd[t] = share[k] * most;
            double v = var_of(&f, t), left = v - f.sd[t] * f.sd[t];
            fk_worst(&worst, fabs((fabs(left) + f.sd[t] * f.sd[t]) / v - 1));
        }
        if (variant->which == UP_TO_THE_NODE_BEFORE) {
            fk_worst(&worst, fk_ddim_covariance(f.node, N, f.sd, cov, &err) == FK_OK ? 0 : 1);
            f.sd[3] = 1.0001 * f.node[2].sigma;
            fk_worst(&worst, fk_ddim_covariance(f.node, N, f.sd, cov, &err) == FK_OK ? 1 : 0);
        }
    }
    return fk_measured(worst, 0);
}

/* --- C148: a density --- */

enum { ALL_POSITIVE, NONE, ONE_ZERO };

static fk_verdict rank_of(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    family f = family_of(variant->which == NONE ? 0 : MIXED);
    double cov[N * N];
    fk_error err;
    if (variant->which == ONE_ZERO) f.sd[4] = 0;
    if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, N);
    return fk_measured((double)fk_dense_rank(N, cov, 1e-12), N);
}

/* --- C149: the same law at every single time --- */

enum { SD_SQUARED, SD_NOT_SQUARED, NOT_SUBTRACTED, X0_NOT_SCALED };

/* Mean coefficient of x_0 and variance, carried from x_T through all thousand steps. */
static fk_verdict same_marginals(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_chain chain;
    fk_error err;
    if (fk_chain_parse("ddpm-linear", &chain, &err) != FK_OK) return fk_measured(NAN, 0);
    double worst = 0;
    fk_coeffs t = fk_chain_at(&chain, (long)chain.T - 1);
    double mean = t.s, var = t.sigma * t.sigma;
    for (long i = (long)chain.T - 1; i > 0; i--) {
        fk_coeffs u = fk_chain_at(&chain, i - 1);
        double sd = fmod(0.2385 + 0.6180339887 * (double)i, 1) * u.sigma, left = sd * sd;
        if (variant->which == SD_NOT_SQUARED) left = sd * u.sigma;
        if (variant->which == NOT_SUBTRACTED) left = 0;
        double root = sqrt(u.sigma * u.sigma - left) / t.sigma;
        double centre = variant->which == X0_NOT_SCALED ? 1 : t.s;
        mean = u.s + root * (mean - centre);
        var = root * root * var + sd * sd;
        t = u;
        fk_worst(&worst, fabs(mean - t.s));
        fk_worst(&worst, fabs(var / (t.sigma * t.sigma) - 1));
    }
    fk_chain_free(&chain);
    return fk_measured(worst, 0);
}

/* --- C150, C151: Markov or not --- */

/* The greatest off-tridiagonal entry of the normalised inverse: (x_0, .., x_N), or (x_1, .., x_N)
 * given x_0 or not. */
static double not_markov(const family *f, bool joint, double var_0)
{
    double cov[N * N], all[M * M];
    fk_error err;
    if (fk_ddim_covariance(f->node, N, f->sd, cov, &err) != FK_OK) return NAN;
    if (!joint && var_0 > 0)
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) cov[i * N + j] += f->node[i].s * f->node[j].s * var_0;
    if (joint) fk_ddim_joint(f->node, N, cov, var_0, all);
    double *inverse = joint ? all : cov;
    size_t n = joint ? M : N;
    return isnan(fk_dense_invert(n, inverse)) ? NAN : fk_dense_off_tridiagonal(n, inverse);
}

static fk_verdict markov_for_one(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double others[] = {MIXED, 0.385, 0.885};
    family f = family_of(variant->param);
    double worst = not_markov(&f, true, data_var);
    for (size_t i = 0; i < 3; i++) {
        family other = family_of(others[i]);
        fk_worst(&worst, not_markov(&other, true, data_var) > 1e-2 ? 0 : 1);
    }
    return fk_measured(worst, 0);
}

enum { X0_GIVEN, X0_RANDOM, ONE_NOISE_IN_COMMON };

static fk_verdict markov_given_x0(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {MIXED, 0.385, 0.885, 1};
    double worst = 0;
    for (size_t i = 0; i < 4; i++) {
        family f = family_of(eta[i]);
        if (variant->which != ONE_NOISE_IN_COMMON) {
            double var_0 = variant->which == X0_RANDOM ? data_var : 0;
            fk_worst(&worst, not_markov(&f, false, var_0));
            continue;
        }
        double cov[N * N]; /* x_t = s x_0 + sigma (common + own)/sqrt(2) */
        for (size_t a = 0; a < N; a++)
            for (size_t b = 0; b < N; b++)
                cov[a * N + b] = f.node[a].sigma * f.node[b].sigma * (a == b ? 1 : 0.5);
        fk_dense_invert(N, cov);
        fk_worst(&worst, fk_dense_off_tridiagonal(N, cov));
    }
    return fk_measured(worst, 0);
}

/* --- C152: which normals are independent --- */

enum { UP_TO_T, UP_TO_T_MINUS_1, OWN_INDEX };

/* The covariance of x_(t-1) = f(x_t) + sd_t xi_t from independent normals, against the family's. As
 * printed there is no xi_T. */
static fk_verdict index_set(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    static const double eta[] = {MIXED, 0.385, 1};
    for (size_t k = 0; k < 3; k++) {
        family f = family_of(eta[k]);
        double l[N][N] = {{0}}, cov[N * N];
        fk_error err;
        if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, 0);
        l[N - 1][N - 1] = f.node[N - 1].sigma;
        for (size_t t = N; t >= 2; t--) {
            double sd = f.sd[t - 1], root = sqrt(var_of(&f, t - 1) - sd * sd) / sqrt(var_of(&f, t));
            for (size_t z = 0; z < N; z++) l[t - 2][z] = root * l[t - 1][z];
            if (variant->which == OWN_INDEX) sd = f.sd[t - 2];
            if (variant->which != UP_TO_T_MINUS_1 || t < N) l[t - 2][t - 2] += sd;
        }
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) {
                double sum = 0;
                for (size_t z = 0; z < N; z++) sum += l[i][z] * l[j][z];
                fk_worst(&worst, fabs(sum - cov[i * N + j]));
            }
    }
    return fk_measured(worst, 0);
}

/* --- C155: DDPM among them --- */

enum { FROM_T_2, FROM_T_1, LARGE, LESS };

static fk_verdict becomes_ddpm(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)env, (void)claim;
    family f = family_of(variant->which == LESS ? 0.985 : 1);
    double cov[N * N], worst = 0;
    fk_error err;
    for (size_t t = 2; t <= N; t++) { /* the printed formula, written out */
        double alpha = alpha_bar(&f, t) / alpha_bar(&f, t - 1);
        double sd = sqrt(var_of(&f, t - 1) / var_of(&f, t)) * sqrt(1 - alpha);
        if (variant->which == LARGE) sd = fmin(sqrt(1 - alpha), f.node[t - 2].sigma);
        if (variant->which != LESS) f.sd[t - 1] = sd;
    }
    /* at t = 1 the formula gives 0, and the DDPM's own deviation is sqrt(beta_1) = sigma_1 */
    if (variant->which == FROM_T_1) fk_worst(&worst, fabs(f.sd[0] / f.node[0].sigma - 1));
    if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = i; j < N; j++) {
            double chain = f.node[j].s / f.node[i].s * var_of(&f, i + 1);
            fk_worst(&worst, fabs(cov[i * N + j] / chain - 1));
        }
    return fk_measured(worst, 0);
}

#define ALGEBRA                                                                                    \
    "some hundred roundings of 2^-53, amplified by the condition number of the covariance, below "

const fk_claim fk_ddim_claims[] = {
    {"C146",
     "The chain can be written backwards given x_0: prod q(x_t|x_(t-1)) = q(x_T|x_0) prod "
     "q(x_(t-1)|x_t, x_0), at seven nodes and forty paths",
     FK_CHOCHO ", eq. 9, A.4",
     FK_EXACT,
     1e-13,
     "fourteen log-densities of up to thirty roundings each, relative to the sum of their sizes",
     two_ways,
     {"posteriors given x_0", GIVEN_X0, 0},
     {{"q(x_(t-1)|x_t) without x_0", WITHOUT_X0, 0},
      {"variance beta for beta~", BETA, 0},
      {"q(x_T|x_0) left out", NO_END, 0}},
     .reading = FK_TRUE},
    {"C147",
     "Q_sigma exists for sigma_t^2 <= 1 - alpha_bar_(t-1), t = 2 .. T; beyond that its root is "
     "imaginary and no Gaussian step has the variance wanted",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-14,
     "a difference and a sum of squares: ten roundings of 2^-53",
     admissible,
     {"sigma_t^2 <= 1 - alpha_bar_(t-1)", UP_TO_THE_NODE_BEFORE, 0},
     {{"as printed: any sigma >= 0", ANY, 0}, {"sigma_t^2 <= 1 - alpha_bar_t", UP_TO_OWN_NODE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "for each sigma in [0, infinity)^T"},
    {"C148",
     "q_sigma is a density where all sigma_t > 0: the rank of Cov(x_1 .. x_T|x_0) is T = 7. With "
     "sigma = 0 it is 1",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     0.5,
     "a rank: eigenvalues to 1e-30, counted from 1e-12 of the largest; the smallest is 1e-3",
     rank_of,
     {"all sigma_t > 0", ALL_POSITIVE, 0},
     {{"all sigma_t = 0", NONE, 0}, {"one sigma_t = 0", ONE_ZERO, 0}},
     .reading = FK_TRUE_IF,
     .printed = "q_sigma(x_{0:T}) is a density since it is a product of densities"},
    {"C149",
     "Under q_sigma x_t|x_0 ~ N(sqrt(alpha_bar_t) x_0, 1 - alpha_bar_t) for every t, whatever the "
     "sigma_t: mean and variance carried through a thousand steps",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-12,
     "a thousand steps of five roundings of 2^-53 each: at most 6e-13",
     same_marginals,
     {"root of 1 - alpha_bar_(t-1) - sigma_t^2", SD_SQUARED, 0},
     {{"sigma_t in place of sigma_t^2", SD_NOT_SQUARED, 0},
      {"sigma_t^2 not subtracted", NOT_SUBTRACTED, 0},
      {"x_t - x_0 for x_t - sqrt(alpha_bar_t) x_0", X0_NOT_SCALED, 0}},
     .reading = FK_TRUE_IF,
     .printed = "q_sigma(x_t|x_0) = N(sqrt(alpha_bar_t) x_0, (1 - alpha_bar_t) I) for each sigma"},
    {"C150",
     "(x_0, .., x_T) is no Markov chain under q_sigma, but for the deviations of DDPM: there alone "
     "the inverse covariance is tridiagonal",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-11,
     ALGEBRA "1e4 here",
     markov_for_one,
     {"Markov for DDPM's, not for three others", 0, 1},
     {{"Markov for eta = 0.385", 0, 0.385},
      {"Markov for eta = 0.985", 0, 0.985},
      {"Markov for mixed deviations", 0, MIXED}},
     .reading = FK_TRUE_IF,
     .printed = "The forward process is not a Markov chain"},
    {"C151",
     "Given x_0 the process x_T, .., x_1 is Markov for all deviations: the inverse of "
     "Cov(x_1 .. x_T|x_0) is tridiagonal",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-11,
     ALGEBRA "1e4 here",
     markov_given_x0,
     {"x_0 given", X0_GIVEN, 0},
     {{"x_0 random", X0_RANDOM, 0}, {"half of the noise in common", ONE_NOISE_IN_COMMON, 0}},
     .reading = FK_TRUE},
    {"C152",
     "x_(t-1) = f(x_t, x_0) + sigma_t xi_t takes the independent normals x_T, xi_T, xi_(T-1), .., "
     "xi_2: these give the family's covariance",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-14,
     "seven products summed, of numbers below 1",
     index_set,
     {"xi_T, .., xi_2", UP_TO_T, 0},
     {{"as printed: xi_(T-1), .., xi_1, so no xi_T", UP_TO_T_MINUS_1, 0},
      {"sigma_(t-1) xi_(t-1)", OWN_INDEX, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "X_T, xi_(T-1), xi_(T-2), .., xi_1 are independent"},
    {"C155",
     "With sigma_t = sqrt((1 - ab_(t-1))/(1 - ab_t)) sqrt(1 - alpha_t), t >= 2, q_sigma is the "
     "forward chain: Cov(x_i, x_j|x_0) = (s_j/s_i) sigma_i^2. At t = 1 it gives 0, not DDPM's "
     "beta_1",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-13,
     "products of six correlations, each from differences of alpha_bar that keep 1e-14",
     becomes_ddpm,
     {"t = 2 .. T", FROM_T_2, 0},
     {{"as printed: t = 1 .. T", FROM_T_1, 0},
      {"sqrt(beta_t), or as much as there is", LARGE, 0},
      {"0.985 of it", LESS, 0}},
     .reading = FK_TRUE_IF,
     .printed = "sigma_t = sqrt((1 - ab_(t-1))/(1 - ab_t)) sqrt(1 - alpha_t), t = 1, .., T"},
    {.id = NULL},
};
