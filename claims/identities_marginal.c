/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identities of noised mixtures: the marginal as heat flow (B1), its derivatives (B2). */
#include <math.h>
#include <stdlib.h>

#include "analytic/spectral.h"
#include "claims/claims.h"
#include "claims/derivatives.h"
#include "claims/fokker_planck.h"
#include "claims/setting.h"

enum { POINTS = 12 };

/* --- B1 --- */

enum { HEAT, HALF_VARIANCE, SIGMA_ALONE, NO_JACOBIAN };
enum { GRID = 4096 };

/* p_0 in xb = x/s, convolved by FFT with N(0, sigma^2/s^2), is s p_t(s xb). */
static double heat(const fk_marginal *g, const fk_coeffs *c, const fk_variant *variant, size_t j)
{
    (void)j;
    fk_spectral *box = fk_spectral_new(GRID, -12, 24);
    fk_marginal *data = fk_marginal_new(g->mixture, 1, 0);
    double *p = fk_alloc(GRID, sizeof *p), worst = 0, peak = 0;
    for (size_t i = 0; i < GRID; i++) {
        double x = fk_spectral_x(box, i);
        p[i] = exp(fk_marginal_at(data, &x, NULL));
    }
    double variance = c->sigma * c->sigma / (c->s * c->s);
    if (variant->which == HALF_VARIANCE) variance /= 2;
    if (variant->which == SIGMA_ALONE) variance = c->sigma / c->s;
    fk_spectral_heat(box, variance, p, p);
    double factor = variant->which == NO_JACOBIAN ? 1 : c->s;
    for (size_t i = 0; i < GRID; i++) {
        double x = c->s * fk_spectral_x(box, i), exact = factor * exp(fk_marginal_at(g, &x, NULL));
        fk_worst(&worst, fabs(p[i] - exact));
        peak = fmax(peak, exact);
    }
    free(p);
    fk_marginal_free(data);
    fk_spectral_free(box);
    return worst / peak;
}

static fk_verdict b1(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_worst_on_line(heat, variant, 0, 0.95);
}

/* Both tails against the quadrature of the density. */
static double tails(const fk_marginal *g, const fk_coeffs *c, const fk_variant *variant, size_t j)
{
    (void)c;
    double worst = 0, x;
    for (size_t k = 0; k < 4; k++) {
        fk_setting_point(g, k + 5 * j, &x);
        double below = 0, above = 0;
        fk_rule rule = fk_rule_over(g);
        double end[2] = {rule.x[0], rule.x[rule.n - 1]};
        fk_rule_free(&rule);
        for (int side = 0; side < 2; side++) {
            rule = fk_rule_new(side ? x : end[0], side ? end[1] : x, 80);
            for (size_t i = 0; i < rule.n; i++)
                *(side ? &above : &below) += rule.w[i] * exp(fk_marginal_at(g, &rule.x[i], NULL));
            fk_rule_free(&rule);
        }
        double upper = fk_marginal_cdf(g, x, true), lower = fk_marginal_cdf(g, x, false);
        if (variant->which == 1) { /* the components' deviations for their variances */
            upper = 0;
            for (size_t i = 0; i < g->mixture->k; i++)
                upper +=
                    g->mixture->weight[i] * 0.5 * erfc(FK_SQRT1_2 * (x - g->mean[i]) / g->var[i]);
        }
        fk_worst(&worst, fabs(below - lower));
        fk_worst(&worst, fabs(above - upper));
    }
    return worst;
}

static fk_verdict b1_tails(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_worst_on_line(tails, variant, 0.05, INFINITY);
}

/* --- B2 --- */

static fk_verdict b2(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_process process = {0, variant->param, 1, variant->which ? -2 : 0};
    return fk_measured(fk_process_worst(&process), 0);
}

