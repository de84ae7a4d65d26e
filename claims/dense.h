/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small dense symmetric matrices, for claims on joint Gaussian laws. Row-major (n, n). */
#ifndef FK_CLAIMS_DENSE_H
#define FK_CLAIMS_DENSE_H

#include <stddef.h>

/* The inverse of a positive definite matrix by Cholesky, in place; returns log det of the matrix.
 * NaN where it is not positive definite. */
double fk_dense_invert(size_t n, double *a);
/* The greatest |a_ij| / sqrt(a_ii a_jj) with |i - j| >= 2: 0 for a tridiagonal matrix. The inverse
 * of a covariance is tridiagonal where, and only where, the Gaussian sequence is Markov. */
double fk_dense_off_tridiagonal(size_t n, const double *a);
/* How many eigenvalues of a symmetric matrix exceed `relative` times the largest. */
size_t fk_dense_rank(size_t n, const double *a, double relative);

#endif
