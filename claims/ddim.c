/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM's inference family Q_sigma: which processes there are, and when they are Markov. Gaussian
 * algebra at seven nodes of the DDPM chain. */
#include <math.h>

#include "analytic/ddim_family.h"
#include "claims/claims.h"
#include "claims/ddim_nodes.h"
#include "claims/dense.h"
#include "claims/setting.h"

enum { N = FK_INFERENCE_NODES, M = N + 1 };

static const double data_var = 0.7315;

/* --- C147: which deviations there are --- */

enum { UP_TO_THE_NODE_BEFORE, ANY, UP_TO_OWN_NODE };

/* Var(x_(t-1) | x_t, x_0) from the family's covariance, as Schur's complement, against the sd_t^2
 * asked for. It is at most Var(x_(t-1) | x_0): a larger sd_t is beyond every law with these
 * variances, the product refuses it, and the nearest process stands for it. */
static fk_verdict admissible(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double share[] = {0, 0.385, 0.885, 1};
    double worst = 0;
    for (size_t k = 0; k < 4; k++) {
        fk_inference f = fk_inference_of(0);
        double cov[N * N], wanted[N];
        fk_error err;
        for (size_t t = 1; t < N; t++) {
            double most = f.node[t - 1].sigma;
            if (variant->which == ANY) most *= 1.385;
            if (variant->which == UP_TO_OWN_NODE) most = f.node[t].sigma;
            wanted[t] = share[k] * most;
            f.sd[t] = fmin(wanted[t], f.node[t - 1].sigma);
        }
        if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, 0);
        for (size_t t = 1; t < N; t++) {
            double v = cov[(t - 1) * N + t - 1], both = cov[(t - 1) * N + t];
            double left = v - both * both / cov[t * N + t];
            fk_worst(&worst, fabs(left - wanted[t] * wanted[t]) / fk_inference_var(&f, t));
        }
        f.sd[3] = 1.0001 * f.node[2].sigma;
        fk_worst(&worst, fk_ddim_covariance(f.node, N, f.sd, cov, &err) == FK_OK ? 1 : 0);
    }
    return fk_measured(worst, 0);
}

/* --- C148: a density --- */

enum { ALL_POSITIVE, NONE, ONE_ZERO };

static fk_verdict rank_of(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_inference f = fk_inference_of(variant->which == NONE ? 0 : FK_MIXED);
    double cov[N * N];
    fk_error err;
    if (variant->which == ONE_ZERO) f.sd[4] = 0;
    if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, N);
    return fk_measured((double)fk_dense_rank(N, cov, 1e-12), N);
}

/* --- C150, C151: Markov or not --- */

/* The greatest off-tridiagonal entry of the normalised inverse: (x_0, .., x_N), or (x_1, .., x_N)
 * given x_0 or not. */
static double not_markov(const fk_inference *f, bool joint, double var_0)
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
    static const double others[] = {FK_MIXED, 0.385, 0.885};
    fk_inference f = fk_inference_of(variant->param);
    double worst = not_markov(&f, true, data_var);
    for (size_t i = 0; i < 3; i++) {
        fk_inference other = fk_inference_of(others[i]);
        fk_worst(&worst, not_markov(&other, true, data_var) > 1e-2 ? 0 : 1);
    }
    return fk_measured(worst, 0);
}

enum { X0_GIVEN, X0_RANDOM, ONE_NOISE_IN_COMMON };

static fk_verdict markov_given_x0(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {FK_MIXED, 0.385, 0.885, 1};
    double worst = 0;
    for (size_t i = 0; i < 4; i++) {
        fk_inference f = fk_inference_of(eta[i]);
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

#define ALGEBRA                                                                                    \
    "some hundred roundings of 2^-53, amplified by the condition number of the covariance, below "

const fk_claim fk_ddim_claims[] = {
    {"C147",
     "Q_sigma exists for sigma_t^2 <= 1 - alpha_bar_(t-1), t = 2 .. T: Var(x_(t-1)|x_t, x_0) is "
     "sigma_t^2 there; beyond it no process has that variance, the root is imaginary",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-14,
     "two products and a difference of covariances below 1, over the variance: twenty roundings of "
     "2^-53",
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
      {"Markov for mixed deviations", 0, FK_MIXED}},
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
    {.id = NULL},
};
