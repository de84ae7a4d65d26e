/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variational bound: what it bounds, and its first term L_T. */
#include <math.h>

#include "analytic/elbo.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* --- C77, C92: the relative entropy --- */

/* KL(q_h || p) grows by log 10 where the width h of q's atoms shrinks tenfold: a mass function is
 * infinitely far from every density. The cross-entropy stays. */
static fk_verdict atoms(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const double weight[] = {0.2, 0.35, 0.45}, at[] = {-1.385, 0.2385, 0.91};
    double kl[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        const double var = k ? 1e-12 : 1e-10, each[] = {var, var, var};
        fk_mixture *mix;
        fk_error err;
        if (fk_mixture_new_diagonal("atoms", 1, 3, weight, at, each, &mix, &err) != FK_OK)
            return fk_measured(NAN, 0);
        fk_marginal *q = fk_marginal_new(mix, 1, 0);
        for (size_t j = 0; j < 3; j++) /* E[-log p], p = N(0.2, 1.69) */
            kl[k] -= weight[j] * (fk_log_normal(at[j], 0.2, 1.69) - var / (2 * 1.69));
        if (v->which == 0) kl[k] -= fk_marginal_entropy(q);
        if (v->which == 2) kl[k] -= 2 * fk_marginal_entropy(q);
        fk_marginal_free(q);
        fk_mixture_free(mix);
    }
    return fk_measured(kl[1] - kl[0], log(10));
}

/* KL(q || p) less the cross-entropy E_q[-log p] is -H(q), whatever p: so both have one minimiser.
 */
static fk_verdict cross_entropy(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const double model[][2] = {{0.1, 1.2}, {-0.385, 2.385}, {1.1, 0.7}};
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_marginal *q = fk_marginal_new(mix, 1, 0);
    fk_rule rule = fk_rule_over(q);
    double masses = 0;
    for (size_t k = 0; k < mix->k; k++) masses -= mix->weight[k] * log(mix->weight[k]);
    for (size_t m = 0; m < 3; m++) {
        double kl = 0, cross = 0;
        for (size_t i = 0; i < rule.n; i++) {
            const double log_q = fk_marginal_at(q, &rule.x[i], NULL);
            const double log_p = fk_log_normal(rule.x[i], model[m][0], model[m][1]);
            kl += rule.w[i] *
                  (v->which == 1 ? exp(log_p) * (log_p - log_q) : exp(log_q) * (log_q - log_p));
            cross -= rule.w[i] * exp(log_q) * log_p;
        }
        const double constant = v->which == 2   ? 0
                                : v->which == 3 ? -masses
                                                : -fk_marginal_entropy(q);
        fk_keep_worst(&worst, kl - cross, constant, 0);
    }
    fk_rule_free(&rule);
    fk_marginal_free(q);
    fk_mixture_free(mix);
    return worst;
}

/* --- C95: L_T --- */

enum { FORWARD, PRINTED, ONE_LOG, REVERSE };

/* L_T as a variant has it. */
static double said(const fk_chain *chain, size_t dim, double square, int which)
{
    const double a = fk_alpha_bar(chain, chain->T), n = (double)dim;
    const double inverse = a / (1 - a); /* 1/(1 - a) - 1 */
    if (which == PRINTED) return (log1p(-a) + n * inverse + inverse * square) / 2;
    if (which == ONE_LOG) return (-log1p(-a) - n * a + a * square) / 2;
    if (which == REVERSE) return (n * log1p(-a) + n * inverse + inverse * square) / 2;
    return fk_elbo_prior(chain, dim, square);
}

static double second_moment(const fk_mixture *mix)
{
    double mean[3], cov[9], square = 0;
    fk_mixture_moments(mix, mean, cov);
    for (size_t j = 0; j < mix->dim; j++) square += mean[j] * mean[j] + cov[j * mix->dim + j];
    return square;
}

/* The law of coordinate j. */
static fk_mixture *coordinate(const fk_mixture *mix, size_t j)
{
    double mean[8], var[8], cov[9];
    fk_mixture *one = NULL;
    fk_error err;
    for (size_t k = 0; k < mix->k; k++) {
        fk_mixture_covariance(mix, k, cov);
        mean[k] = mix->mean[k * mix->dim + j], var[k] = cov[j * mix->dim + j];
    }
    if (fk_mixture_new_diagonal("coordinate", 1, mix->k, mix->weight, mean, var, &one, &err))
        return NULL;
    return one;
}

