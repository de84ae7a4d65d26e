/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact bound of a chain: against the chain rule of relative entropy, where the model's
 * Gaussian steps meet the exact mixtures that they stand for, and against closed forms on
 * Gaussians. */
#include <gsl/gsl_integration.h>

#include "analytic/elbo.h"
#include "analytic/exact.h"
#include "tests/suite.h"

static fk_mixture *mixture_of(const char *spec)
{
    fk_mixture *mixture;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_mixture_read(spec, &mixture, &err) == FK_OK, "%s", err.text);
    return mixture;
}

static fk_chain chain_of(const char *spec)
{
    fk_chain chain;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_chain_parse(spec, &chain, &err) == FK_OK, "%s", err.text);
    return chain;
}

static fk_elbo elbo_of(const fk_mixture *mixture, const fk_chain *chain, fk_reverse_variance which)
{
    fk_elbo elbo;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_elbo_new(mixture, chain, which, &elbo, &err) == FK_OK, "%s", err.text);
    return elbo;
}

/* A plain rule: 24 nodes on every standard deviation of the narrowest component. */
typedef struct {
    double x[60000], w[60000];
    size_t n;
} rule;

static void rule_over(const fk_marginal *p, double reach, rule *r)
{
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(24);
    double lo = INFINITY, hi = -INFINITY, narrow = INFINITY;
    for (size_t k = 0; k < p->mixture->k; k++) {
        lo = fmin(lo, p->mean[k] - reach * sqrt(p->var[k]));
        hi = fmax(hi, p->mean[k] + reach * sqrt(p->var[k]));
        narrow = fmin(narrow, sqrt(p->var[k]));
    }
    const size_t panels = (size_t)ceil((hi - lo) / narrow);
    ck_assert_uint_le(24 * panels, 60000);
    r->n = 0;
    for (size_t j = 0; j < panels; j++)
        for (size_t i = 0; i < 24; i++, r->n++)
            gsl_integration_glfixed_point(lo + (hi - lo) * (double)j / (double)panels,
                                          lo + (hi - lo) * (double)(j + 1) / (double)panels, i,
                                          &r->x[r->n], &r->w[r->n], table);
    gsl_integration_glfixed_table_free(table);
}

/* E_p[log p - log N(mean, var)]. */
static double kl_to_normal(const fk_marginal *p, double mean, double var, rule *r)
{
    rule_over(p, 8.5, r);
    double sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double log_p = fk_marginal_at(p, &r->x[i], NULL), d = r->x[i] - mean;
        sum += r->w[i] * exp(log_p) * (log_p + (log(2 * FK_PI * var) + d * d / var) / 2);
    }
    return sum;
}

/* E over x_i of KL(q(x_{i-1} | x_i) || p(x_{i-1} | x_i)), the former by the reverse process' exact
 * law. */
static double step_cost(const fk_mixture *mixture, const fk_chain *chain, size_t i, double variance)
{
    static rule outer, inner;
    const fk_coeffs at = fk_chain_at(chain, (long)i), to = fk_chain_at(chain, (long)i - 1);
    fk_marginal *p = fk_marginal_new(mixture, at.s, at.sigma);
    rule_over(p, 7.5, &outer);
    double sum = 0;
    for (size_t j = 0; j < outer.n; j++) {
        fk_mixture *law;
        fk_error err;
        double x0hat, log_p = fk_marginal_at(p, &outer.x[j], &(fk_point){.x0hat = &x0hat});
        ck_assert_int_eq(fk_reverse_law(mixture, &at, &outer.x[j], &to, &law, &err), FK_OK);
        /* mu~ written once more, by precisions */
        const double alpha = 1 - chain->beta[i], back = to.sigma * to.sigma;
        const double precision = alpha / chain->beta[i] + (i ? 1 / back : 0);
        const double mean =
            i ? (sqrt(alpha) / chain->beta[i] * outer.x[j] + to.s / back * x0hat) / precision
              : x0hat;
        fk_marginal *q = fk_marginal_new(law, 1, 0);
        sum += outer.w[j] * exp(log_p) * kl_to_normal(q, mean, variance, &inner);
        fk_marginal_free(q);
        fk_mixture_free(law);
    }
    fk_marginal_free(p);
    return sum;
}

/* L = H(x_0) + KL(q(x_T) || N(0, 1)) + sum of the steps' costs. */
START_TEST(the_bound_is_the_entropy_and_what_prior_and_steps_cost)
{
    static rule r;
    const char *const chains[] = {"ddpm-linear:T=3,beta_1=0.2385,beta_T=0.7385", "cosine:T=4"};
    fk_mixture *mixture = mixture_of("bimodal-1d");
    for (size_t c = 0; c < 2; c++) {
        fk_chain chain = chain_of(chains[c]);
        const fk_coeffs last = fk_chain_at(&chain, (long)chain.T - 1);
        fk_marginal *noisy = fk_marginal_new(mixture, last.s, last.sigma);
        for (int which = 0; which < 3; which++) {
            fk_elbo elbo = elbo_of(mixture, &chain, (fk_reverse_variance)which);
            double sum = elbo.entropy + kl_to_normal(noisy, 0, 1, &r);
            for (size_t i = 0; i < chain.T; i++)
                sum += step_cost(mixture, &chain, i, elbo.variance[i]);
            fk_assert_near(elbo.total, sum, 1e-11);
            fk_elbo_free(&elbo);
        }
        fk_marginal_free(noisy);
        fk_chain_free(&chain);
    }
    fk_mixture_free(mixture);
}
END_TEST

