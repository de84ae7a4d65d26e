/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: the cases em-*, reverse-SDE Euler-Maruyama with the exact score of a
 * mixture, VP-linear schedule, 100 uniform steps, in particle-steps a second. */
#ifndef FK_TOOLS_BENCH_EM_H
#define FK_TOOLS_BENCH_EM_H

#include "core/integrate.h"
#include "core/rates.h"
#include "tools/bench_scalar.h"

typedef struct {
    const char *name;
    size_t dim, k; /* at most BENCH_MAX_DIM, BENCH_MAX_K */
    bool full;     /* covariances; else isotropic */
} em_case;

/* A case made ready: its mixture, and the plan for the lab and for the baseline. */
typedef struct {
    em_case what;
    fk_mixture *mixture;
    fk_schedule schedule;
    fk_plan plan;
    scalar_plan scalar;
} em_subject;

int bench_em_open(const em_case *, em_subject *, fk_error *) FK_CHECKED;
void bench_em_close(em_subject *); /* where bench_em_open succeeded */

/* n particles through all the steps on one thread; seconds, or negative on an error. The observer
 * (or NULL) sees the end. */
double bench_em_run(const em_subject *, size_t n, const fk_observer *observer, fk_error *);
/* The same by the baseline, the end in x (n, dim). */
double bench_em_run_scalar(const em_subject *, size_t n, double *x);

/* Particle-steps a second that one core could do at most. */
double bench_em_limit(const em_case *, const fk_rates *);

#endif
