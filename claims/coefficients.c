/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between (s, sigma) and (f, g): the discrete form of a schedule and its SDE, both ways. */
#include <math.h>

#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/integrals.h"
#include "claims/setting.h"
#include "core/sum.h"
#include "schedules/chain.h"

/* --- C22: from s, sigma to f, g^2 --- */

/* A scheme of s = 1 whose noise falls at times, and with it the SNR rises: sigma^2, and how far the
 * square of a real g can be from its (sigma^2)'. */
static double complex wavy_var(double complex t)
{
    return t + 0.0985 * csin(18.385 * t);
}

static double no_real_g(double g2)
{
    return fk_residual((double[]){g2, -fmax(g2, 0)}, 2);
}

enum { FORMULA, SIGMA_RATE_ALONE, SIGN, HALF, S_RATE, SNR_RISES };

static fk_verdict f_and_g2(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 40; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            double t = fk_setting_time(schedule, j);
            fk_coeffs c = fk_schedule_at(schedule, t);
            double s = creal(fk_closed_s(schedule, t)), s_rate = fk_closed_s_rate(schedule, t);
            double var = c.sigma * c.sigma, var_rate = fk_closed_var_rate(schedule, t);
            double f = s_rate / s, factor = variant->which == HALF ? 0.5 : 1;
            double first = variant->which == SIGMA_RATE_ALONE ? var_rate / c.sigma : var_rate;
            double second = (variant->which == SIGN ? 2 : -2) * f * var;
            if (variant->which == S_RATE) f = s_rate;
            fk_worst(&worst, fk_residual((double[]){c.f, -f}, 2));
            fk_worst(&worst, fk_residual((double[]){c.g2, -factor * first, -factor * second}, 3));
            fk_worst(&worst, no_real_g(c.g2));
            if (variant->which == SNR_RISES)
                fk_worst(&worst,
                         no_real_g(fk_complex_rate(wavy_var(fk_complex_step((double)j / 40)))));
        }
    return fk_measured(worst, 0);
}

/* --- C23: at the ends --- */

/* As t -> 1: f (1 - t) -> -1 and g^2 (1 - t) -> 2 on cosine and flow. As t -> 0 on vp-linear:
 * sigma' sqrt(t) -> sqrt(beta_0)/2, so that sigma' has no limit, while (sigma^2)' has. */
static fk_verdict end_points(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-cosine", "flow"};
    static const double left = 0x1p-23, early = 0x1p-30; /* exact, so that 1 - t is */
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        fk_schedule pole = fk_setting_schedule(variant->which == 1 ? "vp-linear" : spec[i]);
        fk_coeffs c = fk_schedule_at(&pole, 1 - left);
        fk_worst(&worst, fabs(c.f * left + 1));
        fk_worst(&worst, fabs(c.g2 * left / (variant->which == 2 ? 1 : 2) - 1));
    }
    fk_schedule vp = fk_setting_schedule("vp-linear");
    fk_coeffs c = fk_schedule_at(&vp, early);
    double var_rate = c.g2 + 2 * c.f * c.sigma * c.sigma, sigma_rate = var_rate / (2 * c.sigma);
    double finite = variant->which == 3 ? 1 : sqrt(early);
    fk_worst(&worst, fabs(sigma_rate * finite / (sqrt(0.1) / 2) - 1));
    fk_worst(&worst, fabs(var_rate / 0.1 - 1));
    return fk_measured(worst, 0);
}

/* --- C24: from f, g^2 back to s, sigma --- */

/* Late times, but away from the poles at t = 1. */
static const double late[] = {0.1137, 0.4385, 0.7719, 0.9583};

static double late_time(const fk_schedule *schedule, size_t j)
{
    return schedule->t_min + late[j] * (fmin(schedule->t_max, 1e3) - schedule->t_min);
}

enum { INTEGRATED, NO_PHI_INSIDE, NO_PHI_OUTSIDE, G_FOR_G2, NOISE_AT_0 };

