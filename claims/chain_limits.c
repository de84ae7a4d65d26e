/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the chain tends to: pure noise as T grows, its SDE as the steps shrink, and what the
 * ideal chain run backwards gives. */
#include <math.h>
#include <stdlib.h>

#include "analytic/elbo.h"
#include "analytic/exact.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"
#include "core/stats.h"

/* --- C69, C70: noise at the end --- */

/* L_T = E KL(q(x_T|x_0) || N(0, 1)) bounds KL(q(x_T) || N(0, 1)). */
static fk_verdict end_is_noise(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ddpm-linear:T=4000,beta_1=0.01,beta_T=0.01",
                                       "vp-linear:T=4000", "vp-linear:T=400000"};
    double mean, var;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_mixture_moments(mix, &mean, &var);
    fk_chain chain = fk_setting_chain(spec[v->which]);
    const double cost = fk_elbo_prior(&chain, 1, mean * mean + var);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return fk_measured(cost, 0);
}

/* How many beta of the two standard chains lie outside of an interval. */
static fk_verdict betas(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ddpm-linear", "cosine"};
    const double least = v->which == 1 || v->which == 2 ? 0.001 : 0;
    const double most = v->which == 1 || v->which == 3 ? 0.999 : 1;
    size_t outside = 0;
    for (size_t c = 0; c < 2; c++) {
        fk_chain chain = fk_setting_chain(spec[c]);
        for (size_t i = 0; i < chain.T; i++)
            outside += !(chain.beta[i] > least && chain.beta[i] < most);
        fk_chain_free(&chain);
    }
    return fk_measured((double)outside, 0);
}

/* --- C76: an empirical distribution --- */

/* Mean of n^rate D_n over samples of n, D_n the Kolmogorov-Smirnov distance (or total variation,
 * which is 1). */
static fk_verdict empirical(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    static const size_t size[] = {400, 2500};
    const size_t repeats = 600 * env->scale;
    fk_verdict worst = {.expected = FK_KS_MEAN, .observed = FK_KS_MEAN, .n = repeats};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_marginal *data = fk_marginal_new(mix, 1, 0);
    double *x = fk_alloc(size[1], sizeof *x);
    for (size_t k = 0; k < 2; k++) {
        double sum = 0;
        for (size_t r = 0; r < repeats; r++) {
            for (size_t i = 0; i < size[k]; i++) {
                fk_mixture_draw(mix, env->seed, 17 + k, r * size[k] + i, &x[i]);
                x[i] = fk_marginal_cdf(data, x[i], false);
            }
            fk_sort(x, size[k]);
            double greatest = 0;
            for (size_t i = 0; i < size[k]; i++) {
                const double n = (double)size[k];
                greatest = fmax(greatest, fmax((double)(i + 1) / n - x[i], x[i] - (double)i / n));
            }
            sum += v->which == 1 ? 1 : greatest;
        }
        fk_keep_worst(&worst, sum / (double)repeats * pow((double)size[k], v->param), FK_KS_MEAN,
                      FK_KS_SD / sqrt((double)repeats));
    }
    free(x);
    fk_marginal_free(data);
    fk_mixture_free(mix);
    return worst;
}

/* --- C79, C80: the chain run backwards --- */

enum { EXACT, FROM_PRIOR, DATA_WEIGHTS };

/* log p(x_s | x_t), with the weights of the data where a variant has them. */
static double log_reverse(const fk_mixture *mix, const fk_coeffs *t, double x_t, const fk_coeffs *s,
                          double x_s, int which)
{
    fk_mixture *law;
    fk_error err;
    if (fk_reverse_law(mix, t, &x_t, s, &law, &err) != FK_OK) return NAN;
    for (size_t k = 0; which == DATA_WEIGHTS && k < law->k; k++)
        law->weight[k] = law->k == mix->k ? mix->weight[k] : NAN;
    fk_marginal *p = fk_marginal_new(law, 1, 0);
    const double log_p = fk_marginal_at(p, &x_s, NULL);
    fk_marginal_free(p);
    fk_mixture_free(law);
    return log_p;
}

static const char four[] = "ddpm-linear:T=3,beta_1=0.1385,beta_T=0.5385";

