/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: how the speed of Euler-Maruyama grows and falls, and the figure of it. */
#ifndef FK_TOOLS_BENCH_SCAN_H
#define FK_TOOLS_BENCH_SCAN_H

#include "tools/bench.h"

/* Rates, limits, and the part that is reached with its quartiles, into the folder: components.csv
 * (1 .. 64 of them in two dimensions), dimensions.csv (1 .. 16, eight components, isotropic and
 * full), threads.csv (1 .. threads), ranks.csv (1, 2, 4, .. threads of them under mpirun, where
 * that and the build of MPI=1 are found; else a remark), and bench.svg, bench.png. */
int bench_scan(const char *folder, const bench_effort *, fk_error *) FK_CHECKED;

#endif
