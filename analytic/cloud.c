/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/cloud.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/draws.h"
#include "analytic/panels.h"

/* Standard deviations: beyond them lie 2e-11 of a normal law in the plane. */
static const double REACH = 7;

static fk_cloud cloud_new(size_t points, size_t dim)
{
    const size_t n = fk_pad(points);
    double *x = fk_alloc((dim + 1) * n, sizeof *x);
    return (fk_cloud){{x, n, dim, n}, x + dim * n};
}

static fk_cloud on_the_line(const fk_marginal *p)
{
    size_t ends, at = 0;
    double *end = fk_panel_ends(p, &ends);
    fk_cloud c = cloud_new((ends - 1) * FK_PANEL_NODES, 1);
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(FK_PANEL_NODES);
    for (size_t i = 0; i + 1 < ends; i++)
        for (size_t k = 0; k < FK_PANEL_NODES; k++, at++) {
            double w;
            gsl_integration_glfixed_point(end[i], end[i + 1], k, &c.x.x[at], &w, rule);
            c.weight[at] = w * exp(fk_marginal_at(p, &c.x.x[at], &(fk_point){0}));
        }
    for (size_t i = at; i < c.x.n; i++) c.x.x[i] = p->mean[0];
    gsl_integration_glfixed_table_free(rule);
    free(end);
    return c;
}

static const double *axis_of(const fk_mixture *m, size_t k, size_t j)
{
    static const double plain[2][2] = {{1, 0}, {0, 1}};
    return m->axes ? m->axes + 4 * k + 2 * j : plain[j];
}

/* Spacings of component k along its two axes: a part of its own standard deviation, or of the
 * width, at that angle, of a narrower component that may lie across it. */
static void spacings(const fk_marginal *p, size_t k, double part, double h[2])
{
    const fk_mixture *m = p->mixture;
    for (size_t j = 0; j < 2; j++) {
        double most = 1 / p->var[2 * k + j]; /* of a^T S_l^-1 a, a the unit vector of this axis */
        for (size_t l = 0; l < m->k; l++) {
            double inverse = 0;
            for (size_t i = 0; i < 2; i++) {
                const double *a = axis_of(m, k, j), *b = axis_of(m, l, i);
                const double turn = a[0] * b[0] + a[1] * b[1];
                inverse += turn * turn / p->var[2 * l + i];
            }
            most = fmax(most, inverse);
        }
        h[j] = part / sqrt(most);
    }
}

/* The nodes M_k + sum_j i_j h_j axis_kj within REACH standard deviations; without a cloud, their
 * number alone. */
static size_t around(const fk_marginal *p, size_t k, double part, fk_cloud *c, size_t at)
{
    const double *u = axis_of(p->mixture, k, 0), *v = axis_of(p->mixture, k, 1);
    const double wide = sqrt(p->var[2 * k]), high = sqrt(p->var[2 * k + 1]);
    double h[2];
    spacings(p, k, part, h);
    const double each = p->mixture->weight[k] * h[0] * h[1] / (2 * FK_PI * wide * high);
    const double most = floor(REACH * wide / h[0]);
    for (double i = -most; i <= most; i++) {
        const double z = i * h[0] / wide, rest = floor(sqrt(REACH * REACH - z * z) * high / h[1]);
        if (!c) at += 2 * (size_t)rest + 1;
        for (double j = -rest; c && j <= rest; j++, at++) {
            const double y = j * h[1] / high;
            c->x.x[at] = p->mean[2 * k] + i * h[0] * u[0] + j * h[1] * v[0];
            c->x.x[at + c->x.ld] = p->mean[2 * k + 1] + i * h[0] * u[1] + j * h[1] * v[1];
            c->weight[at] = each * exp(-(z * z + y * y) / 2);
        }
    }
    return at;
}

size_t fk_cloud_size(const fk_marginal *p, double part)
{
    size_t n = 0;
    for (size_t k = 0; k < p->mixture->k; k++) n = around(p, k, part, NULL, n);
    return n;
}

static fk_cloud in_the_plane(const fk_marginal *p, double part)
{
    fk_cloud c = cloud_new(fk_cloud_size(p, part), 2);
    size_t at = 0;
    for (size_t k = 0; k < p->mixture->k; k++) at = around(p, k, part, &c, at);
    for (; at < c.x.n; at++) c.x.x[at] = p->mean[0], c.x.x[at + c.x.ld] = p->mean[1];
    return c;
}

fk_cloud fk_cloud_nodes(const fk_marginal *p, double part)
{
    assert(!p->singular && p->mixture->dim <= 2 && part > 0);
    return p->mixture->dim == 1 ? on_the_line(p) : in_the_plane(p, part);
}

fk_cloud fk_cloud_draws(const fk_marginal *p, size_t draws, uint64_t seed)
{
    const fk_marginal_start start = {p->mixture, p->s, p->sigma, seed};
    fk_cloud c = cloud_new(draws, p->mixture->dim);
    const fk_source source = fk_source_marginal(&start);
    source.fill(source.self, 0, c.x);
    for (size_t i = 0; i < draws; i++) c.weight[i] = 1 / (double)draws;
    return c;
}

void fk_cloud_free(fk_cloud *c)
{
    free(c->x.x);
    *c = (fk_cloud){0};
}

double *fk_cloud_score(const fk_cloud *c, const fk_marginal *p, const fk_field *field)
{
    double *score = fk_alloc(c->x.dim * c->x.ld, sizeof *score);
    void *frozen = fk_alloc(field->frozen_size, 1);
    field->freeze(field->self, p->s, p->sigma, frozen);
    field->eval(field->self, frozen, c->x, (fk_block){score, c->x.n, c->x.dim, c->x.ld});
    free(frozen);
    return score;
}
