/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact history: what the model outputs of a multistep scheme are at the nodes before its start, so
 * that its formula can be judged apart from its start-up. */
#ifndef FK_ANALYTIC_HISTORY_H
#define FK_ANALYTIC_HISTORY_H

#include "core/field.h"
#include "schedules/scheme.h"

/* Entry h of the first step is H_h = p y + q score(y; s, sigma), with y where the exact process of
 * the eta family that leads to the start was at that noise level; the rest of a stage is zero. */
typedef struct {
    size_t depth;
    double eta; /* 0: the probability-flow ODE, 1: the reverse SDE */
    fk_stage entry[FK_MAX_HISTORY];
} fk_history;

/* What a scheme reads at the first step of an axis that has those nodes (fk_axis_extend). */
fk_history fk_history_exact(const fk_axis *, const fk_scheme *, double eta);

/* An entry's value at points y (n) of a field in 1-D: out (n), which may be y. */
void fk_history_value(const fk_stage *entry, const fk_field *, size_t n, const double *y,
                      double *out);

#endif
