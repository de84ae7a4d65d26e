/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability current: held against the rate of the distribution function, which knows nothing
 * of a Fokker-Planck equation; against its own derivative by Fourier; and over intervals. */
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/spectral.h"
#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/setting.h"
#include "core/sum.h"

enum { RIGHT, PRINTED, NO_HALF, NO_DIFFUSION, OUTWARD, CONSTANT_FLUX, PRINTED_DRIFT, MINUS_F };

/* The current's own road: through x there flows J = -dF/dt, F = sum w Phi((x - M)/sd), with M' and
 * (sd^2)' from the schedule's definition by complex steps. *size: the sum of its terms' sizes. */
static double flux(const fk_marginal *g, const fk_schedule *schedule, double t, double x,
                   double *size)
{
    double s_rate = fk_closed_s_rate(schedule, t), var_rate = fk_closed_var_rate(schedule, t);
    double sum = 0;
    *size = 0;
    for (size_t k = 0; k < g->mixture->k; k++) {
        double sd = sqrt(g->var[k]), z = (x - g->mean[k]) / sd;
        double mean_rate = s_rate * g->mixture->mean[k];
        double sd_rate = (2 * g->s * s_rate * g->mixture->var[k] + var_rate) / (2 * sd);
        double p = g->mixture->weight[k] * gsl_ran_ugaussian_pdf(z) / sd;
        sum += p * (mean_rate + z * sd_rate);
        *size += p * (fabs(mean_rate) + fabs(z * sd_rate));
    }
    return sum;
}

/* f x p and (g^2/2) dp/dx, the latter as the variant has it. */
static void current(const fk_marginal *g, const fk_coeffs *c, double x, int which, double term[2])
{
    double score, p = exp(fk_marginal_at(g, &x, &(fk_point){.score = &score}));
    term[0] = c->f * x * p;
    term[1] = -c->g2 / 2 * score * p;
    if (which == PRINTED) term[1] *= -1;
    if (which == NO_HALF) term[1] *= 2;
    if (which == NO_DIFFUSION) term[1] = 0;
}

static const char *const name[] = {"three-1d", "bimodal-1d", "gaussian-1d"};
enum { MIXTURES = 3, TIMES = 10, POINTS = 20 };

