/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identities of the posterior of x_0: its moments by the score (B3), and the martingales of the
 * reverse process (B7). */
#include <math.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/derivatives.h"
#include "claims/setting.h"

/* --- B3 --- */

/* Central moments of x_0 given x, by quadrature of p_0(x_0) N(x; s x_0, sigma^2) over x_0. */
static void posterior_moments(const fk_marginal *g, const fk_marginal *data, double x,
                              double moment[3])
{
    double rho = g->sigma / g->s, lo = INFINITY, hi = -INFINITY, width = rho, total = 0;
    for (size_t k = 0; k < data->mixture->k; k++) {
        double sd = sqrt(data->var[k]);
        lo = fmin(lo, data->mean[k] - 9 * sd), hi = fmax(hi, data->mean[k] + 9 * sd);
        width = fmin(width, sd);
    }
    lo = fmax(lo, x / g->s - 9 * rho), hi = fmin(hi, x / g->s + 9 * rho);
    fk_rule rule = fk_rule_new(lo, hi, (size_t)ceil((hi - lo) / width));
    moment[0] = moment[1] = moment[2] = 0;
    for (size_t i = 0; i < rule.n; i++) {
        double d = (x / g->s - rule.x[i]) / rho;
        rule.w[i] *= exp(fk_marginal_at(data, &rule.x[i], NULL) - d * d / 2);
        total += rule.w[i], moment[0] += rule.w[i] * rule.x[i];
    }
    moment[0] /= total;
    for (size_t i = 0; i < rule.n; i++) {
        double d = rule.x[i] - moment[0];
        moment[1] += rule.w[i] * d * d / total, moment[2] += rule.w[i] * d * d * d / total;
    }
    fk_rule_free(&rule);
}

/* The order and the form of Tweedie's formula that a variant has. */
enum {
    FIRST,
    FIRST_STABLE,
    FIRST_NO_S,
    FIRST_SIGMA,
    SECOND,
    SECOND_STABLE,
    SECOND_NO_UNIT,
    SECOND_NO_RATIO,
    THIRD,
    THIRD_SQUARED,
    THIRD_SIGN
};

static double tweedie(const fk_marginal *g, const fk_coeffs *c, const fk_variant *variant, size_t j)
{
    const double s = c->s, V = c->sigma * c->sigma;
    double worst = 0, x;
    fk_marginal *data = fk_marginal_new(g->mixture, 1, 0);
    for (size_t k = 0; k < 3; k++) {
        double exact[3], a, b, x0hat, cov, formula;
        fk_setting_point(g, k + 3 * j, &x);
        posterior_moments(g, data, x, exact);
        fk_marginal_at(
            g, &x, &(fk_point){.score = &a, .divergence = &b, .x0hat = &x0hat, .covariance = &cov});
        double third = fk_log_third(g, x), sd = sqrt(exact[1]), scale, cube = V * V * V;
        switch (variant->which) {
        case FIRST_STABLE:
            formula = x0hat, scale = fabs(x) / s + sd;
            break;
        case FIRST_NO_S:
            formula = x + V * a, scale = fabs(x) / s + sd;
            break;
        case FIRST_SIGMA:
            formula = (x + c->sigma * a) / s, scale = fabs(x) / s + sd;
            break;
        case SECOND:
            formula = V / (s * s) * (1 + V * b), scale = V / (s * s);
            break;
        case SECOND_STABLE:
            formula = cov, scale = V / (s * s);
            break;
        case SECOND_NO_UNIT:
            formula = V * V / (s * s) * b, scale = V / (s * s);
            break;
        case SECOND_NO_RATIO:
            formula = V * (1 + V * b), scale = V / (s * s);
            break;
        case THIRD:
            formula = cube / (s * s * s) * third, scale = cube / (s * s * s);
            break;
        case THIRD_SQUARED:
            formula = V * V / (s * s) * third, scale = cube / (s * s * s);
            break;
        case THIRD_SIGN:
            formula = -cube / (s * s * s) * third, scale = cube / (s * s * s);
            break;
        default:
            formula = (x + V * a) / s, scale = fabs(x) / s + sd;
            break;
        }
        if (variant->which >= THIRD)
            scale = pow(c->sigma / s, 3) + scale * fabs(third) + 3 * exact[1] * fabs(x) / s;
        int order = variant->which >= THIRD ? 2 : variant->which >= SECOND ? 1 : 0;
        fk_worst(&worst, fabs(formula - exact[order]) / scale);
    }
    fk_marginal_free(data);
    return worst;
}

static fk_verdict b3(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_worst_on_line(tweedie, variant, 0.1, 20);
}

