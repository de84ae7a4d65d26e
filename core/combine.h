/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/integrate and analytic/draws: linear combinations of whole blocks. Lengths are
 * multiples of FK_LANES. */
#ifndef FK_CORE_COMBINE_H
#define FK_CORE_COMBINE_H

#include "core/base.h"
#include "core/isa.h"
#include "core/step.h"

typedef struct {
    double weight;
    const double *x; /* (length), or NULL: the model output that is made on the way */
} fk_term;

/* M = p y + q score. A part whose factor is 0 is left out. */
typedef struct {
    double p, q;
    const double *y, *score; /* (length) */
    double *m;               /* (length): where M is kept, or NULL */
} fk_model_output;

enum { FK_MAX_TERMS = 1 + FK_MAX_STAGES + FK_MAX_NORMALS + FK_MAX_HISTORY };

/* out = sum_k weight_k x_k, summed in the order given, fused, and M beside it, in one pass: out may
 * be one of the x, or y. Whether all of out is finite. */
FK_DECLARE_KERNEL(bool, fk_combine,
                  (double *out, size_t length, const fk_term *term, size_t n_terms,
                   const fk_model_output *model));

/* Whether all of x is finite. */
FK_DECLARE_KERNEL(bool, fk_all_finite, (const double *x, size_t length));

#endif