/* The worst of a measurement over mixtures, schedules and times. */
typedef double measurement(const fk_marginal *, const fk_schedule *, double t, int which, size_t j);
static fk_verdict worst_of(measurement *measure, int which)
{
    double worst = 0;
    for (size_t m = 0; m < MIXTURES; m++) {
        fk_mixture *mix = fk_setting_mixture(name[m]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < TIMES; j++) {
                double t = fk_setting_time(&fk_schedules[i], j + TIMES * m);
                fk_coeffs c = fk_schedule_at(&fk_schedules[i], t);
                fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
                fk_worst(&worst, measure(g, &fk_schedules[i], t, which, j));
                fk_marginal_free(g);
            }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

/* --- C128 --- */

static double at_points(const fk_marginal *g, const fk_schedule *schedule, double t, int which,
                        size_t j)
{
    fk_coeffs c = fk_schedule_at(schedule, t);
    double worst = 0, x, term[2], size;
    for (size_t k = 0; k < POINTS; k++) {
        fk_setting_point(g, k + POINTS * j, &x);
        current(g, &c, x, which, term);
        double gap = term[0] + term[1] - flux(g, schedule, t, x, &size);
        fk_worst(&worst, fabs(gap) / (fabs(term[0]) + fabs(term[1]) + size));
    }
    return worst;
}

static fk_verdict through_a_point(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    return worst_of(at_points, variant->which);
}

/* --- C129: dp/dt = -dJ/dx, differentiated by Fourier --- */

enum { GRID = 512 };

static double on_a_grid(const fk_marginal *g, const fk_schedule *schedule, double t, int which,
                        size_t j)
{
    (void)j;
    fk_coeffs c = fk_schedule_at(schedule, t);
    double reach = 0, J[GRID], worst = 0, size = 0;
    for (size_t k = 0; k < g->mixture->k; k++)
        reach = fmax(reach, fabs(g->mean[k]) + 9 * sqrt(g->var[k]));
    fk_spectral *box = fk_spectral_new(GRID, -reach, 2 * reach);
    for (size_t i = 0; i < GRID; i++) {
        double term[2];
        current(g, &c, fk_spectral_x(box, i), which, term);
        J[i] = which == OUTWARD ? -term[0] - term[1] : term[0] + term[1];
    }
    fk_spectral_derivative(box, J, J);
    for (size_t i = 0; i < GRID; i++) {
        double x = fk_spectral_x(box, i), score, bend;
        double p = exp(fk_marginal_at(g, &x, &(fk_point){.score = &score, .divergence = &bend}));
        double rate = p * fk_marginal_log_rate(g, c.f, c.g2, &x);
        fk_worst(&worst, fabs(rate + J[i]));
        size = fmax(size, p * (fabs(c.f) + fabs(c.f * x * score) +
                               c.g2 / 2 * (fabs(bend) + score * score)));
    }
    fk_spectral_free(box);
    return worst / size;
}

static fk_verdict divergence(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    return worst_of(on_a_grid, variant->which);
}

/* --- C130: what an interval gains --- */

static double on_intervals(const fk_marginal *g, const fk_schedule *schedule, double t, int which,
                           size_t j)
{
    fk_coeffs c = fk_schedule_at(schedule, t);
    double worst = 0;
    for (size_t k = 0; k < 4; k++) {
        fk_sum gain = {0};
        double end[2], size = 0, at[2], left[2], right[2];
        fk_setting_point(g, 2 * k + POINTS * j, &at[0]);
        fk_setting_point(g, 2 * k + 1 + POINTS * j, &at[1]);
        end[0] = fmin(at[0], at[1]), end[1] = fmax(at[0], at[1]);
        fk_rule rule = fk_rule_new(end[0], end[1], 40);
        for (size_t i = 0; i < rule.n; i++) {
            double p = exp(fk_marginal_at(g, &rule.x[i], NULL));
            double rate = rule.w[i] * p * fk_marginal_log_rate(g, c.f, c.g2, &rule.x[i]);
            fk_sum_add(&gain, rate);
            size += fabs(rate);
        }
        fk_rule_free(&rule);
        current(g, &c, end[0], which, left);
        current(g, &c, end[1], which, right);
        double in = left[0] + left[1] - right[0] - right[1];
        if (which == OUTWARD) in = -in;
        size += fabs(left[0]) + fabs(left[1]) + fabs(right[0]) + fabs(right[1]);
        fk_worst(&worst, fabs(fk_sum_value(&gain) - in) / size);
    }
    return worst;
}

static fk_verdict balance(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    return worst_of(on_intervals, variant->which);
}

/* --- C132: the drift that carries the flux back --- */

/* ft p - (g^2/2) dp/dx = -J: from the exact J, plus a constant that no derivative in x would see,
 * against the formula. */
static double of_the_drift(const fk_marginal *g, const fk_schedule *schedule, double t, int which,
                           size_t j)
{
    fk_coeffs c = fk_schedule_at(schedule, t);
    double worst = 0, x, score, size;
    for (size_t k = 0; k < POINTS; k++) {
        fk_setting_point(g, k + POINTS * j, &x);
        double p = exp(fk_marginal_at(g, &x, &(fk_point){.score = &score}));
        double back = -flux(g, schedule, t, x, &size) + c.g2 / 2 * score * p;
        if (which == CONSTANT_FLUX) back += 1e-3 * c.g2 * p;
        double f_part = which == PRINTED_DRIFT ? 1 : -1, score_part = which == MINUS_F ? 0 : 1;
        double gap = back - f_part * c.f * x * p - score_part * c.g2 * score * p;
        size += fabs(c.f * x * p) + 1.5 * fabs(c.g2 * score * p);
        fk_worst(&worst, fabs(gap) / size);
    }
    return worst;
}

static fk_verdict only_drift(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    return worst_of(of_the_drift, variant->which);
}

#define BECAUSE                                                                                    \
    "closed forms: some fifty roundings of 2^-53, relative to the sum of the terms' sizes"

const fk_claim fk_current_claims[] = {
    {"C128",
     "The probability current is J = f p - (1/2) d(sigma^2 p)/dx: through every point there flows "
     "-dF/dt",
     FK_NOTE_2024 ", probability current",
     FK_EXACT,
     1e-14,
     BECAUSE,
     through_a_point,
     {"f p - (1/2) d(sigma^2 p)/dx", RIGHT, 0},
     {{"as printed: f p + (1/2) d(sigma^2 p)/dx", PRINTED, 0},
      {"no 1/2", NO_HALF, 0},
      {"f p alone", NO_DIFFUSION, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "J(x, t) = f p + (1/2) d(sigma^2 p)/dx"},
    {"C129",
     "dp/dt = -dJ/dx with the corrected current",
     FK_NOTE_2024 ", continuity equation",
     FK_EXACT,
     1e-12,
     "dJ/dx by Fourier on 512 points: 2^-53 times the highest wave over that of the density, 20, "
     "and 9 levels of butterflies",
     divergence,
     {"J = f p - (1/2) d(sigma^2 p)/dx", RIGHT, 0},
     {{"with the current as printed", PRINTED, 0}, {"dp/dt = + dJ/dx", OUTWARD, 0}},
     .reading = FK_TRUE_IF,
     .printed = "dp/dt = -dJ/dx, with J = f p + (1/2) d(sigma^2 p)/dx"},
    {"C130",
     "The density of an interval grows by the net current that flows in, J(a) - J(b)",
     FK_NOTE_2024 ", below the continuity equation",
     FK_EXACT,
     5e-15,
     "an exact sum of terms with at most forty roundings of 2^-53 each, relative to the sum of "
     "their "
     "sizes",
     balance,
     {"net inflow", RIGHT, 0},
     {{"as printed: net outflow", OUTWARD, 0}, {"inflow of the current as printed", PRINTED, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "the rate of change of probability density at a point is equal to the net "
                "probability current flowing out of that point"},
    {"C132",
     "Adding the two equations gives f + ft = sigma^2 d log p/dx + C(t)/p, and C = 0 since no "
     "current flows at infinity: in one dimension ft is the only drift that carries p_t back with "
     "this noise",
     FK_NOTE_2024 ", adding the two equations",
     FK_EXACT,
     1e-14,
     BECAUSE,
     only_drift,
     {"C = 0: ft = -f + sigma^2 d log p/dx", RIGHT, 0},
     {{"a constant current besides", CONSTANT_FLUX, 0},
      {"ft = f + sigma^2 d log p/dx", PRINTED_DRIFT, 0},
      {"ft = -f", MINUS_F, 0}},
     .reading = FK_TRUE_IF,
     .printed = "By adding the forward and backward equations and equating them, we obtain the "
                "relationship"},
    {.id = NULL},
};
