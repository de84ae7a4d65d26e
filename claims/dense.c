/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/dense.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/eigen.h"
#include "claims/setting.h"

double fk_dense_invert(size_t n, double *a)
{
    gsl_matrix_view view = gsl_matrix_view_array(a, n, n);
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    int status = gsl_linalg_cholesky_decomp1(&view.matrix);
    gsl_set_error_handler(handler);
    if (status != GSL_SUCCESS) return NAN;
    double log_det = 0;
    for (size_t i = 0; i < n; i++) log_det += 2 * log(a[i * n + i]);
    gsl_linalg_cholesky_invert(&view.matrix);
    return log_det;
}

double fk_dense_off_tridiagonal(size_t n, const double *a)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 2; j < n; j++)
            fk_worst(&worst, fabs(a[i * n + j]) / sqrt(a[i * n + i] * a[j * n + j]));
    return worst;
}

size_t fk_dense_rank(size_t n, const double *a, double relative)
{
    fk_dd *value = fk_alloc(n, sizeof *value), *axes = fk_alloc(n * n, sizeof *axes);
    fk_eigen(n, a, value, axes);
    double largest = 0;
    size_t rank = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, value[i].hi);
    for (size_t i = 0; i < n; i++) rank += value[i].hi > relative * largest;
    free(value);
    free(axes);
    return rank;
}
