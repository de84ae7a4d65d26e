/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/elbo.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/law.h"
#include "analytic/node_facts.h"
#include "analytic/panels.h"

double fk_marginal_entropy(const fk_marginal *p)
{
    const size_t dim = p->mixture->dim;
    if (p->singular) return -INFINITY;
    if (p->mixture->k == 1) {
        double sum = 0;
        for (size_t j = 0; j < dim; j++) sum += log(2 * FK_PI * p->var[j]) + 1;
        return sum / 2;
    }
    if (dim != 1) return NAN;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(FK_PANEL_NODES);
    assert(rule);
    size_t ends;
    double *end = fk_panel_ends(p, &ends), sum = 0;
    for (size_t j = 0; j + 1 < ends; j++)
        for (size_t i = 0; i < FK_PANEL_NODES; i++) {
            double x, weight;
            gsl_integration_glfixed_point(end[j], end[j + 1], i, &x, &weight, rule);
            const double log_p = fk_marginal_at(p, &x, NULL);
            sum -= weight * exp(log_p) * log_p;
        }
    free(end);
    gsl_integration_glfixed_table_free(rule);
    return sum;
}

double fk_elbo_prior(const fk_chain *chain, size_t n, double square)
{
    const double l = chain->log_alpha_bar[chain->T - 1], ab = exp(l);
    return (-(double)n * log(-expm1(l)) - (double)n * ab + ab * square) / 2;
}

/* beta_i sqrt(ab_{i-1})/(1 - ab_i), what x_0 counts for in the posterior mean. */
static double share_of_x0(const fk_chain *chain, size_t i)
{
    const double before = i ? chain->log_alpha_bar[i - 1] : 0;
    return chain->beta[i] * exp(before / 2) / -expm1(chain->log_alpha_bar[i]);
}

double fk_elbo_step(const fk_chain *chain, size_t i, size_t n, double miss, double variance)
{
    assert(i >= 1 && i < chain->T);
    const double over = fk_chain_posterior_variance(chain, i) / variance - 1;
    const double c = share_of_x0(chain, i);
    return (double)n / 2 * (over - log1p(over) + c * c * miss / variance);
}

static double variance_at(const fk_chain *chain, size_t i, fk_reverse_variance which, double mmse)
{
    const double c = share_of_x0(chain, i);
    if (which == FK_VARIANCE_OPTIMAL) return fk_chain_posterior_variance(chain, i) + c * c * mmse;
    return which == FK_VARIANCE_SMALL && i > 0 ? fk_chain_posterior_variance(chain, i)
                                               : chain->beta[i];
}

/* E|x_0 - x0hat|^2/n at every index; E|x_0|^2 is returned. */
static double mmse_of(const fk_mixture *mixture, const fk_chain *chain, double *mmse)
{
    const size_t n = mixture->dim;
    fk_coeffs *node = fk_alloc(chain->T, sizeof *node);
    double *mean = fk_alloc(n + n * n, sizeof *mean), *cov = mean + n, square = 0;
    for (size_t i = 0; i < chain->T; i++) node[i] = fk_chain_at(chain, (long)i);
    fk_mixture_moments(mixture, mean, cov);
    for (size_t j = 0; j < n; j++) square += mean[j] * mean[j] + cov[j * n + j];
    if (mixture->k == 1) {
        for (size_t i = 0; i < chain->T; i++) {
            const double s2 = node[i].s * node[i].s, var = node[i].sigma * node[i].sigma;
            mmse[i] = 0;
            for (size_t j = 0; j < n; j++)
                mmse[i] += mixture->var[j] * (var / (s2 * mixture->var[j] + var)) / (double)n;
        }
    } else {
        fk_node_facts *facts = fk_alloc(chain->T, sizeof *facts);
        fk_node_facts_of(mixture, node, chain->T, facts);
        for (size_t i = 0; i < chain->T; i++) mmse[i] = facts[i].mmse;
        free(facts);
    }
    free(node), free(mean);
    return square;
}

