/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals for integrals against a 1-D marginal: out to nine standard deviations of every
 * component (a tail of 2e-19), each at most about one standard deviation of what lives there, so
 * that sixteen Gauss-Legendre nodes an interval reach rounding on smooth functionals of p. */
#ifndef FK_ANALYTIC_PANELS_H
#define FK_ANALYTIC_PANELS_H

#include "analytic/marginal.h"

enum { FK_PANEL_NODES = 16 };

/* Their ends, ascending, *n of them: newly allocated. Requires dim 1 and no point mass. */
double *fk_panel_ends(const fk_marginal *, size_t *n);

#endif
