/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/quadrature.h"

#include <math.h>

#include "claims/setting.h"
#include "core/sum.h"

double fk_expect(const fk_marginal *g, fk_integrand f, const void *self)
{
    fk_rule rule = fk_rule_over(g);
    fk_sum sum = {0};
    for (size_t i = 0; i < rule.n; i++) {
        double log_p = fk_marginal_at(g, &rule.x[i], NULL);
        fk_sum_add(&sum, rule.w[i] * exp(log_p) * f(rule.x[i], log_p, self));
    }
    fk_rule_free(&rule);
    return fk_sum_value(&sum);
}

static double minus_log(double x, double log_p, const void *self)
{
    (void)x, (void)self;
    return -log_p;
}

double fk_entropy(const fk_marginal *g)
{
    return fk_expect(g, minus_log, NULL);
}

static double away(double x, double log_p, const void *centre)
{
    (void)log_p;
    return x - *(const double *)centre;
}

static double away_squared(double x, double log_p, const void *centre)
{
    double d = away(x, log_p, centre);
    return d * d;
}

/* About the first component's mean: within the data's spread of their own. */
double fk_variance(const fk_marginal *g)
{
    double centre = g->mean[0], mean = fk_expect(g, away, &centre);
    return fk_expect(g, away_squared, &centre) - mean * mean;
}

static double score_squared(double x, double log_p, const void *g)
{
    (void)log_p;
    double score;
    fk_marginal_at(g, &x, &(fk_point){.score = &score});
    return score * score;
}

double fk_fisher(const fk_marginal *g)
{
    return fk_expect(g, score_squared, g);
}

static double posterior_variance(double x, double log_p, const void *g)
{
    (void)log_p;
    double covariance;
    fk_marginal_at(g, &x, &(fk_point){.covariance = &covariance});
    return covariance;
}

double fk_mmse(const fk_marginal *g)
{
    return fk_expect(g, posterior_variance, g);
}

static double log_ratio(double x, double log_p, const void *q)
{
    return log_p - fk_marginal_at(q, &x, NULL);
}

double fk_divergence(const fk_marginal *p, const fk_marginal *q)
{
    return fk_expect(p, log_ratio, q);
}

typedef struct {
    double mean, var;
} normal;

/* p log(p/q) - p + q, of one sign and small where p and q are near: what is lost by rounding is
 * then a part of the divergence itself. */
static double excess_over_normal(double x, double log_p, const void *self)
{
    const normal *q = self;
    double d = x - q->mean;
    double ratio = log_p + (d * d / q->var + log(q->var) + FK_LOG_2PI) / 2;
    return ratio + expm1(-ratio);
}

double fk_divergence_to(const fk_marginal *p, double mean, double var)
{
    return fk_expect(p, excess_over_normal, &(normal){mean, var});
}

double fk_information(const fk_mixture *mix, double s, double sigma)
{
    fk_marginal *p = fk_marginal_new(mix, s, sigma);
    double nats = fk_entropy(p) - (log(sigma * sigma) + FK_LOG_2PI + 1) / 2;
    fk_marginal_free(p);
    return nats;
}

double fk_normal_divergence(double a, double p, double b, double q)
{
    fk_rule rule = fk_rule_new(a - 10 * sqrt(p), a + 10 * sqrt(p), 12);
    double sum = 0;
    for (size_t i = 0; i < rule.n; i++) {
        const double log_p = fk_log_normal(rule.x[i], a, p);
        sum += rule.w[i] * exp(log_p) * (log_p - fk_log_normal(rule.x[i], b, q));
    }
    fk_rule_free(&rule);
    return sum;
}
