/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identities of transitions, bridges and bounds: B5, B14 where it concerns the bound, B19. */
#include <math.h>
#include <stdio.h>

#include "analytic/elbo.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* --- B5: x_t | x_s ~ N(A x_s, Q), A = s_t/s_s, Q = sigma_t^2 - A^2 sigma_s^2 --- */

enum { PROPAGATED, NOT_SHRUNK, ONCE, NO_FACTOR };

/* int p_s(y) N(x; A y, Q) dy against p_t(x), on all schedules. The nodes follow the narrower of the
 * two factors. */
static fk_verdict transition(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 6; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            const double one = fk_setting_time(schedule, 2 * j);
            const double other = fk_setting_time(schedule, 2 * j + 1);
            const fk_coeffs s = fk_schedule_at(schedule, fmin(one, other));
            const fk_coeffs t = fk_schedule_at(schedule, fmax(one, other));
            const double ratio = t.s / s.s, a = v->which == NO_FACTOR ? 1 : ratio;
            const double carried = v->which == NOT_SHRUNK ? 1
                                   : v->which == ONCE     ? ratio
                                                          : ratio * ratio;
            const double q = t.sigma * t.sigma - carried * s.sigma * s.sigma;
            fk_marginal *from = fk_marginal_new(mix, s.s, s.sigma);
            fk_marginal *to = fk_marginal_new(mix, t.s, t.sigma);
            double x, sum = 0;
            fk_setting_point(to, j, &x);
            const double sd = sqrt(fmax(q, 0)) / a;
            fk_rule wide = fk_rule_over(from);
            fk_rule near = fk_rule_new(x / a - 10 * sd, x / a + 10 * sd, 200);
            const fk_rule *rule = wide.w[0] < near.w[0] ? &wide : &near;
            for (size_t k = 0; k < rule->n; k++)
                sum += rule->w[k] * exp(fk_marginal_at(from, &rule->x[k], NULL) +
                                        fk_log_normal(x, a * rule->x[k], q));
            if (!(q > 0)) sum = 0; /* no density */
            const double exact = exp(fk_marginal_at(to, &x, NULL));
            fk_keep_worst(&worst, sum / exact, 1, 0);
            fk_rule_free(&wide), fk_rule_free(&near);
            fk_marginal_free(from), fk_marginal_free(to);
        }
    fk_mixture_free(mix);
    return worst;
}

/* The bridge x_s | x_t, x_0 ~ N(A V_s/V_t x_t + Q s_s/V_t x_0, Q V_s/V_t), V = sigma^2, at points
 * against Bayes' rule; on a chain it is mu~ and beta~. */
