/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B4: what a denoising loss is made of, for any network: the floor that no network goes below, and
 * the distance of its score from the true one. Quadrature over 1-D marginals, no training. */
#include <math.h>

#include "claims/claims.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* Expectations over a marginal of a score s(x) that is not the true one, and of what belongs to it.
 */
typedef struct {
    double sigma, s, mmse, fisher;
    double square, slope; /* E s^2, E s' */
    double along_noise;   /* E s eps*, eps* = E[eps|x] from the posterior of x_0 */
    double off;           /* E (s - score)^2 */
} moments;

static moments moments_of(const fk_marginal *g)
{
    moments m = {.sigma = g->sigma, .s = g->s};
    fk_rule rule = fk_rule_over(g);
    for (size_t i = 0; i < rule.n; i++) {
        double x = rule.x[i], score, bend, x0hat, spread;
        fk_point out = {
            .score = &score, .divergence = &bend, .x0hat = &x0hat, .covariance = &spread};
        double w = rule.w[i] * exp(fk_marginal_at(g, &x, &out));
        double net = 0.9 * score + 0.1385 * sin(x), slope = 0.9 * bend + 0.1385 * cos(x);
        m.mmse += w * spread;
        m.fisher += w * score * score;
        m.square += w * net * net;
        m.slope += w * slope;
        m.along_noise += w * net * (x - g->s * x0hat) / g->sigma;
        m.off += w * (net - score) * (net - score);
    }
    fk_rule_free(&rule);
    return m;
}

typedef double (*gap)(const moments *, int which);

static double worst_of(gap of, int which)
{
    static const char *const name[] = {"three-1d", "bimodal-1d"};
    double worst = 0;
    for (size_t k = 0; k < 2; k++) {
        fk_mixture *mix = fk_setting_mixture(name[k]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < 4; j++) {
                const fk_schedule *schedule = &fk_schedules[i];
                double lambda = 1.385 - 0.785 * (double)j;
                fk_coeffs c = fk_schedule_at(schedule, schedule->time_of(schedule, lambda));
                fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
                moments m = moments_of(g);
                fk_worst(&worst, of(&m, which));
                fk_marginal_free(g);
            }
        fk_mixture_free(mix);
    }
    return worst;
}

static double floor_of(const moments *m, int which)
{
    double v = m->sigma * m->sigma, snr = m->s * m->s / v, left = 1 - v * m->fisher;
    if (which == 1) left = 1 - m->sigma * m->fisher;
    if (which == 2) left = v * m->fisher;
    if (which == 3) snr = m->s / m->sigma;
    return fabs(left - snr * m->mmse);
}
FK_CHECK(floor_of, worst_of)

/* E (s - kernel's score)^2, the kernel's score being -eps/sigma. */
static double score_matching(const moments *m, int which)
{
    double v = m->sigma * m->sigma;
    double denoising = m->square + 2 * m->along_noise / m->sigma + 1 / v;
    double constant = 1 / v - m->fisher;
    if (which == 1) constant = 0;
    if (which == 2) constant = 1 / v;
    if (which == 3) constant = 1 / v + m->fisher;
    return fabs(denoising - m->off - constant) * v;
}
FK_CHECK(score_matching, worst_of)

static double implicit(const moments *m, int which)
{
    double left = m->square / 2 + m->slope, right = m->off / 2 - m->fisher / 2;
    if (which == 1) left = m->square + m->slope;
    if (which == 2) left = m->square / 2 + m->slope / 2;
    if (which == 3) right = m->off / 2 + m->fisher / 2;
    return fabs(left - right) * m->sigma * m->sigma;
}
FK_CHECK(implicit, worst_of)

/* The network for the noise that the score amounts to, -sigma s. */
static double excess(const moments *m, int which)
{
    double v = m->sigma * m->sigma, loss = 1 + 2 * m->sigma * m->along_noise + v * m->square;
    double factor = v, least = m->s * m->s / v * m->mmse;
    if (which == 1) factor = m->sigma;
    if (which == 2) least = 0;
    if (which == 3) factor = 1;
    return fabs(loss - least - factor * m->off);
}
FK_CHECK(excess, worst_of)

#define MARGIN                                                                                     \
    1e-13, "quadrature to 1e-15 of terms below 5, the posterior in its form without cancellation"
#define SOURCE "Vincent 2011; Hyvarinen 2005"

const fk_claim fk_loss_identities_claims[] = {
    {"B4",
     "No network for the noise has a loss below 1 - sigma^2 J = snr E Var(x_0|x_t), J = E score^2 "
     "the Fisher information of p_t",
     SOURCE,
     FK_EXACT,
     MARGIN,
     check_floor_of,
     {"1 - sigma^2 J", 0, 0},
     {{"1 - sigma J", 1, 0}, {"sigma^2 J", 2, 0}, {"s/sigma for snr", 3, 0}},
     .reading = FK_TRUE},
    {"B4-denoising",
     "Denoising score matching is score matching but for a constant: E|s - kernel score|^2 = E|s - "
     "score|^2 + 1/sigma^2 - J, whatever s",
     SOURCE,
     FK_EXACT,
     MARGIN,
     check_score_matching,
     {"1/sigma^2 - J", 0, 0},
     {{"no constant", 1, 0}, {"1/sigma^2", 2, 0}, {"1/sigma^2 + J", 3, 0}},
     .reading = FK_TRUE},
    {"B4-implicit",
     "So is the implicit form, without the score: E( |s|^2/2 + div s ) = E|s - score|^2/2 - J/2",
     SOURCE,
     FK_EXACT,
     MARGIN,
     check_implicit,
     {"|s|^2/2 + div s", 0, 0},
     {{"|s|^2 + div s", 1, 0}, {"(|s|^2 + div s)/2", 2, 0}, {"+ J/2", 3, 0}},
     .reading = FK_TRUE},
    {"B4-excess",
     "What a network's loss for the noise exceeds its floor by is sigma^2 E|s - score|^2, s the "
     "score that it amounts to",
     SOURCE,
     FK_EXACT,
     MARGIN,
     check_excess,
     {"sigma^2", 0, 0},
     {{"sigma", 1, 0}, {"the loss itself, no floor", 2, 0}, {"1", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
