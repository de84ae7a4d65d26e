/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the baseline "openmp", the work of bench_scalar as a programmer who knows
 * the machine writes it: arrays by coordinate, blocks that stay in the cache, loops over particles
 * under `omp simd`, compiled with -O3 -ffast-math for the lab's own instruction set, elementary
 * functions by glibc's libmvec. */
#ifndef FK_TOOLS_BENCH_OPENMP_H
#define FK_TOOLS_BENCH_OPENMP_H

#include "core/isa.h"
#include "tools/bench_scalar.h"

enum { BENCH_BLOCK = 64 };

/* ceil(n / BENCH_BLOCK) blocks of starts, standard normal or (where it is not NULL) this block
 * again and again, through all the steps; start and x (dim, BENCH_BLOCK), x the last block's end.
 */
FK_DECLARE_KERNEL(void, bench_openmp,
                  (const scalar_plan *, unsigned long seed, const double *start, size_t n,
                   double *x));

#endif
