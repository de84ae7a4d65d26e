/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the mixtures of its cases, means in a cube, unequal weights, standard
 * deviations about 0.3. */
#ifndef FK_TOOLS_BENCH_MIXTURE_H
#define FK_TOOLS_BENCH_MIXTURE_H

#include "analytic/mixture.h"

enum { BENCH_MAX_DIM = 16, BENCH_MAX_K = 64 };

/* full: covariances of their own; else isotropic, all alike. */
int bench_mixture(size_t dim, size_t k, bool full, fk_mixture **mixture, fk_error *err) FK_CHECKED;

#endif