/* E over x_0 of KL(q(x_T | x_0 - c) || p(x_T)), coordinate by coordinate, as two nested
 * quadratures.
 */
static double by_quadrature(const fk_mixture *mix, const fk_chain *chain, double c, bool reverse)
{
    const fk_coeffs last = fk_chain_at(chain, (long)chain->T - 1);
    double sum = 0;
    for (size_t j = 0; j < mix->dim; j++) {
        fk_mixture *one = coordinate(mix, j);
        if (!one) return NAN;
        fk_marginal *data = fk_marginal_new(one, 1, 0);
        fk_rule rule = fk_rule_over(data);
        for (size_t i = 0; i < rule.n; i++) {
            const double mean = last.s * (rule.x[i] - c), var = last.sigma * last.sigma;
            sum += rule.w[i] * exp(fk_marginal_at(data, &rule.x[i], NULL)) *
                   (reverse ? fk_normal_divergence(0, 1, mean, var)
                            : fk_normal_divergence(mean, var, 0, 1));
        }
        fk_rule_free(&rule);
        fk_marginal_free(data);
        fk_mixture_free(one);
    }
    return sum;
}

static const char to_half_noise[] = "ddpm-linear:T=40,beta_1=0.00385,beta_T=0.0385";

static fk_verdict prior_term(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("full-2d");
    fk_chain chain = fk_setting_chain(to_half_noise);
    fk_verdict out = fk_measured(said(&chain, 2, second_moment(mix), v->which),
                                 by_quadrature(mix, &chain, 0, false));
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return out;
}

/* In one dimension the printed form is the reverse KL exactly; in two it is neither. */
static fk_verdict printed_is_reverse(const fk_claim_env *env, const fk_claim *claim,
                                     const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture(v->which == 1 ? "full-2d" : "three-1d");
    fk_chain chain = fk_setting_chain(to_half_noise);
    fk_verdict out =
        fk_measured(said(&chain, mix->dim, second_moment(mix), v->which == 2 ? FORWARD : PRINTED),
                    by_quadrature(mix, &chain, 0, true));
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return out;
}

static fk_verdict printed_over_true(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("full-2d");
    fk_chain chain = fk_setting_chain("ddpm-linear:T=1400,beta_1=0.01,beta_T=0.01");
    const double square = second_moment(mix);
    const double ratio = said(&chain, 2, square, PRINTED) / said(&chain, 2, square, FORWARD);
    const double tends_to[] = {(square + 1) / square, 1, 2};
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return fk_measured(tends_to[v->which], ratio);
}

/* --- C96, C97: its limit, and a shift of the data --- */

static fk_verdict limit(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ddpm-linear:T=3000,beta_1=1e-3,beta_T=0.02",
                                       "vp-linear:T=3000", "cosine:T=3000", "vp-linear:T=300000"};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_chain chain = fk_setting_chain(spec[v->which]);
    const double cost = fk_elbo_prior(&chain, 1, second_moment(mix));
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return fk_measured(cost, 0);
}

/* The slope in a shift c of the data, at c, of L_T and of its printed form (in one dimension the
 * reverse KL) by their quadratures, as a symmetric difference, which is exact for a quadratic. */
static fk_verdict shift(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_marginal *data = fk_marginal_new(mix, 1, 0);
    fk_chain chain = fk_setting_chain(to_half_noise);
    double mean, var;
    fk_mixture_moments(mix, &mean, &var);
    const double at[] = {mean, fk_marginal_quantile(data, 0.5, false), 0, 0.5};
    const double c = at[v->which], step = 0.385;
    for (int printed = 0; printed < 2; printed++) {
        const double up = by_quadrature(mix, &chain, c + step, printed);
        const double down = by_quadrature(mix, &chain, c - step, printed);
        fk_keep_worst(&worst, (up - down) / (2 * step), 0, 0);
    }
    fk_chain_free(&chain);
    fk_marginal_free(data);
    fk_mixture_free(mix);
    return worst;
}

