/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From discrete steps to an SDE and back: the limit of many steps, the transition of one, what
 * (f, g) tell about (s, sigma), and which pairs have an SDE at all. */
#include <math.h>

#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/integrals.h"
#include "claims/setting.h"
#include "core/sum.h"
#include "schedules/chain.h"

/* beta(t) = 0.1 + 19.9 t */
static const double beta_0 = 0.1, beta_1 = 20;

/* --- C18: many steps --- */

enum { BOTH_TERMS, FIXED_BETA, NO_SQUARE, NO_ENDS };

/* T (log alpha_bar_T + int beta) for beta_i = beta(i/T)/T. */
static double scaled_error(size_t T, bool fixed)
{
    fk_sum sum = {0};
    fk_sum_add(&sum, (beta_0 + beta_1) / 2);
    for (size_t i = 1; i <= T; i++) {
        double beta = (beta_0 + (beta_1 - beta_0) * (double)i / (double)T) / (double)T;
        fk_sum_add(&sum, log1p(fixed ? -0.01 : -beta));
    }
    return (double)T * fk_sum_value(&sum);
}

/* By Richardson's extrapolation, twice. */
static fk_verdict many_steps(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    double e[3], squares = (beta_0 * beta_0 + beta_0 * beta_1 + beta_1 * beta_1) / 3;
    double limit = -(squares + beta_1 - beta_0) / 2;
    for (size_t i = 0; i < 3; i++)
        e[i] = scaled_error((size_t)32000 << i, variant->which == FIXED_BETA);
    if (variant->which == NO_SQUARE) limit = -(beta_1 - beta_0) / 2;
    if (variant->which == NO_ENDS) limit = -squares / 2;
    return fk_measured(fk_setting_limit(e) / limit - 1, 0);
}

/* --- C19: one step is one transition of the SDE --- */

enum { TRANSITION, COMMON_EPS, RATE_AT_THE_END, TWICE_THE_DRIFT };

/* Mean coefficient and variance of x_t given x_u by quadrature of f and g^2, against the chain's
 * sqrt(1 - beta_i) and beta_i, alpha_bar sampled from the schedule. */
