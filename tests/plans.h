/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of schemes share: a scheme by its spec, a plan with its axis, and the mean and
 * variance that its tables give on the data N(m, v). */
#ifndef FK_TESTS_PLANS_H
#define FK_TESTS_PLANS_H

#include "ode/schemes.h"
#include "registry.h"
#include "sde/schemes.h"
#include "tests/gaussian.h"
#include "tests/suite.h"

static const double m = 0.7385, v = 0.2385;

#define N_SCHEMES (fk_n_ode_schemes + fk_n_sde_schemes) /* all of the registry */

static inline fk_scheme scheme_of(const char *spec)
{
    fk_scheme scheme;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_registry_parse_scheme(spec, &scheme, &err) == FK_OK, "%s", err.text);
    return scheme;
}

static inline double variance_at(const fk_coeffs *c)
{
    return c->s * c->s * v + c->sigma * c->sigma;
}

/* Give the axis what a scheme may ask about the data. Freed by the caller. */
static inline fk_node_facts *facts_new(fk_axis *axis)
{
    fk_node_facts *facts = fk_alloc(axis->n_steps + 1, sizeof *facts);
    const double half_normal = sqrt(2 / FK_PI); /* E|z| */
    for (size_t n = 0; n <= axis->n_steps; n++) {
        const double var = variance_at(&axis->node[n]), sigma = axis->node[n].sigma;
        facts[n] = (fk_node_facts){sigma * sigma * v / var, half_normal / sqrt(var), half_normal};
    }
    return facts;
}

typedef struct {
    fk_schedule schedule;
    fk_axis axis;
    fk_node_facts *facts;
    fk_plan plan;
} setting;

static inline void setting_new(setting *s, const char *schedule, const char *scheme,
                               const char *grid, size_t n, double t_start, double t_end)
{
    fk_error err = {.code = 0};
    fk_scheme k = scheme_of(scheme);
    ck_assert_int_eq(fk_schedule_parse(schedule, &s->schedule, &err), FK_OK);
    ck_assert_msg(fk_axis_on_schedule(&s->schedule, grid, n, t_start, t_end, &s->axis, &err) ==
                      FK_OK,
                  "%s", err.text);
    s->axis.facts = s->facts = facts_new(&s->axis);
    ck_assert_msg(fk_plan_new(&s->axis, &k, &s->plan, &err) == FK_OK, "%s", err.text);
}

static inline void setting_free(setting *s)
{
    fk_plan_free(&s->plan);
    fk_axis_free(&s->axis);
    free(s->facts);
}

typedef struct {
    double mean, var;
} law;

static inline law by_table(const fk_plan *plan, law x)
{
    for (size_t n = 0; n < plan->n_steps; n++) {
        affine step = affine_step(&plan->step[n], m, v);
        affine_law(&step, &x.mean, &x.var);
    }
    return x;
}

static inline double apart(law a, law b)
{
    return fabs(a.mean - b.mean) / (1 + fabs(b.mean)) + fabs(a.var - b.var) / (1 + b.var);
}

static const law start = {1.385, 0.2385};

#endif