/* d_t a = -f a - f x b + (g^2/2) (c + 2 a b), with a, b, c the first three derivatives of log p. */
static double score_equation(const fk_marginal *g, const fk_coeffs *c, const fk_variant *variant,
                             size_t j)
{
    double worst = 0, x, a, b;
    for (size_t k = 0; k < POINTS; k++) {
        fk_setting_point(g, k + POINTS * j, &x);
        fk_marginal_at(g, &x, &(fk_point){.score = &a, .divergence = &b});
        double half = c->g2 / 2, third = variant->which == 1 ? 0 : fk_log_third(g, x);
        double product = variant->which == 2 ? a * b : 2 * a * b;
        double own = variant->which == 3 ? 0 : c->f * a;
        double rate = fk_score_rate(g, c->f, c->g2, x);
        double u = 0; /* the sizes of what the derivatives are made of */
        for (size_t i = 0; i < g->mixture->k; i++) {
            double away = fabs(g->mean[i] - x) / g->var[i] + 1 / sqrt(g->var[i]);
            u = fmax(u, away);
        }
        double size = fabs(c->f) * (u + fabs(x) * u * u) + half * u * u * u;
        fk_worst(&worst, fabs(rate + own + c->f * x * b - half * (third + product)) / size);
    }
    return worst;
}

static fk_verdict b2_score(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_worst_on_line(score_equation, variant, 0, INFINITY);
}

/* E score = 0 and E score^2 = -E (log p)'', in standard deviations of the narrowest component. */
static double fisher(const fk_marginal *g, const fk_coeffs *c, const fk_variant *variant, size_t j)
{
    (void)c, (void)j;
    double mean = 0, square = 0, bend = 0, narrow = INFINITY;
    fk_rule rule = fk_rule_over(g);
    for (size_t i = 0; i < rule.n; i++) {
        double a, b,
            p = exp(fk_marginal_at(g, &rule.x[i], &(fk_point){.score = &a, .divergence = &b}));
        mean += rule.w[i] * p * a;
        square += rule.w[i] * p * (variant->which == 1 ? fabs(a) : a * a);
        bend -= rule.w[i] * p * b;
    }
    fk_rule_free(&rule);
    for (size_t k = 0; k < g->mixture->k; k++) narrow = fmin(narrow, g->var[k]);
    if (variant->which == 2) bend /= 2;
    return fmax(fabs(mean) * sqrt(narrow), fabs(square - bend) * narrow);
}

static fk_verdict b2_fisher(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_worst_on_line(fisher, variant, 0, INFINITY);
}

const fk_claim fk_marginal_identities_claims[] = {
    {"B1",
     "p_t is the heat flow of p_0 for the variance sigma^2/s^2 in x/s: by FFT on 4096 points it "
     "is the mixture's closed form",
     "Song et al. 2021, eq. 29",
     FK_EXACT,
     1e-13,
     "12 levels of butterflies and a density of 10^-16 at the box's ends",
     b1,
     {"variance sigma^2/s^2, factor 1/s", HEAT, 0},
     {{"half the variance", HALF_VARIANCE, 0},
      {"sigma/s for its square", SIGMA_ALONE, 0},
      {"without the factor", NO_JACOBIAN, 0}},
     .reading = FK_TRUE},
    {"B1-tails",
     "F_t and 1 - F_t are sums of the components' tails, each without cancellation",
     "Song et al. 2021, eq. 29",
     FK_EXACT,
     1e-13,
     "quadrature of 1600 nodes: its root times 2^-53, and the mixture's own rounding",
     b1_tails,
     {"by erfc", 0, 0},
     {{"variances for deviations", 1, 0}},
     .reading = FK_TRUE},
    {"B2",
     "d log p_t/dt, from the mixture's parameters, is -n f - f x.score + g^2/2 (tr Hess log p + "
     "|score|^2)",
     "Song et al. 2021, appendix D.1",
     FK_EXACT,
     1e-14,
     "closed-form derivatives: some fifty roundings of 2^-53, relative to the sum of the terms' "
     "sizes",
     b2,
     {"g^2/2", 0, 1},
     {{"g^2", 0, 2}, {"+ f", 1, 1}},
     .reading = FK_TRUE},
    {"B2-score",
     "The score a obeys da/dt = -f a - f x b + g^2/2 (c + 2 a b), b and c its derivatives",
     "Lai et al. 2023, score Fokker-Planck equation",
     FK_EXACT,
     1e-14,
     "closed-form derivatives, relative to the sizes of what they are sums of",
     b2_score,
     {"c + 2 a b", 0, 0},
     {{"without c", 1, 0}, {"a b", 2, 0}, {"without f a", 3, 0}},
     .reading = FK_TRUE},
    {"B2-fisher",
     "E score = 0 and E|score|^2 = -E tr Hess log p",
     "Hyvarinen 2005",
     FK_EXACT,
     1e-13,
     "quadrature of some hundred nodes",
     b2_fisher,
     {"the square", 0, 0},
     {{"E|score|", 1, 0}, {"half the trace", 2, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
