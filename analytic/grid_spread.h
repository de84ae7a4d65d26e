/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step's noise in the density law: masses at moved places, spread over a new grid. Internal to
 * analytic/. */
#ifndef FK_ANALYTIC_GRID_SPREAD_H
#define FK_ANALYTIC_GRID_SPREAD_H

#include "core/base.h"

/* A Gaussian's kernel ends at FK_REACH sd, with 1e-19 of its mass beyond. */
#define FK_REACH 9.0

/* Places and masses of n nodes, of which first .. last carry all that counts. */
typedef struct {
    size_t n, first, last;
    double *y, *mass;
} fk_nodes;

fk_nodes fk_nodes_new(size_t n);
void fk_nodes_free(fk_nodes *);

/* The new grid: n nodes from lo, dx apart, under noise of this sd. */
typedef struct {
    size_t n;
    double lo, dx, sd;
} fk_target;

/* The masses of `from` spread over the new grid's nodes, as they are for any number of threads. */
fk_nodes fk_grid_spread(const fk_nodes *from, const fk_target *, int threads);

/* The distribution function on the new grid, and 1 less it: below (n), above (n); sums of normal
 * distribution functions, neither an integral of the density. */
void fk_grid_tails(const fk_nodes *from, const fk_target *, int threads, double *below,
                   double *above);

#endif
