/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Explicit Runge-Kutta tableaus and the conditions for their order. */
#ifndef FK_SCHEDULES_BUTCHER_H
#define FK_SCHEDULES_BUTCHER_H

#include "core/step.h"
#include "schedules/axis.h"

/*     k_i = drift(t + c_i h, x + h sum_{j<i} a_ij k_j),   x' = x + h sum_i b_i k_i */
typedef struct {
    size_t stages;
    double c[FK_MAX_STAGES], a[FK_MAX_STAGES][FK_MAX_STAGES], b[FK_MAX_STAGES];
} fk_butcher;

enum { FK_MAX_TREE_ORDER = 6 };

/* The worst residual |sum_i b_i Phi_i(tree) - 1/gamma(tree)| over the rooted trees with `order`
 * nodes, 1 to FK_MAX_TREE_ORDER, or of the row sums c_i = sum_j a_ij where that is worse: the
 * method has order p if it is 0 for all orders up to p, whatever the drift and its dimension
 * (Butcher 1963; Hairer, Norsett and Wanner 1993, theorem II.2.13). */
double fk_butcher_residual(const fk_butcher *, size_t order);

/* The tableau of the step that leaves node n of an axis on a schedule, read off its table: a and b
 * in units of t_(n+1) - t_n, c by t(lambda) of the marginals at which the score is taken. What no
 * tableau tells, the state's factor of 1 and that outputs are the drift f x - g^2/2 score at their
 * times, is compared: returns the worst relative difference, and 1 at least where the step draws
 * noise or reads history. */
double fk_butcher_of_table(const fk_axis *, size_t n, const fk_step *, fk_butcher *);

/* Rooted trees with that many nodes: 1, 1, 2, 4, 9, 20. */
size_t fk_butcher_trees(size_t order);

#endif
