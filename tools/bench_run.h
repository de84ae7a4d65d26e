/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the lab's own turns, an ensemble through a plan. */
#ifndef FK_TOOLS_BENCH_RUN_H
#define FK_TOOLS_BENCH_RUN_H

#include "analytic/mixture.h"
#include "core/integrate.h"
#include "schedules/scheme.h"

/* The plan of a scheme (its spec) on the schedule vp-linear in uniform steps from end to end; what
 * it must be told about the data, of this mixture. */
int bench_plan(const char *scheme, size_t steps, const fk_mixture *, fk_plan *plan,
               fk_error *) FK_CHECKED;

typedef struct {
    const fk_mixture *mixture;
    const fk_plan *plan;
    const fk_points *start;      /* with the noise left out; NULL: standard normal, and noise */
    const fk_observer *observer; /* (n_observers) */
    size_t n_observers;
    const size_t *at; /* (n_at) when they look; NULL: at the end */
    size_t n_at;
    int threads;
    int clock; /* the threads of the case, whose clock it is (bench_seconds) */
} bench_run;

int bench_integrate(const bench_run *, size_t n, double *seconds, fk_error *) FK_CHECKED;

/* The mean square of all coordinates at the end; the run has no observers of its own. */
int bench_end_square(const bench_run *, size_t n, double *mean_square, fk_error *) FK_CHECKED;
double bench_mean_square(const double *x, size_t n);

#endif
