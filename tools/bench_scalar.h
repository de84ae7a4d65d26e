/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the baselines "scalar" and "native" of the cases that take the score of a
 * mixture, and the right-hand side of "gsl-rkf45": one point after the other, as a careful C
 * program has it. What depends on time alone is computed beforehand (for GSL, whose times are its
 * own: once an evaluation); libm's exp, one for each component (all of them count, as in the lab);
 * GSL's ziggurat and its fastest good generator; dimensions 1, 2, 16 and 64 known at compile time.
 * The one source is compiled twice: scalar: -O2, for any machine of this architecture; native: -O3
 * for the instruction set that the lab uses (-mavx512f .., or -mavx2 -mfma), with fused
 *             multiply-adds where the compiler likes. At dimension 16 it makes vectors of the loops
 *             over coordinates.
 * Neither has -ffast-math, which is "openmp"'s (tools/bench_openmp.h). */
#ifndef FK_TOOLS_BENCH_SCALAR_H
#define FK_TOOLS_BENCH_SCALAR_H

#include "core/isa.h"
#include "schedules/scheme.h"
#include "tools/bench_mixture.h"

/* The mixture at n_times times: component c at x has the logarithm log_norm - q/2 but for a
 * constant, q = (mean - x)^T precision (mean - x). */
typedef struct {
    size_t dim, k, n_times;
    bool full;
    double *log_norm;  /* (n_times, k) */
    double *mean;      /* (n_times, k, dim) */
    double *precision; /* (n_times, k), or full (n_times, k, dim, dim) */
} scalar_mixture;

/* And at each time what is made of a point: a x + b score + c z. */
typedef struct {
    scalar_mixture at;
    double *step; /* (n_times, 3): a, b, c */
} scalar_plan;

/* Of (n) only s and sigma are read; isotropic or full, dim at most BENCH_MAX_DIM where full. */
scalar_mixture bench_scalar_freeze(const fk_mixture *, size_t n, const fk_coeffs *);
void bench_scalar_thaw(scalar_mixture *);

/* The steps of a plan that have one stage and one normal. */
scalar_plan bench_scalar_plan(const fk_mixture *, const fk_plan *);
void bench_scalar_free(scalar_plan *);

/* Its i-th step alone with the noise left out: its pointers are the plan's, but for step (3), the
 * caller's. */
scalar_plan bench_scalar_still(const scalar_plan *, size_t i, double *step);

/* n starts, standard normal or (where it is not NULL) these, through all the steps; x (n, dim) at
 * the end. */
FK_DECLARE_KERNEL(void, bench_scalar_steps,
                  (const scalar_plan *, unsigned long seed, const double *start, size_t n,
                   double *x));

/* x (n, 2) through Heun's steps of dt, a x + b score being dx/dt at the nodes. */
FK_DECLARE_KERNEL(void, bench_scalar_heun, (const scalar_plan *, double dt, size_t n, double *x));

/* The score at the i-th time of x (n, dim), likewise; scratch (k), full (k, 1 + dim). */
FK_DECLARE_KERNEL(void, bench_scalar_score,
                  (const scalar_mixture *, size_t i, size_t n, const double *x, double *scratch,
                   double *score));

/* The probability-flow ODE on vp-linear in the plane, for GSL. The components have one variance. */
typedef struct {
    double beta0, beta1, var;
    const double *mean; /* (k, 2), of the data */
    scalar_mixture now; /* of one time, whose log_norm is log weight; the others are written */
} scalar_flow;

/* dx/dt at x (2); with_density: x (3), and the third is d log p/dt = -div dx/dt. */
FK_DECLARE_KERNEL(int, bench_scalar_flow, (double t, const double x[], double out[], void *flow));
FK_DECLARE_KERNEL(int, bench_scalar_flow_density,
                  (double t, const double x[], double out[], void *flow));

#endif
