/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the exact backward steps lead from N(0, I) in place of q(x_T). */
#include <math.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/prior.h"
#include "claims/setting.h"
#include "core/order.h"

/* --- C78: from N(0, I) by the exact steps --- */

enum { AT_THE_DATA, AT_THE_PRIOR };

/* The divergences KL(q_0 || p_0), and KL(q_T || N(0, 1)), with the total variations beside them.
 * p_0 is what the exact reverse transitions make of N(0, 1) where q_T is reached at alpha_bar. */
typedef struct {
    double kl[2], tv[2];
} divergences;

static divergences from_normal(const fk_mixture *mix, double alpha_bar)
{
    fk_coeffs data = {.s = 1}, T = {.s = sqrt(alpha_bar), .sigma = sqrt(1 - alpha_bar)};
    fk_from_prior made = fk_from_prior_new(mix, (fk_prior){0, 1}, &T, &data);
    fk_marginal *g[2] = {fk_marginal_new(mix, 1, 0), fk_marginal_new(mix, T.s, T.sigma)};
    divergences out = {{0}, {0}};
    for (int end = 0; end < 2; end++) {
        fk_rule rule = fk_rule_over(g[end]);
        for (size_t i = 0; i < rule.n; i++) {
            double log_q = fk_marginal_at(g[end], &rule.x[i], NULL);
            double log_p = end == 0 ? fk_from_prior_at(&made, rule.x[i], NULL)
                                    : fk_log_normal(rule.x[i], 0, 1);
            out.kl[end] += rule.w[i] * exp(log_q) * (log_q - log_p);
            out.tv[end] += rule.w[i] * fabs(exp(log_q) - exp(log_p)) / 2;
        }
        fk_rule_free(&rule);
        fk_marginal_free(g[end]);
    }
    fk_from_prior_free(&made);
    return out;
}

/* By how much a divergence at the data (or as the variant has it) exceeds that at the prior. */
static fk_verdict processed(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "bimodal-1d"};
    static const double alpha_bar[] = {0.0385, 0.285, 0.615};
    double worst = 0;
    for (size_t m = 0; m < 2; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t i = 0; i < 3; i++) {
            divergences d = from_normal(mix, alpha_bar[i]);
            int less = variant->which, more = 1 - less;
            fk_worst(&worst, d.kl[less] - d.kl[more]);
            fk_worst(&worst, d.tv[less] - d.tv[more]);
        }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

enum { LEVELS = 7 };

static fk_verdict order_in_alpha_bar(const fk_claim_env *env, const fk_claim *claim,
                                     const fk_variant *variant)
{
    (void)env, (void)claim;
    double error[LEVELS], noise[LEVELS];
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    for (size_t i = 0; i < LEVELS; i++) {
        error[i] = from_normal(mix, ldexp(1, -2 - (int)i)).kl[variant->which];
        noise[i] = 1e-15;
    }
    fk_mixture_free(mix);
    fk_order order = fk_order_read(error, noise, LEVELS, 0.1);
    return fk_measured(order.state == FK_ORDER_SETTLED ? order.p : NAN, 2);
}

/* KL(q_0 || p_0)/alpha_bar^2, over E(x_0)^2 Var(x_0)/2 or what a variant has for it. */
static fk_verdict constant_in_alpha_bar(const fk_claim_env *env, const fk_claim *claim,
                                        const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("bimodal-1d");
    double mean, var, R[3];
    fk_mixture_moments(mix, &mean, &var);
    for (int i = 0; i < 3; i++) {
        double alpha_bar = ldexp(1, -6 - i);
        R[i] = from_normal(mix, alpha_bar).kl[0] / (alpha_bar * alpha_bar);
    }
    fk_mixture_free(mix);
    double second = variant->which == 2 ? var + mean * mean : var;
    double right = variant->which == 1 ? mean * mean / 2 : mean * mean * second / 2;
    return fk_measured(fk_setting_limit(R) / right, 1);
}

#define BY_RICHARDSON                                                                              \
    "three values at arguments halved, the finest 2^-9 or 2^-8: errors of its third power times "  \
    "the ratio of the constants, below 1000"

const fk_claim fk_chain_start_claims[] = {
    {"C78",
     "Started from N(0, 1), the exact backward steps end no farther from the data than N(0, 1) is "
     "from q(x_T), in KL and in total variation",
     FK_CHOCHO ", 2.2, A.2",
     FK_EXACT,
     1e-12,
     "quadrature to 1e-13; what exceeds it is the violation",
     processed,
     {"D(q_0, p_0) <= D(q_T, N(0, 1))", AT_THE_DATA, 0},
     {{"the inequality reversed", AT_THE_PRIOR, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "p(x_0) is approximately q(x_0)"},
    {"C78-order",
     "KL(q(x_0) || p(x_0)) is of order 2 in alpha_bar_T",
     FK_CHOCHO ", 2.2, A.2",
     FK_ORDER,
     0.1,
     "two-term fits to errors without noise, alpha_bar_T = 2^-2 .. 2^-8",
     order_in_alpha_bar,
     {"at the data", AT_THE_DATA, 2},
     {{"KL(q(x_T) || N(0, 1)), of order 1", AT_THE_PRIOR, 2}},
     .reading = FK_APPROXIMATE,
     .printed = "p(x_0) is approximately q(x_0)"},
    {"C78-constant",
     "KL(q(x_0) || p(x_0))/alpha_bar_T^2 tends to E(x_0)^2 Var(x_0)/2",
     FK_CHOCHO ", 2.2, A.2",
     FK_EXACT,
     1e-3,
     BY_RICHARDSON,
     constant_in_alpha_bar,
     {"E(x_0)^2 Var(x_0)/2", 0, 0},
     {{"E(x_0)^2/2, that of the prior's own divergence", 1, 0}, {"E(x_0)^2 E(x_0^2)/2", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "p(x_0) is approximately q(x_0)"},
    {.id = NULL},
};
