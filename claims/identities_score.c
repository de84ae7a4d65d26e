/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B13: what an error of the score does to the law that comes out, on Gaussian data and with an
 * error that is linear in x. */
#include <math.h>

#include "claims/claims.h"
#include "claims/linear_family.h"
#include "claims/setting.h"

/* --- B13: a score that is not the score --- */

enum { GIRSANOV, SAME_FOR_ALL, NOT_OVER_ETA, NO_HALF };

static const fk_gaussian data = {0.7315, 0.285};
static const double delta[2] = {0.385, -0.2385}; /* delta = delta[0] + delta[1] x */

/* KL of the joint laws at N + 1 times, both started from p_T: the sum over the steps, as both are
 * Markov. */
static double joint_divergence(const fk_schedule *schedule, double eta, double from, double to,
                               size_t n)
{
    const fk_linear right = {schedule, data, eta, {0, 0}};
    const fk_linear wrong = {schedule, data, eta, {delta[0], delta[1]}};
    double sum = 0, h = (to - from) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double at = from + h * (double)i;
        fk_gaussian g = fk_linear_marginal(&right, at);
        fk_linear_step p = fk_linear_transition(&right, at, at + h, 4);
        fk_linear_step q = fk_linear_transition(&wrong, at, at + h, 4);
        double ratio = p.var / q.var - 1, apart = p.phi - q.phi;
        double d = apart * g.mean + p.shift - q.shift;
        sum += (ratio - log1p(ratio) + (apart * apart * g.var + d * d) / q.var) / 2;
    }
    return sum;
}

static fk_verdict girsanov(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {0.6, 1, 1.385};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0, from = -1.385, to = 1.385;
    for (size_t k = 0; k < 3; k++) {
        const fk_linear right = {&schedule, data, eta[k], {0, 0}};
        double e[3], square = eta[k] * eta[k], value = 0;
        for (size_t i = 0; i < 3; i++)
            e[i] = joint_divergence(&schedule, eta[k], from, to, (size_t)100 << i);
        double found = fk_setting_limit(e);
        double factor = (1 + square) * (1 + square) / (4 * square);
        if (variant->which == SAME_FOR_ALL) factor = 1;
        if (variant->which == NOT_OVER_ETA) factor *= square;
        if (variant->which == NO_HALF) factor *= 2;
        fk_rule rule = fk_rule_new(from, to, 8);
        for (size_t j = 0; j < rule.n; j++) {
            double sigma = fk_at_lambda(&schedule, rule.x[j]).sigma;
            fk_gaussian g = fk_linear_marginal(&right, rule.x[j]);
            double level = delta[0] + delta[1] * g.mean;
            value +=
                rule.w[j] * factor * sigma * sigma * (level * level + delta[1] * delta[1] * g.var);
        }
        fk_rule_free(&rule);
        fk_worst(&worst, fabs(found / value - 1));
        fk_worst(&worst, e[0] < e[1] && e[1] < e[2] && e[2] < found ? 0 : 1);
    }
    return fk_measured(worst, 0);
}

/* --- B13-ode: without noise --- */

enum { ALONG_THE_RATIO, ITS_NEGATIVE, WHOLE_G2, AS_GIRSANOV, UNDER_THE_WRONG };

/* KL(p || q), and E delta.(grad log p - grad log q) under p or under q. */
static double divergence(fk_gaussian p, fk_gaussian q)
{
    double d = p.mean - q.mean;
    return (p.var / q.var - 1 - log(p.var / q.var) + d * d / q.var) / 2;
}

static double along(fk_gaussian p, fk_gaussian q, bool under_q)
{
    double d = p.mean - q.mean, slope = 1 / q.var - 1 / p.var;
    fk_gaussian under = under_q ? q : p;
    double level = delta[0] + delta[1] * under.mean;
    return level * d / (under_q ? p.var : q.var) + delta[1] * slope * under.var;
}

/* p from p_T by the right ODE, phat from N(0.385, 1.7 sigma^2) by the wrong one. */
static fk_verdict without_noise(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "flow"};
    double worst = 0, from = -1.385, to = 1.385;
    for (size_t i = 0; i < 3; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i]);
        const fk_linear wrong = {&schedule, data, 0, {delta[0], delta[1]}};
        fk_gaussian q = {0.385, 1.7 * pow(fk_at_lambda(&schedule, from).sigma, 2)};
        double before = divergence(fk_linear_marginal(&wrong, from), q), change = 0, at = from;
        fk_rule rule = fk_rule_new(from, to, 8);
        for (size_t j = 0; j <= rule.n; j++) { /* from node to node, and on to the end */
            double next = j < rule.n ? rule.x[j] : to;
            fk_linear_step step = fk_linear_transition(&wrong, at, next, 40);
            q = (fk_gaussian){step.phi * q.mean + step.shift, step.phi * step.phi * q.var};
            at = next;
            if (j == rule.n) break;
            fk_gaussian p = fk_linear_marginal(&wrong, at);
            double rate = pow(fk_at_lambda(&schedule, at).sigma, 2); /* g^2/2 dt */
            double level = delta[0] + delta[1] * p.mean;
            double value = -along(p, q, variant->which == UNDER_THE_WRONG);
            if (variant->which == ITS_NEGATIVE) value = -value;
            if (variant->which == WHOLE_G2) value *= 2;
            if (variant->which == AS_GIRSANOV) value = level * level + delta[1] * delta[1] * p.var;
            change += rule.w[j] * rate * value;
        }
        fk_rule_free(&rule);
        double after = divergence(fk_linear_marginal(&wrong, to), q);
        fk_worst(&worst, fabs(before + change - after) / before);
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_score_identities_claims[] = {
    {"B13",
     "With score + delta for the score KL of the path laws is (1 + eta^2)^2/(4 eta^2) int g^2/2 "
     "E|delta|^2 dt (Girsanov), least at eta = 1: the limit, from below, of joint laws at 100, "
     "200, "
     "400 times",
     "Chen, Chewi et al. 2023, section 5",
     FK_EXACT,
     1e-5,
     "two extrapolations from steps of 0.0277 in log(s/sigma) leave h^3 times moduli below 0.3",
     girsanov,
     {"(1 + eta^2)^2/(4 eta^2) g^2/2", GIRSANOV, 0},
     {{"g^2/2 for every eta", SAME_FOR_ALL, 0},
      {"(1 + eta^2)^2/4 g^2/2", NOT_OVER_ETA, 0},
      {"g^2 for g^2/2", NO_HALF, 0}},
     .reading = FK_TRUE},
    {"B13-ode",
     "The probability-flow ODE with score + delta: KL(p_0 || phat_0) = KL(p_T || pi) - int g^2/2 E "
     "delta.grad log p_t/phat_t dt, no bound by E|delta|^2: Gaussian data, a wrong start, three "
     "schedules",
     "Albergo, Boffi and Vanden-Eijnden 2023, likelihood control",
     FK_EXACT,
     1e-10,
     "Runge-Kutta steps below 1e-3 at rates below 3: 1e-11; 160 nodes for a smooth function",
     without_noise,
     {"- E delta.grad log p/phat under p", ALONG_THE_RATIO, 0},
     {{"+ of it", ITS_NEGATIVE, 0},
      {"g^2", WHOLE_G2, 0},
      {"the SDE's E|delta|^2", AS_GIRSANOV, 0},
      {"under phat", UNDER_THE_WRONG, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
