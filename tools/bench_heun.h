/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: pfode-heun-d2k8, the probability-flow ODE of a mixture of 8 components in 2
 * dimensions on VP-linear by 50 uniform steps of Heun's rule, particles a second. Baseline:
 * tools/bench_scalar.h. */
#ifndef FK_TOOLS_BENCH_HEUN_H
#define FK_TOOLS_BENCH_HEUN_H

#include "tools/bench.h"

extern const bench_set bench_heun;

#endif
