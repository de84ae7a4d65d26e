/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside ode/adaptive: what its solvers share. */
#ifndef FK_ODE_ADAPTIVE_PARTS_H
#define FK_ODE_ADAPTIVE_PARTS_H

#include <omp.h>

#include "ode/adaptive.h"

/* A step below this part of the interval has collapsed: time itself resolves 1e-16 of it. */
#define FK_COLLAPSED 1e-14
/* Far beyond any solution of this field (a thousand at tolerance 1e-12). */
enum { FK_MAX_ADAPTIVE_STEPS = 1000000 };

/* The arguments of fk_adaptive_solve, found in order. */
typedef struct {
    const fk_schedule *schedule;
    const fk_field *field;
    const double *t;
    size_t n_t, n;
    size_t first, end; /* the particles of this rank, which the solver is to take */
    double *x;
    fk_adaptive_options *option; /* its counts come as zero */
    int threads;
} fk_adaptive_problem;

/* What an adaptive scheme's `constants` point to; `of` is the solver's own. */
typedef struct {
    int (*solve)(const void *of, const fk_adaptive_problem *, fk_error *);
    const void *of;
} fk_adaptive_method;

int fk_solve_by_gsl(const void *type, const fk_adaptive_problem *, fk_error *) FK_CHECKED;
int fk_solve_in_lanes(const void *none, const fk_adaptive_problem *, fk_error *) FK_CHECKED;

/* Why the step from t failed, as one line; x0: the particle's first coordinate. */
int fk_adaptive_failure(fk_error *, size_t particle, bool finite, bool collapsed, double t,
                        double x0);

#endif
