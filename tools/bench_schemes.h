/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases schemes-*, every scheme that is a table (the adaptive ones are
 * pfode-*), and the parameters of schemes that certify knows: 8 components in two dimensions,
 * VP-linear schedule, 100 uniform steps, in particle-steps a second.
 *
 * The limit counts score evaluations and normals, and nothing else of a scheme: a run of N steps
 * takes at least
 *     (score evaluations of all steps) (time of an evaluation) + (normals that are used) dim/G,
 * where an evaluation is Euler-Maruyama's (bench_evaluation_seconds: exponentials, multiply-adds,
 * one division with its loads and stores, and 6 dim multiply-adds to step by it) and G normals are
 * made a second. For Euler-Maruyama this is the limit of em-d2k8. What a scheme takes to combine
 * many outputs, or to keep them, is not in its limit: it is what it loses. */
#ifndef FK_TOOLS_BENCH_SCHEMES_H
#define FK_TOOLS_BENCH_SCHEMES_H

#include "tools/bench.h"

/* Made of the registry; freed by bench_schemes_free(). */
bench_set bench_schemes_new(void);
void bench_schemes_free(bench_set *);

#endif