static fk_verdict one_step(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "vp-cosine"};
    static const char *const chain_spec[] = {"vp-linear:T=60", "vp-cosine:T=60"};
    double worst = 0;
    for (size_t k = 0; k < 2; k++) {
        fk_schedule schedule = fk_setting_schedule(spec[k]);
        fk_chain chain;
        fk_error err;
        if (fk_chain_parse(chain_spec[k], &chain, &err) != FK_OK) return fk_measured(NAN, 0);
        for (size_t i = 3; i < 55; i++) {
            double u = (double)i / 60, t = (double)(i + 1) / 60, beta = chain.beta[i];
            fk_integrals step = fk_integrals_over(&schedule, u, t);
            double a = exp((variant->which == TWICE_THE_DRIFT ? 2 : 1) * step.f);
            double var = a * a * step.g2_over_phi2;
            if (variant->which == COMMON_EPS) { /* sigma_t eps - a sigma_u eps */
                double left =
                    fk_chain_at(&chain, (long)i).sigma - a * fk_chain_at(&chain, (long)i - 1).sigma;
                var = left * left;
            }
            if (variant->which == RATE_AT_THE_END) var = fk_schedule_at(&schedule, t).g2 / 60;
            fk_worst(&worst, fabs(a * a / (1 - beta) - 1));
            fk_worst(&worst, fabs(var / beta - 1));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* --- C20: what (f, g) leave open --- */

enum { SIGMA_ALONE, ANY_SHIFT, ANY_SCALE, NO_CONDITION };

/* With s' = f s both (s, sigma^2) and (a s, sigma^2 + b s^2) give the same f and g^2 = (sigma^2)' -
 * 2 f sigma^2. Brought to s = 1 and sigma = 0 at t_min, as (s/s_0, sigma^2 - (s/s_0)^2 sigma_0^2),
 * the two are one pair; without that condition they are two. */
static fk_verdict what_f_and_g_tell(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0, a = 1.385, b = 0.715;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 12; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            double t = fk_setting_time(schedule, j);
            fk_coeffs c = fk_schedule_at(schedule, t);
            double complex z = fk_complex_step(t), s = a * fk_closed_s(schedule, z);
            double complex base = fk_closed_s(schedule, z), var = fk_closed_var(schedule, z);
            if (variant->which == SIGMA_ALONE || variant->which == NO_CONDITION)
                var += b * base * base;
            if (variant->which == ANY_SHIFT) var += b * z * base * base;
            if (variant->which == ANY_SCALE) var = var * a * a + b * base * base;
            double base_0 = creal(fk_closed_s(schedule, schedule->t_min)), s_0 = a * base_0;
            double own_0 = creal(fk_closed_var(schedule, schedule->t_min));
            double var_0 = own_0 + b * base_0 * base_0;
            if (variant->which == ANY_SHIFT) var_0 = own_0 + b * schedule->t_min * base_0 * base_0;
            if (variant->which == ANY_SCALE) var_0 = own_0 * a * a + b * base_0 * base_0;
            if (variant->which == NO_CONDITION) s_0 = base_0, var_0 = own_0;
            double f = fk_complex_rate(s) / creal(s);
            double term[] = {fk_complex_rate(var), -2 * f * creal(var), -c.g2};
            fk_worst(&worst, fk_residual((double[]){f, -c.f}, 2));
            fk_worst(&worst, fk_residual(term, 3));
            double ratio = creal(s) / s_0, own_ratio = creal(base) / base_0;
            fk_worst(&worst, fk_residual((double[]){ratio, -own_ratio}, 2));
            double pair[] = {creal(var), -ratio * ratio * var_0, -creal(fk_closed_var(schedule, t)),
                             own_ratio * own_ratio * own_0};
            fk_worst(&worst, fk_residual(pair, 4));
        }
    return fk_measured(worst, 0);
}

/* --- C21: which schemes have an SDE --- */

enum { SNR_FALLS, ALWAYS, SIGNAL_FALLS, NOISE_GROWS };

/* Schemes x_t = s x_0 + sigma eps that somebody might write down; the last three are not diffusions
 * at all times. */
static double complex signal_of(size_t scheme, double complex t)
{
    if (scheme == 2) return cexp(-t);
    if (scheme == 3) return cexp(t);
    return scheme == 1 ? 1 - 0.7 * t : 1;
}

static double complex noise_variance_of(size_t scheme, double complex t)
{
    if (scheme == 2) return 0.3 * cexp(-4 * t);
    if (scheme == 3) return 0.3 * cexp(t);
    return scheme == 1 ? t * t : t + 0.0985 * csin(18.385 * t);
}

/* How often the sign of g^2 = (sigma^2)' - 2 f sigma^2, or that of the variance which a discrete
 * step would need, is not the one predicted. */
static fk_verdict needs_falling_snr(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    double mismatches = 0, h = 1.0 / 997;
    for (size_t k = 0; k < 4; k++)
        for (int j = 1; j < 996; j++) {
            double t = j * h;
            double complex s = signal_of(k, fk_complex_step(t));
            double complex var = noise_variance_of(k, fk_complex_step(t));
            double s_rate = fk_complex_rate(s), var_rate = fk_complex_rate(var);
            double g2 = var_rate - 2 * s_rate / creal(s) * creal(var);
            double s_next = creal(signal_of(k, t + h)),
                   var_next = creal(noise_variance_of(k, t + h));
            double ratio = s_next / creal(s), step = var_next - ratio * ratio * creal(var);
            double snr = creal(s) * creal(s) / creal(var), snr_next = s_next * s_next / var_next;
            bool exists = true;
            if (variant->which == SNR_FALLS) exists = fk_complex_rate(s * s / var) <= 0;
            if (variant->which == SIGNAL_FALLS) exists = s_rate <= 0;
            if (variant->which == NOISE_GROWS) exists = var_rate >= 0;
            mismatches += (g2 >= 0) != exists;
            if (variant->which == SNR_FALLS) mismatches += (step >= 0) != (snr_next <= snr);
        }
    return fk_measured(mismatches, 0);
}

const fk_claim fk_schedule_limits_claims[] = {
    {"C18",
     "As T grows time becomes continuous, if beta_i = beta(i/T)/T: log alpha_bar_T = -int beta - "
     "(int beta^2 + beta(1) - beta(0))/(2T) + O(1/T^2). With beta_i fixed there is no limit",
     FK_OVERVIEW ", section 2",
     FK_EXACT,
     1e-8,
     "two extrapolations from T = 32000 leave (20/T)^3 times a constant; sums are exact, but a "
     "rounding of 2^-53 in each of 128000 terms is multiplied by T: 3e-11",
     many_steps,
     {"-(int beta^2 + beta(1) - beta(0))/2", BOTH_TERMS, 0},
     {{"beta_i fixed as T grows", FIXED_BETA, 0},
      {"without int beta^2", NO_SQUARE, 0},
      {"without beta(1) - beta(0)", NO_ENDS, 0}},
     .reading = FK_TRUE_IF,
     .printed = "as T -> infinity, time becomes a continuous variable t in [0, 1]"},
    {"C19",
     "The chain can be expressed as an SDE: one step has the law of the SDE's transition over 1/T, "
     "mean coefficient and variance. Of laws, not of paths with a common eps",
     FK_OVERVIEW ", eq. 4",
     FK_EXACT,
     1e-12,
     "nested quadrature of f and g^2 at 1e-14; beta_i is a difference of neighbours, of size 1e-2 "
     "at least here",
     one_step,
     {"exp(2 int f) = 1 - beta_i, phi^2 int g^2/phi^2 = beta_i", TRANSITION, 0},
     {{"one eps for all times", COMMON_EPS, 0},
      {"variance g^2(t)/T", RATE_AT_THE_END, 0},
      {"2 f", TWICE_THE_DRIFT, 0}},
     .reading = FK_TRUE_IF,
     .printed = "the forward process can be equivalently expressed as an SDE"},
    {"C20",
     "(f, g) determine (s, sigma) only with s(0) = 1 and sigma(0) = 0: (a s, sigma^2 + b s^2) has "
     "the same f and g^2 for every a and b, and is the same pair only so normalised",
     FK_OVERVIEW ", introduction",
     FK_EXACT,
     1e-14,
     "complex steps: twenty roundings of 2^-53, relative to the sum of the terms' sizes",
     what_f_and_g_tell,
     {"(a s, sigma^2 + b s^2)", SIGMA_ALONE, 0},
     {{"as printed, no condition at t = 0: two pairs", NO_CONDITION, 0},
      {"sigma^2 + b t s^2", ANY_SHIFT, 0},
      {"a^2 sigma^2 + b s^2", ANY_SCALE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "the coefficients (s, sigma) correspond directly to (f, g)"},
    {"C21",
     "A noising scheme has an SDE, and Gaussian steps, where its SNR does not increase: g^2 = s^2 "
     "(sigma^2/s^2)' >= 0. Four schemes, three of which fail; signs of g^2 mispredicted",
     FK_OVERVIEW ", introduction",
     FK_EXACT,
     0.5,
     "a count: nothing between 0 and 1",
     needs_falling_snr,
     {"SNR not increasing", SNR_FALLS, 0},
     {{"as printed: any discrete scheme", ALWAYS, 0},
      {"s decreasing", SIGNAL_FALLS, 0},
      {"sigma increasing", NOISE_GROWS, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "any discrete noising scheme can be systematically translated into its continuous "
                "SDE form"},
    {.id = NULL},
};
