/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts drawn from a Gaussian: x = mean + std eps, eps from the stream FK_STREAM_START. */
#ifndef FK_CORE_SOURCE_H
#define FK_CORE_SOURCE_H

#include "core/integrate.h"

typedef struct {
    uint64_t seed;
    double mean, std; /* of every coordinate */
} fk_gaussian_start;

/* Borrows *start. */
fk_source fk_source_gaussian(const fk_gaussian_start *start);

#endif
