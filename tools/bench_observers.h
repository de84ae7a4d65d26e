/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases observers-*, Euler-Maruyama as in em-*, looked at 32 times of 100
 * steps by moments of every coordinate and a histogram of the first. The baseline is the same run
 * without observers: the ratio to it is what is left of the speed. */
#ifndef FK_TOOLS_BENCH_OBSERVERS_H
#define FK_TOOLS_BENCH_OBSERVERS_H

#include "tools/bench.h"

extern const bench_set bench_observers;

#endif
