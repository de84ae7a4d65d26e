/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: a case run and measured. */
#ifndef FK_TOOLS_BENCH_RACE_H
#define FK_TOOLS_BENCH_RACE_H

#include "tools/bench.h"

/* Doubles alone (of one round, or a quantile of each over the rounds); NaN where there is none: no
 * limit known, a contestant missing. */
typedef struct {
    double rate, limit, fraction;        /* fraction: rate / limit */
    double ratio[BENCH_MAX_CONTESTANTS]; /* the lab's rate over each contestant's */
    fk_rates core;                       /* all threads together */
} bench_figures;

typedef struct {
    bench_figures median, low, high;          /* low, high: half of the rounds lie between */
    char missing[BENCH_MAX_CONTESTANTS][160]; /* why a contestant did not run; empty: it did */
} bench_outcome;

/* The contestants must agree in what they compute (else FK_REFUTED); then, in each round, the
 * machine's own rates are measured and each contestant has one turn: a core's speed changes from
 * second to second, so only what is measured side by side is divided. */
int bench_race(const bench_case *, const bench_effort *, fk_progress *, bench_outcome *,
               fk_error *) FK_CHECKED;

#endif
