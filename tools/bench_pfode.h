/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the probability-flow ODE of a mixture of 8 components in 2 dimensions on
 * VP-linear at rtol = atol = 1e-6, particles a second. pfode-d2k8: from t = 1 to 1e-3 by dopri5;
 * pfode-log-d2k8: the other way, with log-likelihoods. Baselines: GSL's rkf45 with a
 * careful right-hand side (bench_pfode_gsl), the lab's own route through it, SciPy.
 *
 * The limit of pfode-d2k8 is that of the score evaluations that dopri5 takes in this very run
 * (those of failed steps too), each as Euler-Maruyama's (bench_evaluation_seconds): the constants
 * of a time stand ready, as if all particles went through the same times and read one table of
 * them. Nothing that a solver adds is in it, and its particles have times of their own: a sine and
 * a cosine, means and variances of all components at each evaluation, the stages' sums, the error
 * and the next step. pfode-log-d2k8 has no limit. */
#ifndef FK_TOOLS_BENCH_PFODE_H
#define FK_TOOLS_BENCH_PFODE_H

#include "tools/bench.h"

extern const bench_set bench_pfode;

#endif
