/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last term of the variational bound, L_0 = E[-log p(x_0 | x_1)], and L'_0, which is L_0 less
 * its constant. */
#include <math.h>

#include "analytic/elbo.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/joint.h"
#include "claims/setting.h"
#include "sde/schemes.h"

/* mu_theta(x_1) = x0hat: the coefficients at t = 1 with alpha_bar_0 = 1, and the scheme's last
 * step. */
static fk_verdict last_mean(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain_run run = fk_chain_run_new(fk_setting_chains[c], 0, &fk_ancestral_small);
        const double beta = run.chain.beta[0], all = -expm1(run.chain.log_alpha_bar[0]);
        const double past = v->which == 0 ? 1 : v->which == 1 ? fk_alpha_bar(&run.chain, 1) : 0;
        const fk_combination *r = &run.plan.step[run.plan.n_steps - 1].result;
        fk_keep_worst(&worst, sqrt(past) * beta / all, r->b[0], 0);
        fk_keep_worst(&worst, sqrt(1 - beta) * (1 - past) / all, r->a, 0);
        fk_keep_worst(&worst, r->b[0], 1, 0);
        fk_keep_worst(&worst, r->a, 0, 0);
        fk_chain_run_free(&run);
    }
    return worst;
}

/* --- C102, C105, C106, C107: L_0 --- */

/* E over x_0 and eps: -log N(x_0; x0hat, beta_1), |x_0 - x0hat|^2, |eps - epshat|^2. */
static void last_pair(const fk_pair *p, const void *self, double *value)
{
    const double *at = self; /* sigma, beta_1 */
    const double miss = p->x0 - p->x0hat, noise = p->eps + at[0] * p->score;
    value[0] = -fk_log_normal(p->x0, p->x0hat, at[1]);
    value[1] = miss * miss, value[2] = noise * noise;
}

typedef struct {
    double likelihood, miss, noise, beta, posterior, elbo; /* elbo: L_0 of the product */
} last;

static last last_term(void)
{
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    fk_chain chain = fk_setting_chain(FK_SHORT_CHAIN);
    fk_marginal *p = fk_chain_marginal(mix, &chain, 1);
    fk_elbo elbo;
    fk_error err;
    double mean[FK_JOINT];
    const double at[] = {p->sigma, chain.beta[0]};
    fk_joint_means(p, last_pair, at, mean);
    last l = {mean[0], mean[1], mean[2], chain.beta[0], fk_chain_posterior_variance(&chain, 0),
              NAN};
    if (fk_elbo_new(mix, &chain, FK_VARIANCE_SMALL, &elbo, &err) == FK_OK) l.elbo = elbo.step[0];
    fk_elbo_free(&elbo);
    fk_marginal_free(p);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return l;
}

static fk_verdict last_likelihood(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *v)
{
    (void)env, (void)claim;
    const last l = last_term();
    const double constant = log(2 * FK_PI * l.beta) / 2;
    double said = l.miss / (2 * l.beta) + constant;
    if (v->which == 1) said -= constant;
    if (v->which == 2) said = l.miss / (2 * l.beta * l.beta) + log(2 * FK_PI * l.beta * l.beta) / 2;
    if (v->which == 3) said += l.miss / (2 * l.beta);
    fk_verdict worst = fk_measured(said, l.likelihood);
    fk_keep_worst(&worst, said, l.elbo, 0);
    return worst;
}

/* L'_0 = L_0 less its constant. */
static fk_verdict last_norm(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    const last l = last_term();
    const double alpha = 1 - l.beta, exact = l.elbo - log(2 * FK_PI * l.beta) / 2;
    const double said[] = {
        l.miss / (2 * l.beta),                        /* C105 */
        l.miss / l.beta,                              /* not halved */
        l.noise / (2 * l.beta),                       /* eps for x_0 */
        (1 - alpha) / (2 * l.beta * alpha) * l.noise, /* C106, corrected */
        (1 - alpha) / (2 * l.beta * alpha) * l.miss,  /* as printed */
        (1 - alpha) / (2 * l.beta) * l.noise,         /* without alpha */
        l.beta * l.beta / (2 * l.beta * alpha * (1 - alpha)) *
            l.noise, /* C107, sigma_1^2 = beta_1 */
        l.beta * l.beta / (2 * l.posterior * alpha * (1 - alpha)) * l.noise, /* = 0, by eq. 5 */
        l.noise / 2,                                                         /* weight 1/2 */
    };
    return fk_measured(said[v->which], exact);
}

/* --- C104: minimise --- */

typedef struct {
    double shift, var;
} shifted;

static void shifted_pair(const fk_pair *p, const void *self, double *value)
{
    const shifted *s = self;
    const double miss = p->x0 - p->x0hat - s->shift;
    value[0] = miss * miss / (2 * s->var);
    value[1] = -miss / s->var; /* the derivative in the shift */
    value[2] = -fk_log_normal(p->x0, p->x0hat + s->shift, s->var);
}

