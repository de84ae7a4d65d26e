/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/marginals_lab.h"

#include <math.h>
#include <stdlib.h>

#include "core/stats.h"

/* Where the six times lie on an axis that is uniform in log(s/sigma), in parts of its length. The
 * first is early: noise that is not independent of the start shows where the path still remembers
 * its start, and only there. (On Gaussian data, with the forward noise reused, the variance is off
 * by the factor 1 - 2 u exp(-u), u the change of log(sigma^2/s^2): worst at u = 1, a twentieth of
 * the axis.) Then most lie where signal and noise are of one size. */
static const double part[TIMES] = {0.05, 0.35, 0.5, 0.62, 0.75, 1.0};

/* Directions of projection in 2-D, in degrees: off the axes, so that they mix the coordinates. */
const double marginals_degrees[MAX_DIRECTIONS] = {17.0, 77.0, 137.0};

/* The samples at time j along direction d, sorted; to be freed. */
static double *project(const lab *l, const fk_snapshots *seen, size_t j, size_t d)
{
    double *x = fk_alloc(seen->n, sizeof *x);
    for (size_t p = 0; p < seen->n; p++)
        for (size_t i = 0; i < seen->dim; i++)
            x[p] += l->direction[d][i] * seen->x[(j * seen->n + p) * seen->dim + i];
    fk_sort(x, seen->n);
    return x;
}

void marginals_distances(const lab *l, const stage *on, const fk_snapshots *seen, size_t j,
                         size_t d, double *ks, double *w1)
{
    const fk_tabulated *law = on->law[j][d];
    double *x = project(l, seen, j, d);
    *ks = fk_ks(x, seen->n, fk_tabulated_cdf, law);
    if (w1)
        *w1 = fk_w1(x, seen->n, fk_tabulated_cdf, law, fmin(x[0], law->lo),
                    fmax(x[seen->n - 1], law->hi)) /
              law->sd;
    free(x);
}

/* E|F_n - F| <= sqrt(F (1 - F)/n). By the midpoint rule; 1 % is enough. */
double marginals_w1_constant(const lab *l)
{
    enum { POINTS = 2000 };
    double most = 0.0;
    for (size_t j = 0; j < TIMES; j++)
        for (size_t d = 0; d < l->directions; d++) {
            const fk_tabulated *law = l->on.law[j][d];
            double lo = law->lo, hi = law->hi, sum = 0.0;
            for (size_t i = 0; i < POINTS; i++) {
                double F = fk_tabulated_cdf(law, lo + (hi - lo) * ((double)i + 0.5) / POINTS);
                sum += sqrt(F * (1.0 - F));
            }
            most = fmax(most, sum * (hi - lo) / POINTS / law->sd);
        }
    return most;
}

int marginals_project(const fk_mixture *m, const double *a, fk_mixture **line, fk_error *err)
{
    double *mean = fk_alloc(m->k, sizeof *mean), *var = fk_alloc(m->k, sizeof *var), cov[4];
    for (size_t k = 0; k < m->k; k++) {
        fk_mixture_covariance(m, k, cov);
        for (size_t i = 0; i < m->dim; i++) {
            mean[k] += a[i] * m->mean[k * m->dim + i];
            for (size_t j = 0; j < m->dim; j++) var[k] += a[i] * cov[i * m->dim + j] * a[j];
        }
    }
    int status = fk_mixture_new_diagonal("projection", 1, m->k, m->weight, mean, var, line, err);
    free(mean);
    free(var);
    return status;
}

static int stage_new(const lab *l, const char *spec, size_t steps, stage *on, fk_error *err)
{
    int status = fk_schedule_parse(spec, &on->schedule, err);
    if (!status)
        status = fk_axis_on_schedule(&on->schedule, "lambda", steps, on->schedule.t_max,
                                     on->schedule.t_min, &on->axis, err);
    if (status) return status;
    for (size_t j = 0; j < TIMES; j++) {
        on->node[j] = (size_t)lround(part[j] * (double)steps);
        const fk_coeffs *c = &on->axis.node[on->node[j]];
        for (size_t d = 0; d < l->directions; d++)
            on->law[j][d] = fk_tabulated_new(l->projected[d], c->s, c->sigma);
    }
    return FK_OK;
}

int marginals_lab_new(lab *l, const char *schedule, size_t steps, fk_error *err)
{
    l->directions = l->mixture->dim == 1 ? 1 : MAX_DIRECTIONS;
    int status = FK_OK;
    for (size_t d = 0; d < l->directions && !status; d++) {
        double angle = l->mixture->dim == 1 ? 0.0 : marginals_degrees[d] * FK_PI / 180.0;
        l->direction[d][0] = cos(angle), l->direction[d][1] = sin(angle);
        status = marginals_project(l->mixture, l->direction[d], &l->projected[d], err);
    }
    if (!status) status = stage_new(l, schedule, steps, &l->on, err);
    if (!status) status = stage_new(l, "ve", steps, &l->ve, err);
    return status;
}

int marginals_run_all(lab *l, fk_error *err)
{
    int status = FK_OK;
    for (size_t i = 0; i < RUNS && !status; i++)
        status = marginals_simulate(l, (which)i, marginals_samples(l, (which)i), &l->run[i], err);
    return status;
}

void marginals_lab_free(lab *l)
{
    for (size_t i = 0; i < RUNS; i++) fk_snapshots_free(l->run[i]);
    for (size_t d = 0; d < l->directions; d++) {
        for (size_t j = 0; j < TIMES; j++)
            fk_tabulated_free(l->on.law[j][d]), fk_tabulated_free(l->ve.law[j][d]);
        fk_mixture_free(l->projected[d]);
    }
    fk_axis_free(&l->on.axis);
    fk_axis_free(&l->ve.axis);
}

double marginals_time(const lab *l, size_t j)
{
    return l->on.axis.t[l->on.node[j]];
}
