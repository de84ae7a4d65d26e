/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/blas: the products of every library that this machine has against sums written out. */
#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "tests/suite.h"

static const char *const libraries[] = {"openblas", "blis", "gsl"};
enum { N_LIBRARIES = sizeof libraries / sizeof *libraries };

static double number(size_t i)
{
    return cos(2.385 * (double)i + 0.7);
}

/* The worst error of C = alpha op(A) op(B) + beta C over a unit in the last place, 2^-bits, of the
 * sum of the sizes of its terms; `wrong`: held against the product with A not transposed. */
static double worst_error(const fk_blas *blas, bool single, bool ta, bool tb, bool wrong)
{
    enum { M = 21, N = 37, K = 29, LD = 40, SIZE = LD * LD };
    static double a[SIZE], b[SIZE], c[SIZE], was[SIZE];
    static float as[SIZE], bs[SIZE], cs[SIZE];
    const double alpha = 1.375, beta = -0.625; /* of few bits: exact in float */
    for (size_t i = 0; i < SIZE; i++) {
        a[i] = as[i] = (float)number(i), b[i] = bs[i] = (float)number(i + SIZE);
        was[i] = c[i] = cs[i] = (float)number(i + 2 * SIZE);
    }
    const int oa = ta ? FK_TRANS : FK_NO_TRANS, ob = tb ? FK_TRANS : FK_NO_TRANS;
    if (single)
        blas->sgemm(FK_ROW_MAJOR, oa, ob, M, N, K, 1.375F, as, LD, bs, LD, -0.625F, cs, LD);
    else
        blas->dgemm(FK_ROW_MAJOR, oa, ob, M, N, K, alpha, a, LD, b, LD, beta, c, LD);
    double worst = 0;
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = beta * was[i * LD + j], size = fabs(sum);
            for (size_t k = 0; k < K; k++) {
                const double term = alpha * a[ta != wrong ? k * LD + i : i * LD + k] *
                                    b[tb ? j * LD + k : k * LD + j];
                sum += term, size += fabs(term);
            }
            const double got = single ? (double)cs[i * LD + j] : c[i * LD + j];
            worst = fk_worse(worst, fabs(got - sum) / (size * (single ? 0x1p-24 : 0x1p-53)));
        }
    return worst;
}

/* K + 3 operations in whatever order: at most that many roundings of half a unit, of partial sums
 * below the sum of sizes (Higham 2002, section 3.1); in double the sum here has as many. */
START_TEST(products_are_right_by_every_library_that_is_there)
{
    enum { ROUNDINGS = 2 * (29 + 3) };
    fk_error err = {0};
    fk_blas blas;
    for (size_t i = 0; i < N_LIBRARIES; i++) {
        const int code = fk_blas_load(libraries[i], &blas, &err);
        ck_assert(code == FK_OK || code == FK_MISSING);
        if (code) continue;
        ck_assert_int_eq(strncmp(blas.name, libraries[i], strlen(libraries[i])), 0);
        for (int k = 0; k < 8; k++) {
            const bool single = k & 1, ta = k & 2, tb = k & 4;
            ck_assert_double_le(worst_error(&blas, single, ta, tb, false), ROUNDINGS);
            ck_assert_double_gt(worst_error(&blas, single, ta, tb, true), 1e3);
        }
    }
}
END_TEST

START_TEST(a_library_is_chosen_by_name_and_says_which)
{
    fk_error err = {0};
    fk_blas blas;
    ck_assert_int_eq(fk_blas_load("gsl", &blas, &err), FK_OK);
    ck_assert_int_eq(strncmp(blas.name, "gsl ", 4), 0);
    ck_assert_int_eq(fk_blas_load(NULL, &blas, &err), FK_OK);
    ck_assert_ptr_nonnull(strstr(blas.name, ", 1 thread"));
    ck_assert_int_eq(fk_blas_load("mkl", &blas, &err), FK_USAGE);
    ck_assert_str_eq(err.text, "mkl: it is openblas, blis or gsl");
}
END_TEST

FK_SUITE("blas", products_are_right_by_every_library_that_is_there,
         a_library_is_chosen_by_name_and_says_which)
