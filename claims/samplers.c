/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What samplers make of an inexact prior and of finitely many steps, without a sample: KL of the
 * laws that come out, errors in W1, the spread of neighbouring ODE curves. */
#include <math.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/constants.h"
#include "claims/leading.h"
#include "claims/prior.h"
#include "claims/quadrature.h"
#include "claims/setting.h"
#include "core/order.h"
#include "core/sum.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

/* --- C45: from the prior one does not come to the data --- */

enum { CARRIED_ALONG, GENERATES_DATA, REVERSED_KL };

typedef struct {
    const fk_mixture *mix;
    const fk_coeffs *clean, *noisy;
    fk_prior prior;
    const fk_from_prior *sde;
    bool reversed;
} generated;

/* log p_0(y)/phat_0(y) of the ODE: the prior's density carried along, pi(x(y)) dx/dy. */
static double log_ratio_ode(double y, double log_p, const void *self)
{
    const generated *g = self;
    double x, slope;
    fk_flow(g->mix, g->clean, g->noisy, 1, &y, &x, &slope);
    return log_p - fk_log_normal(x, g->prior.mean, g->prior.var) - log(slope);
}

static double log_ratio_sde(double y, double log_p, const void *self)
{
    const generated *g = self;
    return log_p - fk_from_prior_at(g->sde, y, NULL);
}

static double log_ratio_prior(double x, double log_p, const void *self)
{
    const generated *g = self;
    double ratio = log_p - fk_log_normal(x, g->prior.mean, g->prior.var);
    return g->reversed ? -ratio * exp(-ratio) : ratio; /* KL(pi || p), as an average over p */
}

static fk_verdict from_the_prior(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const name[] = {"three-1d", "bimodal-1d"};
    static const double horizon[] = {0.2385, 0.4385, 0.715};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0;
    for (size_t m = 0; m < 2; m++)
        for (size_t j = 0; j < 3; j++) {
            fk_mixture *mix = fk_setting_mixture(name[m]);
            fk_coeffs noisy = fk_schedule_at(&schedule, horizon[j]);
            fk_coeffs clean = fk_schedule_at(&schedule, 0);
            fk_marginal *p_0 = fk_marginal_new(mix, 1, 0);
            fk_marginal *p_t = fk_marginal_new(mix, noisy.s, noisy.sigma);
            generated g = {mix, &clean, &noisy, {0, 1}, NULL, variant->which == REVERSED_KL};
            fk_from_prior sde = fk_from_prior_new(mix, g.prior, &noisy, &clean);
            g.sde = &sde;
            double mismatch = fk_expect(p_t, log_ratio_prior, &g);
            double of_ode = fk_expect(p_0, log_ratio_ode, &g);
            double of_sde = fk_expect(p_0, log_ratio_sde, &g);
            if (variant->which == GENERATES_DATA) mismatch = 0;
            fk_worst(&worst, fabs(of_ode - mismatch) / of_ode);
            fk_worst(&worst, of_sde < of_ode && of_sde > 0 ? 0 : 1);
            fk_from_prior_free(&sde);
            fk_marginal_free(p_t);
            fk_marginal_free(p_0);
            fk_mixture_free(mix);
        }
    return fk_measured(worst, 0);
}

/* --- C54, C60: what steps cost --- */

enum { AS_IT_IS, EULER_ON_THE_SDE_ERROR, HEUN_FOR_EULER, HEUN_SDE_FOR_EM };

static fk_verdict cost_of_noise(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    const fk_scheme *sde = &fk_euler_maruyama, *ode = &fk_euler;
    if (variant->which == EULER_ON_THE_SDE_ERROR) ode = sde;
    if (variant->which == HEUN_FOR_EULER) ode = &fk_heun;
    const fk_place place = {"vp-linear", "uniform", NAN, 1e-3};
    const double theory = fk_leading_constant(FK_LEADING_EM, place.t_end) /
                          fk_leading_constant(FK_LEADING_EULER, place.t_end);
    return fk_measured(fk_error_constant(sde, &place) / fk_error_constant(ode, &place), theory);
}

/* The farther from 1 of the two settled orders: the ODE's in W1 on three-1d, the SDE's in the
 * variance on Gaussian data. */
static fk_verdict orders_of_euler(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    const fk_scheme *ode = variant->which == HEUN_FOR_EULER ? &fk_heun : &fk_euler;
    const fk_scheme *sde = variant->which == HEUN_SDE_FOR_EM ? &fk_heun_sde : &fk_euler_maruyama;
    const fk_place place = {"vp-linear", "lambda", -2, 0.05};
    fk_verdict out = {.observed = 1, .expected = 1};
    fk_series a, b;
    fk_error err;
    if (fk_series_mixture(ode, &place, FK_SELF_START, 10, 6, &a, &err) != FK_OK ||
        fk_series_gaussian(sde, &place, FK_SELF_START, 40, 7, &b, &err) != FK_OK)
        return fk_measured(NAN, 1);
    const size_t w1 = a.functionals - 1;
    fk_order order[2] = {fk_order_read(a.error[w1], a.noise[w1], a.levels, 0.1),
                         fk_order_read(b.error[1], b.noise[1], b.levels, 0.1)};
    for (size_t i = 0; i < 2; i++)
        fk_keep_worst(&out, order[i].state == FK_ORDER_SETTLED ? order[i].p : NAN, 1, 0);
    return out;
}

/* --- C59: curves do not meet --- */

/* log of how far the flow from t to s spreads neighbours, as - int div v along the exact curve, v =
 * f x - factor g^2 score; in log(s/sigma), where it is smooth. */
