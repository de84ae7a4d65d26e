/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts drawn from a marginal: x = s x_0 + sigma eps, x_0 from the mixture by the stream
 * FK_STREAM_DATA and eps by FK_STREAM_START, so that the same seed gives the same x_0 and eps at
 * every noise level. */
#ifndef FK_ANALYTIC_DRAWS_H
#define FK_ANALYTIC_DRAWS_H

#include "analytic/mixture.h"
#include "core/integrate.h"

typedef struct {
    const fk_mixture *mixture;
    double s, sigma;
    uint64_t seed;
} fk_marginal_start;

/* Borrows *start. */
fk_source fk_source_marginal(const fk_marginal_start *start);

#endif
