/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many nodes a step needs. Most steps do with the coarsest rules; where the score turns quickly
 * between modes, and noise enters before it is evaluated, many more are wanted. */
#include <math.h>
#include <stdlib.h>

#include "analytic/backward_parts.h"

/* ALONG, ACROSS, MODES: the first to try. TRIALS: cells of the grid of states for it. */
enum { ALONG = 32, ACROSS = 4, TRIALS = 64, MODE_TRIALS = 32, MODES = 8, MOST_MODES = 32 };
/* Of one step, for 1e-9 in hundreds of steps: most need many fewer nodes. The last modes oscillate
 * in H, and what they would add is smaller by far on the average than they are. */
static const double TOLERANCE = 1e-11, MODES_OVER = 10, COARSE = 10;

static double tolerance(const fk_backward_run *r)
{
    return r->b->tolerance > 0 ? r->b->tolerance : TOLERANCE;
}

fk_rules *fk_rules_new(const fk_backward_law *b)
{
    fk_rules *r = fk_alloc(1, sizeof *r);
    r->n_along = b->along ? 1 : FK_ALONG_RULES;
    r->n_across = b->across ? 1 : FK_ACROSS_RULES;
    for (size_t k = 0; k < r->n_along; k++)
        r->along[k] = fk_normal_trapezium(b->along ? b->along : (size_t)ALONG << k);
    for (size_t k = 0; k < r->n_across; k++) {
        size_t n = ((k % 2 ? 3 : 2) * (size_t)ACROSS / 2) << (k / 2); /* 4, 6, 8, 12, .. */
        r->across[k] = fk_normal_hermite(b->across ? b->across : n);
    }
    r->modes = b->nodes;
    return r;
}

void fk_rules_free(fk_rules *r)
{
    for (size_t k = 0; k < r->n_along; k++) fk_normal_rule_free(&r->along[k]);
    for (size_t k = 0; k < r->n_across; k++) fk_normal_rule_free(&r->across[k]);
    free(r);
}

/* u_n at a few states. */
typedef struct {
    size_t places, modes;
    double *u; /* (places, modes, width) */
} trial;

static size_t stride_of(const fk_backward_run *r, size_t trials)
{
    return r->nodes > 2 * trials ? (r->nodes - 1) / trials : 1;
}

static bool trial_new(const fk_backward_run *r, const fk_rules *rules, size_t n,
                      const fk_spline *next, const fk_choice *c, size_t trials, trial *t)
{
    fk_move v = fk_move_new(r->b, n, &rules->along[c->along], &rules->across[c->across]);
    fk_states s = fk_states_new(r, &v, n, stride_of(r, trials), c->modes);
    *t = (trial){s.places, s.modes, NULL};
    t->u = fk_alloc(s.places * s.modes * FK_SPLINE_WIDTH, sizeof *t->u);
    bool finite = fk_backward_mean(r, &v, n, &s, next, t->u);
    fk_states_free(&s);
    fk_move_free(&v);
    return finite;
}

/* The mean over the law of |a|, or of |a - b|, taken at `modes` of the modes from `first` on: of
 * the functional where it is greatest. */
static double mean_size(const fk_backward_run *r, size_t n, const trial *a, const double *b,
                        size_t first, size_t modes)
{
    double sum[FK_SPLINE_WIDTH] = {0}, all = 0, worst = 0;
    for (size_t i = 0; i < a->places; i++) {
        double mass = r->extent[n].mass[i * FK_COARSE / (a->places - 1)];
        all += mass;
        for (size_t k = (i * a->modes + first) * FK_SPLINE_WIDTH, f = 0;
             f < modes * FK_SPLINE_WIDTH; k++, f++)
            sum[f % FK_SPLINE_WIDTH] += mass * fabs(a->u[k] - (b ? b[k] : 0));
    }
    for (size_t f = 0; f < FK_SPLINE_WIDTH; f++)
        if (!(sum[f] / all <= worst) && !isnan(worst)) worst = sum[f] / all;
    return worst;
}

/* Two numbers, of the rules that are wanted and of those that may be COARSE times less exact. */
typedef struct {
    size_t fine, coarse;
} pair;

/* The first of the n rules that agrees with the next; *c holds the others, and has index as its
 * number of this one. */
static bool refine(const fk_backward_run *r, const fk_rules *rules, size_t n, const fk_spline *next,
                   fk_choice *c, size_t *index, size_t n_rules, pair *out)
{
    *out = (pair){*index, *index};
    if (n_rules < 2) return true;
    trial a, b;
    bool finite = trial_new(r, rules, n, next, c, TRIALS, &a), coarse = false, fine = false;
    while (finite && !fine && *index + 1 < n_rules) {
        ++*index;
        finite = trial_new(r, rules, n, next, c, TRIALS, &b);
        const double apart = mean_size(r, n, &a, b.u, 0, a.modes) / (double)a.modes;
        fine = apart <= tolerance(r);
        out->fine = *index - fine;
        if (!coarse) out->coarse = out->fine;
        if (!coarse && apart <= COARSE * tolerance(r)) out->coarse = *index - 1, coarse = true;
        free(a.u);
        a = b;
    }
    free(a.u);
    *index = out->fine;
    return finite;
}

/* As few modes that the others, all that were tried, do not matter. */
static size_t fewest(const fk_backward_run *r, size_t n, const trial *t, double least)
{
    size_t k = t->modes;
    while (k > 1 && mean_size(r, n, t, NULL, k - 1, t->modes - k + 1) <= least) k--;
    return k;
}

static bool choose_modes(const fk_backward_run *r, const fk_rules *rules, size_t n,
                         const fk_spline *next, fk_choice *c, pair *out)
{
    for (size_t tried = MODES; tried <= MOST_MODES; tried *= 2) {
        trial t;
        c->modes = tried;
        const bool finite = trial_new(r, rules, n, next, c, MODE_TRIALS, &t);
        fk_spline_fit_modes(t.places, t.modes, t.u);
        *out = (pair){tried, tried};
        if (finite) {
            out->fine = fewest(r, n, &t, MODES_OVER * tolerance(r));
            out->coarse = fewest(r, n, &t, COARSE * MODES_OVER * tolerance(r));
        }
        free(t.u);
        if (!finite) return false;
        if (out->fine + 2 <= tried) break;
    }
    return true;
}

bool fk_backward_choose(const fk_backward_run *r, const fk_rules *rules, size_t n,
                        const fk_spline *next, fk_choices *out)
{
    const fk_step *step = &r->b->step[n];
    const bool reads = step->history > 0 && n > 0;
    fk_choice c = {.modes = 1};
    pair along = {0}, across = {0}, modes = {1, 1};
    bool finite = true;
    if (step->normals > 0) finite = refine(r, rules, n, next, &c, &c.along, rules->n_along, &along);
    if (step->normals > 1 && finite) {
        fk_choice few = c; /* what rules across differ by needs no fine rule along */
        if (few.along > 1) few.along = 1;
        finite = refine(r, rules, n, next, &few, &few.across, rules->n_across, &across);
        c.across = few.across;
    }
    if (reads && rules->modes)
        modes = (pair){rules->modes, rules->modes};
    else if (reads && finite)
        finite = choose_modes(r, rules, n, next, &c, &modes);
    out->fine = (fk_choice){along.fine, across.fine, modes.fine};
    out->coarse = (fk_choice){along.coarse, across.coarse, modes.coarse};
    return finite;
}
