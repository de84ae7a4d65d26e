/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the data's law on the way to noise: the prior in the limit, the same law read
 * backwards, the information that is left. */
#include <math.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

enum { TIMES = 9 };

/* --- C01: the prior is reached in the limit only --- */

enum { FIRST_ORDER, REACHED, STANDARD_NORMAL, SECOND_MOMENT };

/* p_t / N(0, sigma_t^2 + [VP] s^2) = 1 + (s m/sigma) He_1 + .., so KL(p_t || prior) = snr m^2/2 +
 * O(snr^2), m = E x_0: the ratio's limit from snr = 1e-4, 1e-4/2, 1e-4/4. */
static fk_verdict prior_in_the_limit(const fk_claim_env *env, const fk_claim *claim,
                                     const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear:beta1=30", "vp-cosine", "ve:sigma_max=2000"};
    static const char *const name[] = {"bimodal-1d", "gaussian-1d"};
    double worst = 0;
    for (size_t m = 0; m < 2; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        double mean, var_0;
        fk_mixture_moments(mix, &mean, &var_0);
        for (size_t i = 0; i < 3; i++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            bool exploding = schedule.exploding && variant->which != STANDARD_NORMAL;
            double ratio[3];
            for (int k = 0; k < 3; k++) {
                double snr = ldexp(1e-4, -k), first = snr * mean * mean / 2;
                if (variant->which == SECOND_MOMENT) first = snr * (mean * mean + var_0) / 2;
                fk_coeffs c = fk_schedule_at(&schedule, schedule.time_of(&schedule, log(snr) / 2));
                fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
                ratio[k] = fk_divergence_to(p, 0, exploding ? c.sigma * c.sigma : 1) / first;
                fk_marginal_free(p);
            }
            double limit = fk_setting_limit(ratio);
            fk_worst(&worst, fabs(variant->which == REACHED ? limit : limit - 1));
        }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

/* --- C02: the two processes are one --- */

enum { BAYES, INDEPENDENT, OTHER_DATA, WIDER_KERNEL };

static fk_verdict coupled(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("three-1d"), *other = fk_setting_mixture("bimodal-1d");
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < TIMES; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            double one = fk_setting_time(schedule, 2 * j);
            double two = fk_setting_time(schedule, 2 * j + 1);
            fk_coeffs t = fk_schedule_at(schedule, fmax(one, two));
            fk_coeffs s = fk_schedule_at(schedule, fmin(one, two));
            fk_marginal *p_t = fk_marginal_new(mix, t.s, t.sigma);
            fk_marginal *p_s = fk_marginal_new(mix, s.s, s.sigma);
            double x_s, x_t, a = t.s / s.s, root = a * s.sigma;
            double q = (t.sigma - root) * (t.sigma + root);
            if (variant->which == WIDER_KERNEL) q *= 1.01;
            fk_setting_point(p_s, j, &x_s);
            x_t = a * x_s + sqrt(q) * fk_setting_offset(j + 3) / 3;
            fk_mixture *law;
            fk_error err;
            const fk_mixture *reversed = variant->which == OTHER_DATA ? other : mix;
            if (fk_reverse_law(reversed, &t, &x_t, &s, &law, &err) != FK_OK)
                return fk_measured(NAN, 0);
            fk_marginal *given = fk_marginal_new(law, 1, 0);
            double log_s = fk_marginal_at(p_s, &x_s, NULL), d = x_t - a * x_s;
            double backward =
                variant->which == INDEPENDENT ? log_s : fk_marginal_at(given, &x_s, NULL);
            double term[] = {backward,        fk_marginal_at(p_t, &x_t, NULL),
                             d * d / (2 * q), log(q) / 2,
                             FK_LOG_2PI / 2,  -log_s};
            fk_worst(&worst, fk_residual(term, sizeof term / sizeof *term));
            fk_marginal_free(given);
            fk_mixture_free(law);
            fk_marginal_free(p_s);
            fk_marginal_free(p_t);
        }
    fk_mixture_free(other);
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C12: what is left of x_0 --- */

enum { EQUAL_SNR, EQUAL_S, EQUAL_SIGMA };

/* Against a VP schedule that has the same snr, or the same s, or the same sigma. */
static fk_verdict what_remains(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double lambda[] = {-3.385, -1.61, -0.385, 0.715, 1.85};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 5; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            fk_coeffs c = fk_schedule_at(schedule, schedule->time_of(schedule, lambda[j]));
            double s2 = 1 / (1 + exp(-2 * lambda[j]));
            if (variant->which == EQUAL_S) s2 = c.s * c.s;
            if (variant->which == EQUAL_SIGMA) s2 = 1 - c.sigma * c.sigma;
            if (!(s2 > 0 && s2 < 1)) continue; /* VE keeps s = 1: no VP has it with noise */
            double here = fk_information(mix, c.s, c.sigma);
            fk_worst(&worst, fabs(here - fk_information(mix, sqrt(s2), sqrt(1 - s2))));
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C15: given x_0 a Gaussian, else a mixture --- */

enum { GIVEN_X0, GAUSSIAN_OF_MEAN_X0, GAUSSIAN_OF_EQUAL_MOMENTS };

/* The density of x_t, as the Gaussian of each x_0 averaged over the data by quadrature. */
static double averaged(const fk_mixture *mix, fk_coeffs c, double x)
{
    double narrow = c.sigma / c.s, sum = 0;
    for (size_t k = 0; k < mix->k; k++) {
        double sd = sqrt(mix->var[k]), step = fmin(sd, narrow);
        fk_rule rule =
            fk_rule_new(mix->mean[k] - 9 * sd, mix->mean[k] + 9 * sd, (size_t)ceil(18 * sd / step));
        for (size_t i = 0; i < rule.n; i++) {
            double u = (rule.x[i] - mix->mean[k]) / sd, d = (x - c.s * rule.x[i]) / c.sigma;
            double density = exp(-(u * u + d * d) / 2 - FK_LOG_2PI) / (sd * c.sigma);
            sum += mix->weight[k] * rule.w[i] * density;
        }
        fk_rule_free(&rule);
    }
    return sum;
}

static fk_verdict given_the_image(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double mean, var_0;
    fk_mixture_moments(mix, &mean, &var_0);
    for (size_t i = 0; i < fk_n_schedules; i++) {
        const fk_schedule *schedule = &fk_schedules[i];
        for (size_t j = 0; j < 5; j++) {
            fk_coeffs c =
                fk_schedule_at(schedule, schedule->time_of(schedule, 2.385 - 0.85 * (double)j));
            fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
            double x, var = c.sigma * c.sigma;
            fk_setting_point(p, j, &x);
            double here = averaged(mix, c, x), wanted = exp(fk_marginal_at(p, &x, NULL));
            if (variant->which != GIVEN_X0) {
                if (variant->which == GAUSSIAN_OF_EQUAL_MOMENTS) var += c.s * c.s * var_0;
                here = exp(fk_log_normal(x, c.s * mean, var));
            }
            fk_worst(&worst, fabs(here / wanted - 1));
            fk_marginal_free(p);
        }
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

const fk_claim fk_forward_laws_claims[] = {
    {"C01",
     "The prior is reached only as s/sigma -> 0, at the rate KL(p_t || prior) = snr (E x_0)^2/2 "
     "+ O(snr^2), and it is N(0, 1) on VP but N(0, sigma_max^2) on VE",
     FK_OVERVIEW ", introduction",
     FK_EXACT,
     1e-8,
     "extrapolation from snr = 1e-4 leaves its third power times moments up to the eighth over (E "
     "x_0)^2, below 1e4: 1e-8 of a KL of 1e-5, so that this is known to 1e-12",
     prior_in_the_limit,
     {"snr (E x_0)^2/2", FIRST_ORDER, 0},
     {{"as printed: transformed into the prior, KL = 0", REACHED, 0},
      {"the standard normal on VE", STANDARD_NORMAL, 0},
      {"snr E x_0^2/2", SECOND_MOMENT, 0}},
     .reading = FK_TRUE_IF,
     .printed =
         "transforms the data distribution into a known prior (typically a standard normal)"},
    {"C02",
     "Forward and reverse process are one law read in two directions: p(x_s|x_t) p_t(x_t) = "
     "p(x_t|x_s) p_s(x_s). They are not independent",
     FK_OVERVIEW ", excerpt",
     FK_EXACT,
     1e-13,
     "three logarithms of size up to 60 with ten roundings each, and Q ten times where s is near t",
     coupled,
     {"p(x_s|x_t) of the data", BAYES, 0},
     {{"as printed: independent, p(x_s|x_t) = p_s(x_s)", INDEPENDENT, 0},
      {"the reverse process of other data", OTHER_DATA, 0},
      {"forward noise of 1.01 Q", WIDER_KERNEL, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "two independent processes: the forward process .. and the reverse process"},
    {"C12",
     "How much of x_0 remains is I(x_0; x_t), a function of s^2/sigma^2 alone: equal on all "
     "schedules at equal SNR, not at equal s (VE keeps s = 1 and loses all of it)",
     FK_OVERVIEW ", text above the second figure",
     FK_EXACT,
     1e-13,
     "an entropy and a logarithm, each below 6: quadrature to 1e-15 of their size, some forty "
     "roundings",
     what_remains,
     {"equal s^2/sigma^2", EQUAL_SNR, 0},
     {{"as printed: equal s", EQUAL_S, 0}, {"equal sigma", EQUAL_SIGMA, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "the signal coefficient s(t) (how much of x_0 remains)"},
    {"C15",
     "x_t ~ N(s x_0, sigma^2) holds given x_0. Without it x_t has the law p_t, the average of "
     "these "
     "over the data: a mixture and no Gaussian",
     FK_OVERVIEW ", eq. 5",
     FK_EXACT,
     1e-12,
     "quadrature with panels no wider than either standard deviation: 1e-15; exponents up to 60",
     given_the_image,
     {"given x_0, averaged over the data", GIVEN_X0, 0},
     {{"as printed, unconditionally: N(s E x_0, sigma^2)", GAUSSIAN_OF_MEAN_X0, 0},
      {"N of the same mean and variance", GAUSSIAN_OF_EQUAL_MOMENTS, 0}},
     .reading = FK_TRUE_IF,
     .printed = "x_t follows a Gaussian distribution with mean s(t) x_0 and variance sigma(t)^2"},
    {.id = "C141",
     .says = "Drift as trend, noise as randomness, thermodynamics: motivation, nothing to check",
     .source = FK_NOTE_2024 ", introduction",
     .reading = FK_WORDING,
     .printed = "drift: deterministic trend; sigma: randomness; inspired by thermodynamics"},
    {.id = NULL},
};
