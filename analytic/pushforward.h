/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of a deterministic scheme in 1-D, one-step or multistep: quantiles of the start are
 * carried through all the steps by the integrator, and keep the mass below them. */
#ifndef FK_ANALYTIC_PUSHFORWARD_H
#define FK_ANALYTIC_PUSHFORWARD_H

#include "analytic/curve.h"
#include "analytic/history.h"
#include "analytic/start_law.h"
#include "core/error.h"

typedef struct {
    const fk_step *step; /* (n_steps), none of which uses a normal */
    size_t n_steps;
    const fk_field *field; /* dim 1 */
    fk_start_law start;
    const fk_marginal *end;    /* the exact law at the end: it places the nodes */
    const fk_history *history; /* of the first step, with eta = 0; NULL for none */
    size_t cells;              /* 2000 resolve features a hundredth of the whole range to 1e-10 */
    int threads;               /* 0: all */
} fk_pushforward;

/* The law at the end. cells + 1 nodes lie on the exact flow, half of them spread evenly over the
 * range of the end and half over its mass; more are put in where the scheme's own map is steep and
 * the flow is not, until no two lie farther apart than 2.5 cells or four times their neighbours.
 * Where the map is not monotone the nodes stay, with their masses. FK_USAGE where a particle
 * becomes non-finite. */
int fk_pushforward_run(const fk_pushforward *, fk_curve *law, fk_error *err) FK_CHECKED;

#endif
