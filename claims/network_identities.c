/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B3 and B4 on a trained network: what its losses have in common, whatever it has learnt, and how
 * well its denoiser is calibrated. */
#include <math.h>
#include <stdlib.h>

#include "analytic/score_error.h"
#include "claims/claims.h"
#include "claims/network.h"
#include "claims/setting.h"
#include "learn/train.h"

/* --- B3-net: Tweedie's formula with a learnt score --- */

enum { TWEEDIE, NO_SCALE, NOT_SQUARED, OTHER_SIGN, LINE, BINS = 10 };

/* What x0hat is at x, from the score s there. */
static double denoised(const fk_coeffs *at, double x, double s, int which)
{
    const double noise = at->sigma * at->sigma;
    if (which == NO_SCALE) return x + noise * s;
    if (which == NOT_SQUARED) return (x + at->sigma * s) / at->s;
    if (which == OTHER_SIGN) return (x - noise * s) / at->s;
    return (x + noise * s) / at->s;
}

/* sum_b P(b) (E[x_0 - x0hat | b])^2 over the deciles b of x. */
static double miscalibration(const fk_marginal *p, const fk_coeffs *at, const fk_model *net,
                             int which)
{
    double mean, var, sum = 0;
    fk_mixture_moments(p->mixture, &mean, &var);
    fk_rule whole = fk_rule_over(p);
    const double least = whole.x[0], most = whole.x[whole.n - 1];
    fk_rule_free(&whole);
    for (int b = 0; b < BINS; b++) {
        const double lo = b ? fk_marginal_quantile(p, (double)b / BINS, false) : least;
        const double hi =
            b + 1 < BINS ? fk_marginal_quantile(p, (double)(b + 1) / BINS, false) : most;
        fk_rule rule = fk_rule_new(lo, hi, 12);
        double bias = 0;
        for (size_t i = 0; i < rule.n; i++) {
            const double x = rule.x[i];
            double right, score;
            const double log_p = fk_marginal_at(p, &x, &(fk_point){.x0hat = &right});
            if (which == LINE)
                score = -(x - at->s * mean) / (at->s * at->s * var + at->sigma * at->sigma);
            else
                fk_model_at(net, at->s, at->sigma, &x, &score);
            bias += rule.w[i] * exp(log_p) * (right - denoised(at, x, score, which));
        }
        sum += bias * bias * BINS; /* bias: of the bin times its 1/BINS */
        fk_rule_free(&rule);
    }
    return sum;
}

static fk_verdict calibration(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    double found = 0, line = 0;
    for (size_t j = 0; j < FK_NETWORK_LEVELS; j++) {
        const fk_coeffs at = fk_network_level(env->networks, j);
        fk_marginal *p = fk_marginal_new(fk_networks_data(env->networks), at.s, at.sigma);
        const double snr = at.s * at.s / (at.sigma * at.sigma);
        found += snr * miscalibration(p, &at, net, v->which);
        line += snr * miscalibration(p, &at, net, LINE);
        fk_marginal_free(p);
    }
    return fk_measured(found / line, 0);
}

/* --- B4-denoising-net: weights and their floors --- */

enum { OWN_FLOOR, NO_CONSTANT, FLOOR_OF_ANOTHER, NO_CROSS_TERM };

/* The weights that networks are trained with, as weights on the error of eps: three outputs
 * unweighted, min-SNR, likelihood. */
static double weight_of(size_t kind, const fk_coeffs *at)
{
    fk_train_config config = fk_train_defaults();
    const double q[] = {1, -at->s / at->sigma, at->s}; /* eps = p x + q output */
    if (kind == 3) config.weight = FK_WEIGHT_MIN_SNR;
    if (kind == 4) config.weight = FK_WEIGHT_LIKELIHOOD;
    return fk_net_weight_at(&config, at, kind < 3 ? q[kind] : 1);
}

