/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the deterministic schemes share. */
#ifndef FK_TESTS_ODE_SCHEMES_H
#define FK_TESTS_ODE_SCHEMES_H

#include "registry.h"
#include "tests/scalar_runs.h"

/* Specs of the schemes that treat constant outputs exactly: all but the Runge-Kutta methods in t.
 */
static const char *const exact_ones[] = {"ddim",
                                         "dpm-2",
                                         "dpm-3",
                                         "dpmpp-1",
                                         "dpmpp-2s",
                                         "dpmpp-2m",
                                         "dpmpp-2m:start=matched",
                                         "dpmpp-3m",
                                         "dpmpp-3m:start=matched",
                                         "unipc-1",
                                         "unipc-1:b=bh1",
                                         "unipc-2",
                                         "unipc-2:b=bh1",
                                         "unipc-2:start=matched",
                                         "unipc-3",
                                         "unipc-3:start=matched",
                                         "deis-1:p=logrho",
                                         "deis-2:p=rho",
                                         "deis-2:p=logrho",
                                         "deis-3:p=rho",
                                         "deis-3:p=logrho",
                                         "deis-3:p=logrho,start=matched",
                                         "lms-1",
                                         "lms-2",
                                         "lms-3",
                                         "lms-4",
                                         "lms-4:start=matched",
                                         "edm-heun",
                                         "deis-2", /* in t: the last two depend on the schedule */
                                         "deis-3"};
enum { N_EXACT = sizeof exact_ones / sizeof *exact_ones, N_INVARIANT = N_EXACT - 2 };

static inline fk_scheme scheme_of(const char *spec)
{
    fk_scheme scheme;
    fk_error err;
    ck_assert_msg(fk_registry_parse_scheme(spec, &scheme, &err) == FK_OK, "%s", err.text);
    return scheme;
}

static inline fk_mixture *mixture_of(const char *name)
{
    fk_mixture *data;
    fk_error err;
    ck_assert(fk_mixture_read(name, &data, &err) == FK_OK);
    return data;
}

static inline void axis_of(const fk_schedule *schedule, const char *grid, size_t N, double start,
                           double end, fk_axis *axis)
{
    fk_error err;
    ck_assert_msg(fk_axis_on_schedule(schedule, grid, N, start, end, axis, &err) == FK_OK, "%s",
                  err.text);
}

static inline void plan_of(const fk_axis *axis, const fk_scheme *scheme, fk_plan *plan)
{
    fk_error err;
    ck_assert_msg(fk_plan_new(axis, scheme, plan, &err) == FK_OK, "%s", err.text);
}

#endif
