/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/law.h"

#include <assert.h>
#include <math.h>

#include "analytic/backward_law.h"
#include "analytic/gaussian_record.h"
#include "analytic/grid_law.h"
#include "analytic/pushforward.h"

/* 2000 cells resolve features a hundredth of the whole range to 1e-10. */
enum { CELLS = 2000 };

static bool is_deterministic(const fk_law_problem *p)
{
    for (size_t n = 0; n < p->n_steps; n++)
        if (fk_step_draws(&p->step[n])) return false;
    return true;
}

fk_law_by fk_law_choose(const fk_law_problem *p)
{
    if (p->own_score && p->end->mixture->k == 1) return FK_BY_GAUSSIAN;
    if (is_deterministic(p)) return FK_BY_PUSHFORWARD;
    if (fk_grid_law_takes(p->step, p->n_steps)) return FK_BY_GRID;
    if (fk_backward_law_takes(p->step, p->n_steps)) return FK_BY_BACKWARD;
    return FK_BY_NONE;
}

const char *fk_law_by_name(fk_law_by by)
{
    static const char *const name[] = {"gaussian", "pushforward", "grid", "backward", "none"};
    return name[by];
}

static fk_gaussian gaussian_of(const fk_law_problem *p)
{
    const fk_marginal *from = p->start.marginal;
    const fk_gaussian data = {from->mixture->mean[0], from->mixture->var[0]};
    fk_gaussian start = {from->mean[0], from->var[0]};
    if (p->start.std > 0) start = (fk_gaussian){0, p->start.std * p->start.std};
    const fk_coeffs node = {.s = from->s, .sigma = from->sigma};
    fk_gaussian_law law =
        p->history ? fk_gaussian_law_exact(data, &node, p->history) : fk_gaussian_law_start(start);
    fk_gaussian_law_run(data, p->step, p->n_steps, &law, NULL);
    return (fk_gaussian){law.mean[FK_ROW_X], law.cov[FK_ROW_X][FK_ROW_X]};
}

int fk_law_curve(const fk_law_problem *p, fk_curve *curve, fk_error *err)
{
    const fk_law_by by = fk_law_choose(p);
    *curve = (fk_curve){.n = 0};
    if (by == FK_BY_PUSHFORWARD) {
        const fk_pushforward push = {.step = p->step,
                                     .n_steps = p->n_steps,
                                     .field = p->field,
                                     .start = p->start,
                                     .history = p->history,
                                     .end = p->end,
                                     .cells = p->cells ? p->cells : CELLS,
                                     .threads = p->threads};
        return fk_pushforward_run(&push, curve, err);
    }
    if (by == FK_BY_GRID) {
        const fk_grid_law grid = {.step = p->step,
                                  .n_steps = p->n_steps,
                                  .field = p->field,
                                  .start = p->start,
                                  .cells = p->cells,
                                  .threads = p->threads};
        return fk_grid_law_run(&grid, curve, err);
    }
    return fk_fail(err, FK_USAGE,
                   "of this scheme's law expectations alone are known: no distribution function");
}

static int by_curve(const fk_law_problem *p, const fk_functionals *f, fk_law_record *r,
                    fk_error *err)
{
    fk_curve curve;
    int status = fk_law_curve(p, &curve, err);
    if (status != FK_OK) return status;
    *r = fk_curve_compare(&curve, p->end, f);
    fk_curve_free(&curve);
    return FK_OK;
}

static int by_backward(const fk_law_problem *p, const fk_functionals *f, fk_law_record *r,
                       fk_error *err)
{
    const fk_backward_law backward = {.step = p->step,
                                      .n_steps = p->n_steps,
                                      .field = p->field,
                                      .start = p->start,
                                      .history = p->history,
                                      .functionals = f,
                                      .cells = p->cells,
                                      .threads = p->threads};
    fk_expectations e;
    int status = fk_backward_law_run(&backward, p->check, &e, err);
    if (status != FK_OK) return status;
    fk_law_record_set(r, f, e.mass, e.value);
    r->accuracy = e.accuracy;
    return FK_OK;
}

int fk_law_of(const fk_law_problem *p, fk_law_record *r, fk_error *err)
{
    assert(p->end->mixture->dim == 1 && p->start.marginal->mixture == p->end->mixture);
    assert(!(p->history && p->start.std > 0));
    *r = fk_law_record_empty();
    const fk_functionals f = p->functionals ? *p->functionals : fk_functionals_new(p->end);
    fk_law_by by = fk_law_choose(p);
    switch (by) {
    case FK_BY_GAUSSIAN:
        *r = fk_gaussian_record(gaussian_of(p), p->end, &f);
        return FK_OK;
    case FK_BY_PUSHFORWARD:
    case FK_BY_GRID:
        return by_curve(p, &f, r, err);
    case FK_BY_BACKWARD:
        return by_backward(p, &f, r, err);
    default:
        return fk_fail(
            err, FK_USAGE,
            "no law on a mixture takes more than two normals a step, or more than one entry of "
            "history with noise; take one Gaussian and its own score");
    }
}

static int has_jumps(fk_error *err)
{
    return fk_fail(err, FK_USAGE,
                   "this scheme's law has jumps, or folds the line: no distribution function");
}

int fk_law_cdf(const fk_law_problem *p, size_t n, const double *y, double *F, double *doubt,
               fk_error *err)
{
    if (fk_law_choose(p) == FK_BY_GAUSSIAN) {
        const fk_gaussian law = gaussian_of(p);
        if (!(law.var > 1e-24 * p->start.marginal->var[0])) return has_jumps(err); /* rounding */
        for (size_t i = 0; i < n; i++) {
            F[i] = erfc((law.mean - y[i]) / sqrt(2 * law.var)) / 2;
            doubt[i] = 0;
        }
        return FK_OK;
    }
    fk_curve curve;
    int status = fk_law_curve(p, &curve, err);
    if (status) return status;
    fk_curve_cdf(&curve, p->end, n, y, F, doubt);
    fk_curve_free(&curve);
    for (size_t i = 0; i < n; i++)
        if (isnan(F[i])) return has_jumps(err);
    return FK_OK;
}
