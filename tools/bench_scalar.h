/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the baseline "scalar", Euler-Maruyama with the exact score of a mixture as a
 * straightforward C program would have it. One particle after the other, each through all steps;
 * libm's exp; GSL's ziggurat and its fastest good generator; everything that depends on time alone
 * computed beforehand; small dimensions known at compile time. */
#ifndef FK_TOOLS_BENCH_SCALAR_H
#define FK_TOOLS_BENCH_SCALAR_H

#include "schedules/scheme.h"
#include "tools/bench_mixture.h"

typedef struct {
    size_t dim, k, n_steps;
    bool full;
    double *step;      /* (n_steps, 3): x' = a x + b score + c z */
    double *log_norm;  /* (n_steps, k) */
    double *mean;      /* (n_steps, k, dim) */
    double *precision; /* (n_steps, k), or full (n_steps, k, dim, dim) */
} scalar_plan;

/* For a plan whose steps have one stage and one normal; copies. */
scalar_plan bench_scalar_new(const fk_mixture *, const fk_plan *);
void bench_scalar_free(scalar_plan *);

/* n standard normal starts through all the steps; x (n, dim) at the end. */
void bench_scalar_run(const scalar_plan *, unsigned long seed, size_t n, double *x);

#endif
