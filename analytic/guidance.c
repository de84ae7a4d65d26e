/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/guidance.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The mixture of some components. */
static int select_components(const fk_mixture *m, const size_t *components, size_t n, double *share,
                             fk_mixture **given, fk_error *err)
{
    size_t dim = m->dim;
    double *weight = fk_alloc(n, sizeof *weight), *mean = fk_alloc(n * dim, sizeof *mean);
    double *cov = fk_alloc(n * dim * dim, sizeof *cov), total = 0;
    for (size_t i = 0; i < n; i++) total += m->weight[components[i]];
    for (size_t i = 0; i < n; i++) {
        weight[i] = m->weight[components[i]] / total;
        memcpy(mean + i * dim, m->mean + components[i] * dim, dim * sizeof *mean);
        if (m->kind == FK_FULL)
            fk_mixture_covariance(m, components[i], cov + i * dim * dim);
        else
            memcpy(cov + i * dim, m->var + components[i] * dim, dim * sizeof *cov);
    }
    int status = m->kind == FK_FULL
                     ? fk_mixture_new(m->name, dim, n, weight, mean, cov, given, err)
                     : fk_mixture_new_diagonal(m->name, dim, n, weight, mean, cov, given, err);
    free(weight);
    free(mean);
    free(cov);
    *share = total;
    return status;
}

int fk_guidance_new(const fk_mixture *m, const size_t *components, size_t n, double gamma,
                    fk_guidance *guidance, fk_error *err)
{
    if (n == 0) return fk_fail(err, FK_USAGE, "guidance: a label needs one component at least");
    if (!isfinite(gamma)) return fk_fail(err, FK_USAGE, "guidance: scale %g is not finite", gamma);
    for (size_t i = 0; i < n; i++) {
        if (components[i] >= m->k)
            return fk_fail(err, FK_USAGE, "guidance: no component %zu in '%s', which has %zu",
                           components[i] + 1, m->name, m->k);
        for (size_t j = 0; j < i; j++)
            if (components[j] == components[i])
                return fk_fail(err, FK_USAGE, "guidance: component %zu stands twice in the label",
                               components[i] + 1);
    }
    *guidance = (fk_guidance){.data = m, .gamma = gamma};
    int status = select_components(m, components, n, &guidance->share, &guidance->given, err);
    if (status) return status;
    guidance->field_data = fk_mixture_field(m);
    guidance->field_given = fk_mixture_field(guidance->given);
    return FK_OK;
}

void fk_guidance_free(fk_guidance *guidance)
{
    fk_mixture_free(guidance->given);
    guidance->given = NULL;
}

/* A frozen field: both mixtures' own, the second aligned. */
static size_t aligned(size_t size)
{
    return (size + FK_ALIGN - 1) / FK_ALIGN * FK_ALIGN;
}

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_guidance *g = self;
    char *at = frozen;
    g->field_data.freeze(g->field_data.self, s, sigma, at);
    g->field_given.freeze(g->field_given.self, s, sigma, at + aligned(g->field_data.frozen_size));
}

/* Scratch for the second score, on the stack: as many particles at once as fit. */
enum { SCRATCH = 256 * FK_LANES };

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const fk_guidance *g = self;
    const char *of_data = frozen, *of_given = of_data + aligned(g->field_data.frozen_size);
    _Alignas(FK_ALIGN) double stack[SCRATCH];
    size_t lanes = SCRATCH / x.dim / FK_LANES * FK_LANES;
    if (lanes == 0) lanes = FK_LANES;
    double *scratch = lanes * x.dim <= SCRATCH ? stack : fk_alloc(lanes * x.dim, sizeof *scratch);
    for (size_t first = 0; first < x.n; first += lanes) {
        size_t n = x.n - first < lanes ? x.n - first : lanes;
        fk_block in = {x.x + first, n, x.dim, x.ld}, out = {score.x + first, n, x.dim, score.ld};
        fk_block given = {scratch, n, x.dim, lanes};
        g->field_data.eval(g->field_data.self, of_data, in, out);
        g->field_given.eval(g->field_given.self, of_given, in, given);
        for (size_t i = 0; i < x.dim; i++) {
            double *to = out.x + i * out.ld;
            const double *other = given.x + i * given.ld;
            for (size_t p = 0; p < n; p++) to[p] = fma(g->gamma, other[p] - to[p], to[p]);
        }
    }
    if (scratch != stack) free(scratch);
}

fk_field fk_guidance_field(const fk_guidance *g)
{
    return (fk_field){.self = g,
                      .dim = g->data->dim,
                      .frozen_size =
                          aligned(g->field_data.frozen_size) + g->field_given.frozen_size,
                      .freeze = freeze,
                      .eval = eval};
}

double fk_guidance_log_label(const fk_guidance *g, const fk_marginal *of_data,
                             const fk_marginal *of_given, const double *x, double *gradient)
{
    assert(of_data->mixture == g->data && of_given->mixture == g->given);
    size_t dim = g->data->dim;
    double *score = gradient ? fk_alloc(dim, sizeof *score) : NULL;
    double log_p = fk_marginal_at(of_data, x, &(fk_point){.score = score});
    double log_given = fk_marginal_at(of_given, x, &(fk_point){.score = gradient});
    for (size_t i = 0; gradient && i < dim; i++) gradient[i] -= score[i];
    free(score);
    return log(g->share) + log_given - log_p;
}
