/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/convergence_lab.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "core/cli.h"
#include "registry.h"

void convergence_lines(convergence *c)
{
    size_t kind = 0;
    while (strcmp(fk_registry[kind].name, "schemes") != 0) kind++;
    const size_t schemes = fk_registry[kind].count();
    c->line = fk_alloc(2 * schemes, sizeof *c->line);
    for (size_t i = 0; i < schemes; i++) {
        const fk_scheme *scheme = fk_registry_scheme(i);
        if (scheme->adaptive) continue;
        line one = {.name = scheme->row.name};
        fk_error err;
        if (fk_registry_parse_scheme(one.name, &one.scheme, &err) != FK_OK) continue;
        const bool noisy = fk_draws_of(&one.scheme).normals > 0;
        one.panel = noisy ? NOISY : one.scheme.depth > 0 ? MULTISTEP : ONE_STEP;
        c->line[c->n++] = one;
        one.panel = STRONG;
        if (noisy && isfinite(one.scheme.strong_order)) c->line[c->n++] = one;
    }
}

static int worst_cdf(const convergence *c, line *l, fk_error *err)
{
    const fk_mixture *data = l->panel == NOISY ? c->gaussian : c->mixture;
    fk_series *s = &l->series;
    *s = (fk_series){.levels = c->levels, .functionals = 1, .name = {"worst_cdf"}};
    for (size_t i = 0; i < c->levels; i++) {
        fk_trial trial;
        fk_law_record record;
        int status =
            fk_trial_new(&l->scheme, &c->place, FK_SELF_START, c->coarsest << i, data, &trial, err);
        if (status != FK_OK) return status;
        status = fk_trial_law(&l->scheme, data, &trial, NULL, &record, err);
        s->steps[i] = trial.plan.n_steps;
        s->evaluations[i] = trial.plan.evaluations;
        s->error[0][i] = status == FK_OK ? record.worst_cdf : NAN; /* a coarse run may diverge */
        s->noise[0][i] = 2e-15;
        fk_trial_free(&trial);
    }
    return FK_OK;
}

static void run(const convergence *c, line *l)
{
    const fk_place place = {"edm", "lambda", -0.1, 0.6385};
    fk_error err;
    int status = l->panel == STRONG
                     ? fk_series_paths(&l->scheme, &place, FK_SELF_START, 4, 5, &l->series, &err)
                     : worst_cdf(c, l, &err);
    l->ran = status == FK_OK;
    if (!l->ran) return;
    l->order = fk_order_read(l->series.error[0], l->series.noise[0], l->series.levels, 0.1);
    l->slope = l->order.state == FK_ORDER_SETTLED ? l->order.p : l->order.slope[1];
}

void convergence_run(convergence *c, int threads)
{
    fk_progress *bar = fk_progress_new("convergence", c->n);
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(threads > 0 ? threads : omp_get_max_threads())
    for (size_t i = 0; i < c->n; i++) {
        run(c, &c->line[i]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
}
