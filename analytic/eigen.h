/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eigenvalues and axes of a symmetric matrix in double-double. Internal to analytic/. */
#ifndef FK_ANALYTIC_EIGEN_H
#define FK_ANALYTIC_EIGEN_H

#include <stddef.h>

#include "analytic/dd.h"

/* c (n, n) symmetric -> value (n), axes (n, n) with row j the unit eigenvector of value[j]. The
 * order is that of the diagonal where c is nearly diagonal. For positive definite c each eigenvalue
 * keeps its relative accuracy, however graded the matrix is; a diagonal matrix gives its own
 * diagonal and the identity, exactly. */
void fk_eigen(size_t n, const double *c, fk_dd *value, fk_dd *axes);

#endif
