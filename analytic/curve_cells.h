/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The difference D = F - G of a law and an exact one, cell by cell: what analytic/curve_compare.c
 * integrates. Internal to analytic/. */
#ifndef FK_ANALYTIC_CURVE_CELLS_H
#define FK_ANALYTIC_CURVE_CELLS_H

#include "analytic/curve.h"

/* Nodes of a cell's quadrature, and of an interpolant. */
enum { FK_CELL_GAUSS = 5, FK_CELL_STENCIL = 6 };

/* D on the nodes, with nodes added where the exact law reaches beyond them. */
typedef struct {
    const fk_marginal *exact;
    size_t n;
    size_t first, last; /* of the law's own */
    double spacing;     /* the average of these */
    double *y, *D, *below, *above;
    double *Q; /* the exact quantile of F; NaN on nodes that were added */
    double node[FK_CELL_GAUSS], weight[FK_CELL_GAUSS];
} fk_cells;

/* What a cell's interpolants are at one place. */
typedef struct {
    size_t first;
    double value[FK_CELL_STENCIL], slope[FK_CELL_STENCIL]; /* weights of the nodes */
} fk_lagrange;

fk_cells fk_cells_new(const fk_curve *law, const fk_marginal *exact);
void fk_cells_free(fk_cells *);

/* The first node of a cell's stencil; the weights of its nodes at a place in the variable whose
 * nodes are `node`, c->y or c->Q; and what they make of values given at the nodes. */
size_t fk_cells_stencil(const fk_cells *, size_t cell);
fk_lagrange fk_cells_weights(const fk_cells *, const double *node, size_t cell, double place);
double fk_cells_weigh(const fk_lagrange *, const double weight[FK_CELL_STENCIL], const double *f);

double fk_cells_D(const fk_cells *, size_t cell, double y);
/* The law's density from the exact one, q, and D' at the same place. */
double fk_cells_density(const fk_cells *, const fk_lagrange *, double q, double slope);

/* The cell's share of W2^2 = int (y - Q)^2 dF (analytic/curve_w2.c); density: of the law at the
 * cell's Gauss nodes. */
double fk_cells_w2(const fk_cells *, size_t cell, const double density[FK_CELL_GAUSS]);

/* E (y - centre)^k under the law, central (FK_N_CENTRAL): the exact law's, and -int k (y -
 * centre)^(k - 1) D dy. */
void fk_cells_central(const fk_cells *, double centre, double central[FK_N_CENTRAL]);

/* Against an exact law of point masses alone: ks, w1, w2 of the record. They stay as they are where
 * it is another. The law's places need not increase. */
void fk_curve_atoms(const fk_curve *law, const fk_marginal *exact, fk_law_record *);

#endif
