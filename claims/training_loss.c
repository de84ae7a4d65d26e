/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The losses: what their minimisers are, what they cannot go below, and what stochastic gradients
 * do to them. A network is here a line x -> theta x, whose loss is a quadratic that is known. */
#include <math.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/joint.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* --- C110: noise error and KL --- */

/* The minimiser of a quadratic from its values at -1, 0, 1. */
static double lowest(const double value[3])
{
    return (value[0] - value[2]) / (2 * (value[0] - 2 * value[1] + value[2]));
}

enum { EACH, SHARED, WRONG_MEAN };

/* E|eps - theta x|^2 and E|mu~ - mu_theta|^2/(2 beta~), with E x_0 = 0, E x_0^2 = var: both squares
 * of combinations of x_0 and eps. */
static void losses(const fk_chain *chain, size_t t, double theta, int which, double *noise,
                   double *kl)
{
    const double var = 0.2385, beta = chain->beta[t - 1], alpha = 1 - beta;
    const double s = sqrt(fk_alpha_bar(chain, t)), sigma = sqrt(1 - s * s);
    const double past = fk_alpha_bar(chain, t - 1), all = 1 - s * s;
    const double of_x0 = -theta * s, of_eps = 1 - theta * sigma;
    *noise = of_x0 * of_x0 * var + of_eps * of_eps;
    const double c = sqrt(past) * beta / all, a = sqrt(alpha) * (1 - past) / all;
    double gain = (1 - beta / sigma * theta) / sqrt(alpha); /* mu_theta = gain x */
    if (which == WRONG_MEAN) gain = (1 - sigma * theta) / s;
    const double x0 = c + a * s - gain * s, eps = a * sigma - gain * sigma;
    *kl = (x0 * x0 * var + eps * eps) / (2 * fk_chain_posterior_variance(chain, t - 1));
}

static fk_verdict same_minimiser(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        double total_noise[3] = {0}, total_kl[3] = {0};
        for (size_t t = 2; t <= chain.T; t++) {
            double noise[3], kl[3];
            for (int k = 0; k < 3; k++) {
                losses(&chain, t, k - 1, v->which, &noise[k], &kl[k]);
                total_noise[k] += noise[k], total_kl[k] += kl[k];
            }
            if (v->which != SHARED) fk_keep_worst(&worst, lowest(noise), lowest(kl), 0);
        }
        if (v->which == SHARED) fk_keep_worst(&worst, lowest(total_noise), lowest(total_kl), 0);
        fk_chain_free(&chain);
    }
    return worst;
}

/* --- C112: the floor --- */

static void noise_error(const fk_pair *p, const void *sigma, double *value)
{
    const double miss = p->eps + *(const double *)sigma * p->score;
    value[0] = miss * miss;
}

/* min E|eps - net|^2, three ways: over (x_0, eps), 1 - sigma^2 E score^2, (s/sigma)^2 mmse. */
static fk_verdict floor_of_loss(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    fk_chain chain = fk_setting_chain("vp-linear:T=30");
    for (size_t t = 3; t <= chain.T; t += 9) {
        fk_marginal *p = fk_chain_marginal(mix, &chain, t);
        double mean[FK_JOINT], snr = p->s * p->s / (p->sigma * p->sigma);
        fk_joint_means(p, noise_error, &p->sigma, mean);
        double said = 1 - p->sigma * p->sigma * fk_fisher(p);
        if (v->which == 1) said = 0;
        if (v->which == 2) said = 1 - p->sigma * fk_fisher(p);
        if (v->which == 3) said = fk_mmse(p);
        fk_keep_worst(&worst, said, mean[0], 0);
        if (v->which == 0) fk_keep_worst(&worst, snr * fk_mmse(p), mean[0], 0);
        fk_marginal_free(p);
    }
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return worst;
}

/* --- C113: algorithm 1 --- */

/* Moments of x = s x_0 + sigma eps and eps, over uniform t: what the recursion below asks for. */
typedef struct {
    double x2, xe, x4, x3e, x2e2;
} moments;

static void powers(const fk_pair *p, const void *self, double *value)
{
    const double x2 = p->x * p->x;
    if (*(const int *)self == 0)
        value[0] = x2, value[1] = p->x * p->eps, value[2] = x2 * x2, value[3] = x2 * p->x * p->eps;
    else
        value[0] = x2 * p->eps * p->eps;
}

