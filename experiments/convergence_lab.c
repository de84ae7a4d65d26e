/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/convergence_lab.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "analytic/backward_law.h"
#include "analytic/grid_law.h"
#include "core/cli.h"
#include "registry.h"

enum { MORE_LEVELS = 3 };
/* What of an error may be rounding, where the law does not tell (claims/series_mixture.c). */
static const double ROUNDING = 2e-15;
/* How near to each other the errors of the same scheme under two names come. */
static const double TWINS = 1e-9;

/* What the tables of a scheme tell: whether it draws noise, and which law takes it. */
typedef struct {
    bool noisy, backward, none;
} kind;

static kind kind_of(const convergence *c, const fk_scheme *scheme)
{
    fk_trial trial;
    fk_error err;
    kind k = {true, false, true};
    if (fk_trial_new(scheme, &c->place, FK_EXACT_START, c->coarsest, c->mixture, &trial, &err) !=
        FK_OK)
        return k;
    const fk_step *step = trial.plan.step;
    const size_t n = trial.plan.n_steps;
    k.noisy = trial.plan.normals > 0;
    k.backward = k.noisy && !fk_grid_law_takes(step, n) && fk_backward_law_takes(step, n);
    k.none = k.noisy && !fk_grid_law_takes(step, n) && !fk_backward_law_takes(step, n);
    fk_trial_free(&trial);
    return k;
}

void convergence_lines(convergence *c)
{
    size_t listing = 0;
    while (strcmp(fk_registry[listing].name, "schemes") != 0) listing++;
    const size_t schemes = fk_registry[listing].count();
    c->line = fk_alloc(2 * schemes, sizeof *c->line);
    for (size_t i = 0; i < schemes; i++) {
        line one = {.name = fk_registry_scheme(i)->row.name};
        fk_error err;
        if (fk_registry_scheme(i)->adaptive) continue;
        if (fk_registry_parse_scheme(one.name, &one.scheme, &err) != FK_OK) continue;
        const kind k = kind_of(c, &one.scheme);
        one.family = fk_family_of(&one.scheme);
        one.gaussian = k.none && c->mixture->k > 1;
        one.claim = fk_smooth_order(&one.scheme); /* as the grid is */
        c->line[c->n++] = one;
        if (!k.noisy || !isfinite(one.scheme.strong_order)) continue;
        one.family = FK_STRONG;
        one.gaussian = false;
        one.claim = one.scheme.strong_order;
        c->line[c->n++] = one;
    }
}

bool convergence_is_clear(const fk_series *s, size_t level)
{
    return s->error[0][level] > 5 * s->noise[0][level];
}

static int run_level(const convergence *c, const fk_mixture *data, line *l, size_t i, fk_error *err)
{
    fk_series *s = &l->series;
    fk_trial trial;
    fk_law_record record = fk_law_record_empty();
    int status =
        fk_trial_new(&l->scheme, &c->place, FK_EXACT_START, c->coarsest << i, data, &trial, err);
    if (status != FK_OK) return status;
    trial.check = true;
    status = fk_trial_law(&l->scheme, data, &trial, NULL, &record, err);
    s->steps[i] = trial.plan.n_steps;
    s->evaluations[i] = trial.plan.evaluations;
    s->error[0][i] = record.worst_cdf; /* NaN where a coarse run diverged */
    if (data->k == 1)                  /* as claims/series_gaussian.c has it */
        s->noise[0][i] = DBL_EPSILON * (8 + sqrt((double)s->steps[i]));
    else
        s->noise[0][i] = isnan(record.w1) ? record.accuracy : ROUNDING;
    s->levels = i + 1;
    fk_trial_free(&trial);
    return FK_OK;
}

static void read_order(line *l)
{
    const fk_series *s = &l->series;
    l->order = fk_order_read(s->error[0], s->noise[0], s->levels, 0.1);
    l->slope = l->order.state == FK_ORDER_SETTLED ? l->order.p : l->order.slope[1];
}

int convergence_weak(const convergence *c, const fk_mixture *data, line *l, fk_error *err)
{
    /* churn is at its limit gamma up to a hundred steps: it takes as many as the cheap ones */
    const bool dear = data->k > 1 && kind_of(c, &l->scheme).backward &&
                      !(fk_draws_of(&l->scheme).fresh && l->claim > 0);
    const size_t planned = dear ? c->levels_backward : c->levels;
    l->series = (fk_series){.functionals = 1, .name = {"worst_cdf"}};
    for (size_t i = 0; i < planned + MORE_LEVELS; i++) {
        int status = run_level(c, data, l, i, err);
        if (status != FK_OK) return status;
        read_order(l);
        if (i + 1 >= planned &&
            (l->order.state != FK_ORDER_UNSETTLED || !convergence_is_clear(&l->series, i)))
            break;
    }
    return FK_OK;
}

static int strong(const convergence *c, line *l, fk_error *err)
{
    const fk_place place = {"edm", "lambda", -0.1, 0.6385};
    const size_t levels = c->levels > 6 ? 5 : 4;
    int status = fk_series_paths(&l->scheme, &place, FK_SELF_START, 8, levels, &l->series, err);
    if (status == FK_OK) read_order(l);
    return status;
}

static void run(const convergence *c, line *l)
{
    fk_error err = {0};
    const fk_mixture *data = l->gaussian ? c->gaussian : c->mixture;
    int status = l->family == FK_STRONG ? strong(c, l, &err) : convergence_weak(c, data, l, &err);
    l->ran = status == FK_OK;
    snprintf(l->why, sizeof l->why, "%.190s", err.text);
}

static bool are_twins(const line *a, const line *b)
{
    if (!a->ran || !b->ran || a->family != b->family || a->gaussian != b->gaussian ||
        a->series.levels != b->series.levels)
        return false;
    for (size_t i = 0; i < a->series.levels; i++) {
        const double x = a->series.error[0][i], y = b->series.error[0][i];
        if (a->series.evaluations[i] != b->series.evaluations[i] || !(fabs(x - y) <= TWINS * x))
            return false;
    }
    return true;
}

void convergence_run(convergence *c, int threads)
{
    fk_progress *bar = fk_progress_new("convergence", c->n);
    /* the dear ones, with noise, stand last in the registry: they go first */
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(threads > 0 ? threads : omp_get_max_threads())
    for (size_t i = 0; i < c->n; i++) {
        run(c, &c->line[c->n - 1 - i]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    for (size_t i = 0; i < c->n; i++) {
        c->line[i].twin = i;
        for (size_t k = 0; k < i && c->line[i].twin == i; k++)
            if (are_twins(&c->line[k], &c->line[i])) c->line[i].twin = k;
    }
}
