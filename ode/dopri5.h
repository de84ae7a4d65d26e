/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside ode/adaptive: Dormand and Prince's pair 5(4) for many particles at once, each with its own
 * time and step size in a lane of its own.
 *
 * Of a schedule the probability-flow ODE knows sigma/s alone. With tan(phi) = sigma/s, and in units
 * where s^2 + sigma^2 = 1,
 *
 *     y = x / sqrt(s^2 + sigma^2),   dy/dphi = -tan(phi) (y + score(y; cos phi, sin phi)),
 *     d log p(y)/dphi = -div dy/dphi = tan(phi) (dim + div score)
 *
 * (Salimans and Ho 2022, arXiv 2202.00512, appendix D: dy/dphi is v). So a lane needs a cosine and
 * a sine of its time and no schedule, and the right-hand side is bounded at both ends. Here phi
 * goes in turns, phi = 2 pi turn. */
#ifndef FK_ODE_DOPRI5_H
#define FK_ODE_DOPRI5_H

#include "core/field.h"
#include "core/isa.h"

enum { FK_DOPRI5_STAGES = 7 }; /* the last is the first of the next step */

/* Rows of lanes, ld apart: the particles' coordinates, then log p where it is wanted. */
typedef struct {
    size_t n, ld;     /* lanes in use, padded */
    size_t dim, rows; /* rows: dim, or dim + 1 */
    double rtol, atol;
    double longest;           /* no step is longer, in turns */
    double *y, *stage, *k;    /* (rows), (rows), (FK_DOPRI5_STAGES, rows) */
    double *turn, *target;    /* where a lane is, and where it must stop next */
    double *free_step, *step; /* what control proposes; the same, no further than the target */
    double *s, *sigma, *divergence; /* of the stage in hand */
    double *error, *before;         /* of the last step tried, of the last accepted one */
    double *accepted;               /* 1 or 0 */
} fk_dopri5_lanes;

/* Begin: step from free_step. Stage i = 1 .. 6: stage, s, sigma from y and k_0 .. k_(i-1). Slope i
 * = 0 .. 6: k_i from the score, which lies in its rows, and the divergence. Finish: error, step
 * size control; accepted lanes move on to the last stage. */
FK_DECLARE_KERNEL(void, fk_dopri5_begin, (const fk_dopri5_lanes *));
FK_DECLARE_KERNEL(void, fk_dopri5_stage, (const fk_dopri5_lanes *, size_t i));
FK_DECLARE_KERNEL(void, fk_dopri5_slope, (const fk_dopri5_lanes *, size_t i));
FK_DECLARE_KERNEL(void, fk_dopri5_finish, (const fk_dopri5_lanes *));

#endif
