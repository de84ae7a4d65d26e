/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time axis of a run: N + 1 nodes from noise to data, with the coefficients at each. Grids are
 * functions of u = n/N:
 *     uniform    t = t_start + u (t_end - t_start)
 *     quadratic  sqrt(t) uniform
 *     lambda     log(s/sigma) uniform (needs the schedule's inverse)
 *     karras     (sigma/s)^(1/rho) uniform, rho = 7 (Karras et al. 2022, eq. 5)
 *     file:PATH  one t a line, decreasing
 * and on a chain of T indices, choosing N of them (the last step goes to clean data, index -1):
 *     leading    k floor(T/N)                 900 .. 0 for 10 of 1000
 *     trailing   round(T - k T/N) - 1         999 .. 99
 *     linspace   round(k (T-1)/(N-1))         999 .. 0
 *     quad       floor(0.8 T (k/(N-1))^2)     800 .. 0
 *     file:PATH  one index a line, decreasing
 * The end nodes are t_start and t_end exactly; nodes decrease strictly and lie in the usable
 * interval, or else the call fails with FK_USAGE. A file tells its own number of steps and its own
 * ends: n_steps, t_start and t_end are then not read. */
#ifndef FK_SCHEDULES_AXIS_H
#define FK_SCHEDULES_AXIS_H

#include "schedules/chain.h"

/* What only the data can tell about a node, for the schemes that need it (FK_FACTS): expectations
 * over the marginal there. A caller supplies them: schemes know no mixture. */
typedef struct {
    double mmse;       /* E|x_0 - x0hat|^2 / dim */
    double score_norm; /* E|score| */
    double noise_norm; /* E|z|, z ~ N(0, I) of the data's dimension */
} fk_node_facts;

typedef struct fk_axis {
    const fk_schedule *schedule; /* NULL on a chain; borrowed */
    size_t n_steps;
    double *t;       /* (n_steps + 1) decreasing; on a chain the index, -1 at the end */
    fk_coeffs *node; /* (n_steps + 1) */
    size_t past;     /* nodes before the start, t[-past] .. t[-1] and node[-past] .. node[-1]: where
                        an exact history was taken, see fk_axis_extend */
    const fk_node_facts *facts; /* (n_steps + 1), borrowed; NULL unless a caller sets it. Those of
                                   the last node are not read */
} fk_axis;

int fk_axis_on_schedule(const fk_schedule *, const char *grid, size_t n_steps, double t_start,
                        double t_end, fk_axis *axis, fk_error *err) FK_CHECKED;
int fk_axis_on_chain(const fk_chain *, const char *grid, size_t n_steps, fk_axis *axis,
                     fk_error *err) FK_CHECKED;
/* Give the axis `past` nodes before its start, at the step in lambda of its first step, so that a
 * multistep scheme can be run from an exact history. FK_USAGE on a chain, and where the schedule's
 * usable interval does not reach so far. */
int fk_axis_extend(fk_axis *axis, size_t past, fk_error *err) FK_CHECKED;
void fk_axis_free(fk_axis *);

extern const fk_row fk_grid_rows[]; /* for lists: those on schedules, file, those on chains */
extern const size_t fk_n_grid_rows;

#endif