/* --- B7 --- */

enum { DENOISER, SCORE, SCORE_WITHOUT_S, VARIANCES, WITHIN_ALONE, SCORE_REVERSED };

/* The backward step's expectations over p(x_s | x_t) by quadrature, against the values at x_t, on
 * pairs of times of one schedule. */
static fk_verdict b7(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 10; j++) {
            double one = fk_setting_time(&fk_schedules[i], 2 * j + 1);
            double other = fk_setting_time(&fk_schedules[i], 2 * j + 2);
            fk_coeffs t = fk_schedule_at(&fk_schedules[i], fmax(one, other));
            fk_coeffs s = fk_schedule_at(&fk_schedules[i], fmin(one, other));
            fk_marginal *later = fk_marginal_new(mix, t.s, t.sigma);
            fk_marginal *sooner = fk_marginal_new(mix, s.s, s.sigma);
            double x_t, at_t[3], mean[4] = {0};
            fk_mixture *law;
            fk_error err;
            fk_setting_point(later, j, &x_t);
            fk_marginal_at(
                later, &x_t,
                &(fk_point){.score = &at_t[0], .x0hat = &at_t[1], .covariance = &at_t[2]});
            if (fk_reverse_law(mix, &t, &x_t, &s, &law, &err) != FK_OK) return fk_measured(NAN, 0);
            fk_marginal *p = fk_marginal_new(law, 1, 0);
            double narrow = INFINITY, lo = INFINITY, hi = -INFINITY;
            for (size_t k = 0; k < mix->k; k++) narrow = fmin(narrow, sqrt(sooner->var[k]));
            for (size_t k = 0; k < law->k; k++) {
                double sd = sqrt(p->var[k]);
                lo = fmin(lo, p->mean[k] - 9 * sd), hi = fmax(hi, p->mean[k] + 9 * sd);
                narrow = fmin(narrow, sd);
            }
            fk_rule rule = fk_rule_new(lo, hi, (size_t)ceil((hi - lo) / narrow));
            for (size_t q = 0; q < rule.n; q++) {
                double a, x0hat, cov;
                double w = rule.w[q] * exp(fk_marginal_at(p, &rule.x[q], NULL));
                fk_marginal_at(sooner, &rule.x[q],
                               &(fk_point){.score = &a, .x0hat = &x0hat, .covariance = &cov});
                mean[0] += w * a, mean[1] += w * x0hat, mean[2] += w * cov;
                mean[3] += w * (x0hat - at_t[1]) * (x0hat - at_t[1]);
            }
            double gap = 0;
            switch (variant->which) {
            case DENOISER:
                gap = (mean[1] - at_t[1]) / (1 + fabs(at_t[1]));
                break;
            case SCORE:
                gap = (s.s * mean[0] - t.s * at_t[0]) * s.sigma / s.s;
                break;
            case SCORE_WITHOUT_S:
                gap = (mean[0] - at_t[0]) * s.sigma;
                break;
            case SCORE_REVERSED:
                gap = (mean[0] / s.s - at_t[0] / t.s) * s.sigma;
                break;
            case VARIANCES:
                gap = mean[2] + mean[3] - at_t[2];
                break;
            case WITHIN_ALONE:
                gap = mean[2] - at_t[2];
                break;
            }
            fk_worst(&worst, fabs(gap));
            fk_rule_free(&rule);
            fk_marginal_free(p);
            fk_mixture_free(law);
            fk_marginal_free(sooner);
            fk_marginal_free(later);
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* mmse, or E Cov(x_0|x_t)^2, at rho = sigma/s = snr^(-1/2). */
static double posterior_spread(const fk_mixture *mix, double snr, bool squared)
{
    fk_marginal *g = fk_marginal_new(mix, 1, 1 / sqrt(snr));
    fk_rule rule = fk_rule_over(g);
    double sum = 0;
    for (size_t i = 0; i < rule.n; i++) {
        double cov;
        double p = exp(fk_marginal_at(g, &rule.x[i], &(fk_point){.covariance = &cov}));
        sum += rule.w[i] * p * (squared ? cov * cov : cov);
    }
    fk_rule_free(&rule);
    fk_marginal_free(g);
    return sum;
}

/* mmse(a) - mmse(b) = int_a^b E Cov^2 dsnr, over decades of snr. param: a factor of the right. */
static fk_verdict b7_mmse(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double snr[] = {0.0385, 0.385, 3.85, 38.5};
    double worst = 0;
    for (size_t m = 0; m < 2; m++) {
        fk_mixture *mix = fk_setting_mixture(fk_setting_on_line[m]);
        for (size_t i = 0; i + 1 < 4; i++) {
            fk_rule rule = fk_rule_new(log(snr[i]), log(snr[i + 1]), 2);
            double fall =
                posterior_spread(mix, snr[i], false) - posterior_spread(mix, snr[i + 1], false);
            for (size_t q = 0; q < rule.n; q++) {
                double at = exp(rule.x[q]);
                double rate = variant->which ? pow(posterior_spread(mix, at, false), 2)
                                             : posterior_spread(mix, at, true);
                fall -= rule.w[q] * at * variant->param * rate;
            }
            fk_worst(&worst, fabs(fall));
            fk_rule_free(&rule);
        }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_posterior_identities_claims[] = {
    {"B3",
     "E(x_0|x_t) = (x + sigma^2 score)/s, against Bayes' rule by quadrature",
     "Efron 2011, Tweedie's formula",
     FK_EXACT,
     1e-13,
     "quadrature of some hundred nodes, relative to |x|/s",
     b3,
     {"Tweedie's formula", FIRST, 0},
     {{"without 1/s", FIRST_NO_S, 0}, {"sigma for its square", FIRST_SIGMA, 0}},
     .reading = FK_TRUE},
    {"B3-stable",
     "The form that does not cancel, sum r_k (m_k + s C_k/S_k (x - M_k)), has the same value",
     "Efron 2011, Tweedie's formula",
     FK_EXACT,
     1e-13,
     "quadrature, as B3",
     b3,
     {"by components", FIRST_STABLE, 0},
     {{"Tweedie's without 1/s", FIRST_NO_S, 0}},
     .reading = FK_TRUE},
    {"B3-covariance",
     "Cov(x_0|x_t) = sigma^2/s^2 (1 + sigma^2 (log p)'')",
     "Efron 2011, Tweedie's formula",
     FK_EXACT,
     1e-13,
     "as B3, relative to sigma^2/s^2",
     b3,
     {"Tweedie's formula, order 2", SECOND, 0},
     {{"without the 1", SECOND_NO_UNIT, 0}, {"sigma^2 alone in front", SECOND_NO_RATIO, 0}},
     .reading = FK_TRUE},
    {"B3-third",
     "The third cumulant of x_0 given x_t is (sigma^2/s)^3 (log p)'''",
     "Efron 2011, Tweedie's formula",
     FK_EXACT,
     1e-13,
     "as B3, relative to (sigma/s)^3, to itself, and to what the rounding of nodes moves, 3 |x/s| "
     "Var(x_0|x_t)",
     b3,
     {"Tweedie's formula, order 3", THIRD, 0},
     {{"the square of sigma^2/s", THIRD_SQUARED, 0}, {"its negative", THIRD_SIGN, 0}},
     .reading = FK_TRUE},
    {"B7",
     "The denoiser is a martingale of the reverse process: E(E(x_0|x_s)|x_t) = E(x_0|x_t), s < t",
     "Montanari 2023, stochastic localization",
     FK_EXACT,
     1e-12,
     "quadrature over the exact transition law",
     b7,
     {"E(x_0|x_s)", DENOISER, 0},
     {{"the score in its place", SCORE_WITHOUT_S, 0}},
     .reading = FK_TRUE},
    {"B7-score",
     "So is s times the score: E(s_s score_s(x_s)|x_t) = s_t score_t(x_t)",
     "Montanari 2023, stochastic localization",
     FK_EXACT,
     1e-12,
     "as B7, in units of s/sigma",
     b7,
     {"s score", SCORE, 0},
     {{"the score alone", SCORE_WITHOUT_S, 0}, {"score/s", SCORE_REVERSED, 0}},
     .reading = FK_TRUE},
    {"B7-variance",
     "E(Cov(x_0|x_s)|x_t) + Cov(E(x_0|x_s)|x_t) = Cov(x_0|x_t)",
     "Montanari 2023, stochastic localization",
     FK_EXACT,
     1e-12,
     "quadrature, as B7",
     b7,
     {"both", VARIANCES, 0},
     {{"the first alone", WITHIN_ALONE, 0}},
     .reading = FK_TRUE},
    {"B7-mmse",
     "d mmse/d snr = -E Cov(x_0|x_t)^2, snr = s^2/sigma^2: integrated over decades of snr",
     "Guo, Shamai and Verdu 2005",
     FK_EXACT,
     1e-12,
     "quadrature of 40 nodes a decade in log snr over one of some hundred",
     b7_mmse,
     {"E Cov^2", 0, 1},
     {{"(E Cov)^2", 1, 1}, {"half of it", 0, 0.5}},
     .reading = FK_TRUE},
    {.id = NULL},
};
