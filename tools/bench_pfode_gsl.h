/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the baseline "gsl-rkf45", the probability-flow ODE of a mixture in the
 * plane, all of whose components are isotropic with one variance, on vp-linear, as a careful C
 * program has it: one particle after the other through GSL's rkf45 in t, and the right-hand side of
 * tools/bench_scalar.h, with one division and one more exponential an evaluation for its time, and
 * logarithms of the weights taken beforehand. */
#ifndef FK_TOOLS_BENCH_PFODE_GSL_H
#define FK_TOOLS_BENCH_PFODE_GSL_H

#include "analytic/mixture.h"
#include "schedules/schedule.h"

/* n particles x (n, 2) from t[0] to t[1], in place; change (n) of log-density along the way, or
 * NULL. FK_USAGE where GSL gives up. */
int bench_pfode_gsl(const fk_mixture *, const fk_schedule *, const double t[2], double tolerance,
                    size_t n, double *x, double *change, fk_error *err) FK_CHECKED;

#endif
