/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/prior.h"

#include <math.h>
#include <stdlib.h>

#include "claims/setting.h"

/* Panels over nine standard deviations of the prior, as narrow as anything that varies with x_T:
 * the prior, the responsibilities, the transition's density. */
static fk_rule rule_over(const fk_mixture *mix, fk_prior prior, const fk_coeffs *t,
                         const fk_coeffs *s, double q)
{
    double width = sqrt(prior.var), a = t->s / s->s;
    for (size_t k = 0; k < mix->k; k++) {
        double var_t = t->s * t->s * mix->var[k] + t->sigma * t->sigma;
        double var_s = s->s * s->s * mix->var[k] + s->sigma * s->sigma;
        width = fmin(width, fmin(sqrt(var_t) / 2, sqrt(q * var_t / var_s) / a));
    }
    double reach = 9 * sqrt(prior.var);
    return fk_rule_new(prior.mean - reach, prior.mean + reach, (size_t)ceil(2 * reach / width));
}

fk_from_prior fk_from_prior_new(const fk_mixture *mix, fk_prior prior, const fk_coeffs *t,
                                const fk_coeffs *s)
{
    double a = t->s / s->s, q = (t->sigma - a * s->sigma) * (t->sigma + a * s->sigma);
    fk_rule rule = rule_over(mix, prior, t, s, q);
    fk_from_prior out = {rule.n, mix->k, fk_alloc(rule.n * mix->k, sizeof(double)),
                         fk_alloc(rule.n * mix->k, sizeof(double)),
                         fk_alloc(mix->k, sizeof(double))};
    double *share = fk_alloc(mix->k, sizeof *share);
    fk_marginal *p_t = fk_marginal_new(mix, t->s, t->sigma);
    for (size_t k = 0; k < mix->k; k++) {
        double var_s = s->s * s->s * mix->var[k] + s->sigma * s->sigma;
        out.var[k] = q * var_s / p_t->var[k];
        for (size_t i = 0; i < rule.n; i++)
            out.centre[i * mix->k + k] =
                s->s * mix->mean[k] + a * var_s / p_t->var[k] * (rule.x[i] - p_t->mean[k]);
    }
    for (size_t i = 0; i < rule.n; i++) {
        fk_marginal_at(p_t, &rule.x[i], &(fk_point){.weight = share});
        double d = rule.x[i] - prior.mean;
        double density = exp(-d * d / (2 * prior.var)) / sqrt(2 * FK_PI * prior.var);
        for (size_t k = 0; k < mix->k; k++)
            out.weight[i * mix->k + k] =
                rule.w[i] * density * share[k] / sqrt(2 * FK_PI * out.var[k]);
    }
    fk_marginal_free(p_t);
    free(share);
    fk_rule_free(&rule);
    return out;
}

void fk_from_prior_free(fk_from_prior *law)
{
    free(law->weight);
    free(law->centre);
    free(law->var);
}

double fk_from_prior_at(const fk_from_prior *law, double x, double *score)
{
    double sum = 0, slope = 0;
    for (size_t i = 0; i < law->nodes; i++)
        for (size_t k = 0; k < law->k; k++) {
            double d = (x - law->centre[i * law->k + k]) / law->var[k];
            double density = law->weight[i * law->k + k] * exp(-d * d * law->var[k] / 2);
            sum += density;
            slope -= d * density;
        }
    if (score) *score = slope / sum;
    return log(sum);
}
