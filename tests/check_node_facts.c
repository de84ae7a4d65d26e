/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expectations over a marginal: closed forms, identities by an adaptive quadrature of the library's
 * density, and 2-D mixtures that factor into 1-D ones. */
#include <gsl/gsl_integration.h>

#include "analytic/marginal.h"
#include "analytic/node_facts.h"
#include "tests/suite.h"

static fk_mixture *mixture_of(const char *spec)
{
    fk_mixture *mixture;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_mixture_read(spec, &mixture, &err) == FK_OK, "%s", err.text);
    return mixture;
}

static fk_mixture *diagonal(size_t dim, size_t k, const double *weight, const double *mean,
                            const double *var)
{
    fk_mixture *mixture;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_mixture_new_diagonal("test", dim, k, weight, mean, var, &mixture, &err) ==
                      FK_OK,
                  "%s", err.text);
    return mixture;
}

/* VP, VE and a little noise; the last is clean data. */
static const fk_coeffs nodes[] = {{.s = 0.0385, .sigma = 0.99926},
                                  {.s = 0.7385, .sigma = 0.6743},
                                  {.s = 1, .sigma = 5.385},
                                  {.s = 0.985, .sigma = 0.0238},
                                  {.s = 1, .sigma = 0}};
enum { NODES = sizeof nodes / sizeof *nodes };

START_TEST(one_gaussian_has_the_closed_forms)
{
    const double v = 0.2385, mean[] = {0.7385}, weight[] = {1};
    fk_mixture *mixture = diagonal(1, 1, weight, mean, &v);
    fk_node_facts facts[NODES];
    fk_node_facts_of(mixture, nodes, NODES, facts);
    for (int i = 0; i < NODES - 1; i++) {
        const double s2 = nodes[i].s * nodes[i].s, sigma2 = nodes[i].sigma * nodes[i].sigma;
        const double var = s2 * v + sigma2, half_normal = sqrt(2 / FK_PI);
        fk_assert_near(facts[i].mmse, sigma2 * v / var, 1e-12);
        fk_assert_near(facts[i].score_norm * sqrt(var), half_normal, 1e-12);
        fk_assert_near(facts[i].noise_norm, half_normal, 1e-14);
    }
    ck_assert(facts[NODES - 1].mmse == 0 && isnan(facts[NODES - 1].score_norm));
    fk_mixture_free(mixture);
}
END_TEST

typedef struct {
    const fk_marginal *p;
    bool squared;
} integrand;

static double score_under_p(double x, void *self)
{
    const integrand *of = self;
    double score, log_p = fk_marginal_at(of->p, &x, &(fk_point){.score = &score});
    return exp(log_p) * (of->squared ? score * score : fabs(score));
}

/* int of |score| p or score^2 p by adaptive Gauss-Kronrod over pieces, with its own error. */
static double expected(const fk_marginal *p, bool squared)
{
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(20000);
    integrand of = {p, squared};
    gsl_function f = {score_under_p, &of};
    double lo = INFINITY, hi = -INFINITY, sum = 0, error;
    for (size_t k = 0; k < p->mixture->k; k++) {
        lo = fmin(lo, p->mean[k] - 10 * sqrt(p->var[k]));
        hi = fmax(hi, p->mean[k] + 10 * sqrt(p->var[k]));
    }
    for (int i = 0; i < 64; i++) {
        double part, a = lo + (hi - lo) * i / 64, b = lo + (hi - lo) * (i + 1) / 64;
        ck_assert_int_eq(gsl_integration_qag(&f, a, b, 1e-16, 1e-13, 20000, 6, work, &part, &error),
                         0);
        sum += part;
    }
    gsl_integration_workspace_free(work);
    return sum;
}

/* mmse = (sigma/s)^2 (1 - sigma^2 E score^2), which loses (sigma/s)^2/mmse of the digits. */
START_TEST(mixtures_in_1d_agree_with_the_fisher_information)
{
    const char *specs[] = {"bimodal-1d", "three-1d", "examples/faithful-duration.json"};
    for (int j = 0; j < 3; j++) {
        fk_mixture *mixture = mixture_of(specs[j]);
        fk_node_facts facts[NODES];
        fk_node_facts_of(mixture, nodes, NODES, facts);
        for (int i = 0; i < NODES - 1; i++) {
            const double sigma2 = nodes[i].sigma * nodes[i].sigma;
            const double ratio = sigma2 / (nodes[i].s * nodes[i].s);
            fk_marginal *p = fk_marginal_new(mixture, nodes[i].s, nodes[i].sigma);
            const double fisher = expected(p, true);
            fk_assert_near(facts[i].mmse, ratio * (1 - sigma2 * fisher),
                           1e-13 * facts[i].mmse + 1e-14 * ratio);
            ck_assert(fabs(facts[i].mmse - ratio * (1 - 0.999 * sigma2 * fisher)) >
                      1e-13 * facts[i].mmse + 1e-14 * ratio);
            const double norm = expected(p, false);
            fk_assert_near(facts[i].score_norm, norm, 1e-13 * norm);
            ck_assert(fabs(facts[i].score_norm - sqrt(fisher)) > 1e-13 * norm);
            fk_marginal_free(p);
        }
        fk_mixture_free(mixture);
    }
}
END_TEST

