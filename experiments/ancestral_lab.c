/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/ancestral_lab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analytic/law.h"
#include "analytic/node_facts.h"
#include "core/cli.h"
#include "registry.h"

const char *const variance_scheme[VARIANCES] = {"ancestral-small", "ancestral-large",
                                                "ancestral-optimal"};

/* Of a plan on an axis, whose facts are set. */
static int law_on(const ancestral *a, fk_axis *axis, const fk_scheme *scheme, double noise,
                  fk_law_record *law, fk_error *err)
{
    fk_plan plan;
    int status = fk_plan_new(axis, scheme, &plan, err);
    if (status) return status;
    for (size_t n = 0; n < plan.n_steps; n++)
        for (size_t l = 0; l < plan.step[n].normals; l++) plan.step[n].result.c[l] *= noise;
    const fk_coeffs *first = &axis->node[0], *last = &axis->node[axis->n_steps];
    fk_marginal *from = fk_marginal_new(a->mixture, first->s, first->sigma);
    fk_marginal *end = fk_marginal_new(a->mixture, last->s, last->sigma);
    const fk_field field = fk_mixture_field(a->mixture);
    const fk_law_problem problem = {.step = plan.step,
                                    .n_steps = plan.n_steps,
                                    .field = &field,
                                    .own_score = true,
                                    .start = {.marginal = from},
                                    .end = end,
                                    .threads = a->threads};
    status = fk_law_of(&problem, law, err);
    fk_marginal_free(end), fk_marginal_free(from);
    fk_plan_free(&plan);
    return status;
}

int ancestral_law(const ancestral *a, const char *spec, const char *name, size_t steps,
                  double noise, fk_law_record *law, fk_error *err)
{
    fk_chain chain;
    fk_scheme scheme;
    fk_axis axis;
    *law = fk_law_record_empty();
    int status = fk_registry_parse_scheme(name, &scheme, err);
    if (!status) status = fk_chain_parse(spec, &chain, err);
    if (status) return status;
    status = fk_axis_on_chain(&chain, "trailing", steps, &axis, err);
    if (!status) {
        fk_node_facts *facts = fk_alloc(steps + 1, sizeof *facts);
        if (scheme.needs & FK_FACTS) fk_node_facts_of(a->mixture, axis.node, steps + 1, facts);
        axis.facts = facts;
        status = law_on(a, &axis, &scheme, noise, law, err);
        free(facts);
        fk_axis_free(&axis);
    }
    fk_chain_free(&chain);
    return status;
}

static int grow(ancestral *a, size_t T, growth *g, fk_progress *bar, fk_error *err)
{
    char spec[48];
    fk_chain chain;
    snprintf(spec, sizeof spec, "vp-linear:T=%zu", T);
    g->T = T;
    int status = fk_chain_parse(spec, &chain, err);
    if (status) return status;
    for (int v = 0; v < VARIANCES && !status; v++) {
        fk_elbo elbo;
        status = fk_elbo_new(a->mixture, &chain, (fk_reverse_variance)v, &elbo, err);
        if (!status) {
            g->excess[v] = elbo.total - elbo.entropy;
            fk_elbo_free(&elbo);
            status = ancestral_law(a, spec, variance_scheme[v], T, 1, &g->law[v], err);
        }
        fk_progress_add(bar, T);
    }
    fk_chain_free(&chain);
    return status;
}

int ancestral_run(ancestral *a, bool quick, fk_error *err)
{
    static const size_t steps[] = {5, 10, 20, 50};
    a->n_grown = quick ? 5 : 7;
    a->n_steps = quick ? 3 : 4;
    a->n_eta = quick ? 6 : 11;
    a->family = fk_alloc(a->n_steps * a->n_eta, sizeof *a->family);
    size_t total = 0;
    for (size_t i = 0; i < a->n_grown; i++) total += VARIANCES * ((size_t)8 << i);
    for (size_t i = 0; i < a->n_steps; i++) total += a->n_eta * steps[i];
    fk_progress *bar = fk_progress_new("laws", total);
    int status = FK_OK;
    for (size_t i = 0; i < a->n_grown && !status; i++)
        status = grow(a, (size_t)8 << i, &a->grown[i], bar, err);
    for (size_t i = 0; i < a->n_steps * a->n_eta && !status; i++) {
        member *m = &a->family[i];
        char scheme[48];
        *m = (member){.steps = steps[i / a->n_eta],
                      .eta = (double)(i % a->n_eta) / (double)(a->n_eta - 1)};
        snprintf(scheme, sizeof scheme, "ddim:eta=%.17g", m->eta);
        status = ancestral_law(a, "ddpm-linear", scheme, m->steps, 1, &m->law, err);
        fk_progress_add(bar, m->steps);
    }
    fk_progress_free(bar);
    return status;
}

void ancestral_free(ancestral *a)
{
    free(a->family);
    fk_mixture_free(a->mixture);
}