/* One gradient step on L'_0 from a predictor that is off by 0.385: the share of the excess of L_0
 * that is left, (1 - 0.31)^2 for descent by 0.31 of Newton's step. */
static fk_verdict gradient_step(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    fk_chain chain = fk_setting_chain(FK_SHORT_CHAIN);
    fk_marginal *p = fk_chain_marginal(mix, &chain, 1);
    shifted s = {0, chain.beta[0]};
    double floor[FK_JOINT], before[FK_JOINT], after[FK_JOINT];
    fk_joint_means(p, shifted_pair, &s, floor);
    s.shift = 0.385;
    fk_joint_means(p, shifted_pair, &s, before);
    s.shift -= v->param * s.var * before[1];
    fk_joint_means(p, shifted_pair, &s, after);
    fk_marginal_free(p);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return fk_measured((after[2] - floor[2]) / (before[2] - floor[2]), 0.69 * 0.69);
}

const fk_claim fk_bound_last_claims[] = {
    {"C102",
     "-log p(x_0|x_1) = |x_0 - mu_theta|^2/(2 beta_1) + (n/2) log(2 pi beta_1): L_0 over x_0 and "
     "eps by quadrature",
     FK_CHOCHO ", section 2.2, third term",
     FK_EXACT,
     1e-12,
     "two nested quadratures, 1e-14 each, of values up to 100",
     last_likelihood,
     {"with that constant", 0, 0},
     {{"without it", 1, 0}, {"beta_1^2 for beta_1", 2, 0}, {"not halved", 3, 0}},
     .reading = FK_TRUE},
    {"C103",
     "mu_theta(X_1, 1) = X0hat(X_1), with alpha_bar_0 := 1: coefficients 1 and 0, as in the "
     "ancestral scheme's last step",
     FK_CHOCHO ", section 2.2, third term",
     FK_EXACT,
     1e-14,
     "exact but for the rounding of beta_1/(1 - abar_1)",
     last_mean,
     {"alpha_bar_0 = 1", 0, 0},
     {{"alpha_bar_0 = alpha_bar_1", 1, 0}, {"alpha_bar_0 = 0", 2, 0}},
     .reading = FK_TRUE},
    {"C104",
     "L_0 is to be minimised, and L'_0 with it: one step of descent on L'_0 by 0.31 of Newton's "
     "leaves 0.69^2 of the excess of L_0",
     FK_CHOCHO ", section 2.2, third term",
     FK_EXACT,
     1e-11,
     "quadratures to 1e-14 of values up to 3, over an excess of 1.9",
     gradient_step,
     {"descent", 0, 0.31},
     {{"as printed: maximise, so ascent", 0, -0.31}, {"no step", 0, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "To maximize L_0 .. is equivalent to maximize L'_0"},
    {"C105",
     "L'_0 = E|X_0 - X0hat(X_1)|^2/(2 beta_1), L_0 less its constant",
     FK_CHOCHO ", section 2.2, third term, 1st display of L'_0",
     FK_EXACT,
     1e-12,
     "as C102",
     last_norm,
     {"over 2 beta_1", 0, 0},
     {{"over beta_1", 1, 0}, {"eps for X_0", 2, 0}},
     .reading = FK_TRUE},
    {"C106",
     "L'_0 = (1 - alpha_1)/(2 beta_1 alpha_1) E|Ebar_1 - Net(X_1, 1)|^2: the norm is that of the "
     "noise",
     FK_CHOCHO ", section 2.2, third term, 2nd display of L'_0",
     FK_EXACT,
     1e-12,
     "as C102",
     last_norm,
     {"the noise's norm", 3, 0},
     {{"as printed: the norm of X_0 - X0hat", 4, 0}, {"without alpha_1", 5, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "L'_0 = E[(1 - alpha_1)/(2 beta_1 alpha_1) |X_0 - X0hat(X_1)|^2]"},
    {"C107",
     "L'_0 has the form of L_{t-1} at t = 1 where sigma_1^2 := beta_1: weight 1/(2 alpha_1)",
     FK_CHOCHO ", section 2.2, third term, 2nd display of L'_0",
     FK_EXACT,
     1e-12,
     "as C102",
     last_norm,
     {"sigma_1^2 = beta_1", 6, 0},
     {{"sigma_1^2 = beta~_1 = 0 of its eq. 5: infinite", 7, 0}, {"weight 1/2", 8, 0}},
     .reading = FK_TRUE_IF,
     .printed =
         "L'_0 = E(beta_t^2/(2 sigma_t^2 alpha_t (1 - abar_t)) |Ebar_t - Net|^2) with t = 1"},
    {.id = NULL},
};
