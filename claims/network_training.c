/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What training gives and what a loss says of it, on a network that algorithm 1 has trained. */
#include <math.h>
#include <stdlib.h>

#include "analytic/score_error.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/network.h"
#include "claims/setting.h"

/* --- C108-net: what a step's mean misses --- */

enum { MEAN, X0HAT, ROOT_ALPHA_BAR, VARIANCE, NO_ERROR };

static double mean_of(const fk_marginal *p, double beta, double x, double eps, int which)
{
    const double root = sqrt(1 - beta), sigma = p->sigma;
    if (which == X0HAT) return (x - sigma * eps) / p->s;
    if (which == ROOT_ALPHA_BAR) return (x - beta / sigma * eps) / p->s;
    if (which == VARIANCE) return (x - beta / (sigma * sigma) * eps) / root;
    return (x - beta / sigma * eps) / root;
}

/* E (x_{t-1} - mu_theta(x_t))^2 over p(x_{t-1}) q(x_t|x_{t-1}); the kernel places the nodes. */
static double squared_miss(const fk_marginal *p, const fk_marginal *before, double beta,
                           const fk_model *net, int which)
{
    const double root = sqrt(1 - beta), sd = sqrt(beta) / root;
    double sum = 0;
    fk_rule outer = fk_rule_over(p);
    for (size_t i = 0; i < outer.n; i++) {
        const double x = outer.x[i];
        if (outer.w[i] * exp(fk_marginal_at(p, &x, NULL)) < 1e-18) continue;
        double score;
        fk_model_at(net, p->s, p->sigma, &x, &score);
        const double mu = mean_of(p, beta, x, -p->sigma * score, which);
        fk_rule inner = fk_rule_new(x / root - 9 * sd, x / root + 9 * sd, 6);
        for (size_t q = 0; q < inner.n; q++) {
            const double y = inner.x[q];
            const double density =
                exp(fk_marginal_at(before, &y, NULL) + fk_log_normal(x, root * y, beta));
            sum += outer.w[i] * inner.w[q] * density * (y - mu) * (y - mu);
        }
        fk_rule_free(&inner);
    }
    fk_rule_free(&outer);
    return sum;
}

static fk_verdict step_mean(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const fk_mixture *data = fk_networks_data(env->networks);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    const fk_field field = fk_network_field(net);
    double worst = 0;
    fk_chain chain = fk_setting_chain("vp-linear:T=30");
    for (size_t t = 5; t <= chain.T; t += 10) {
        fk_marginal *p = fk_chain_marginal(data, &chain, t);
        fk_marginal *before = fk_chain_marginal(data, &chain, t - 1);
        const double beta = chain.beta[t - 1], noise = p->sigma * p->sigma;
        const fk_score_error e =
            fk_score_error_at(data, &field, p->s, p->sigma, &(fk_score_rule){0});
        double said = (1 - beta * e.fisher + (v->which == NO_ERROR ? 0 : beta * e.excess / noise));
        said *= beta / (1 - beta);
        fk_worst(&worst, fabs(squared_miss(p, before, beta, net, v->which) / said - 1));
        fk_marginal_free(before), fk_marginal_free(p);
    }
    fk_chain_free(&chain);
    return fk_measured(worst, 0);
}

/* --- C112-net: loss, floor and excess --- */

enum { EXCESS, NO_FLOOR, FLOOR_OF_X0, NOT_SQUARED };

static fk_verdict loss_and_floor(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const fk_mixture *data = fk_networks_data(env->networks);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    const fk_field field = fk_network_field(net);
    double worst = 0;
    for (size_t j = 0; j < FK_NETWORK_LEVELS; j++) {
        const fk_coeffs at = fk_network_level(env->networks, j);
        const fk_score_error e =
            fk_score_error_at(data, &field, at.s, at.sigma, &(fk_score_rule){0});
        const double snr = at.s * at.s / (at.sigma * at.sigma);
        double floor = e.floor, excess = at.sigma * at.sigma * e.error;
        if (v->which == NO_FLOOR) floor = 0;
        if (v->which == FLOOR_OF_X0) floor /= snr;
        if (v->which == NOT_SQUARED) excess /= at.sigma;
        const double over = fk_network_losses_at(net, data, &at).noise - floor;
        fk_worst(&worst, fabs(over - excess));
        fk_worst(&worst, -over); /* none goes below the floor */
    }
    return fk_measured(worst, 0);
}

