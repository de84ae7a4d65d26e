/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predicting x_0, the noise, or the velocity: one model in three coordinates. a =
 * sqrt(alpha_bar_t), b = sqrt(1 - alpha_bar_t), on the thousand steps of the DDPM chain. */
#include <math.h>
#include <stdlib.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/quadrature.h"
#include "claims/setting.h"
#include "schedules/chain.h"
#include "schedules/scheme.h"
#include "sde/schemes.h"

/* A step t -> t - 1 of the chain with a data point, its noise, and what a network might say. */
typedef struct {
    fk_coeffs t, u;
    double alpha, beta; /* of the step */
    double x0, eps, x_t, net;
} draw;

typedef double (*gap)(const draw *, int which);

static double worst_draw(gap of, int which)
{
    fk_chain chain;
    fk_error err;
    if (fk_chain_parse("ddpm-linear", &chain, &err) != FK_OK) abort(); /* the spec is right */
    double worst = 0;
    for (size_t i = 1; i < chain.T; i += 3) {
        draw d = {.t = fk_chain_at(&chain, (long)i),
                  .u = fk_chain_at(&chain, (long)i - 1),
                  .alpha = 1 - chain.beta[i],
                  .beta = chain.beta[i],
                  .x0 = fk_setting_offset(i),
                  .eps = fk_setting_offset(i + 1),
                  .net = fk_setting_offset(i + 2)};
        d.x_t = d.t.s * d.x0 + d.t.sigma * d.eps;
        fk_worst(&worst, of(&d, which));
    }
    fk_chain_free(&chain);
    return worst;
}

/* E[x_(t-1) | x_t, x_0] by regression: Cov(x_(t-1), x_t | x_0) = sqrt(alpha_t) (1 - ab_(t-1)). */
static double posterior_mean(const draw *d, double x0)
{
    double cov = sqrt(d->alpha) * d->u.sigma * d->u.sigma;
    return d->u.s * x0 + cov / (d->t.sigma * d->t.sigma) * (d->x_t - d->t.s * x0);
}

/* --- C166, C167: two predictions --- */

enum { RIGHT, OTHER_NODE, NO_ALPHA, OTHER_POWER };

static double from_x0(const draw *d, int which)
{
    double v_t = d->t.sigma * d->t.sigma, v_u = d->u.sigma * d->u.sigma;
    double of_x = sqrt(d->alpha) * v_u / v_t, of_net = d->u.s * d->beta / v_t;
    if (which == OTHER_NODE) of_net = d->t.s * d->beta / v_t;
    if (which == NO_ALPHA) of_x = v_u / v_t;
    if (which == OTHER_POWER) of_net = d->u.s * d->beta / d->t.sigma;
    double mu = of_x * d->x_t + of_net * d->net;
    double apart = of_net * fabs(d->x0 - d->net);
    double worst = fabs(mu - posterior_mean(d, d->net)) / (1 + fabs(d->x_t));
    fk_worst(&worst, fabs(fabs(posterior_mean(d, d->x0) - mu) - apart) / (1 + fabs(d->x_t)));
    return worst;
}
FK_CHECK(from_x0, worst_draw)

static double from_eps(const draw *d, int which)
{
    double weight = d->beta / d->t.sigma, root = sqrt(d->alpha);
    if (which == NO_ALPHA) root = 1;
    if (which == OTHER_POWER) weight = d->beta / (d->t.sigma * d->t.sigma);
    if (which == OTHER_NODE) weight = d->beta / d->u.sigma;
    double mu = (d->x_t - weight * d->net) / root;
    double apart = weight / root * fabs(d->eps - d->net);
    return fabs(fabs(posterior_mean(d, d->x0) - mu) - apart) / (1 + fabs(d->x_t));
}
FK_CHECK(from_eps, worst_draw)

/* --- C168, C169: a rotation --- */

enum { VELOCITY, NO_SIGN, BACKWARDS, NOT_ON_THE_CIRCLE };

/* v = dx/dtheta at theta = atan2(b, a), by a complex step. */
static double velocity(const draw *d, int which)
{
    double a = d->t.s, b = d->t.sigma, v = -b * d->x0 + a * d->eps;
    if (which == NO_SIGN) v = b * d->x0 + a * d->eps;
    if (which == BACKWARDS) v = b * d->x0 - a * d->eps;
    if (which == NOT_ON_THE_CIRCLE) b *= b; /* sub-VP's sigma = 1 - s^2 */
    double complex theta = fk_complex_step(atan2(d->t.sigma, d->t.s));
    double complex x = ccos(theta) * d->x0 + csin(theta) * d->eps;
    double size = fabs(d->x0) + fabs(d->eps), worst = fabs(fk_complex_rate(x) - v) / size;
    fk_worst(&worst, fabs(creal(x) - d->x_t) / size);
    fk_worst(&worst, fabs(a * a + b * b - 1));
    return worst;
}
FK_CHECK(velocity, worst_draw)

