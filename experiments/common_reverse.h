/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reverse runs for experiments: a scheme on an axis, from a start, seen at chosen nodes, with the
 * exact score times a constant, which makes the wrong variants. The reverse SDE needs g^2 score and
 * the probability-flow ODE g^2/2 score: half the score in the one and twice the score in the other
 * is each the other's mistake. */
#ifndef FK_EXPERIMENTS_COMMON_REVERSE_H
#define FK_EXPERIMENTS_COMMON_REVERSE_H

#include "analytic/marginal.h"
#include "core/observe.h"
#include "schedules/scheme.h"

/* All borrowed. */
typedef struct {
    const fk_mixture *mixture;
    const fk_axis *axis;
    const size_t *node; /* (rows) ascending: the nodes to be seen, 0 is the start */
    size_t rows;
    int threads;
} fk_reverse_setting;

typedef struct {
    const fk_scheme *scheme;
    double factor; /* of the score: 1 is right */
    fk_source start;
    fk_noise noise;
    size_t n;
    const char *label; /* of the progress bar */
} fk_reverse_run;

/* The ensemble at the rows, (rows, n, dim), to be freed by fk_snapshots_free; NULL where the run
 * failed. */
int fk_reverse_simulate(const fk_reverse_setting *, const fk_reverse_run *, fk_snapshots **seen,
                        fk_error *err) FK_CHECKED;

/* The least standard deviation that a component of the mixture has along any direction, at any node
 * of the axis: the scale on which an ODE solver must be right, where all noise is gone too. */
double fk_reverse_narrowest(const fk_mixture *, const fk_axis *);

#endif
