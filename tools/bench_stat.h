/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases stat-*, distances between samples and laws (core/stats.h).
 * Baselines: the same in plain C, which -O3 -march=native makes no
 * faster than -O2, and SciPy. */
#ifndef FK_TOOLS_BENCH_STAT_H
#define FK_TOOLS_BENCH_STAT_H

#include "tools/bench.h"

extern const bench_set bench_stat;

#endif