static double log_spread(const fk_mixture *mix, const fk_schedule *schedule, const fk_coeffs *t,
                         double x_t, double end, double factor)
{
    fk_rule rule = fk_rule_new(t->lambda, end, 24);
    fk_sum sum = {0};
    for (size_t i = 0; i < rule.n; i++) {
        fk_coeffs c = fk_schedule_at(schedule, schedule->time_of(schedule, rule.x[i]));
        fk_marginal *p = fk_marginal_new(mix, c.s, c.sigma);
        double x, bend;
        fk_flow(mix, t, &c, 1, &x_t, &x, NULL);
        fk_marginal_at(p, &x, &(fk_point){.divergence = &bend});
        double rate = -c.g2 / (2 * c.sigma * c.sigma); /* d lambda/dt */
        fk_sum_add(&sum, rule.w[i] * (c.f - factor * c.g2 * bend) / rate);
        fk_marginal_free(p);
    }
    fk_rule_free(&rule);
    return fk_sum_value(&sum);
}

static fk_verdict curves_stay_apart(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double probability[] = {0.0385, 0.2385, 0.2995, 0.3105, 0.515, 0.785, 0.9815};
    static const char *const spec[] = {"vp-linear", "ve"};
    double worst = 0, widest = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < sizeof probability / sizeof *probability; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            fk_coeffs t = fk_schedule_at(&schedule, 1), s = fk_schedule_at(&schedule, 0.0385);
            fk_marginal *p = fk_marginal_new(mix, t.s, t.sigma);
            double x = fk_marginal_quantile(p, probability[j], false), y, slope;
            fk_flow(mix, &t, &s, 1, &x, &y, &slope);
            double spread = log_spread(mix, &schedule, &t, x, s.lambda, variant->param);
            fk_worst(&worst, fabs(spread - log(slope)));
            widest = fmax(widest, slope);
            fk_marginal_free(p);
        }
    fk_mixture_free(mix);
    fk_worst(&worst, widest > 20 ? 0 : 1); /* one of them runs between two modes */
    return fk_measured(worst, 0);
}

const fk_claim fk_prior_claims[] = {
    {"C45",
     "From x_T ~ p_init the reverse processes come near p_data, not to it: KL(p_0 || generated) is "
     "KL(p_T || p_init) for the ODE and below that for the SDE",
     FK_OVERVIEW ", section 3",
     FK_EXACT,
     1e-10,
     "the flow map's relative error of 1e-13 over a KL of 1e-3 at least",
     from_the_prior,
     {"KL(p_T || p_init)", CARRIED_ALONG, 0},
     {{"as printed: x_0 ~ p_data, KL = 0", GENERATES_DATA, 0},
      {"KL(p_init || p_T)", REVERSED_KL, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "sampling x_T ~ p_init and finally generating samples x_0 ~ p_data"},
    {.id = "C61",
     .says =
         "Attributions to Anderson and to Song et al., and the texts' own summaries: nothing to "
         "check",
     .source = FK_OVERVIEW ", conclusion",
     .reading = FK_WORDING,
     .printed = "According to Anderson equation .. ; Song et al. further point out .."},
    {.id = NULL},
};

const fk_claim fk_sampler_cost_claims[] = {
    {"C54",
     "The ODE needs fewer evaluations for an error here, at first order by a factor: on three-1d "
     "Euler-Maruyama's W1 over Euler's at equal steps is the ratio of their leading constants, "
     "3.47. "
     "No law of nature: see C51",
     FK_OVERVIEW ", Advantage",
     FK_ORDER,
     0.03,
     "constants by the equation of the leading error to 1e-3; N W1 at N = 160 and 320 extrapolated "
     "leaves (beta/2/160)^2 = 4e-3 of each",
     cost_of_noise,
     {"Euler-Maruyama over Euler", AS_IT_IS, 0},
     {{"Euler-Maruyama over itself", EULER_ON_THE_SDE_ERROR, 0},
      {"over Heun, of order two", HEUN_FOR_EULER, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "often requires fewer function evaluations than the corresponding SDE sampler"},
    {.id = NULL},
};

const fk_claim fk_curves_claims[] = {
    {"C59",
     "ODE curves never meet: neighbours are spread by exp(-int div v) = p_1(x_1)/p_s(x_s) > 0, by "
     "much between modes",
     FK_OVERVIEW ", Reading guide",
     FK_EXACT,
     1e-9,
     "an integral of a smooth function over 480 nodes, exact to 1e-12; curves known to 1e-13, "
     "which "
     "between modes the slope of the map, up to 1e3, multiplies",
     curves_stay_apart,
     {"v = f x - g^2/2 score", 0, 0.5},
     {{"v = f x - g^2 score", 0, 1}, {"v = f x", 0, 0}, {"0.499 g^2 score", 0, 0.499}},
     .reading = FK_TRUE},
    {"C60",
     "Euler and Euler-Maruyama, as used for the animation, are first-order approximations: order 1 "
     "of the ODE's W1, order 1 of the SDE's variance",
     FK_OVERVIEW ", Reading guide",
     FK_ORDER,
     0.1,
     "two-term fits to errors without noise that have settled",
     orders_of_euler,
     {"Euler and Euler-Maruyama", AS_IT_IS, 0},
     {{"Heun for Euler", HEUN_FOR_EULER, 0}, {"Heun's for Euler-Maruyama", HEUN_SDE_FOR_EM, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "Implementation uses Euler-Maruyama for the SDE and Euler for the ODE"},
    {.id = NULL},
};
