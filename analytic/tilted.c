/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/tilted.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

enum { NODES = 20 };

static double normal_cdf(double z)
{
    return erfc(-z * FK_SQRT1_2) / 2;
}

fk_tilted *fk_tilted_new(const fk_guidance *guidance, double gamma)
{
    const fk_mixture *m = guidance->data;
    assert(m->dim == 1 && gamma >= 0);
    fk_tilted *q = fk_alloc(1, sizeof *q);
    *q = (fk_tilted){.guidance = guidance,
                     .of_data = fk_marginal_new(m, 1, 0),
                     .of_given = fk_marginal_new(guidance->given, 1, 0),
                     .gamma = gamma};
    assert(!q->of_data->singular);
    double lo = INFINITY, hi = -INFINITY, narrowest = INFINITY, total = 0;
    for (size_t k = 0; k < m->k; k++) {
        double sd = sqrt(m->var[k]);
        lo = fmin(lo, m->mean[k] - 9 * sd);
        hi = fmax(hi, m->mean[k] + 9 * sd);
        narrowest = fmin(narrowest, sd);
    }
    q->panels = (size_t)ceil(2 * (hi - lo) / narrowest);
    q->n = q->panels * NODES;
    q->x = fk_alloc(q->n, sizeof *q->x);
    q->mass = fk_alloc(q->n, sizeof *q->mass);
    q->log_mass = fk_alloc(q->n, sizeof *q->log_mass);
    q->below = fk_alloc(q->panels + 1, sizeof *q->below);
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(NODES);
    double width = (hi - lo) / (double)q->panels;
    for (size_t p = 0; p < q->panels; p++) {
        double from = lo + width * (double)p, weight;
        for (size_t i = p * NODES; i < (p + 1) * NODES; i++) {
            gsl_integration_glfixed_point(from, from + width, i % NODES, &q->x[i], &weight, table);
            q->mass[i] = weight * exp(fk_tilted_at(q, q->x[i]));
            total += q->mass[i];
        }
        q->below[p + 1] = total;
    }
    gsl_integration_glfixed_table_free(table);
    for (size_t i = 0; i < q->n; i++) {
        q->mass[i] /= total;
        q->log_mass[i] = log(q->mass[i]);
    }
    for (size_t p = 0; p <= q->panels; p++) q->below[p] /= total;
    q->log_z = log(total);
    return q;
}

void fk_tilted_free(fk_tilted *q)
{
    fk_marginal_free(q->of_data);
    fk_marginal_free(q->of_given);
    free(q->x);
    free(q->mass);
    free(q->log_mass);
    free(q->below);
    free(q);
}

double fk_tilted_at(const fk_tilted *q, double x)
{
    double log_label = fk_guidance_log_label(q->guidance, q->of_data, q->of_given, &x, NULL);
    double tilt = q->gamma == 0 ? 0 : q->gamma * log_label; /* where p(y|x) underflows too */
    return fk_marginal_at(q->of_data, &x, NULL) + tilt - q->log_z;
}

double fk_tilted_noised(const fk_tilted *q, double s, double sigma, double x, double *score)
{
    assert(sigma > 0);
    double top = -INFINITY, sum = 0, slope = 0; /* by the largest exponent: far out too */
    for (size_t i = 0; i < q->n; i++) {
        double d = (x - s * q->x[i]) / sigma;
        top = fmax(top, q->log_mass[i] - d * d / 2);
    }
    for (size_t i = 0; i < q->n; i++) {
        double d = (x - s * q->x[i]) / sigma, exponent = q->log_mass[i] - d * d / 2 - top;
        if (exponent < -50) continue; /* below the last bit of the sum */
        double density = exp(exponent);
        sum += density;
        slope -= density * d / sigma;
    }
    if (score) *score = slope / sum;
    return log(sum) + top - log(sigma) - FK_LOG_2PI / 2;
}

/* The mass of q_0 below x: whole panels, then Gauss-Legendre up to x. */
static double clean_cdf(const fk_tilted *q, double x)
{
    double lo = q->x[0], width = (q->x[NODES] - lo); /* nodes repeat with the panels */
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(NODES);
    double node, weight, sum = 0;
    gsl_integration_glfixed_point(0, width, 0, &node, &weight, table);
    lo -= node;
    double at = (x - lo) / width;
    size_t p = at <= 0 ? 0 : (size_t)at;
    if (at <= 0 || p >= q->panels) {
        gsl_integration_glfixed_table_free(table);
        return at <= 0 ? 0 : 1;
    }
    double from = lo + width * (double)p;
    for (size_t i = 0; i < NODES; i++) {
        gsl_integration_glfixed_point(from, x, i, &node, &weight, table);
        sum += weight * exp(fk_tilted_at(q, node));
    }
    gsl_integration_glfixed_table_free(table);
    return q->below[p] + sum;
}

double fk_tilted_cdf(const fk_tilted *q, double s, double sigma, double x, bool upper)
{
    if (sigma == 0) {
        double below = clean_cdf(q, x / s);
        return upper ? 1 - below : below;
    }
    double sum = 0;
    for (size_t i = 0; i < q->n; i++) {
        double z = (upper ? s * q->x[i] - x : x - s * q->x[i]) / sigma;
        if (z < -38) continue; /* 0 in double, and beyond 9 it is 1 */
        sum += z > 9 ? q->mass[i] : q->mass[i] * normal_cdf(z);
    }
    return sum;
}