static fk_verdict bridge(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 12; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            const double one = fk_setting_time(schedule, 2 * j);
            const double other = fk_setting_time(schedule, 2 * j + 1);
            const fk_coeffs s = fk_schedule_at(schedule, fmin(one, other));
            const fk_coeffs t = fk_schedule_at(schedule, fmax(one, other));
            const double a = t.s / s.s, vs = s.sigma * s.sigma, vt = t.sigma * t.sigma;
            const double q = (t.sigma - a * s.sigma) * (t.sigma + a * s.sigma);
            const double x0 = fk_setting_offset(j),
                         x = t.s * x0 + t.sigma * fk_setting_offset(j + 2);
            double mean = a * vs / vt * x + q * s.s / vt * x0, var = q * vs / vt;
            if (v->which == 1) mean = vs / vt * x + q * s.s / vt * x0;
            if (v->which == 2) var = q;
            if (v->which == 3) mean = a * vs / vt * x + q / vt * x0, var = q * vs / vt / (a * a);
            const double y = mean + sqrt(var) * 1.385;
            fk_worst(&worst,
                     fk_residual(
                         (double[]){fk_log_normal(y, mean, var), fk_log_normal(x, t.s * x0, vt),
                                    -fk_log_normal(x, a * y, q), -fk_log_normal(y, s.s * x0, vs)},
                         4));
        }
    for (size_t c = 0; c < FK_N_CHAINS; c++) {
        fk_chain chain = fk_setting_chain(fk_setting_chains[c]);
        for (size_t i = 1; i < chain.T; i++) {
            const fk_coeffs s = fk_chain_at(&chain, (long)i - 1), t = fk_chain_at(&chain, (long)i);
            const double q = t.sigma * t.sigma - t.s * t.s / (s.s * s.s) * s.sigma * s.sigma;
            const double share = v->which == 2 ? 1 : s.sigma * s.sigma / (t.sigma * t.sigma);
            fk_worst(&worst, fk_residual((double[]){q, -chain.beta[i]}, 2));
            fk_worst(
                &worst,
                fk_residual((double[]){q * share, -fk_chain_posterior_variance(&chain, i)}, 2));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* --- B14: the bound as a Riemann sum --- */

static double covariance_squared(double x, double log_p, const void *p)
{
    (void)log_p;
    double var;
    fk_marginal_at(p, &x, &(fk_point){.covariance = &var});
    return var * var;
}

/* The sum of L_{t-1} over times from 1/5 to 1 of a sampled schedule is an upper Riemann sum of the
 * information lost, and T times its excess tends to int (dsnr/dt)^2 E Var(x_0|x)^2 dt/4. */
static fk_verdict riemann_sum(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_schedule vp = fk_setting_schedule("vp-linear");
    const fk_coeffs early = fk_schedule_at(&vp, 0.2), late = fk_schedule_at(&vp, 1);
    const double lost =
        fk_information(mix, early.s, early.sigma) - fk_information(mix, late.s, late.sigma);
    double scaled[3];
    for (int k = 0; k < 3; k++) {
        char spec[48];
        snprintf(spec, sizeof spec, "vp-linear:T=%d", 500 << k);
        fk_bound_run run = fk_bound_run_new("three-1d", spec, FK_VARIANCE_SMALL);
        const size_t T = run.chain.T;
        double sum = 0;
        for (size_t i = T / 5; i < T; i++) {
            /* the step from index i to i - 1: mmse at the lower SNR; at the higher; their mean */
            const double lower = run.elbo.step[i];
            const double upper = lower / run.elbo.mmse[i] * run.elbo.mmse[i - 1];
            sum += v->which == 1 ? upper : v->which == 2 ? (lower + upper) / 2 : lower;
        }
        scaled[k] = (double)T * (sum - lost);
        fk_bound_run_free(&run);
    }
    fk_rule rule = fk_rule_new(0.2, 1, 8);
    double limit = 0;
    for (size_t j = 0; j < rule.n; j++) {
        const fk_coeffs c = fk_schedule_at(&vp, rule.x[j]);
        fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
        const double snr = c.s * c.s / (c.sigma * c.sigma), rate = snr * snr * c.g2 / (c.s * c.s);
        limit += rule.w[j] * rate * rate * fk_expect(p, covariance_squared, p) / 4;
        fk_marginal_free(p);
    }
    fk_rule_free(&rule);
    fk_mixture_free(mix);
    return fk_measured(fk_setting_limit(scaled), v->which == 3 ? 0 : limit);
}

/* --- B19: the best variance --- */

/* With sigma^2 in place of the best sigma*^2 a step's term is larger by (n/2)(log(sigma^2/sigma*^2)
 * + sigma*^2/sigma^2 - 1): by the library's bounds with three variances. */
static fk_verdict best_variance(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_chain chain = fk_setting_chain("ddpm-linear:T=40,beta_1=0.00385,beta_T=0.2385");
    fk_elbo elbo[3];
    fk_error err;
    for (int which = 0; which < 3; which++)
        if (fk_elbo_new(mix, &chain, (fk_reverse_variance)which, &elbo[which], &err) != FK_OK)
            return fk_measured(NAN, 0);
    const fk_elbo *best = &elbo[FK_VARIANCE_OPTIMAL];
    for (int which = 0; which < 2; which++)
        for (size_t i = 0; i < chain.T; i++) {
            const double ratio = best->variance[i] / elbo[which].variance[i];
            double cost = (ratio - 1 - log(ratio)) / 2;
            if (v->which == 1) cost = (1 / ratio - 1 + log(ratio)) / 2;
            if (v->which == 2) cost *= 2;
            if (v->which == 3) cost = (ratio - 1) * (ratio - 1) / 4;
            fk_keep_worst(&worst, cost, elbo[which].step[i] - best->step[i], 0);
        }
    for (int which = 0; which < 3; which++) fk_elbo_free(&elbo[which]);
    fk_chain_free(&chain);
    fk_mixture_free(mix);
    return worst;
}

/* With beta~ the bound does not close: near the data sigma_t^2 grows like t and the mmse is
 * sigma^2/s^2, so that step t costs (1/(t - 1) - log(t/(t - 1)))/2 whatever T, and t = 2, 3, ..
 * gamma/2 together. */
static fk_verdict small_variance(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)env, (void)claim;
    fk_bound_run run = fk_bound_run_new("gaussian-1d", "vp-linear:T=1000000",
                                        v->which == 1 ? FK_VARIANCE_LARGE : FK_VARIANCE_SMALL);
    const double gamma = 0.57721566490153286, said[] = {gamma / 2, gamma / 2, 0, gamma};
    fk_verdict out = fk_measured(run.elbo.total - run.elbo.entropy, said[v->which]);
    fk_bound_run_free(&run);
    return out;
}

const fk_claim fk_chain_identities_claims[] = {
    {"B5",
     "x_t|x_s ~ N(A x_s, Q I) with A = s_t/s_s, Q = sigma_t^2 - A^2 sigma_s^2 carries p_s to p_t, "
     "on "
     "every schedule",
     "Kingma et al. 2021, appendix A",
     FK_EXACT,
     1e-12,
     "quadrature of a mixture against a Gaussian, relative: exponents to 1e-14 each; Q as a "
     "difference",
     transition,
     {"A and Q", PROPAGATED, 0},
     {{"Q = sigma_t^2 - sigma_s^2", NOT_SHRUNK, 0},
      {"Q = sigma_t^2 - A sigma_s^2", ONCE, 0},
      {"A = 1", NO_FACTOR, 0}},
     .reading = FK_TRUE},
    {"B5-bridge",
     "x_s|x_t, x_0 ~ N(A V_s/V_t x_t + Q s_s/V_t x_0, Q V_s/V_t), V = sigma^2: Bayes' rule on "
     "every "
     "schedule; on a chain Q = beta_t and the variance is beta~_t",
     "Kingma et al. 2021, appendix A; Ho, Jain and Abbeel 2020, eq. 7",
     FK_EXACT,
     1e-12,
     "logarithms of four densities, relative, at points of up to 1000 deviations from 0: 1e3 "
     "roundings",
     bridge,
     {"that bridge", 0, 0},
     {{"A left out", 1, 0}, {"variance Q", 2, 0}, {"s_s left out, variance over A^2", 3, 0}},
     .reading = FK_TRUE},
    {"B14-vlb",
     "sum L_{t-1} = sum (SNR_{t-1} - SNR_t) mmse_t/2 is an upper Riemann sum of the information "
     "lost, too large by 1/T int (dSNR/dt)^2 E Var(x_0|x)^2 dt/4",
     "Kingma et al. 2021, eq. 14; Guo, Shamai and Verdu 2005, theorem 1",
     FK_ORDER,
     1e-4,
     "Richardson's extrapolation from T = 500, 1000, 2000 leaves (10/500)^3 = 8e-6 of 1; entropies "
     "to 1e-14 times T",
     riemann_sum,
     {"mmse at the lower SNR", 0, 0},
     {{"mmse at the higher SNR", 1, 0}, {"the trapezium rule", 2, 0}, {"no excess", 3, 0}},
     .reading = FK_TRUE},
    {"B19",
     "A step's variance sigma^2 costs (n/2)(log(sigma^2/sigma*^2) + sigma*^2/sigma^2 - 1) over the "
     "best, sigma*^2 = beta~ + c^2 mmse",
     "Bao et al. 2022, theorem 1",
     FK_EXACT,
     1e-12,
     "differences of terms up to 10, by quadrature to 1e-14",
     best_variance,
     {"that cost", 0, 0},
     {{"the ratio inverted", 1, 0}, {"not halved", 2, 0}, {"its leading term", 3, 0}},
     .reading = FK_TRUE},
    {"B19-small",
     "With sigma_t^2 = beta~_t the bound does not close as T grows: L - H(x_0) tends to n gamma/2, "
     "gamma Euler's constant, where with beta and with the best variance it tends to what the "
     "prior "
     "costs",
     "this lab; the variances: Ho, Jain and Abbeel 2020, section 3.2",
     FK_ORDER,
     1e-3,
     "sigma_t^2 is proportional to t (1 + 100 t/T), which adds (50/T) log(T/100) + O(1/T) = 5e-4 "
     "at "
     "T = 10^6; the prior costs 1e-5",
     small_variance,
     {"gamma/2 with beta~", 0, 0},
     {{"the same with beta", 1, 0}, {"it closes", 2, 0}, {"gamma", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