static fk_verdict s_and_sigma(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)env, (void)claim;
    /* all that begin at s = 1, sigma = 0; and one that does not */
    static const char *const spec[] = {"vp-linear", "vp-cosine", "sub-vp",
                                       "edm",       "flow",      "ve:sigma_min=0.37,sigma_max=2.9"};
    double worst = 0;
    for (size_t i = 0; i < (variant->which == NOISE_AT_0 ? 6 : 5); i++)
        for (size_t j = 0; j < 4; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            double t = late_time(&schedule, j);
            fk_integrals from_0 = fk_integrals_over(&schedule, 0, t);
            double phi = exp(from_0.f), var = phi * phi * from_0.g2_over_phi2;
            if (variant->which == NO_PHI_INSIDE) var = phi * phi * from_0.g2;
            if (variant->which == NO_PHI_OUTSIDE) var = from_0.g2_over_phi2;
            if (variant->which == G_FOR_G2) var = phi * phi * from_0.g;
            fk_worst(&worst, fabs(phi / creal(fk_closed_s(&schedule, t)) - 1));
            fk_worst(&worst, fabs(var / creal(fk_closed_var(&schedule, t)) - 1));
        }
    return fk_measured(worst, 0);
}

/* What eq. 25 leaves out where a schedule begins with noise: exactly sigma(t0)^2 (s/s(t0))^2. */
static fk_verdict deficit(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ve", "ve:sigma_min=0.37,sigma_max=2.9", "vp-linear",
                                       "flow"};
    static const double start[] = {0, 0, 0.31, 0.22};
    double worst = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 1; j < 4; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            double t0 = start[i], t = late_time(&schedule, j);
            fk_coeffs c0 = fk_schedule_at(&schedule, t0), c = fk_schedule_at(&schedule, t);
            fk_integrals from_t0 = fk_integrals_over(&schedule, t0, t);
            double phi = exp(from_t0.f), ratio = c.s / c0.s;
            double carried = c0.sigma * c0.sigma * ratio * ratio;
            if (variant->which == 1) carried = 0;
            if (variant->which == 2) carried = c0.sigma * c0.sigma;
            if (variant->which == 3) carried = c0.sigma * ratio * ratio;
            fk_worst(&worst, fk_residual((double[]){c.sigma * c.sigma,
                                                    -phi * phi * from_t0.g2_over_phi2, -carried},
                                         3));
        }
    return fk_measured(worst, 0);
}

/* --- C25: DDPM --- */

/* The continuous rate: f = -beta/2 and g^2 = beta with beta = -(log alpha_bar)', s^2 = alpha_bar.
 */
static fk_verdict ddpm_rate(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "vp-cosine"};
    double worst = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 40; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            double t = fk_setting_time(&schedule, j);
            fk_coeffs c = fk_schedule_at(&schedule, t);
            double complex s = fk_closed_s(&schedule, fk_complex_step(t));
            double beta = -fk_complex_rate(clog(s * s));
            double f = variant->which == 1 ? -beta : -beta / 2;
            double g2 = variant->which == 2 ? beta * beta : beta;
            if (variant->which == 3) g2 = beta * (1 - c.s * c.s * c.s * c.s); /* sub-VP's */
            if (variant->which == 4) { /* a chain's beta_i over its step of 1/60 */
                double h = fmin(t, 1.0 / 60);
                double before = creal(fk_closed_s(&schedule, t - h)), ratio = c.s / before;
                g2 = (1 - ratio * ratio) / h, f = -g2 / 2;
            }
            fk_worst(&worst, fk_residual((double[]){c.f, -f}, 2));
            fk_worst(&worst, fk_residual((double[]){c.g2, -g2}, 2));
        }
    return fk_measured(worst, 0);
}

/* The discrete chain: one step's share of int beta is -log(1 - beta_i), not beta_i. */
static fk_verdict ddpm_step(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear:T=1000", "vp-linear:T=60"};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0;
    for (size_t k = 0; k < 2; k++) {
        fk_chain chain;
        fk_error err;
        if (fk_chain_parse(spec[k], &chain, &err) != FK_OK) return fk_measured(NAN, 0);
        for (size_t i = 0; i < chain.T; i++) {
            double h = 1 / (double)chain.T, beta = chain.beta[i], integral = 0;
            fk_rule rule = fk_rule_new((double)i * h, (double)(i + 1) * h, 1);
            for (size_t q = 0; q < rule.n; q++)
                integral += rule.w[q] * fk_schedule_at(&schedule, rule.x[q]).g2;
            fk_rule_free(&rule);
            double rate = -log1p(-beta);
            if (variant->which == 1) rate = beta;
            if (variant->which == 2) rate = beta + beta * beta / 2;
            if (variant->which == 3) rate = h * fk_schedule_at(&schedule, (double)(i + 1) * h).g2;
            fk_worst(&worst, fabs(rate / integral - 1));
        }
        fk_chain_free(&chain);
    }
    return fk_measured(worst, 0);
}

