/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of 1-D laws share: a mixture, its field, and its marginals at the ends of a plan.
 */
#ifndef FK_TESTS_LAW1D_H
#define FK_TESTS_LAW1D_H

#include "analytic/curve.h"
#include "analytic/start_law.h"
#include "core/integrate.h"
#include "tests/plans.h"

typedef struct {
    setting s;
    fk_mixture *mixture;
    fk_field field;
    fk_marginal *from, *to;
    fk_functionals functionals;
} problem;

static inline void problem_new(problem *p, const char *mixture, const char *schedule,
                               const char *scheme, const char *grid, size_t n, double t_start,
                               double t_end)
{
    fk_error err;
    setting_new(&p->s, schedule, scheme, grid, n, t_start, t_end);
    ck_assert_msg(fk_mixture_read(mixture, &p->mixture, &err) == FK_OK, "%s", err.text);
    p->field = fk_mixture_field(p->mixture);
    const fk_coeffs *a = p->s.axis.node, *b = a + p->s.axis.n_steps;
    p->from = fk_marginal_new(p->mixture, a->s, a->sigma);
    p->to = fk_marginal_new(p->mixture, b->s, b->sigma);
    p->functionals = fk_functionals_new(p->to);
}

static inline void problem_free(problem *p)
{
    fk_marginal_free(p->from), fk_marginal_free(p->to);
    fk_mixture_free(p->mixture);
    setting_free(&p->s);
}

/* n particles through the whole plan on one thread, seen at its end. */
static inline void particles_to_end(const problem *p, fk_source from, fk_noise noise, size_t n,
                                    const fk_observer *see)
{
    const fk_run run = {.step = p->s.plan.step,
                        .n_steps = p->s.plan.n_steps,
                        .field = &p->field,
                        .start = from,
                        .noise = noise,
                        .n = n,
                        .observe_at = &p->s.plan.n_steps,
                        .n_observe = 1,
                        .observer = see,
                        .n_observers = 1,
                        .threads = 1};
    fk_error err;
    ck_assert_int_eq(fk_integrate(&run, &err), FK_OK);
}

#endif