const fk_claim fk_bound_claims[] = {
    {"C77",
     "KL(q||p) of a mass function q to a density p is infinite: with atoms of width h it grows by "
     "log 10 per decade of h; the cross-entropy E_q[-log p] stays finite",
     FK_CHOCHO ", sections 2 and 2.2",
     FK_EXACT,
     1e-9,
     "the cross-entropy changes by h^2 = 1e-10; entropies by quadrature, 1e-13",
     atoms,
     {"KL(q_h||p)", 0, 0},
     {{"as printed: finite, so that only the cross-entropy changes", 1, 0},
      {"the entropy twice", 2, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed =
         "D_KL(q(x_0)||p_theta(x_0)) = int q log(q/p_theta) dx_0, q(x_0) the mass function of "
         "the data"},
    {"C92",
     "arg min KL(q||p) = arg min E_q[-log p]: they differ by -H(q), a constant, where q has a "
     "density of finite entropy",
     FK_CHOCHO ", section 2.2",
     FK_EXACT,
     1e-12,
     "three integrals by quadrature, 1e-13 each",
     cross_entropy,
     {"-H(q)", 0, 0},
     {{"KL(p||q)", 1, 0}, {"no constant", 2, 0}, {"the entropy of the masses", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "arg min D_KL(q||p_theta) = arg min E_q[-log p_theta(X_0)], q a mass function"},
    {"C95",
     "L_T = E KL(q(x_T|x_0)||p(x_T)) = (-n log(1 - abar_T) - n abar_T + abar_T E|X_0|^2)/2, on "
     "full-2d (n = 2)",
     FK_CHOCHO ", below eq. 3",
     FK_EXACT,
     1e-14,
     "both near 1.4; nested quadratures of positive terms, in all 50 roundings of 2^-53 of it",
     prior_term,
     {"that formula", FORWARD, 0},
     {{"as printed: the reverse KL, log without its n", PRINTED, 0},
      {"the right KL, log without its n", ONE_LOG, 0},
      {"the reverse KL, log with its n", REVERSE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "L_T = (log(1 - abar_T) + n (1/(1 - abar_T) - 1) + abar_T/(1 - abar_T) "
                "E|X_0|^2)/2"},
    {"C95-reverse",
     "In one dimension the printed L_T is exactly the reverse, E KL(p(x_T)||q(x_T|x_0))",
     FK_CHOCHO ", below eq. 3",
     FK_EXACT,
     1e-12,
     "as C95; the reverse KL weighs 1/(1 - abar_T)",
     printed_is_reverse,
     {"the printed form, n = 1", 0, 0},
     {{"the printed form, n = 2", 1, 0}, {"the right form, n = 1", 2, 0}},
     .reading = FK_TRUE_IF,
     .printed = "L_T = (log(1 - abar_T) + n (1/(1 - abar_T) - 1) + abar_T/(1 - abar_T) "
                "E|X_0|^2)/2"},
    {"C95-limit",
     "The printed L_T does not even agree as alpha_bar_T -> 0: over the right one it tends to "
     "(E|X_0|^2 + n - 1)/E|X_0|^2",
     FK_CHOCHO ", below eq. 3",
     FK_EXACT,
     1e-5,
     "alpha_bar_T = 0.99^1400 = 7.7e-7, and errors of that order",
     printed_over_true,
     {"(E|X_0|^2 + n - 1)/E|X_0|^2", 0, 0},
     {{"as printed, taken as right: 1", 1, 0}, {"n", 2, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "L_T = (log(1 - abar_T) + n (1/(1 - abar_T) - 1) + abar_T/(1 - abar_T) "
                "E|X_0|^2)/2"},
    {"C96",
     "lim L_T = 0 as T grows where alpha_bar_T -> 0: with beta_t fixed, T = 3000",
     FK_CHOCHO ", below eq. 3",
     FK_EXACT,
     1e-12,
     "log alpha_bar_T = -31.7: L_T is about 1e-14",
     limit,
     {"beta from 1e-3 to 0.02 at every T", 0, 0},
     {{"beta(i/T)/T, T = 3000", 1, 0},
      {"the cosine chain, T = 3000", 2, 0},
      {"beta(i/T)/T, T = 300000", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "It is clear that lim_{T -> inf} L_T = 0"},
    {"C97",
     "L_T is least where X_0 is shifted by its mean, and so is its printed form: slopes of nested "
     "quadratures over the shifted data",
     FK_CHOCHO ", below eq. 3",
     FK_EXACT,
     1e-13,
     "a symmetric difference of a quadratic is exact: rounding of quadratures of values below 2, "
     "over 0.77",
     shift,
     {"shifted by the mean", 0, 0},
     {{"by the median", 1, 0}, {"not at all", 2, 0}, {"by the highest mode", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