static fk_verdict denoising(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    enum { TIMES = 12, KINDS = 5 };
    const fk_mixture *data = fk_networks_data(env->networks);
    const fk_schedule *schedule = fk_networks_schedule(env->networks);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    const fk_field field = fk_network_field(net);
    double t[TIMES], part[TIMES], loss[KINDS] = {0}, floor[KINDS] = {0}, excess[KINDS] = {0};
    fk_times_mean(schedule, false, TIMES, t, part);
    for (size_t i = 0; i < TIMES; i++) {
        const fk_coeffs at = fk_schedule_at(schedule, t[i]);
        const fk_network_losses l = fk_network_losses_at(net, data, &at);
        const fk_score_error e =
            fk_score_error_at(data, &field, at.s, at.sigma, &(fk_score_rule){0});
        double noise = l.noise;
        if (v->which == NO_CROSS_TERM) noise = 1 + at.sigma * at.sigma * l.square;
        for (size_t k = 0; k < KINDS; k++) {
            const double w = part[i] * weight_of(k, &at);
            loss[k] += w * noise, floor[k] += w * e.floor, excess[k] += w * e.excess;
        }
    }
    double worst = 0;
    for (size_t k = 0; k < KINDS; k++) {
        double constant = floor[k];
        if (v->which == NO_CONSTANT) constant = 0;
        if (v->which == FLOOR_OF_ANOTHER) constant = floor[(k + 1) % KINDS];
        fk_worst(&worst, fabs(loss[k] - constant - excess[k]) / loss[k]);
    }
    return fk_measured(worst, 0);
}

/* --- B4-implicit-net: without a target --- */

enum { IMPLICIT, NO_HALF, HALF_DIVERGENCE, NO_DIVERGENCE };

static fk_verdict implicit(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    double worst = 0;
    for (size_t j = 0; j < FK_NETWORK_LEVELS; j++) {
        const fk_coeffs at = fk_network_level(env->networks, j);
        const fk_network_losses l = fk_network_losses_at(net, fk_networks_data(env->networks), &at);
        const double half = v->which == NO_HALF ? 1 : 0.5;
        double slope = l.slope;
        if (v->which == HALF_DIVERGENCE) slope /= 2;
        if (v->which == NO_DIVERGENCE) slope = 0;
        const double noise = at.sigma * at.sigma;
        fk_worst(&worst, fabs(noise * (half * l.square + slope) - (l.noise - 1) / 2));
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_network_identities_claims[] = {
    {"B3-net",
     "The denoiser that a learnt score amounts to, (x + sigma^2 s)/s_t, is calibrated: over the "
     "deciles of x the squares of E[x_0 - x0hat], times the SNR, are less than a twentieth of the "
     "best line's",
     "Efron 2011",
     FK_EXACT,
     0.05,
     "as C113-net: by Jensen's inequality they are at most the excess of the loss for eps",
     calibration,
     {"(x + sigma^2 s)/s_t", TWEEDIE, 0},
     {{"without 1/s_t", NO_SCALE, 0},
      {"sigma for its square", NOT_SQUARED, 0},
      {"the other sign", OTHER_SIGN, 0},
      {"the best line", LINE, 0}},
     .reading = FK_TRUE},
    {"B4-denoising-net",
     "A trained network's loss over all t is a floor of its weight alone and the weighted error of "
     "its score, for the weights of eps, x_0, v, min-SNR and likelihood",
     "Vincent 2011; Hang et al. 2023; Song et al. 2021",
     FK_EXACT,
     1e-11,
     "as C112-net, relative to the loss",
     denoising,
     {"the floor of its weight", OWN_FLOOR, 0},
     {{"no constant", NO_CONSTANT, 0},
      {"the floor of another weight", FLOOR_OF_ANOTHER, 0},
      {"without the cross term", NO_CROSS_TERM, 0}},
     .reading = FK_TRUE},
    {"B4-implicit-net",
     "The implicit loss E(|s|^2/2 + div s) of a trained network, its divergence exact, is the "
     "denoising one but for a constant that no data enter: E|s - kernel score|^2/2 - "
     "1/(2 sigma^2)",
     "Hyvarinen 2005; Vincent 2011",
     FK_EXACT,
     1e-11,
     "one quadrature, 1e-13; that of div s in parts of x: panels of a deviation for bends of the "
     "network over a tenth of one",
     implicit,
     {"|s|^2/2 + div s", IMPLICIT, 0},
     {{"|s|^2 + div s", NO_HALF, 0},
      {"|s|^2/2 + div s/2", HALF_DIVERGENCE, 0},
      {"|s|^2/2", NO_DIVERGENCE, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
