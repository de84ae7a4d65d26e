/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step table applied to given points with given normals, in 1-D: the elementary operation of
 * the laws on grids. Internal to analytic/. */
#ifndef FK_ANALYTIC_POINT_STEP_H
#define FK_ANALYTIC_POINT_STEP_H

#include "core/field.h"
#include "core/step.h"

/* A step with the score fields of its stages frozen; read by many threads. Borrows both. */
typedef struct fk_point_step fk_point_step;
fk_point_step *fk_point_step_new(const fk_step *, const fk_field *);
void fk_point_step_free(fk_point_step *);

/* Doubles of scratch for n points. */
size_t fk_point_step_scratch(const fk_point_step *, size_t n);

/* n points, a multiple of FK_LANES, all arrays aligned to FK_ALIGN:
 * x (n), z (normals, n) or NULL for no noise, h (history, n) or NULL where the step reads none;
 * y (n): the points after the step; pushed (n), or NULL: the latest output that enters the history
 * (untouched where none does). */
void fk_point_step_apply(const fk_point_step *, size_t n, const double *x, const double *z,
                         const double *h, double *y, double *pushed, double *scratch);

#endif
