/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/backward_law.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_parts.h"

/* Cells, unless the caller knows better: 384, or more where the law at the end reaches so far that
 * they would not resolve the functionals, which vary on 0.2. A sixth of that gives 1e-9. */
enum { CELLS = 384, MOST_CELLS = 8192 };
static const double FINEST = 0.2 / 6, TAIL = 1e-18;

/* What two runs cannot see where their rules are the same: they were found good to 1e-11 a step at
 * worst, most of them far better. */
static const double LEAST = 1e-12;

static size_t cells_of(const fk_backward_law *b, const fk_extent *end)
{
    if (b->cells) return b->cells;
    double needed = ceil((end->hi - end->lo) / FINEST);
    if (needed > MOST_CELLS) return MOST_CELLS;
    return needed > CELLS ? (size_t)needed : CELLS;
}

static bool pushes(const fk_step *step)
{
    for (size_t i = 0; i < step->stages; i++)
        if (step->stage[i].push) return true;
    return false;
}

bool fk_backward_law_takes(const fk_step *step, size_t n_steps)
{
    bool noisy = false;
    for (size_t n = 0; n < n_steps; n++) {
        if (step[n].normals > 2 || step[n].history > 1) return false;
        if (n > 0 && step[n].history == 1 && !pushes(&step[n - 1])) return false;
        noisy |= fk_step_draws(&step[n]);
    }
    return noisy;
}

enum { ONE = FK_N_FUNCTIONALS, USED }; /* E 1 stands behind the functionals */

static fk_spline last_values(const fk_backward_run *r)
{
    _Static_assert((int)USED <= (int)FK_SPLINE_WIDTH, "the functionals fit a row");
    fk_spline u = fk_spline_new(r->nodes, 1);
    for (size_t i = 0; i < r->nodes; i++) {
        double *value = u.value + i * FK_SPLINE_WIDTH;
        fk_functionals_at(r->b->functionals, fk_backward_place(r, r->b->n_steps, i), value);
        value[ONE] = 1;
    }
    return u;
}

/* The start's mean of u_0 (places, modes, width): even nodes are the best rule for a smooth density
 * that vanishes at both ends. */
static void start_mean(const fk_backward_run *r, const fk_states *s, const double *u, double *mean)
{
    const double dx = fk_backward_place(r, 0, 1) - fk_backward_place(r, 0, 0);
    for (size_t f = 0; f < USED; f++) mean[f] = 0;
    for (size_t i = 0; i < s->places; i++) {
        double mass = dx * fk_start_density(&r->b->start, fk_backward_place(r, 0, i));
        for (size_t j = 0; j < s->modes; j++)
            for (size_t f = 0; f < USED; f++)
                mean[f] += mass * (s->weight ? s->weight[j] : 1) *
                           u[(i * s->modes + j) * FK_SPLINE_WIDTH + f];
    }
}

/* What two runs share: rules, and which of them each step takes. */
typedef struct {
    fk_rules *rules;
    fk_choices *choice; /* (n_steps), made by the first run */
    bool coarse;        /* the second run */
} plan;

/* u <- u_n, or mean (USED) at the start. */
static bool step_back(const fk_backward_run *r, const plan *p, size_t n, fk_spline *u, double *mean)
{
    fk_spline_fit(u);
    if (!p->coarse && !fk_backward_choose(r, p->rules, n, u, &p->choice[n])) return false;
    const fk_choice *c = p->coarse ? &p->choice[n].coarse : &p->choice[n].fine;
    fk_move v = fk_move_new(r->b, n, &p->rules->along[c->along], &p->rules->across[c->across]);
    fk_states s = fk_states_new(r, &v, n, 1, c->modes);
    bool finite;
    if (n > 0) {
        fk_spline before = fk_spline_new(r->nodes, s.modes);
        finite = fk_backward_mean(r, &v, n, &s, u, before.value);
        fk_spline_free(u);
        *u = before;
    } else {
        double *out = fk_alloc(s.places * s.modes * FK_SPLINE_WIDTH, sizeof *out);
        finite = fk_backward_mean(r, &v, n, &s, u, out);
        start_mean(r, &s, out, mean);
        free(out);
    }
    fk_states_free(&s);
    fk_move_free(&v);
    return finite;
}

static int sweep(const fk_backward_run *r, const plan *p, double *mean, fk_error *err)
{
    fk_spline u = last_values(r);
    int status = FK_OK;
    for (size_t n = r->b->n_steps; n-- > 0 && status == FK_OK;)
        if (!step_back(r, p, n, &u, mean))
            status = fk_fail(err, FK_USAGE,
                             "step %zu of %zu leads from the law's range to where the score is not "
                             "finite: take more steps, or a stabler scheme",
                             n + 1, r->b->n_steps);
    fk_spline_free(&u);
    return status;
}

/* Of the second run. Splines of degree 7 are ten times less exact on cells a third wider. */
static size_t fewer(size_t cells)
{
    const size_t some = 3 * cells / 4;
    return some < FK_SPLINE_LEAST ? FK_SPLINE_LEAST : some;
}

/* mean (USED) */
static int mean_of(const fk_backward_law *b, const plan *p, double *mean, fk_error *err)
{
    fk_extent *extent = fk_alloc(b->n_steps + 1, sizeof *extent);
    int status = fk_backward_extents(b, p->coarse ? TAIL * 100 : TAIL, extent, err);
    if (status == FK_OK) {
        const size_t cells = cells_of(b, &extent[b->n_steps]);
        const fk_backward_run r = {.b = b,
                                   .nodes = (p->coarse ? fewer(cells) : cells) + 1,
                                   .extent = extent,
                                   .threads = b->threads > 0 ? b->threads : omp_get_max_threads()};
        status = sweep(&r, p, mean, err);
    }
    free(extent);
    return status;
}

int fk_backward_law_run(const fk_backward_law *b, bool check, fk_expectations *out, fk_error *err)
{
    assert(b->field->dim == 1 && fk_backward_law_takes(b->step, b->n_steps));
    assert((b->step[0].history == 0 || b->history) && b->nodes <= 40);
    if (b->history && b->history->eta != 0 && b->history->eta != 1)
        return fk_fail(
            err, FK_USAGE,
            "what came before the start is known on the flow and on paths of the reverse "
            "SDE, eta 0 and 1, and not for eta %g; take one Gaussian",
            b->history->eta);
    double mean[2][USED] = {{0}};
    plan p = {.rules = fk_rules_new(b), .choice = fk_alloc(b->n_steps, sizeof *p.choice)};
    int status = mean_of(b, &p, mean[0], err);
    p.coarse = true;
    if (status == FK_OK && check) status = mean_of(b, &p, mean[1], err);
    fk_rules_free(p.rules), free(p.choice);
    if (status != FK_OK) return status;
    out->mass = mean[0][ONE];
    double apart = 0;
    for (size_t f = 0; f < FK_N_FUNCTIONALS; f++) {
        out->value[f] = mean[0][f];
        fk_worst(&apart, fabs(mean[1][f] - mean[0][f]));
    }
    out->accuracy = !check ? NAN : 2 * apart < LEAST ? LEAST : 2 * apart;
    return FK_OK;
}
