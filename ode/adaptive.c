/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/adaptive.h"

#include <assert.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>

#include "core/ranks.h"
#include "ode/adaptive_parts.h"
#include "ode/schemes.h"

static int check(const fk_schedule *schedule, const double *t, size_t n_t,
                 const fk_adaptive_options *option, fk_error *err)
{
    if (!(option->rtol >= 0 && option->atol >= 0 && option->rtol + option->atol > 0 &&
          isfinite(option->rtol + option->atol)))
        return fk_fail(err, FK_USAGE,
                       "--rtol %g and --atol %g: neither may be negative, nor both 0", option->rtol,
                       option->atol);
    for (size_t j = 0; j < n_t; j++) {
        int status = fk_schedule_check_usable(schedule, j ? "t" : "--t-start", t[j], err);
        if (status != FK_OK) return status;
        if (j > 0 && !((t[j] - t[j - 1]) * (t[1] - t[0]) > 0))
            return fk_fail(err, FK_USAGE, "times must go one way: %g follows %g", t[j], t[j - 1]);
    }
    return FK_OK;
}

int fk_adaptive_failure(fk_error *err, size_t particle, bool finite, bool collapsed, double t,
                        double x0)
{
    return fk_fail(err, FK_USAGE, "particle %zu: %s at t = %.6g (x0 = %.6g); %s", particle,
                   !finite     ? "the drift is not finite"
                   : collapsed ? "the step size collapsed"
                               : "a million steps were taken",
                   t, x0,
                   !finite ? "look at the start, or end at a larger t"
                           : "loosen --rtol and --atol, or end at a larger t");
}

static void add_counts(const void *self, void *into, const void *state)
{
    (void)self;
    for (size_t i = 0; i < 2; i++) ((size_t *)into)[i] += ((const size_t *)state)[i];
}

/* Every rank gets what the others have computed. */
static void gather(const fk_adaptive_problem *p)
{
    const fk_range all = {0, p->n};
    const size_t dim = p->field->dim;
    fk_adaptive_options *option = p->option;
    size_t counts[2] = {option->evaluations, option->rejected};
    for (size_t j = 1; j < p->n_t; j++)
        fk_ranks_gather(all, p->x + j * p->n * dim, dim * sizeof *p->x);
    for (size_t j = 0; option->log_change && j < p->n_t; j++)
        fk_ranks_gather(all, option->log_change + j * p->n, sizeof *option->log_change);
    fk_ranks_merge(counts, sizeof counts, NULL, add_counts);
    option->evaluations = counts[0], option->rejected = counts[1];
}

int fk_adaptive_solve(const fk_scheme *scheme, const fk_schedule *schedule, const fk_field *field,
                      const double *t, size_t n_t, size_t n, double *x, fk_adaptive_options *option,
                      fk_error *err)
{
    int status = check(schedule, t, n_t, option, err);
    if (status != FK_OK) return status;
    assert(!option->log_change || field->divergence);
    option->evaluations = option->rejected = 0;
    const fk_adaptive_method *by = scheme->constants;
    const fk_range mine = fk_ranks_part((fk_range){0, n}, fk_rank());
    const fk_adaptive_problem problem = {.schedule = schedule,
                                         .field = field,
                                         .t = t,
                                         .n_t = n_t,
                                         .n = n,
                                         .first = (size_t)mine.first,
                                         .end = (size_t)mine.end,
                                         .x = x,
                                         .option = option,
                                         .threads = option->threads > 0 ? option->threads
                                                                        : omp_get_max_threads()};
    fk_error why = {.code = FK_OK};
    status = by->solve(by->of, &problem, &why);
    status = fk_ranks_agree(status, &why);
    if (status == FK_OK)
        gather(&problem);
    else if (err)
        *err = why;
    return status;
}

#define ADAPTIVE(method_, order_, name_, says_, source_)                                           \
    {                                                                                              \
        .row = {name_, says_, source_, NULL}, .strong_order = order_, .weak_order = order_,        \
        .needs = FK_F_G2, .adaptive = true, .constants = &method_                                  \
    }

static const fk_adaptive_method rkf45 = {fk_solve_by_gsl, &gsl_odeiv2_step_rkf45},
                                prince_dormand = {fk_solve_by_gsl, &gsl_odeiv2_step_rk8pd},
                                lanes = {fk_solve_in_lanes, NULL};
const fk_scheme fk_rk45 =
    ADAPTIVE(rkf45, 5, "rk45", "Runge-Kutta-Fehlberg 5(4), adaptive (GSL)", "Fehlberg 1969");
const fk_scheme fk_rk8pd = ADAPTIVE(
    prince_dormand, 8, "rk8pd", "Prince-Dormand 8(7), adaptive (GSL)", "Prince and Dormand 1981");
const fk_scheme fk_dopri5 = ADAPTIVE(
    lanes, 5, "dopri5", "Dormand-Prince 5(4), adaptive, in batches", "Dormand and Prince 1980");