static fk_verdict backward_product(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_chain chain = fk_setting_chain(four);
    fk_marginal *p[4];
    fk_coeffs c[4];
    for (size_t t = 0; t < 4; t++)
        p[t] = fk_chain_marginal(mix, &chain, t), c[t] = fk_chain_at(&chain, (long)t - 1);
    for (size_t j = 0; j < 60; j++) {
        double x[4];
        for (size_t t = 0; t < 4; t++) fk_setting_point(p[t], j + 3 * t, &x[t]);
        double term[8] = {fk_marginal_at(p[0], &x[0], NULL)};
        term[1] = v->which == FROM_PRIOR ? -fk_log_normal(x[3], 0, 1)
                                         : -fk_marginal_at(p[3], &x[3], NULL);
        for (size_t t = 1; t < 4; t++) {
            const double beta = chain.beta[t - 1];
            term[2 * t] = fk_log_normal(x[t], sqrt(1 - beta) * x[t - 1], beta);
            term[2 * t + 1] = -log_reverse(mix, &c[t], x[t], &c[t - 1], x[t - 1], v->which);
        }
        fk_worst(&worst, fk_residual(term, 8));
    }
    for (size_t t = 0; t < 4; t++) fk_marginal_free(p[t]);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

enum { MARGINALISED, ALL_INTEGRATED, NO_X0, PRIOR_START };

/* int q(x_{0:3}) dx_{1:3} at x_0, by carrying q(x_3) down one backward kernel after the other on
 * quadrature nodes. As printed: over x_0 too, or of a function without x_0 over x_0. */
static fk_verdict marginalised(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    fk_chain chain = fk_setting_chain(four);
    double *density = NULL;
    fk_rule rule = {NULL, NULL, 0};
    for (size_t t = 4; t-- > 0;) {
        fk_marginal *p = fk_chain_marginal(mix, &chain, t);
        const fk_coeffs to = fk_chain_at(&chain, (long)t - 1);
        const fk_coeffs from = t < 3 ? fk_chain_at(&chain, (long)t) : to;
        fk_rule next = fk_rule_over(p);
        double *sum = fk_alloc(next.n, sizeof *sum);
        for (size_t j = 0; t == 3 && j < next.n; j++)
            sum[j] = exp(v->which == PRIOR_START ? fk_log_normal(next.x[j], 0, 1)
                                                 : fk_marginal_at(p, &next.x[j], NULL));
        for (size_t i = 0; t < 3 && i < rule.n; i++) {
            fk_mixture *law;
            fk_error err;
            if (fk_reverse_law(mix, &from, &rule.x[i], &to, &law, &err) != FK_OK) continue;
            for (size_t j = 0; j < next.n; j++)
                for (size_t k = 0; k < law->k; k++)
                    sum[j] += rule.w[i] * density[i] * law->weight[k] *
                              exp(fk_log_normal(next.x[j], law->mean[k], law->var[k]));
            fk_mixture_free(law);
        }
        free(density), fk_rule_free(&rule);
        density = sum, rule = next;
        fk_marginal_free(p);
    }
    double total = 0, length = 0;
    for (size_t j = 0; j < rule.n; j++) total += rule.w[j] * density[j], length += rule.w[j];
    fk_marginal *data = fk_marginal_new(mix, 1, 0);
    fk_verdict worst = fk_measured(0, 0);
    for (size_t j = 7; j < rule.n; j += 11) {
        double left = density[j];
        if (v->which == ALL_INTEGRATED) left = total;
        if (v->which == NO_X0) left = length;
        const double exact = exp(fk_marginal_at(data, &rule.x[j], NULL));
        if (exact > 0.05) fk_keep_worst(&worst, left, exact, 0);
    }
    free(density), fk_rule_free(&rule);
    fk_marginal_free(data);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return worst;
}

/* --- C140: ever closer to noise --- */

/* d/dt KL(p_t || N(0, 1)) = int p (d/dt log p)(log p + x^2/2) dx = -(g^2/2) E|score + x|^2 where
 * N(0, 1) is stationary. */
static fk_verdict closer(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "sub-vp", "vp-cosine"};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t k = 0; k < (v->which == 0 ? 2 : 1); k++) {
        fk_schedule schedule = fk_setting_schedule(spec[v->which == 0 && k ? 3 : v->which % 3]);
        for (size_t j = 0; j < 24; j++) {
            const fk_coeffs c = fk_schedule_at(&schedule, fk_setting_time(&schedule, j));
            fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
            fk_rule rule = fk_rule_over(p);
            double rate = 0, fisher = 0, size = 0;
            for (size_t q = 0; q < rule.n; q++) {
                double x = rule.x[q], score;
                const double log_p = fk_marginal_at(p, &x, &(fk_point){.score = &score});
                const double mass = rule.w[q] * exp(log_p);
                const double change = fk_marginal_log_rate(p, c.f, c.g2, &x);
                rate += mass * change * (log_p + x * x / 2);
                size += mass * fabs(change * (log_p + x * x / 2));
                fisher += mass * (score + x) * (score + x);
            }
            if (v->which == 3) fisher /= 2;
            fk_worst(&worst, fabs(rate + c.g2 / 2 * fisher) / size);
            if (rate > 1e-14 * size) fk_worst(&worst, rate / size); /* away from noise */
            fk_rule_free(&rule);
            fk_marginal_free(p);
        }
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

const fk_claim fk_chain_limits_claims[] = {
    {"C69",
     "X_T tends to N(0, I) as T grows where sum beta = inf: L_T at T = 4000 with beta = 0.01 fixed "
     "is 0",
     FK_CHOCHO ", section 2.1, A.1, A.2",
     FK_EXACT,
     1e-12,
     "alpha_bar_T = 0.99^4000 = 3.5e-18",
     end_is_noise,
     {"beta = 0.01 at every step", 0, 0},
     {{"beta_i = beta(i/T)/T, T = 4000: alpha_bar_T -> exp(-int beta)", 1, 0},
      {"the same at T = 400000", 2, 0}},
     .reading = FK_TRUE_IF,
     .printed = "This implies that X_T converges in distribution to N(0, I) for T large"},
    {"C70",
     "alpha_t, beta_t in (0, 1) is what a chain needs; the linear and the cosine chain lie in it",
     FK_CHOCHO ", section 2",
     FK_EXACT,
     0.5,
     "a count",
     betas,
     {"(0, 1)", 0, 0},
     {{"as printed: (0.001, 0.999)", 1, 0}, {"above 0.001", 2, 0}, {"below 0.999", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "Fix constants alpha_t, beta_t in (0.001, 0.999)"},
    {"C76",
     "The empirical mass of n images tends to the distribution, weakly, at rate n^(-1/2): "
     "E sqrt(n) D_n = sqrt(pi/2) log 2 in Kolmogorov-Smirnov; in total variation it stays at 1",
     FK_CHOCHO ", section 2",
     FK_STATISTICAL,
     0.09,
     "6 standard errors are 0.064 at 600 samples; the limit is approached from below by about "
     "1/(6 sqrt(n)) = 0.008 at n = 400",
     empirical,
     {"sqrt(n) D_n", 0, 0.5},
     {{"n^(1/3) D_n", 0, 1.0 / 3}, {"n D_n", 0, 1}, {"sqrt(n) times the total variation", 1, 0.5}},
     .reading = FK_APPROXIMATE,
     .printed =
         "When this discrete data large, q(x_0) ~ q_want(x_0) in some sense of distribution"},
    {"C79",
     "q(x_{0:3}) = q(x_0|x_1) q(x_1|x_2) q(x_2|x_3) q(x_3), the kernels being mixtures; with "
     "p(x_3) "
     "= N(0, I) it is p",
     FK_CHOCHO ", A.2",
     FK_EXACT,
     1e-14,
     "eight logarithms of densities, some ten roundings of 2^-53 each, relative to their sizes, "
     "and "
     "seven times that for the kernels' Q, a difference",
     backward_product,
     {"q(x_3) in front", EXACT, 0},
     {{"N(0, 1) in front: that is p", FROM_PRIOR, 0},
      {"the kernels' components by the data's weights", DATA_WEIGHTS, 0}},
     .reading = FK_TRUE},
    {"C80",
     "q(x_0) = int q(x_{0:3}) dx_{1:3}, and p(x_0) the same of p: the integral is over x_1 to x_3",
     FK_CHOCHO ", A.2, last display",
     FK_EXACT,
     1e-12,
     "three integrals by quadrature, 1e-14 each; densities up to 0.8",
     marginalised,
     {"over x_1, x_2, x_3", MARGINALISED, 0},
     {{"as printed: over x_0 too, which is 1", ALL_INTEGRATED, 0},
      {"as printed on the right: p(x_{1:3}) over x_0, the length of the line", NO_X0, 0},
      {"from N(0, 1)", PRIOR_START, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "q(x_0) = int q(x_{0:3}) dx_{0:3} ~ int p(x_{1:3}) dx_{0:3} = p(x_0)"},
    {"C140",
     "On VP each step brings the data closer to noise: d/dt KL(p_t||N(0,I)) = -(beta/2) E|score + "
     "x|^2",
     FK_NOTE_2024 ", last section; " FK_CHOCHO ", section 2, item 1",
     FK_EXACT,
     1e-12,
     "integrals by quadrature to 1e-14 of their terms",
     closer,
     {"VP, where N(0, I) is stationary", 0, 0},
     {{"VE", 1, 0}, {"sub-VP", 2, 0}, {"half of it", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "Each step t brings the data closer to pure noise"},
    {.id = NULL},
};
