/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases em-*, reverse-SDE Euler-Maruyama with the exact score of a
 * mixture, VP-linear schedule, 100 uniform steps, in particle-steps a second. Baselines: a scalar
 * program compiled for any machine and for this one (bench_scalar), a vectorised one
 * (bench_openmp), NumPy; on all threads: one thread. */
#ifndef FK_TOOLS_BENCH_EM_H
#define FK_TOOLS_BENCH_EM_H

#include "tools/bench.h"
#include "tools/bench_peer.h"
#include "tools/bench_scalar.h"

typedef struct {
    size_t dim, k; /* at most BENCH_MAX_DIM, BENCH_MAX_K */
    bool full;     /* covariances; else isotropic */
} bench_em_shape;

/* A case made ready: its mixture, and the plan for the lab and for the baselines. */
typedef struct {
    bench_em_shape what;
    int threads;
    fk_mixture *mixture;
    fk_plan plan;
    scalar_plan scalar;
    bench_peer *peer; /* NULL where the case has no baseline in Python */
    double *points;   /* (BENCH_EM_POINTS, dim): spread as the components are */
    double *x;        /* (BENCH_EM_PILOT, dim): ends */
} bench_em_subject;
enum { BENCH_EM_POINTS = 256, BENCH_EM_PILOT = 4096 };

/* Contestants agree in the mean square of BENCH_EM_PILOT particles at the end within six standard
 * errors, as each has its own noise; and to 1e-10 in that of the points after the first, the middle
 * and the last step alone, with the noise left out. */
extern const bench_set bench_em;

/* A case of any shape, which is borrowed, with no baseline. */
bench_case bench_em_alone(const bench_em_shape *, bool threaded);

#endif
