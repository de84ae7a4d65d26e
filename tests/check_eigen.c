/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Double-double Jacobi against the closed form of the 2 x 2 problem in MPFR, and as a decomposition
 * in more dimensions. */
#include <gsl/gsl_eigen.h>
#include <mpfr.h>

#include "analytic/eigen.h"
#include "tests/suite.h"

enum { BITS = 600 };

/* Both eigenvalues of [[a, b], [b, d]]: half the trace plus root, and det over it. */
static void closed_form(const double c[4], mpfr_t large, mpfr_t small)
{
    mpfr_t root;
    mpfr_init(root);
    mpfr_set_d(root, c[0], MPFR_RNDN);
    mpfr_sub_d(root, root, c[3], MPFR_RNDN);
    mpfr_sqr(root, root, MPFR_RNDN);
    mpfr_set_d(large, 2 * c[1], MPFR_RNDN);
    mpfr_fma(root, large, large, root, MPFR_RNDN);
    mpfr_sqrt(root, root, MPFR_RNDN);
    mpfr_add_d(large, root, c[0], MPFR_RNDN);
    mpfr_add_d(large, large, c[3], MPFR_RNDN);
    mpfr_div_ui(large, large, 2, MPFR_RNDN);
    mpfr_set_d(small, c[0], MPFR_RNDN);
    mpfr_mul_d(small, small, c[3], MPFR_RNDN);
    mpfr_set_d(root, c[1], MPFR_RNDN);
    mpfr_sqr(root, root, MPFR_RNDN);
    mpfr_sub(small, small, root, MPFR_RNDN);
    mpfr_div(small, small, large, MPFR_RNDN);
    mpfr_clear(root);
}

static double relative_error(fk_dd value, const mpfr_t exact)
{
    mpfr_t gap;
    mpfr_init(gap);
    mpfr_sub_d(gap, exact, value.hi, MPFR_RNDN);
    mpfr_sub_d(gap, gap, value.lo, MPFR_RNDN);
    mpfr_div(gap, gap, exact, MPFR_RNDN);
    double error = fabs(mpfr_get_d(gap, MPFR_RNDN));
    mpfr_clear(gap);
    return error;
}

/* Graded matrices keep both eigenvalues to 2^-100; where the matrix is nearly singular however it
 * is scaled, the condition 1e9 of the small one is allowed. */
START_TEST(graded_matrices_keep_their_small_eigenvalues)
{
    const double c[][4] = {{1e4, 1e-3, 1e-3, 1e-4},        {1e-4, 1e-3, 1e-3, 1e4},
                           {2.385, 0.717, 0.717, 0.931},   {1e16, 0.1, 0.1, 1e-16},
                           {1, 1e-13, 1e-13, 1 + 0x1p-50}, {1, 0.999999999, 0.999999999, 1}};
    mpfr_set_default_prec(BITS);
    mpfr_t large, small;
    mpfr_inits(large, small, (mpfr_ptr)NULL);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        fk_dd value[2], axes[4];
        fk_eigen(2, c[i], value, axes);
        size_t top = value[1].hi > value[0].hi;
        if (value[1].hi == value[0].hi) top = value[1].lo > value[0].lo;
        closed_form(c[i], large, small);
        ck_assert(relative_error(value[top], large) <= 0x1p-98);
        double small_bound = i == 5 ? 4e9 * 0x1p-100 : 0x1p-98;
        double error = relative_error(value[1 - top], small);
        ck_assert_msg(error <= small_bound, "case %zu: %g", i, error);
    }
    mpfr_clears(large, small, (mpfr_ptr)NULL);
}
END_TEST

/* sum_j value_j axis_j axis_j^T = C and axes axes^T = I, entries to 2^-96, in 7 dimensions. */
START_TEST(axes_are_orthonormal_and_give_the_matrix_back)
{
    enum { N = 7 };
    double c[N * N];
    fk_dd value[N], axes[N * N];
    for (size_t i = 0; i < N * N; i++) {
        size_t a = i / N, b = i % N;
        c[i] = sin(1.37 * (double)(a + b)) / (1 + (double)(a * b)) + (a == b) * 3.91;
    }
    fk_eigen(N, c, value, axes);
    double worst = 0;
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++) {
            fk_dd dot = {a == b ? -1 : 0, 0}, entry = {-c[a * N + b], 0};
            for (size_t j = 0; j < N; j++) {
                dot = fk_dd_add(dot, fk_dd_multiply(axes[a * N + j], axes[b * N + j]));
                fk_dd term = fk_dd_multiply(axes[j * N + a], axes[j * N + b]);
                entry = fk_dd_add(entry, fk_dd_multiply(value[j], term));
            }
            worst = fk_worse(fabs(dot.hi), fk_worse(fabs(entry.hi), worst));
        }
    ck_assert_msg(worst <= 0x1p-96, "worst %g", worst);
}
END_TEST

/* The control: GSL's symmetric eigensolver on a graded 3 x 3 matrix, against det = product. */
START_TEST(a_solver_by_tridiagonal_form_loses_them)
{
    double c[9] = {1e-8, 1e-9, 1e-5, 1e-9, 1, 1e-2, 1e-5, 1e-2, 1e8};
    double det = 1e-8 * (1 * 1e8 - 1e-4) - 1e-9 * (1e-9 * 1e8 - 1e-2 * 1e-5) +
                 1e-5 * (1e-9 * 1e-2 - 1 * 1e-5);
    fk_dd value[3], axes[9];
    fk_eigen(3, c, value, axes);
    double product = value[0].hi * value[1].hi * value[2].hi;
    ck_assert(fabs(product / det - 1) <= 1e-14);
    gsl_matrix_view view = gsl_matrix_view_array(c, 3, 3);
    gsl_vector *var = gsl_vector_alloc(3);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(3);
    gsl_eigen_symm(&view.matrix, var, work);
    product = gsl_vector_get(var, 0) * gsl_vector_get(var, 1) * gsl_vector_get(var, 2);
    ck_assert_msg(!(fabs(product / det - 1) <= 1e-14), "GSL gives %g of %g", product, det);
    gsl_eigen_symm_free(work);
    gsl_vector_free(var);
}
END_TEST

FK_SUITE("eigen", graded_matrices_keep_their_small_eigenvalues,
         axes_are_orthonormal_and_give_the_matrix_back, a_solver_by_tridiagonal_form_loses_them)
