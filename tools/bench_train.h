/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases train-*, training steps of a score network 2+16-128-128-128-2 on
 * ring-8 (draw a batch, loss, gradient, AdamW, average of the weights), in single precision on all
 * threads. Baselines: PyTorch, eager and compiled, on all threads and on one. */
#ifndef FK_TOOLS_BENCH_TRAIN_H
#define FK_TOOLS_BENCH_TRAIN_H

#include "tools/bench.h"

extern const bench_set bench_train;

#endif
