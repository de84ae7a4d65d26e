/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/train_excess.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/marginal.h"
#include "analytic/panels.h"

enum { FLOOR_NODES = 64, SEED = 2385 };

/* Points (dim, n) and their weights in the expectation: a multiple of FK_LANES, the last of weight
 * 0. */
typedef struct {
    double *x, *weight;
    size_t n;
} cloud;

static cloud cloud_new(size_t points, size_t dim)
{
    const size_t n = fk_pad(points);
    double *x = fk_alloc((dim + 1) * n, sizeof *x);
    return (cloud){x, x + dim * n, n};
}

/* Gauss-Legendre on the panels, less what the density underflows on. */
static cloud nodes_of(const fk_marginal *p)
{
    size_t ends;
    double *end = fk_panel_ends(p, &ends);
    cloud c = cloud_new((ends - 1) * FK_PANEL_NODES, 1);
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(FK_PANEL_NODES);
    for (size_t i = 0, at = 0; i + 1 < ends; i++)
        for (size_t k = 0; k < FK_PANEL_NODES; k++, at++) {
            double w;
            gsl_integration_glfixed_point(end[i], end[i + 1], k, &c.x[at], &w, rule);
            c.weight[at] = w * exp(fk_marginal_at(p, &c.x[at], &(fk_point){0}));
        }
    gsl_integration_glfixed_table_free(rule);
    free(end);
    return c;
}

static cloud draws_of(const excess_setting *e, const fk_coeffs *at)
{
    const fk_marginal_start start = {e->mixture, at->s, at->sigma, SEED};
    const size_t dim = e->mixture->dim;
    cloud c = cloud_new(e->draws, dim);
    const fk_source source = fk_source_marginal(&start);
    source.fill(source.self, 0, (fk_block){c.x, c.n, dim, c.n});
    for (size_t p = 0; p < e->draws; p++) c.weight[p] = 1 / (double)e->draws;
    return c;
}

static void score_of(const fk_field *field, const fk_coeffs *at, const cloud *c, double *score)
{
    void *frozen = fk_alloc(field->frozen_size, 1);
    field->freeze(field->self, at->s, at->sigma, frozen);
    field->eval(field->self, frozen, (fk_block){c->x, c->n, field->dim, c->n},
                (fk_block){score, c->n, field->dim, c->n});
    free(frozen);
}

static void at_level(const excess_setting *e, const fk_model *model, double t, double *excess,
                     double *floor)
{
    const size_t dim = e->mixture->dim;
    const fk_coeffs at = fk_schedule_at(e->schedule, t);
    fk_marginal *p = fk_marginal_new(e->mixture, at.s, at.sigma);
    const cloud c = dim == 1 ? nodes_of(p) : draws_of(e, &at);
    double *exact = fk_alloc(2 * dim * c.n, sizeof *exact), *learnt = exact + dim * c.n;
    const fk_field truth = fk_mixture_field(e->mixture);
    score_of(&truth, &at, &c, exact);
    if (model) {
        const fk_field field = fk_model_field(model);
        score_of(&field, &at, &c, learnt);
    }
    double gap = 0, size = 0;
    for (size_t i = 0; i < dim * c.n; i++) {
        const double off = learnt[i] - exact[i];
        gap += c.weight[i % c.n] * off * off;
        size += c.weight[i % c.n] * exact[i] * exact[i];
    }
    if (excess) *excess = at.sigma * at.sigma * gap;
    if (floor) *floor = (double)dim - at.sigma * at.sigma * size;
    free(exact);
    free(c.x);
    fk_marginal_free(p);
}

void excess_at(const excess_setting *e, const fk_model *model, size_t n, const double *t,
               double *excess, double *floor)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(e->threads) if (e->threads != 1)
    for (size_t i = 0; i < n; i++)
        at_level(e, model, t[i], excess ? &excess[i] : NULL, floor ? &floor[i] : NULL);
}

/* The t where lambda has gone the part u of its way from t_min to t_max. */
static double even_in_lambda(const fk_schedule *s, double u)
{
    const double top = fk_schedule_at(s, s->t_min).lambda, low = fk_schedule_at(s, s->t_max).lambda;
    return s->time_of(s, top + u * (low - top));
}

excess_summary excess_over(const excess_setting *e, const fk_model *model, size_t n)
{
    const fk_schedule *s = e->schedule;
    double *t = fk_alloc(5 * n, sizeof *t), *excess = t + 2 * n, *weight = excess + 2 * n;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(n);
    for (size_t i = 0; i < n; i++) {
        double u;
        gsl_integration_glfixed_point(0, 1, i, &u, &weight[i], rule);
        t[i] = s->t_min + u * (s->t_max - s->t_min);
        t[n + i] = even_in_lambda(s, (double)i / (double)(n > 1 ? n - 1 : 1));
        if (t[n + i] > s->t_max) t[n + i] = s->t_max;
        if (t[n + i] < s->t_min) t[n + i] = s->t_min;
    }
    gsl_integration_glfixed_table_free(rule);
    excess_at(e, model, 2 * n, t, excess, NULL);
    excess_summary sum = {0, 0, t[0]};
    for (size_t i = 0; i < 2 * n; i++) {
        if (i < n) sum.mean += weight[i] * excess[i];
        if (!(excess[i] <= sum.max))
            sum.max = excess[i], sum.t_of_max = t[i]; /* NaN is the worst */
    }
    free(t);
    return sum;
}

double excess_loss_floor(const excess_setting *e, const fk_model_config *model,
                         const fk_train_config *train)
{
    double t[FLOOR_NODES], weight[FLOOR_NODES], floor[FLOOR_NODES], sum = 0;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(FLOOR_NODES);
    for (size_t i = 0; i < FLOOR_NODES; i++) {
        double u;
        gsl_integration_glfixed_point(0, 1, i, &u, &weight[i], rule);
        t[i] = train->even_in_lambda
                   ? even_in_lambda(e->schedule, u)
                   : e->schedule->t_min + u * (e->schedule->t_max - e->schedule->t_min);
    }
    gsl_integration_glfixed_table_free(rule);
    excess_at(e, NULL, FLOOR_NODES, t, NULL, floor);
    for (size_t i = 0; i < FLOOR_NODES; i++) {
        const fk_coeffs at = fk_schedule_at(e->schedule, t[i]);
        const double q = fk_model_reading(model, at.s, at.sigma).q;
        sum += weight[i] * fk_net_weight_at(train, &at, q) * floor[i];
    }
    return sum;
}
