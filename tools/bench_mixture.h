/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the mixtures of its cases, means in a cube, unequal weights, standard
 * deviations about 0.3. */
#ifndef FK_TOOLS_BENCH_MIXTURE_H
#define FK_TOOLS_BENCH_MIXTURE_H

#include "analytic/mixture.h"
#include "core/rates.h"

enum { BENCH_MAX_DIM = 16, BENCH_MAX_K = 64 };

/* full: covariances of their own; else isotropic, all alike. */
int bench_mixture(size_t dim, size_t k, bool full, fk_mixture **mixture, fk_error *err) FK_CHECKED;

/* The time of one particle's one evaluation of a mixture's score at the machine's own rates, with
 * what it takes to step by it; normals are not in it. Exponentials and multiply-adds (and normals)
 * share the same ports, so that their times add up; and one division with its loads and stores. It
 * is the least but for what a core does side by side: where additions have ports of their own, many
 * components take a few per cent less. Isotropic: per component
 * 2 d + 5 operations (difference and square; a share in the sum; the largest, the exponent, the
 * total), 6 d for the step; full: d^2 + 3 d + 3, and 5 d. */
double bench_evaluation_seconds(const fk_mixture *, const fk_rates *);

#endif
