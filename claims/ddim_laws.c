/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The laws of DDIM's inference family Q_sigma: the chain written backwards, the same law at every
 * single time, the normals that it takes, DDPM among them. */
#include <math.h>

#include "analytic/ddim_family.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/ddim_nodes.h"
#include "claims/setting.h"

enum { N = FK_INFERENCE_NODES, M = N + 1 };

static const double data_var = 0.7315;

/* --- C146: the chain written backwards --- */

enum { GIVEN_X0, WITHOUT_X0, BETA, NO_END };

static fk_verdict two_ways(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_inference f = fk_inference_of(1);
    double worst = 0;
    for (size_t j = 0; j < 40; j++) {
        double x[M], term[2 * N], v = data_var;
        x[0] = fk_setting_offset(j);
        for (size_t t = 1; t <= N; t++)
            x[t] = sqrt(fk_inference_alpha_bar(&f, t)) * x[0] + fk_setting_offset(j + 7 * t) / 2;
        for (size_t t = 1; t <= N; t++) {
            double alpha = fk_inference_alpha_bar(&f, t) / fk_inference_alpha_bar(&f, t - 1);
            double beta = fk_inference_var(&f, t) - alpha * fk_inference_var(&f, t - 1);
            term[t - 1] = fk_log_normal(x[t], sqrt(alpha) * x[t - 1], beta);
            if (t == 1) continue;
            double share = fk_inference_var(&f, t - 1) / fk_inference_var(&f, t);
            double mean = sqrt(alpha) * share * x[t] + sqrt(fk_inference_alpha_bar(&f, t - 1)) *
                                                           beta / fk_inference_var(&f, t) * x[0];
            double var = share * beta;
            if (variant->which == BETA) var = beta;
            if (variant->which == WITHOUT_X0) { /* q(x_(t-1) | x_t) on N(0, v) data */
                double all = fk_inference_alpha_bar(&f, t) * v + fk_inference_var(&f, t);
                double before = fk_inference_alpha_bar(&f, t - 1) * v + fk_inference_var(&f, t - 1);
                mean = sqrt(alpha) * before / all * x[t];
                var = beta * before / all;
            }
            term[N + t - 1] = -fk_log_normal(x[t - 1], mean, var);
        }
        term[N] = -fk_log_normal(x[N], sqrt(fk_inference_alpha_bar(&f, N)) * x[0],
                                 fk_inference_var(&f, N));
        if (variant->which == NO_END) term[N] = 0;
        fk_worst(&worst, fk_residual(term, 2 * N));
    }
    return fk_measured(worst, 0);
}

/* --- C149: the same law at every single time --- */

enum { SD_SQUARED, SD_NOT_SQUARED, NOT_SUBTRACTED, X0_NOT_SCALED, TOO_LARGE };

/* Mean coefficient of x_0 and variance, carried from x_T through all thousand steps. Beyond sd =
 * sigma_{t-1} no root is real, and 0 comes closest to the law wanted. */
static fk_verdict same_marginals(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_chain chain = fk_setting_chain("ddpm-linear");
    double worst = 0;
    fk_coeffs t = fk_chain_at(&chain, (long)chain.T - 1);
    double mean = t.s, var = t.sigma * t.sigma;
    for (long i = (long)chain.T - 1; i > 0; i--) {
        fk_coeffs u = fk_chain_at(&chain, i - 1);
        double sd = fmod(0.2385 + 0.6180339887 * (double)i, 1) * u.sigma, left = sd * sd;
        if (variant->which == SD_NOT_SQUARED) left = sd * u.sigma;
        if (variant->which == NOT_SUBTRACTED) left = 0;
        if (variant->which == TOO_LARGE) sd += 0.385 * u.sigma, left = sd * sd;
        double root = sqrt(fmax(u.sigma * u.sigma - left, 0)) / t.sigma; /* 0: no real one */
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

/* --- C152: which normals are independent --- */

enum { UP_TO_T, UP_TO_T_MINUS_1, OWN_INDEX };

/* The covariance of x_(t-1) = f(x_t) + sd_t xi_t from independent normals, against the family's. As
 * printed there is no xi_T. */
static fk_verdict index_set(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    static const double eta[] = {FK_MIXED, 0.385, 1};
    for (size_t k = 0; k < 3; k++) {
        fk_inference f = fk_inference_of(eta[k]);
        double l[N][N] = {{0}}, cov[N * N];
        fk_error err;
        if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, 0);
        l[N - 1][N - 1] = f.node[N - 1].sigma;
        for (size_t t = N; t >= 2; t--) {
            double sd = f.sd[t - 1], root = sqrt(fk_inference_var(&f, t - 1) - sd * sd) /
                                            sqrt(fk_inference_var(&f, t));
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
    fk_inference f = fk_inference_of(variant->which == LESS ? 0.985 : 1);
    double cov[N * N], worst = 0;
    fk_error err;
    for (size_t t = 2; t <= N; t++) { /* the printed formula, written out */
        double alpha = fk_inference_alpha_bar(&f, t) / fk_inference_alpha_bar(&f, t - 1);
        double sd = sqrt(fk_inference_var(&f, t - 1) / fk_inference_var(&f, t)) * sqrt(1 - alpha);
        if (variant->which == LARGE) sd = fmin(sqrt(1 - alpha), f.node[t - 2].sigma);
        if (variant->which != LESS) f.sd[t - 1] = sd;
    }
    /* at t = 1 the formula gives 0, and the DDPM's own deviation is sqrt(beta_1) = sigma_1 */
    if (variant->which == FROM_T_1) fk_worst(&worst, fabs(f.sd[0] / f.node[0].sigma - 1));
    if (fk_ddim_covariance(f.node, N, f.sd, cov, &err) != FK_OK) return fk_measured(NAN, 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = i; j < N; j++) {
            double chain = f.node[j].s / f.node[i].s * fk_inference_var(&f, i + 1);
            fk_worst(&worst, fabs(cov[i * N + j] / chain - 1));
        }
    return fk_measured(worst, 0);
}

const fk_claim fk_ddim_laws_claims[] = {
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
    {"C149",
     "Under q_sigma x_t|x_0 ~ N(sqrt(alpha_bar_t) x_0, 1 - alpha_bar_t) for every t, whatever the "
     "sigma_t^2 <= 1 - alpha_bar_(t-1): mean and variance carried through a thousand steps",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-12,
     "a thousand steps of five roundings of 2^-53 each: at most 6e-13",
     same_marginals,
     {"root of 1 - alpha_bar_(t-1) - sigma_t^2", SD_SQUARED, 0},
     {{"sigma_t in place of sigma_t^2", SD_NOT_SQUARED, 0},
      {"sigma_t^2 not subtracted", NOT_SUBTRACTED, 0},
      {"x_t - x_0 for x_t - sqrt(alpha_bar_t) x_0", X0_NOT_SCALED, 0},
      {"sigma_t^2 > 1 - alpha_bar_(t-1) at two steps of five", TOO_LARGE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "q_sigma(x_t|x_0) = N(sqrt(alpha_bar_t) x_0, (1 - alpha_bar_t) I) for each sigma"},
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