/* A mixture along the first axis times a Gaussian along the second. */
START_TEST(draws_in_2d_agree_with_the_factors)
{
    const double weight[] = {0.385, 0.615}, mean[] = {-1.2, 0.4, 0.9, 0.4};
    const double var[] = {0.09, 0.2385, 0.16, 0.2385}, first[] = {-1.2, 0.9}, v[] = {0.09, 0.16};
    fk_mixture *both = diagonal(2, 2, weight, mean, var), *one = diagonal(1, 2, weight, first, v);
    fk_node_facts facts[NODES], exact[NODES], again[NODES];
    fk_node_facts_of(both, nodes, NODES, facts);
    fk_node_facts_of(both, nodes, NODES, again);
    fk_node_facts_of(one, nodes, NODES, exact);
    for (int i = 0; i < NODES - 1; i++) {
        const double s2 = nodes[i].s * nodes[i].s, sigma2 = nodes[i].sigma * nodes[i].sigma;
        const double second = sigma2 * 0.2385 / (s2 * 0.2385 + sigma2);
        const double should = (exact[i].mmse + second) / 2;
        /* errors of variance up to 1.2 and 0.24: half their squares has sd below 0.9 */
        fk_assert_near(facts[i].mmse, should, 6 * 0.9 / 128);
        if (should > 0.2) ck_assert(fabs(2 * facts[i].mmse - should) > 6 * 0.9 / 128);
        ck_assert(facts[i].mmse == again[i].mmse && facts[i].score_norm == again[i].score_norm);
        fk_assert_near(facts[i].noise_norm, sqrt(FK_PI / 2), 1e-14);
    }
    fk_mixture_free(both), fk_mixture_free(one);

    /* E|score| = E|z|/sd of an isotropic Gaussian; |z| has sd 0.673 in three dimensions */
    const double three[] = {0.1, 0.2, 0.3}, iso[] = {0.25, 0.25, 0.25}, all[] = {1};
    fk_mixture *gaussian = diagonal(3, 1, all, three, iso);
    fk_node_facts_of(gaussian, nodes, NODES, facts);
    for (int i = 0; i < NODES - 1; i++) {
        const double sd = sqrt(nodes[i].s * nodes[i].s * 0.25 + nodes[i].sigma * nodes[i].sigma);
        fk_assert_near(facts[i].noise_norm, sqrt(8 / FK_PI), 1e-14);
        fk_assert_near(facts[i].score_norm * sd, sqrt(8 / FK_PI), 6 * 0.673 / 128);
        const double mmse = nodes[i].sigma * nodes[i].sigma * 0.25 / (sd * sd);
        fk_assert_near(facts[i].mmse, mmse, 6 * sqrt(2. / 3) * mmse / 128);    /* chi^2 of 3 */
        ck_assert(fabs(facts[i].score_norm * sd - sqrt(3)) > 6 * 0.673 / 128); /* the rms */
    }
    fk_mixture_free(gaussian);
}
END_TEST

/* Two point masses and a wide component with little noise: scales from 0.0238 to 1. */
START_TEST(sharp_components_beside_wide_ones_are_resolved)
{
    const double weight[] = {0.25, 0.35, 0.4}, mean[] = {-0.385, -0.285, 0.5}, var[] = {0, 0, 1};
    fk_mixture *mixture = diagonal(1, 3, weight, mean, var);
    fk_node_facts facts[NODES];
    fk_node_facts_of(mixture, nodes, NODES, facts);
    for (int i = 0; i < NODES - 1; i++) {
        const double sigma2 = nodes[i].sigma * nodes[i].sigma;
        const double ratio = sigma2 / (nodes[i].s * nodes[i].s);
        fk_marginal *p = fk_marginal_new(mixture, nodes[i].s, nodes[i].sigma);
        fk_assert_near(facts[i].mmse, ratio * (1 - sigma2 * expected(p, true)),
                       1e-13 * facts[i].mmse + 1e-14 * ratio);
        fk_assert_near(facts[i].score_norm, expected(p, false), 1e-13 * facts[i].score_norm);
        fk_marginal_free(p);
    }
    fk_mixture_free(mixture);
}
END_TEST

FK_SUITE("node_facts", one_gaussian_has_the_closed_forms,
         mixtures_in_1d_agree_with_the_fisher_information, draws_in_2d_agree_with_the_factors,
         sharp_components_beside_wide_ones_are_resolved)