int fk_elbo_new(const fk_mixture *mixture, const fk_chain *chain, fk_reverse_variance which,
                fk_elbo *elbo, fk_error *err)
{
    const size_t T = chain->T, n = mixture->dim;
    *elbo = (fk_elbo){.T = 0};
    if (n != 1 && mixture->k != 1)
        return fk_fail(err, FK_USAGE,
                       "mixture '%s': the bound is exact for mixtures in 1-D and for one Gaussian, "
                       "and this one has dim %zu and %zu components",
                       mixture->name, n, mixture->k);
    *elbo = (fk_elbo){.T = T,
                      .step = fk_alloc(T, sizeof(double)),
                      .variance = fk_alloc(T, sizeof(double)),
                      .mmse = fk_alloc(T, sizeof(double))};
    elbo->prior = fk_elbo_prior(chain, n, mmse_of(mixture, chain, elbo->mmse));
    elbo->total = elbo->prior;
    for (size_t i = T; i-- > 0;) {
        const double miss = elbo->mmse[i], variance = variance_at(chain, i, which, miss);
        elbo->variance[i] = variance;
        elbo->step[i] = i ? fk_elbo_step(chain, i, n, miss, variance)
                          : (double)n / 2 * (log(2 * FK_PI * variance) + miss / variance);
        elbo->total += elbo->step[i];
    }
    fk_marginal *data = fk_marginal_new(mixture, 1, 0);
    elbo->entropy = fk_marginal_entropy(data);
    fk_marginal_free(data);
    return FK_OK;
}

void fk_elbo_free(fk_elbo *elbo)
{
    free(elbo->step), free(elbo->variance), free(elbo->mmse);
    *elbo = (fk_elbo){.T = 0};
}

/* The model's steps as tables, from index T - 1 down to clean data; the last one has noise too. */
static fk_step *steps_of(const fk_chain *chain, const fk_elbo *elbo)
{
    fk_step *step = fk_alloc(chain->T, sizeof *step);
    for (size_t n = 0; n < chain->T; n++) {
        const size_t i = chain->T - 1 - n;
        const fk_coeffs at = fk_chain_at(chain, (long)i), to = fk_chain_at(chain, (long)i - 1);
        const double root_alpha = sqrt(1 - chain->beta[i]), ratio = to.sigma / at.sigma;
        step[n] = (fk_step){.stages = 1, .normals = 1, .kernel = {FK_FRESH}};
        step[n].stage[0] = (fk_stage){.y = {.a = 1},
                                      .s = at.s,
                                      .sigma = at.sigma,
                                      .p = 1 / at.s,
                                      .q = at.sigma * at.sigma / at.s};
        step[n].result = (fk_combination){.a = root_alpha * ratio * ratio,
                                          .b = {share_of_x0(chain, i)},
                                          .c = {sqrt(elbo->variance[i])}};
    }
    return step;
}

int fk_elbo_nll(const fk_mixture *mixture, const fk_chain *chain, const fk_elbo *elbo, double *nll,
                fk_error *err)
{
    if (mixture->dim != 1 || !isfinite(elbo->entropy))
        return fk_fail(err, FK_USAGE, "mixture '%s': %s", mixture->name,
                       mixture->dim != 1
                           ? "the likelihood of a chain is exact in 1-D, and this has more"
                           : "point masses have no density to compare a chain's with");
    const fk_coeffs first = fk_chain_at(chain, (long)chain->T - 1);
    fk_marginal *noisy = fk_marginal_new(mixture, first.s, first.sigma);
    fk_marginal *data = fk_marginal_new(mixture, 1, 0);
    fk_step *step = steps_of(chain, elbo);
    const fk_field field = fk_mixture_field(mixture);
    const fk_law_problem problem = {.step = step,
                                    .n_steps = chain->T,
                                    .field = &field,
                                    .own_score = true,
                                    .start = {.marginal = noisy, .std = 1},
                                    .end = data};
    fk_law_record law;
    const int status = fk_law_of(&problem, &law, err);
    if (status == FK_OK) *nll = elbo->entropy + law.kl;
    free(step);
    fk_marginal_free(data), fk_marginal_free(noisy);
    return status;
}
