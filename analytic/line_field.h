/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A field in 1-D by a table of its values: for fields that are dear, such as networks, and laws
 * that ask millions of times at the same noise level. Frozen, it is a cubic through the four
 * nearest of 2048 even places within ten standard deviations s size, sigma of x = s x_0 + sigma
 * eps; beyond them the straight line through the last two. A score that turns within a hundredth of
 * the data's size is wrong by a hundredth of itself there, one that turns within a tenth by 2e-6. */
#ifndef FK_ANALYTIC_LINE_FIELD_H
#define FK_ANALYTIC_LINE_FIELD_H

#include "core/field.h"

typedef struct {
    const fk_field *of; /* dim 1; borrowed */
    double size;        /* root mean square of the data */
} fk_line_field;

/* Borrows *self. Its divergence is not known. */
fk_field fk_line_field_of(const fk_line_field *self);

#endif
