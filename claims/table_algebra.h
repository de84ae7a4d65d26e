/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders by algebra, of the step tables that are run and not of the constants that they were made
 * from. Each tells the worst residual of what a claim asks, too. */
#ifndef FK_CLAIMS_TABLE_ALGEBRA_H
#define FK_CLAIMS_TABLE_ALGEBRA_H

#include "schedules/butcher.h"
#include "schedules/scheme.h"

/* By rooted trees: the greatest order up to which residuals are below `within`. */
double fk_tree_order(const fk_butcher *, double within, double claim, double *residual);

/* Deterministic Runge-Kutta methods, whose output is the drift: the tableaus of three steps on
 * vp-linear, of which the first and the last may be an order lower. 0 where a table is no such
 * step. */
bool fk_is_runge_kutta(const fk_scheme *);
double fk_tableau_order(const fk_scheme *, double claim, double *residual);

/* Exponential schemes (schedules/exactness.h): NaN where they have no plan on vp-linear. */
double fk_weights_order(const fk_scheme *, double claim, double *residual);

#endif
