/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases empirical-*, the score of 10,000 points in 64 dimensions (ten
 * clouds of them) on the schedule vp-linear, in evaluations a second, where the noise is high and
 * all points count, where a cloud counts, and where it is low and one point does. Baselines:
 * tools/bench_scalar.h, and NumPy, whose distances are products of matrices. */
#ifndef FK_TOOLS_BENCH_EMPIRICAL_H
#define FK_TOOLS_BENCH_EMPIRICAL_H

#include "tools/bench.h"

extern const bench_set bench_empirical;

#endif
