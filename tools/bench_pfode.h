/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the probability-flow ODE of a mixture of 8 components in 2 dimensions on
 * VP-linear at rtol = atol = 1e-6, particles a second. pfode-d2k8: from t = 1 to 1e-3 by dopri5;
 * pfode-log-d2k8: the other way, with log-likelihoods. Baselines: GSL's rkf45 with a
 * careful right-hand side (bench_pfode_gsl), the lab's own route through it, SciPy. */
#ifndef FK_TOOLS_BENCH_PFODE_H
#define FK_TOOLS_BENCH_PFODE_H

#include "tools/bench.h"

extern const bench_set bench_pfode;

#endif