/* --- C26: NCSN --- */

/* f = 0 and g^2 = (sigma^2)', which generates sigma_t^2 - sigma_0^2; as does the chain x_i =
 * x_{i-1}
 * + sqrt(sigma_i^2 - sigma_{i-1}^2) eps with its levels in geometric progression. */
static fk_verdict ncsn(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"ve", "edm", "ve:sigma_min=0.37,sigma_max=2.9"};
    double worst = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 4; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            double t0 = schedule.t_min, t = late_time(&schedule, j);
            fk_coeffs c0 = fk_schedule_at(&schedule, t0), c = fk_schedule_at(&schedule, t);
            double var_rate = fk_closed_var_rate(&schedule, t), g2 = var_rate;
            double sigma_rate = var_rate / (2 * c.sigma);
            if (variant->which == 1) g2 = sigma_rate;
            if (variant->which == 2) g2 = sigma_rate * sigma_rate;
            fk_worst(&worst, fabs(c.f));
            fk_worst(&worst, fk_residual((double[]){c.g2, -g2}, 2));
            fk_worst(&worst, no_real_g(c.g2));
            if (variant->which == 4)
                fk_worst(&worst, no_real_g(fk_complex_rate(
                                     wavy_var(fk_complex_step(0.171 * (double)(1 + 2 * j))))));

            double generated = fk_integrals_over(&schedule, t0, t).g2;
            double kept = variant->which == 3 ? 0 : c0.sigma * c0.sigma;
            double grown = c.sigma * c.sigma - kept;
            fk_worst(&worst, fabs(generated / grown - 1));

            fk_sum steps = {0};
            double before = c0.sigma;
            for (int level = 1; level <= 231; level++) {
                double sigma = c0.sigma * pow(c.sigma / c0.sigma, level / 231.0);
                fk_sum_add(&steps, (sigma - before) * (sigma + before));
                before = sigma;
            }
            fk_worst(&worst, fabs(fk_sum_value(&steps) / grown - 1));
        }
    return fk_measured(worst, 0);
}

