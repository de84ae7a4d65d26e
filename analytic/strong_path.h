/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside analytic/strong_law: n Brownian paths over a stretch of time, known by increment W and
 * space-time Levy area H on FK_PATH_CELLS cells of equal length, in the direction of the steps. */
#ifndef FK_ANALYTIC_STRONG_PATH_H
#define FK_ANALYTIC_STRONG_PATH_H

#include "core/field.h"
#include "core/step.h"
#include "schedules/schedule.h"

enum { FK_PATH_CELLS = 16 };

typedef struct {
    const fk_schedule *schedule;
    double from, to; /* times, from > to */
    size_t n;        /* paths, a multiple of FK_LANES */
    const double *z; /* (FK_PATH_CELLS, 2, n): W and H of each cell as standard normals */
} fk_path;

/* x (n) <- the solution of dx = [f x - (1 + eta^2)/2 g^2 score] dt + eta g dW at the stretch's end,
 * averaged over what the cells leave open. field has dim 1. */
void fk_path_solve(const fk_path *, const fk_field *field, double eta, double *x);

/* What a scheme's normal of that kernel is on these paths, for one step over the stretch, z (n). */
void fk_path_normal(const fk_path *, fk_noise_kernel kernel, double *z);

#endif
