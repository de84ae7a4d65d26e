/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker law: the law held against what fokker sample --histogram counted. */
#ifndef FK_TOOLS_LAW_SAMPLED_H
#define FK_TOOLS_LAW_SAMPLED_H

#include "analytic/law.h"
#include "tools/law_counts.h"

/* How far the samples are off the law: their mean and variance, and the count that is worst, of a
 * bin or of neighbours that are expected to have a hundred together. In standard errors by the
 * law's own moments, never the file's: of many samples these are normal deviations, and of few they
 * are turned into such, by the skewness of mean and variance, the mean's kurtosis, and the exact
 * binomial tail. One beyond MOST_DEVIATION has probability 2e-9 by chance. */
#define MOST_DEVIATION 6.0
typedef struct {
    double n, mean, var, count;
} law_deviation;

int law_sampled(const law_counts *, const fk_law_problem *, const fk_law_record *, law_deviation *,
                fk_error *) FK_CHECKED;

#endif