static moments moments_of(const fk_mixture *mix, const fk_chain *chain, bool weighted)
{
    moments m = {0};
    double total = 0;
    for (size_t t = 1; t <= chain->T; t++) {
        fk_marginal *p = fk_chain_marginal(mix, chain, t);
        double a[FK_JOINT], b[FK_JOINT], weight = weighted ? (double)t : 1;
        fk_joint_means(p, powers, &(int){0}, a);
        fk_joint_means(p, powers, &(int){1}, b);
        m.x2 += weight * a[0], m.xe += weight * a[1], m.x4 += weight * a[2];
        m.x3e += weight * a[3], m.x2e2 += weight * b[0];
        total += weight;
        fk_marginal_free(p);
    }
    m.x2 /= total, m.xe /= total, m.x4 /= total, m.x3e /= total, m.x2e2 /= total;
    return m;
}

/* E(theta_n - theta*)^2 after n stochastic gradient steps theta' = theta - 2 rate x (theta x - eps)
 * from theta = 0, theta* the minimiser of the mean loss over uniform t: exact, since the second
 * moment follows from step to step. which 0: rate 0.7/(n + 5); 1: rate 0.05; 2: t drawn in
 * proportion to t; 3: ascent. */
static fk_verdict algorithm_1(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("gaussian-1d");
    fk_chain chain = fk_setting_chain("ddpm-linear:T=5,beta_1=0.0385,beta_T=0.7385");
    const moments uniform = moments_of(mix, &chain, false);
    const moments m = v->which == 2 ? moments_of(mix, &chain, true) : uniform;
    const double best = uniform.xe / uniform.x2;
    /* u = x (best x - eps), the gradient's noise: E u, E u^2, E x^2 u */
    const double u = best * m.x2 - m.xe, x2u = best * m.x4 - m.x3e;
    const double u2 = best * best * m.x4 - 2 * best * m.x3e + m.x2e2;
    double first = -best, second = best * best; /* of the error */
    for (int n = 0; n < 400000; n++) {
        const double rate = v->which == 1 ? 0.05 : v->which == 3 ? -0.7 / (n + 5) : 0.7 / (n + 5);
        const double r = 2 * rate;
        second +=
            -2 * r * (m.x2 * second + u * first) + r * r * (m.x4 * second + 2 * x2u * first + u2);
        first += -r * (m.x2 * first + u);
    }
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return fk_measured(second, 0);
}

const fk_claim fk_training_loss_claims[] = {
    {"C110",
     "Minimising |eps - eps_theta|^2 is minimising the KL for each t by itself, with mu_theta "
     "right "
     "and the variance fixed: same minimisers of both quadratics",
     FK_SERIES ", section 2.3",
     FK_EXACT,
     1e-12,
     "minimisers from three values of quadratics, up to 500 in size, over curvatures of 1: a dozen "
     "roundings of 500 * 2^-53 are 7e-13",
     same_minimiser,
     {"a parameter for each t", EACH, 0},
     {{"one parameter for all t, weights dropped", SHARED, 0},
      {"mu_theta as its 5th display has it", WRONG_MEAN, 0}},
     .reading = FK_TRUE_IF,
     .printed = "minimizing the noise prediction error is equivalent to minimizing the KL "
                "divergence"},
    {"C112",
     "The loss E|eps - eps_theta|^2 has the floor n - sigma^2 E|score|^2 = (s/sigma)^2 mmse > 0, "
     "by "
     "three quadratures",
     FK_SERIES ", section 2.3; " FK_CHOCHO ", section 2.3",
     FK_EXACT,
     1e-12,
     "three quadratures, 1e-14 each; the SNR is at most 12",
     floor_of_loss,
     {"1 - sigma^2 E score^2", 0, 0},
     {{"no floor", 1, 0}, {"sigma for sigma^2", 2, 0}, {"mmse without the SNR", 3, 0}},
     .reading = FK_TRUE},
    {"C113",
     "Algorithm 1's gradients are unbiased for the mean loss over uniform t, and it converges "
     "where "
     "the steps decrease as 1/n: E(theta_n - theta*)^2 of a linear net at n = 400000, exactly",
     FK_CHOCHO ", algorithm 1",
     FK_EXACT,
     1e-4,
     "rate^2 E u^2 n/(n rate) with rate 0.7/n and E u^2 of order 1: 2/n = 5e-6",
     algorithm_1,
     {"steps 0.7/(n + 5)", 0, 0},
     {{"as printed, with a step that stays: 0.05", 1, 0},
      {"t drawn in proportion to t", 2, 0},
      {"ascent", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "repeat .. Take gradient descent step on |eps - Net(x_t, t)|^2, until converged"},
    {.id = NULL},
};
