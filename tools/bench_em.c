/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_em.h"

#include <stdlib.h>

#include "analytic/marginal.h"
#include "core/source.h"
#include "registry.h"

/* Means in a cube, unequal weights, standard deviations about 0.3. */
static int em_mixture(const em_case *what, fk_mixture **mixture, fk_error *err)
{
    const fk_key key = {2385, FK_STREAM_USER};
    size_t dim = what->dim, k = what->k;
    uint64_t count = 0;
    double *weight = fk_alloc(k, sizeof *weight), *mean = fk_alloc(k * dim, sizeof *mean);
    double *cov = fk_alloc(k * dim * dim, sizeof *cov), sum = 0;
    for (size_t c = 0; c < k; c++) sum += weight[c] = 1 + fk_random_uniform(key, count++, 0, 0);
    for (size_t c = 0; c < k; c++) {
        double b[BENCH_MAX_DIM];
        weight[c] /= sum;
        for (size_t i = 0; i < dim; i++) {
            mean[c * dim + i] = 6 * fk_random_uniform(key, count++, 0, 0) - 3;
            b[i] = 0.2 * (2 * fk_random_uniform(key, count++, 0, 0) - 1);
        }
        for (size_t i = 0; i < dim * dim; i++)
            cov[c * dim * dim + i] =
                (i % (dim + 1) == 0 ? 0.09 : 0) + (what->full ? b[i / dim] * b[i % dim] : 0);
    }
    int status = fk_mixture_new(what->name, dim, k, weight, mean, cov, mixture, err);
    free(weight), free(mean), free(cov);
    return status;
}

static int em_plan(em_subject *s, fk_error *err)
{
    fk_axis axis;
    fk_scheme scheme;
    int status = fk_schedule_parse("vp-linear", &s->schedule, err);
    if (status == FK_OK) status = fk_registry_parse_scheme("euler-maruyama", &scheme, err);
    if (status == FK_OK)
        status = fk_axis_on_schedule(&s->schedule, "uniform", 100, s->schedule.t_max,
                                     s->schedule.t_min, &axis, err);
    if (status) return status;
    status = fk_plan_new(&axis, &scheme, &s->plan, err);
    fk_axis_free(&axis);
    return status;
}

int bench_em_open(const em_case *what, em_subject *s, fk_error *err)
{
    *s = (em_subject){.what = *what};
    int status = em_mixture(what, &s->mixture, err);
    if (status) return status;
    status = em_plan(s, err);
    if (status == FK_OK)
        s->scalar = bench_scalar_new(s->mixture, &s->plan);
    else
        fk_mixture_free(s->mixture);
    return status;
}

void bench_em_close(em_subject *s)
{
    bench_scalar_free(&s->scalar);
    fk_plan_free(&s->plan);
    fk_mixture_free(s->mixture);
}

double bench_em_run(const em_subject *s, size_t n, const fk_observer *observer, fk_error *err)
{
    const fk_key key = {1, FK_STREAM_STEPS};
    const fk_gaussian_start start = {.seed = 1, .mean = 0, .std = 1};
    const fk_field field = fk_mixture_field(s->mixture);
    const size_t at_end = s->plan.n_steps;
    fk_run run = {.step = s->plan.step,
                  .n_steps = s->plan.n_steps,
                  .field = &field,
                  .start = fk_source_gaussian(&start),
                  .noise = fk_noise_independent(&key),
                  .n = n,
                  .observe_at = &at_end,
                  .n_observe = 1,
                  .observer = observer,
                  .n_observers = observer ? 1 : 0,
                  .threads = 1};
    double begin = fk_seconds();
    int status = fk_integrate(&run, err);
    return status ? -1 : fk_seconds() - begin;
}

double bench_em_run_scalar(const em_subject *s, size_t n, double *x)
{
    double begin = fk_seconds();
    bench_scalar_run(&s->scalar, 1, n, x);
    return fk_seconds() - begin;
}

/* Exponentials, multiply-adds and normals share the same ports, so that their times add up; and one
 * division with its loads and stores. Isotropic: per component 2 d + 5 operations (difference and
 * square; a share in the sum; the largest, the exponent, the total), 6 d for the step; full: d^2 +
 * 3 d + 3, and 5 d. */
double bench_em_limit(const em_case *what, const fk_rates *r)
{
    double d = (double)what->dim, k = (double)what->k;
    double ops = what->full ? k * (d * d + 3 * d + 3) + 5 * d : k * (2 * d + 5) + 6 * d;
    return 1 / (k / r->exp + ops / r->fma + d / r->normals + 1 / r->steps);
}