/* Isotropic Gaussian data in three dimensions: with the optimal variance the steps are exact. */
START_TEST(on_a_gaussian_the_optimal_steps_cost_nothing)
{
    const double weight = 1, v = 0.2385, mean[] = {0.7, -1.385, 2.1}, var[] = {v, v, v};
    fk_mixture *mixture;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("test", 3, 1, &weight, mean, var, &mixture, &err), 0);
    fk_chain chain = chain_of("ddpm-linear:T=230,beta_1=4e-3,beta_T=0.0385");
    const fk_coeffs last = fk_chain_at(&chain, 229);
    const double noisy = last.s * last.s * v + last.sigma * last.sigma;
    double square = 0;
    for (int j = 0; j < 3; j++) square += mean[j] * mean[j];
    const double prior = (last.s * last.s * square + 3 * (noisy - 1 - log(noisy))) / 2;
    const double entropy = 1.5 * log(2 * FK_PI * exp(1) * v);
    fk_elbo best = elbo_of(mixture, &chain, FK_VARIANCE_OPTIMAL);
    fk_elbo small = elbo_of(mixture, &chain, FK_VARIANCE_SMALL);
    fk_assert_near(best.entropy, entropy, 1e-14);
    fk_assert_near(best.total, entropy + prior, 1e-12);
    ck_assert(small.total > entropy + prior + 1e-3); /* the control: another variance costs */
    fk_elbo_free(&best), fk_elbo_free(&small);
    fk_chain_free(&chain);
    fk_mixture_free(mixture);
}
END_TEST

/* The variance after the steps, by the recursion of a Gaussian in plain arithmetic. */
START_TEST(the_likelihood_on_a_gaussian_is_that_of_the_last_law)
{
    fk_mixture *mixture = mixture_of("gaussian-1d");
    fk_chain chain = chain_of("ddpm-linear:T=60,beta_1=4e-3,beta_T=0.13");
    const double m = mixture->mean[0], v = mixture->var[0];
    for (int which = 0; which < 3; which++) {
        fk_elbo elbo = elbo_of(mixture, &chain, (fk_reverse_variance)which);
        double mean = 0, var = 1, nll;
        for (size_t i = chain.T; i-- > 0;) {
            const fk_coeffs at = fk_chain_at(&chain, (long)i),
                            to = fk_chain_at(&chain, (long)i - 1);
            const double gain = (1 - chain.beta[i] / (at.s * at.s * v + at.sigma * at.sigma)) /
                                sqrt(1 - chain.beta[i]);
            mean = to.s * m + gain * (mean - at.s * m);
            var = gain * gain * var + elbo.variance[i];
        }
        fk_error err;
        ck_assert_int_eq(fk_elbo_nll(mixture, &chain, &elbo, &nll, &err), FK_OK);
        const double expected = (log(2 * FK_PI * var) + (v + (mean - m) * (mean - m)) / var) / 2;
        fk_assert_near(nll, expected, 1e-12);
        ck_assert(nll > elbo.entropy - 1e-13 && nll < elbo.total + 1e-13);
        fk_elbo_free(&elbo);
    }
    fk_chain_free(&chain);
    fk_mixture_free(mixture);
}
END_TEST

START_TEST(on_a_mixture_entropy_likelihood_and_bound_stand_in_order)
{
    fk_mixture *mixture = mixture_of("three-1d");
    fk_chain chain = chain_of("vp-linear:T=60");
    double total[3], nll[3];
    for (int which = 0; which < 3; which++) {
        fk_error err = {.code = 0};
        fk_elbo elbo = elbo_of(mixture, &chain, (fk_reverse_variance)which);
        ck_assert_msg(fk_elbo_nll(mixture, &chain, &elbo, &nll[which], &err) == FK_OK, "%s",
                      err.text);
        total[which] = elbo.total;
        ck_assert(elbo.entropy < nll[which] && nll[which] < total[which]);
        fk_elbo_free(&elbo);
    }
    ck_assert(total[FK_VARIANCE_OPTIMAL] < total[FK_VARIANCE_SMALL]);
    ck_assert(total[FK_VARIANCE_OPTIMAL] < total[FK_VARIANCE_LARGE]);
    fk_chain_free(&chain);
    fk_mixture_free(mixture);
}
END_TEST

START_TEST(what_has_no_exact_bound_is_refused)
{
    fk_mixture *plane = mixture_of("ring-8"), *points;
    const double weight[] = {0.385, 0.615}, mean[] = {-1.2, 0.7}, var[] = {0, 0};
    fk_chain chain = chain_of("ddpm-linear:T=20,beta_1=0.01,beta_T=0.3");
    fk_elbo elbo;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_elbo_new(plane, &chain, FK_VARIANCE_SMALL, &elbo, &err), FK_USAGE);
    ck_assert_int_eq(fk_mixture_new_diagonal("two", 1, 2, weight, mean, var, &points, &err), FK_OK);
    ck_assert_int_eq(fk_elbo_new(points, &chain, FK_VARIANCE_SMALL, &elbo, &err), FK_OK);
    ck_assert(elbo.entropy == -INFINITY && isfinite(elbo.total));
    double nll;
    ck_assert_int_eq(fk_elbo_nll(points, &chain, &elbo, &nll, &err), FK_USAGE);
    fk_elbo_free(&elbo);
    fk_chain_free(&chain);
    fk_mixture_free(points), fk_mixture_free(plane);
}
END_TEST

FK_SUITE("elbo", the_bound_is_the_entropy_and_what_prior_and_steps_cost,
         on_a_gaussian_the_optimal_steps_cost_nothing,
         the_likelihood_on_a_gaussian_is_that_of_the_last_law,
         on_a_mixture_entropy_likelihood_and_bound_stand_in_order,
         what_has_no_exact_bound_is_refused)
