/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases em-*, reverse-SDE Euler-Maruyama with the exact score of a
 * mixture, VP-linear schedule, 100 uniform steps, in particle-steps a second. Baselines: a scalar
 * program compiled for any machine and for this one (bench_scalar), a vectorised one
 * (bench_openmp), NumPy; on all threads: one thread. */
#ifndef FK_TOOLS_BENCH_EM_H
#define FK_TOOLS_BENCH_EM_H

#include "tools/bench.h"

typedef struct {
    size_t dim, k; /* at most BENCH_MAX_DIM, BENCH_MAX_K */
    bool full;     /* covariances; else isotropic */
} bench_em_shape;

extern const bench_set bench_em;

/* A case of any shape, which is borrowed, with no baseline. */
bench_case bench_em_alone(const bench_em_shape *, bool threaded);

#endif