enum { ROTATION, OTHER_WAY_ROUND, SWAPPED, SAME_ERROR };

static double back(const draw *d, int which)
{
    double a = d->t.s, b = d->t.sigma, v = -b * d->x0 + a * d->eps, vh = d->net;
    double sign = which == OTHER_WAY_ROUND ? -1 : 1;
    if (which == SWAPPED) a = d->t.sigma, b = d->t.s;
    double size = fabs(d->x0) + fabs(d->eps) + fabs(vh);
    double worst = fabs(a * d->x_t - sign * b * v - d->x0) / size;
    fk_worst(&worst, fabs(b * d->x_t + sign * a * v - d->eps) / size);
    double of_x0 = fabs(d->x0 - (a * d->x_t - b * vh)),
           of_eps = fabs(d->eps - (b * d->x_t + a * vh));
    double share_x0 = which == SAME_ERROR ? 1 : b, share_eps = which == SAME_ERROR ? 1 : a;
    fk_worst(&worst, fabs(share_x0 * fabs(v - vh) - of_x0) / size);
    fk_worst(&worst, fabs(share_eps * fabs(v - vh) - of_eps) / size);
    return worst;
}
FK_CHECK(back, worst_draw)

/* --- C170: the two losses --- */

enum { OVER_ALPHA_BAR, EQUAL, OVER_VARIANCE, OVER_ROOT };

/* A predictor of v that is not the best one, and the one of eps that it amounts to: to the sums of
 * v* vh, vh^2, eps* epsh, epsh^2, Var(x_0|x). */
static void add_losses(const fk_marginal *g, double x, double weight, double sum[5])
{
    double a = g->s, b = g->sigma, score, x0hat, spread;
    fk_marginal_at(g, &x, &(fk_point){.score = &score, .x0hat = &x0hat, .covariance = &spread});
    double eps = -b * score, v = a * eps - b * x0hat;
    double vh = 0.9 * v + 0.1385 * sin(x), epsh = b * x + a * vh;
    double add[5] = {v * vh, vh * vh, eps * epsh, epsh * epsh, spread};
    for (size_t i = 0; i < 5; i++) sum[i] += weight * add[i];
}