const fk_claim fk_coefficients_claims[] = {
    {"C22",
     "f = s'/s and g^2 = 2 (sigma sigma' - f sigma^2) on every schedule, with sigma sigma' taken "
     "as (sigma^2)'/2; g is real where the SNR does not rise",
     FK_OVERVIEW ", eq. 24",
     FK_EXACT,
     1e-14,
     "complex steps differentiate to the last digit; at most twenty roundings of 2^-53, each below "
     "the sum of the terms' sizes, and those of exp in units of its argument (below 20)",
     f_and_g2,
     {"eq. 24", FORMULA, 0},
     {{"sigma' in place of sigma sigma'", SIGMA_RATE_ALONE, 0},
      {"+ f sigma^2", SIGN, 0},
      {"without the 2", HALF, 0},
      {"f = s'", S_RATE, 0},
      {"a schedule whose SNR rises at times: g^2 < 0", SNR_RISES, 0}},
     .reading = FK_TRUE_IF,
     .printed = "f = s'/s, g^2 = 2 (sigma sigma' - (s'/s) sigma^2), with no condition"},
    {"C23",
     "f and g are finite on the open interval only: f (1 - t) -> -1 and g^2 (1 - t) -> 2 on cosine "
     "and flow; on VP sigma' ~ sqrt(beta_0/t)/2 as t -> 0, though (sigma^2)' -> beta_0",
     FK_OVERVIEW ", eq. 24",
     FK_EXACT,
     1e-6,
     "the next terms of the expansions: g^2 (1 - t) = 2 - 2(1 - t) on flow, 1 - t = 1.2e-7; "
     "sigma' sqrt(t) to 1.5 t 199 on VP, t = 9.3e-10",
     end_points,
     {"these limits", 0, 0},
     {{"vp-linear, finite at t = 1", 1, 0},
      {"g^2 (1 - t) -> 1", 2, 0},
      {"sigma' finite at t = 0", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "the same for all t in [0, 1]"},
    {"C24",
     "s = phi = exp int f and sigma^2 = phi^2 int g^2/phi^2 where s(0) = 1, sigma(0) = 0",
     FK_OVERVIEW ", eq. 25",
     FK_EXACT,
     1e-13,
     "quadrature converges to rounding: int f, up to 5 in size, and g^2/phi^2 to 40 * 2^-53 in all",
     s_and_sigma,
     {"eq. 25", INTEGRATED, 0},
     {{"int g^2, not over phi^2", NO_PHI_INSIDE, 0},
      {"no phi^2 in front", NO_PHI_OUTSIDE, 0},
      {"g for g^2", G_FOR_G2, 0},
      {"sigma(0) = 0.37, on VE", NOISE_AT_0, 0}},
     .reading = FK_TRUE_IF,
     .printed = "s = phi = exp(int_0^t f), sigma^2 = phi^2 int_0^t g^2/phi^2, with no condition"},
    {"C24-deficit",
     "Where sigma(0) > 0 eq. 25 falls short of sigma^2 by exactly sigma(0)^2 (s/s(0))^2, as on VE",
     FK_OVERVIEW ", eq. 25",
     FK_EXACT,
     1e-13,
     "as C24, relative to the sum of the three terms",
     deficit,
     {"sigma(0)^2 (s/s(0))^2", 0, 0},
     {{"as printed: nothing is missing", 1, 0},
      {"sigma(0)^2, carried unchanged", 2, 0},
      {"sigma(0) for its square", 3, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "sigma^2 = phi^2 int g^2/phi^2, with no condition on sigma(0)"},
    {"C25",
     "DDPM's SDE: f = -beta/2, g = sqrt(beta) with the continuous rate beta(t) = -(log alpha_bar)'",
     FK_OVERVIEW ", table of DDPM and NCSN",
     FK_EXACT,
     1e-14,
     "as C22",
     ddpm_rate,
     {"the continuous rate", 0, 0},
     {{"as printed: beta_t of the chain, T = 60", 4, 0},
      {"f = -beta", 1, 0},
      {"g = beta", 2, 0},
      {"g^2 of sub-VP", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "f = -beta_t/2, g = sqrt(beta_t), beta_t being the chain's in the same table"},
    {"C25-discrete",
     "A step of the chain with beta_i stands for the rate -log(1 - beta_i), not beta_i: the "
     "table's "
     "beta_t must be read as the continuous one",
     FK_OVERVIEW ", table of DDPM and NCSN",
     FK_EXACT,
     1e-12,
     "-log1p(-beta) is known to 3 * 2^-53 (1 + |log alpha_bar|/beta_i) where alpha_bar is stored: "
     "at most 2e-13; the quadrature is exact",
     ddpm_step,
     {"-log(1 - beta_i)", 0, 0},
     {{"as printed: beta_i itself", 1, 0},
      {"beta_i + beta_i^2/2", 2, 0},
      {"beta(t) at the step's end", 3, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "f = -beta_t/2, g = sqrt(beta_t) with the beta_t of the chain"},
    {"C26",
     "NCSN's SDE, sigma not decreasing: f = 0, g = sqrt((sigma^2)'); it generates Var = sigma_t^2 "
     "- "
     "sigma_0^2, as the discrete chain does",
     FK_OVERVIEW ", table of DDPM and NCSN",
     FK_EXACT,
     1e-13,
     "quadrature to rounding; sigma_t^2 - sigma_0^2 is at least 3/4 of sigma_t^2 or loses 4 * "
     "2^-53 "
     "(231 levels: as many roundings at most)",
     ncsn,
     {"(sigma^2)'", 0, 0},
     {{"g^2 = sigma'", 1, 0},
      {"g = sigma'", 2, 0},
      {"sigma_0 forgotten", 3, 0},
      {"sigma that decreases at times: (sigma^2)' < 0", 4, 0}},
     .reading = FK_TRUE_IF,
     .printed = "f = 0, g = sqrt(d sigma_t^2/dt)"},
    {.id = NULL},
};
