/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker marginals: its setting, its runs, and their distances to the exact laws. */
#ifndef FK_EXPERIMENTS_MARGINALS_LAB_H
#define FK_EXPERIMENTS_MARGINALS_LAB_H

#include "analytic/tabulated.h"
#include "experiments/common_reverse.h"

enum { TIMES = 6, MAX_DIRECTIONS = 3 };

/* Directions of projection in 2-D, in degrees. */
extern const double marginals_degrees[MAX_DIRECTIONS];

typedef enum {
    SDE,        /* Euler-Maruyama */
    SDE_HALF,   /* with g^2/2 score in place of g^2 score */
    SDE_REUSED, /* with the forward path's own increments, from that path's end */
    HEUN,       /* PF-ODE */
    HEUN_FULL,  /* with g^2 score in place of g^2/2 score */
    RK45,
    RK45_FULL,
    VE_EXACT, /* PF-ODE on VE, by Heun, from p_t_max */
    VE_UNIT,  /* from N(0, I) */
    RUNS
} which;

/* A schedule with its axis, the six nodes, and the exact laws there, projected. */
typedef struct {
    fk_schedule schedule;
    fk_axis axis;
    size_t node[TIMES];
    fk_tabulated *law[TIMES][MAX_DIRECTIONS];
} stage;

typedef struct {
    const fk_mixture *mixture;
    stage on, ve; /* the user's schedule; VE */
    fk_mixture *projected[MAX_DIRECTIONS];
    double direction[MAX_DIRECTIONS][2];
    size_t directions, n, n_adaptive;
    uint64_t seed;
    int threads;
    fk_snapshots *run[RUNS];
} lab;

/* The axes on `schedule` and on VE, of a lab that holds mixture (borrowed), n, n_adaptive, seed and
 * threads. To be freed even where it fails. */
int marginals_lab_new(lab *, const char *schedule, size_t steps, fk_error *) FK_CHECKED;
/* Makes all its runs. */
int marginals_run_all(lab *, fk_error *) FK_CHECKED;
void marginals_lab_free(lab *);

/* The six times on the user's schedule. */
double marginals_time(const lab *, size_t j);
/* How many samples a run of the figure has. */
size_t marginals_samples(const lab *, which run);
/* n samples of a run at the six times, (TIMES, n, dim), to be freed by fk_snapshots_free. Every
 * family of runs has starts of its own: runs that are compared are independent. */
int marginals_simulate(const lab *, which run, size_t n, fk_snapshots **seen,
                       fk_error *) FK_CHECKED;

/* Of the samples at time j along direction d: Kolmogorov-Smirnov distance to the exact law, and W1
 * over the law's standard deviation (w1 may be NULL). */
void marginals_distances(const lab *, const stage *, const fk_snapshots *, size_t j, size_t d,
                         double *ks, double *w1);
/* int sqrt(F (1 - F)) dx over the standard deviation, the most of all times and directions: over
 * sqrt(n) it bounds the mean of W1 between a sample and its law. */
double marginals_w1_constant(const lab *);
/* The law of a . x_0, a mixture in one dimension; a (dim), dim 1 or 2. */
int marginals_project(const fk_mixture *, const double *a, fk_mixture **line,
                      fk_error *) FK_CHECKED;

#endif
