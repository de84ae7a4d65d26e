/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In 1-D the mean posterior variance is a Gauss-Legendre sum over intervals no longer than the
 * narrowest component that lives there, and E|score| = int |p'| dx is the total variation of p: the
 * sum of its rises and falls, which a zero of the score missed by delta changes by O(delta^2)
 * only. */
#include "analytic/node_facts.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/marginal.h"
#include "analytic/panels.h"
#include "core/noise.h"

enum { MOST_COMPONENTS = 512, DRAWS = 16384 };

/* p where the score changes sign between a and b. */
static double density_at_zero(const fk_marginal *p, double a, double b, bool rising)
{
    double x = a, score, log_p = 0;
    for (int i = 0; i < 30; i++) { /* 2^-30 of an interval: 1e-18 of p */
        x = a + (b - a) / 2;
        log_p = fk_marginal_at(p, &x, &(fk_point){.score = &score});
        *((score > 0) == rising ? &a : &b) = x;
    }
    return exp(log_p);
}

static fk_node_facts by_quadrature(const fk_mixture *mixture, double s, double sigma,
                                   const gsl_integration_glfixed_table *rule)
{
    fk_marginal *p = fk_marginal_new(mixture, s, sigma);
    size_t ends;
    double *end = fk_panel_ends(p, &ends);
    double mmse = 0, variation = 0, last_x = end[0], last = 0;
    bool rising = true;
    for (size_t j = 0; j + 1 < ends; j++)
        for (size_t i = 0; i < FK_PANEL_NODES; i++) {
            double x, weight, score, posterior;
            gsl_integration_glfixed_point(end[j], end[j + 1], i, &x, &weight, rule);
            const fk_point out = {.score = &score, .covariance = &posterior};
            const double density = exp(fk_marginal_at(p, &x, &out));
            mmse += weight * density * posterior;
            if ((score > 0) != rising) {
                double turn = density_at_zero(p, last_x, x, rising);
                variation += fabs(turn - last);
                last = turn;
                rising = !rising;
            }
            variation += fabs(density - last);
            last = density, last_x = x;
        }
    free(end);
    fk_marginal_free(p);
    return (fk_node_facts){.mmse = mmse, .score_norm = variation + last};
}

/* The same x_0 and eps for every node, (dim, DRAWS) each. */
typedef struct {
    double *x0, *eps;
} draws;

static draws draws_new(const fk_mixture *mixture)
{
    const size_t dim = mixture->dim;
    const fk_key key = {0, FK_STREAM_START};
    draws all = {fk_alloc(dim * DRAWS, sizeof(double)), fk_alloc(dim * DRAWS, sizeof(double))};
    double *point = fk_alloc(dim, sizeof *point);
    fk_random_normals(key, 0, 0, (fk_block){all.eps, DRAWS, dim, DRAWS});
    for (size_t d = 0; d < DRAWS; d++) {
        fk_mixture_draw(mixture, key.seed, FK_STREAM_DATA, d, point);
        for (size_t i = 0; i < dim; i++) all.x0[i * DRAWS + d] = point[i];
    }
    free(point);
    return all;
}

/* x_0 - x0hat = -(sigma/s)(eps + sigma score) at x = s x_0 + sigma eps. */
static fk_node_facts by_draws(const fk_mixture *mixture, const draws *all, double s, double sigma)
{
    const fk_field field = fk_mixture_field(mixture);
    const size_t dim = mixture->dim, size = dim * DRAWS;
    double *x = fk_alloc(2 * size, sizeof *x), *score = x + size;
    void *frozen = fk_alloc(1, field.frozen_size);
    fk_node_facts mean = {0};
    field.freeze(field.self, s, sigma, frozen);
    for (size_t i = 0; i < size; i++) x[i] = s * all->x0[i] + sigma * all->eps[i];
    field.eval(field.self, frozen, (fk_block){x, DRAWS, dim, DRAWS},
               (fk_block){score, DRAWS, dim, DRAWS});
    for (size_t d = 0; d < DRAWS; d++) {
        double square = 0, norm = 0;
        for (size_t i = d; i < size; i += DRAWS) {
            const double miss = sigma / s * (all->eps[i] + sigma * score[i]);
            square += miss * miss, norm += score[i] * score[i];
        }
        mean.mmse += square / (double)size, mean.score_norm += sqrt(norm) / DRAWS;
    }
    free(x), free(frozen);
    return mean;
}

void fk_node_facts_of(const fk_mixture *mixture, const fk_coeffs *node, size_t n,
                      fk_node_facts *facts)
{
    const double dim = (double)mixture->dim;
    const double noise_norm =
        sqrt(2) * exp(gsl_sf_lngamma((dim + 1) / 2) - gsl_sf_lngamma(dim / 2));
    const bool quadrature = mixture->dim == 1 && mixture->k <= MOST_COMPONENTS;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(FK_PANEL_NODES);
    const draws all = quadrature ? (draws){0} : draws_new(mixture);
    assert(rule);
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < n; i++) {
        facts[i] = (fk_node_facts){.score_norm = (double)NAN};
        if (node[i].sigma > 0) {
            const double s = node[i].s, sigma = node[i].sigma;
            facts[i] = quadrature ? by_quadrature(mixture, s, sigma, rule)
                                  : by_draws(mixture, &all, s, sigma);
        }
        facts[i].noise_norm = noise_norm;
    }
    free(all.x0), free(all.eps);
    gsl_integration_glfixed_table_free(rule);
}
