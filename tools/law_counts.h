/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker law: what fokker sample --histogram wrote, the counts and the record beside them.
 */
#ifndef FK_TOOLS_LAW_COUNTS_H
#define FK_TOOLS_LAW_COUNTS_H

#include "core/json.h"
#include "tools/common_setup.h"

typedef struct {
    size_t bins; /* with the two outer ones */
    double *to;  /* (bins) upper ends, the last infinite */
    double *count;
    double n, mean, var;
    json_t *record;
} law_counts;

/* path: the .csv. FK_USAGE where it, or the record, is not what that command writes of samples in
 * 1-D, of two samples or more, or where the two cannot be of one run: n is not the sum of the
 * counts, a setting not what the command says, or a moment not within what the bins allow. */
int law_counts_read(const char *path, law_counts *, fk_error *) FK_CHECKED;
void law_counts_free(law_counts *);

/* Tells in a line of what the samples are where that is not what was asked for. */
void law_counts_remark(const char *path, const law_counts *, const setup *);

#endif
