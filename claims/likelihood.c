/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/likelihood.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "ode/schemes.h"

/* log N(x; 0, std^2 I). */
static double log_normal(const double *x, size_t dim, double std)
{
    double square = 0;
    for (size_t i = 0; i < dim; i++) square += x[i] / std * (x[i] / std);
    return -square / 2 - (double)dim * (log(std) + log(2 * FK_PI) / 2);
}

/* Paths from t_end to t_start: x (2, n, dim), its first row given. */
static int integrate(const fk_likelihood_model *model, const fk_scheme *scheme,
                     const fk_field *given, size_t n, double *x, fk_adaptive_options *options,
                     fk_error *err)
{
    const double t[2] = {model->t_end, model->t_start};
    const fk_field exact = fk_mixture_field(model->mixture);
    return fk_adaptive_solve(scheme, model->schedule, given ? given : &exact, t, 2, n, x, options,
                             err);
}

/* The exact ends of the paths: x (2, n, dim), its first row given. */
static int ends_of(const fk_likelihood_model *model, size_t n, double *x, int threads,
                   fk_error *err)
{
    if (!fk_flow_is_exact(model->mixture)) {
        fk_adaptive_options options = {.rtol = 1e-13, .atol = 1e-13, .threads = threads};
        return integrate(model, &fk_rk8pd, NULL, n, x, &options, err);
    }
    const fk_coeffs from = fk_schedule_at(model->schedule, model->t_end),
                    to = fk_schedule_at(model->schedule, model->t_start);
    fk_flow(model->mixture, &from, &to, n, x, x + n * model->mixture->dim, NULL);
    return FK_OK;
}

static void split(const fk_likelihood_model *model, size_t n, const double *x, const double *exact,
                  const double *change, fk_likelihood *out)
{
    const size_t dim = model->mixture->dim;
    const fk_coeffs near = fk_schedule_at(model->schedule, model->t_end),
                    far = fk_schedule_at(model->schedule, model->t_start);
    fk_marginal *data = fk_marginal_new(model->mixture, 1, 0),
                *end = fk_marginal_new(model->mixture, near.s, near.sigma),
                *start = fk_marginal_new(model->mixture, far.s, far.sigma);
    for (size_t p = 0; p < n; p++) {
        const double *from = x + p * dim, *to = x + (n + p) * dim, *true_to = exact + (n + p) * dim;
        const double std = model->prior_std, log_end = fk_marginal_at(end, from, NULL),
                     log_start = fk_marginal_at(start, true_to, NULL);
        fk_likelihood *l = &out[p];
        l->computed =
            (std > 0 ? log_normal(to, dim, std) : fk_marginal_at(start, to, NULL)) - change[n + p];
        l->exact = fk_marginal_at(data, from, NULL);
        l->truncation = log_end - l->exact;
        l->prior = std > 0 ? log_normal(true_to, dim, std) - log_start : 0;
        l->integration = l->computed - (log_end + l->prior);
    }
    fk_marginal_free(start);
    fk_marginal_free(end);
    fk_marginal_free(data);
}

int fk_likelihood_of(const fk_likelihood_model *model, size_t n, const double *x,
                     fk_likelihood *out, fk_adaptive_options *options, fk_error *err)
{
    const size_t size = n * model->mixture->dim;
    double *path = fk_alloc(2 * size, sizeof *path), *exact = fk_alloc(2 * size, sizeof *exact);
    double *change = fk_alloc(2 * n, sizeof *change);
    memcpy(path, x, size * sizeof *x);
    memcpy(exact, x, size * sizeof *x);
    fk_adaptive_options with = *options;
    with.log_change = change;
    int status = integrate(model, model->scheme, model->field, n, path, &with, err);
    options->evaluations = with.evaluations, options->rejected = with.rejected;
    if (status == FK_OK) status = ends_of(model, n, exact, options->threads, err);
    if (status == FK_OK) split(model, n, path, exact, change, out);
    free(change);
    free(exact);
    free(path);
    return status;
}

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_misjudged *m = self;
    m->of->freeze(m->of->self, s, sigma, frozen);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const fk_misjudged *m = self;
    m->of->eval(m->of->self, frozen, x, score);
}

static double divergence(const void *self, double s, double sigma, const double *x)
{
    const fk_misjudged *m = self;
    return m->factor * m->of->divergence(m->of->self, s, sigma, x);
}

fk_field fk_misjudged_field(const fk_misjudged *m)
{
    return (fk_field){.self = m,
                      .dim = m->of->dim,
                      .frozen_size = m->of->frozen_size,
                      .freeze = freeze,
                      .eval = eval,
                      .divergence = divergence};
}
