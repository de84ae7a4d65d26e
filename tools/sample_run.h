/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker sample: one run, what was asked for and what it is made of. Parts that are not used
 * stay zero. */
#ifndef FK_TOOLS_SAMPLE_RUN_H
#define FK_TOOLS_SAMPLE_RUN_H

#include "core/brownian.h"
#include "core/json.h"
#include "core/observe.h"
#include "core/table.h"
#include "tools/common_setup.h"

typedef struct {
    setup s;
    const char *start_file, *noise_file, *out, *checkpoint;
    char *record_file;         /* beside `out` */
    size_t n, block, brownian; /* brownian: root cells, 0: none */
    size_t bins;               /* of the histograms in place of the samples; 0: samples */
    fk_reals range;            /* theirs, or by default six standard deviations about the mean */
    uint64_t seed;
    int threads;

    fk_brownian *tree;
    fk_table start, noise;
    size_t evaluations;
    /* the result: either of them */
    fk_snapshots *samples;
    fk_moments *moments;
    fk_histogram **histogram; /* (dim) */
    double *lo, *hi;          /* (dim) */
} sample_run;

/* Run it, or what a checkpoint says is left of it. `record`: of the run, without its results. */
int sample_integrate(sample_run *, const json_t *record, fk_error *) FK_CHECKED;

/* Histograms and moments: make them, write them, free them. */
int sample_statistics_new(sample_run *, fk_error *err) FK_CHECKED;
int sample_statistics_write(const sample_run *, json_t *record, fk_error *) FK_CHECKED;
void sample_statistics_free(sample_run *);

#endif