/* --- C113-net: algorithm 1 --- */

enum { TRAINED, STEADILY, UNTRAINED, AS_X0, AS_SCORE, OTHER_SIGN };

static fk_model *negated(const fk_model *model)
{
    fk_model *other = fk_network_read_as(model, model->config.output);
    const fk_shape *shape = &other->shape;
    for (size_t i = shape->weight[shape->n_layers - 1]; i < shape->n_params; i++)
        other->param[i] = -other->param[i];
    return other;
}

static fk_verdict algorithm_1(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    if (v->which == STEADILY) {
        double mean = 0;
        for (size_t j = 0; j < FK_NETWORK_ITERATES; j++)
            mean += fk_network_part_of_line(env->networks, fk_networks_iterate(env->networks, j));
        return fk_measured(mean / FK_NETWORK_ITERATES, 0);
    }
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    fk_model *other = NULL;
    if (v->which == UNTRAINED) other = fk_networks_untrained(env->networks, FK_LEARNT_EPS);
    if (v->which == AS_X0) other = fk_network_read_as(net, FK_OUT_X0);
    if (v->which == AS_SCORE) other = fk_network_read_as(net, FK_OUT_SCORE);
    if (v->which == OTHER_SIGN) other = negated(net);
    const double part = fk_network_part_of_line(env->networks, other ? other : net);
    fk_model_free(other);
    return fk_measured(part, 0);
}

const fk_claim fk_network_training_claims[] = {
    {"C108-net",
     "A network's mu_theta = (x_t - beta_t/sqrt(1 - abar_t) eps_theta)/sqrt(alpha_t) misses "
     "x_{t-1} by E Var(x_{t-1}|x_t) = beta/alpha (1 - beta J_t), and by beta^2/alpha times the "
     "error of its score: what training can lower, and no more",
     FK_SERIES ", section 2.3, 5th display",
     FK_EXACT,
     1e-11,
     "quadratures over both, and over x_t, to 1e-13 of values down to 0.01",
     step_mean,
     {"with beta_t and sqrt(alpha_t)", MEAN, 0},
     {{"as printed: that is x0hat", X0HAT, 0},
      {"over sqrt(abar_t)", ROOT_ALPHA_BAR, 0},
      {"beta_t/(1 - abar_t)", VARIANCE, 0},
      {"as if the network were exact", NO_ERROR, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "mu_theta(x_t, t) = x_t/sqrt(abar_t) - sqrt(1 - abar_t)/sqrt(abar_t) "
                "eps_theta(x_t, t)"},
    {"C112-net",
     "A network's loss E|eps - eps_theta|^2 is its floor n - sigma^2 E|score|^2 and sigma^2 E|s - "
     "score|^2, s = -eps_theta/sigma, at each level of noise: never below the floor",
     FK_SERIES ", section 2.3; " FK_CHOCHO ", section 2.3",
     FK_EXACT,
     1e-11,
     "quadrature over (x_0, x) against quadrature over x, 1e-13 each of a loss below 1",
     loss_and_floor,
     {"floor + sigma^2 E|s - score|^2", EXCESS, 0},
     {{"no floor", NO_FLOOR, 0},
      {"the floor of the loss for x_0", FLOOR_OF_X0, 0},
      {"sigma for sigma^2", NOT_SQUARED, 0}},
     .reading = FK_TRUE},
    {"C113-net",
     "Algorithm 1 with steps that fall to 0, or whose iterates are averaged, trains a network to "
     "E[eps|x_t]: of the excess that the best line in x_t has over the floor less than a twentieth "
     "is left",
     FK_CHOCHO ", algorithm 1",
     FK_EXACT,
     0.05,
     "a twentieth of what a network has that learnt mean and variance, and nothing of the modes",
     algorithm_1,
     {"trained for eps, read as eps", TRAINED, 0},
     {{"as printed: steps of one size, and an iterate: sixteen of the last, in the mean", STEADILY,
       0},
      {"not trained", UNTRAINED, 0},
      {"read as x_0", AS_X0, 0},
      {"read as the score", AS_SCORE, 0},
      {"with the other sign", OTHER_SIGN, 0}},
     .reading = FK_TRUE_IF,
     .printed = "repeat .. Take gradient descent step on |eps - Net(x_t, t)|^2, until converged"},
    {.id = NULL},
};