static fk_verdict two_losses(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double mean, var, worst = 0;
    fk_mixture_moments(mix, &mean, &var);
    for (size_t j = 0; j < 6; j++) {
        fk_coeffs c =
            fk_schedule_at(&schedule, schedule.time_of(&schedule, 1.785 - 0.85 * (double)j));
        fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
        fk_rule rule = fk_rule_over(g);
        double sum[5] = {0}, a2 = c.s * c.s, b2 = c.sigma * c.sigma;
        for (size_t i = 0; i < rule.n; i++)
            add_losses(g, rule.x[i], rule.w[i] * exp(fk_marginal_at(g, &rule.x[i], NULL)), sum);
        fk_rule_free(&rule);
        double v_loss = b2 * (mean * mean + var) + a2 - 2 * sum[0] + sum[1];
        double eps_loss = 1 - 2 * sum[2] + sum[3], factor = 1 / a2;
        if (variant->which == EQUAL) factor = 1;
        if (variant->which == OVER_VARIANCE) factor = 1 / b2;
        if (variant->which == OVER_ROOT) factor = 1 / c.s;
        double v_floor = sum[4] / b2, eps_floor = 1 - b2 * fk_fisher(g);
        fk_worst(&worst, fabs(v_loss - factor * eps_loss) / (factor * eps_loss));
        fk_worst(&worst, fabs(v_floor - factor * eps_floor) / (factor * eps_floor));
        fk_marginal_free(g);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C171: sampling by a velocity --- */

enum { BY_ROTATION, COORDINATES_SWAPPED, WRONG_SIGN, ALPHA_BAR_IN_MU };

/* The steps of ancestral sampling as the lab runs it, against mu of the velocity. */
static fk_verdict sampling(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double worst = 0;
    fk_chain_run run = fk_chain_run_new("ddpm-linear:T=60,beta_T=0.2", 0, &fk_ancestral_small);
    for (size_t n = 0; n < 60; n++) {
        double a = run.axis.node[n].s, b = run.axis.node[n].sigma, beta = run.chain.beta[59 - n], x,
               score;
        double x0hat;
        fk_marginal *g = fk_marginal_new(mix, a, b);
        fk_setting_point(g, n, &x);
        fk_marginal_at(g, &x, &(fk_point){.score = &score, .x0hat = &x0hat});
        double vh = a * (-b * score) - b * x0hat; /* the best prediction of v */
        double epsh = b * x + a * vh, x0h = a * x - b * vh, root = sqrt(1 - beta);
        if (variant->which == COORDINATES_SWAPPED) epsh = a * x + b * vh;
        if (variant->which == WRONG_SIGN) x0h = a * x + b * vh;
        if (variant->which == ALPHA_BAR_IN_MU) root = a;
        const fk_step *step = &run.plan.step[n];
        double m = step->stage[0].p * x + step->stage[0].q * score;
        double ours = step->result.a * x + step->result.b[0] * m;
        double mu = (x - beta / b * epsh) / root;
        fk_worst(&worst, fabs(mu - ours) / (1 + fabs(x)));
        fk_worst(&worst, fabs(x0h - x0hat) / (1 + fabs(x)));
        fk_marginal_free(g);
    }
    fk_chain_run_free(&run);
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

#define ROUNDINGS "some twenty roundings of 2^-53; "

const fk_claim fk_velocity_claims[] = {
    {"C166",
     "A network for x_0 gives mu = sqrt(alpha)(1 - ab_(t-1))/(1 - ab_t) x_t + sqrt(ab_(t-1)) "
     "beta/(1 - ab_t) Net, and |mu_t - mu| is its second coefficient times |x_0 - Net|",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-12,
     ROUNDINGS "1 - ab and beta keep 1e-13 relatively, at t = 2 too",
     check_from_x0,
     {"as printed", RIGHT, 0},
     {{"sqrt(alpha_bar_t) for sqrt(alpha_bar_(t-1))", OTHER_NODE, 0},
      {"without sqrt(alpha_t)", NO_ALPHA, 0},
      {"sqrt(1 - alpha_bar_t) below", OTHER_POWER, 0}},
     .reading = FK_TRUE},
    {"C167",
     "A network for the noise gives mu = (x_t - beta/sqrt(1 - ab_t) Net)/sqrt(alpha), and |mu_t - "
     "mu| = beta/(sqrt(alpha) sqrt(1 - ab_t)) |eps - Net|",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-12,
     ROUNDINGS "as C166",
     check_from_eps,
     {"as printed", RIGHT, 0},
     {{"sqrt(1 - alpha_bar_(t-1)) below", OTHER_NODE, 0},
      {"without sqrt(alpha_t)", NO_ALPHA, 0},
      {"1 - alpha_bar_t below", OTHER_POWER, 0}},
     .reading = FK_TRUE},
    {"C168",
     "With a = cos theta and b = sin theta x_t = a x_0 + b eps turns, and v = -b x_0 + a eps is "
     "its "
     "velocity dx/dtheta",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-14,
     ROUNDINGS "theta by atan2 and back",
     check_velocity,
     {"v = -b x_0 + a eps", VELOCITY, 0},
     {{"v = b x_0 + a eps", NO_SIGN, 0},
      {"v = b x_0 - a eps", BACKWARDS, 0},
      {"b = 1 - a^2, sub-VP", NOT_ON_THE_CIRCLE, 0}},
     .reading = FK_TRUE},
    {"C169",
     "Turned back, x_0 = a x_t - b v and eps = b x_t + a v; so errors are |x_0 - x0h| = b |v - vh| "
     "and |eps - epsh| = a |v - vh|",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-13,
     ROUNDINGS "a^2 + b^2 = 1 to one of them",
     check_back,
     {"a rotation", ROTATION, 0},
     {{"x_0 = a x_t + b v, eps = b x_t - a v", OTHER_WAY_ROUND, 0},
      {"a and b exchanged", SWAPPED, 0},
      {"errors of equal size", SAME_ERROR, 0}},
     .reading = FK_TRUE},
    {"C170",
     "The loss |Net - v|^2 is 1/alpha_bar_t times the loss of the noise that the network amounts "
     "to, and so is its floor: (1 - sigma^2 J)/alpha_bar_t, J the Fisher information",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-11,
     "quadrature to 1e-15; 1 - sigma^2 J cancels to 1e-2 at the noisiest time",
     two_losses,
     {"1/alpha_bar_t", OVER_ALPHA_BAR, 0},
     {{"equal losses", EQUAL, 0},
      {"1/(1 - alpha_bar_t)", OVER_VARIANCE, 0},
      {"1/sqrt(alpha_bar_t)", OVER_ROOT, 0}},
     .reading = FK_TRUE},
    {"C171",
     "Sampling by a velocity: epsh = b x + a vh, x0h = a x - b vh and mu = (x - beta/b "
     "epsh)/sqrt(alpha) are the steps of ancestral sampling, as the lab's own scheme takes them",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-12,
     ROUNDINGS "as C166",
     sampling,
     {"as printed", BY_ROTATION, 0},
     {{"epsh = a x + b vh", COORDINATES_SWAPPED, 0},
      {"x0h = a x + b vh", WRONG_SIGN, 0},
      {"sqrt(alpha_bar_t) for sqrt(alpha_t)", ALPHA_BAR_IN_MU, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
