/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/score_error.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { MOST_POINTS = 1 << 17, DRAWS = 16384, SEED = 2385 };

static const double PART = 0.25;

static fk_cloud cloud_for(const fk_marginal *p, const fk_score_rule *rule, bool *drawn)
{
    const double part = rule->part > 0 ? rule->part : PART;
    const size_t dim = p->mixture->dim;
    const double least = 150 / (part * part) * (double)p->mixture->k; /* 49 pi a component */
    *drawn = dim > 2 || (dim == 2 && (least > MOST_POINTS || fk_cloud_size(p, part) > MOST_POINTS));
    return *drawn ? fk_cloud_draws(p, rule->draws ? rule->draws : DRAWS, SEED)
                  : fk_cloud_nodes(p, part);
}

fk_score_error fk_score_error_at(const fk_mixture *m, const fk_field *field, double s, double sigma,
                                 const fk_score_rule *rule)
{
    fk_marginal *p = fk_marginal_new(m, s, sigma);
    const fk_field truth = fk_mixture_field(m);
    bool drawn;
    fk_cloud c = cloud_for(p, rule, &drawn);
    double *exact = fk_cloud_score(&c, p, &truth);
    double *learnt = field ? fk_cloud_score(&c, p, field) : NULL;
    double gap = 0, size = 0, mass = 0;
    for (size_t k = 0; k < c.x.n; k++) mass += c.weight[k];
    for (size_t i = 0; i < m->dim; i++)
        for (size_t k = 0; k < c.x.n; k++) {
            const double right = exact[i * c.x.ld + k];
            const double off = learnt ? learnt[i * c.x.ld + k] - right : NAN;
            gap += c.weight[k] * off * off;
            size += c.weight[k] * right * right;
        }
    free(exact), free(learnt);
    fk_cloud_free(&c);
    fk_marginal_free(p);
    if (!(fabs(mass - 1) < 1e-3)) gap = size = NAN;
    const double noise = sigma * sigma;
    return (fk_score_error){gap, size, (double)m->dim - noise * size, noise * gap, drawn};
}

void fk_score_error_along(const fk_mixture *m, const fk_schedule *schedule, const fk_field *field,
                          const fk_score_rule *rule, size_t n, const double *t, int threads,
                          fk_score_error *out)
{
#pragma omp parallel for schedule(dynamic, 1)                                                      \
    num_threads(threads > 0 ? threads : omp_get_max_threads())
    for (size_t i = 0; i < n; i++) {
        const fk_coeffs at = fk_schedule_at(schedule, t[i]);
        out[i] = fk_score_error_at(m, field, at.s, at.sigma, rule);
    }
}

/* The t where lambda has gone the part u of its way from t_min to t_max. */
static double even_in_lambda(const fk_schedule *s, double u)
{
    const double top = fk_schedule_at(s, s->t_min).lambda, low = fk_schedule_at(s, s->t_max).lambda;
    return fmin(fmax(s->time_of(s, top + u * (low - top)), s->t_min), s->t_max);
}

void fk_times_mean(const fk_schedule *s, bool in_lambda, size_t n, double *t, double *weight)
{
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(n);
    for (size_t i = 0; i < n; i++) {
        double u;
        gsl_integration_glfixed_point(0, 1, i, &u, &weight[i], rule);
        t[i] = in_lambda ? even_in_lambda(s, u) : s->t_min + u * (s->t_max - s->t_min);
    }
    gsl_integration_glfixed_table_free(rule);
}

fk_excess fk_excess_over(const fk_mixture *m, const fk_schedule *schedule, const fk_field *field,
                         const fk_score_rule *rule, size_t n, int threads)
{
    double *t = fk_alloc(3 * n, sizeof *t), *weight = t + 2 * n;
    fk_score_error *found = fk_alloc(2 * n, sizeof *found);
    fk_times_mean(schedule, false, n, t, weight);
    for (size_t i = 0; i < n; i++)
        t[n + i] = even_in_lambda(schedule, (double)i / (double)(n > 1 ? n - 1 : 1));
    fk_score_error_along(m, schedule, field, rule, 2 * n, t, threads, found);
    fk_excess sum = {.t_of_max = t[0]};
    for (size_t i = 0; i < 2 * n; i++) {
        if (i < n) sum.mean += weight[i] * found[i].excess;
        if (!(found[i].excess <= sum.max) && !isnan(sum.max))
            sum.max = found[i].excess, sum.t_of_max = t[i];
        sum.drawn = sum.drawn || found[i].drawn;
    }
    free(t), free(found);
    return sum;
}
