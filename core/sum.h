/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An exact sum of doubles: the result does not depend on the order or the grouping of the terms, so
 * that threads and ranks may add in any order and still give the same bits. A small
 * superaccumulator (Neal 2015, arXiv 1505.05571): 64-bit chunks that overlap by 32 bits, carries
 * propagated before they can overflow. */
#ifndef FK_CORE_SUM_H
#define FK_CORE_SUM_H

#include "core/base.h"

typedef struct {
    int64_t chunk[67];
    uint32_t pending;       /* terms added since the last carry propagation */
    uint32_t nan, pos, neg; /* non-finite terms seen (saturating) */
} fk_sum;

void fk_sum_add(fk_sum *, double term);
void fk_sum_add_all(fk_sum *, const double *term, size_t n);
/* part[0] 2^-10 + part[1] 2^-60 + part[2] 2^-110, each part of at most 2^61: FK_MOST_SPLIT terms of
 * at most 2^50 each, summed by somebody who is quicker at it. */
enum { FK_SPLITS = 3, FK_MOST_SPLIT = 2048 };
void fk_sum_add_split(fk_sum *, const int64_t part[FK_SPLITS]);
void fk_sum_merge(fk_sum *into, const fk_sum *from);
double fk_sum_value(const fk_sum *); /* correctly rounded; NaN or infinite as the terms make it */

#endif
