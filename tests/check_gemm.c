/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/gemm: against the chain of fused operations that its header promises, to the bit, on every
 * instruction set that runs here; and against GSL's product. */
#include <gsl/gsl_cblas.h>
#include <math.h>
#include <string.h>

#include "core/gemm.h"
#include "tests/suite.h"

/* Over the edges of every tile, and over a panel's depth. */
enum { M = 53, N = 107, K = 149, LD = 151, SIZE = LD * LD };

static const struct {
    size_t m, n, k;
} shapes[] = {{M, N, K}, {1, 1, 1}, {2, 96, 128}, {48, 2, 129}, {13, 16, 2}, {6, 33, 18}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

typedef void gemm_float(bool, bool, size_t, size_t, size_t, const float *, size_t, const float *,
                        size_t, bool, float *, size_t);
typedef void gemm_double(bool, bool, size_t, size_t, size_t, const double *, size_t, const double *,
                         size_t, bool, double *, size_t);
#if defined(__x86_64__)
static gemm_float *const in_float[] = {fk_gemm_float_portable, fk_gemm_float_avx2,
                                       fk_gemm_float_avx512};
static gemm_double *const in_double[] = {fk_gemm_double_portable, fk_gemm_double_avx2,
                                         fk_gemm_double_avx512};
#else
static gemm_float *const in_float[] = {fk_gemm_float_portable};
static gemm_double *const in_double[] = {fk_gemm_double_portable};
#endif

static float a[SIZE], b[SIZE], c[SIZE], was[SIZE];
static double ad[SIZE], bd[SIZE], cd[SIZE], was_d[SIZE];

/* Of sizes from 1e-6 to 1e6, so that sums round at every place. */
static double number(size_t i)
{
    return cos(2.385 * (double)i + 0.7) * exp(13.8 * sin(1.37 * (double)(i * i % 1009)));
}

static void fill(void)
{
    for (size_t i = 0; i < SIZE; i++) {
        a[i] = (float)(ad[i] = number(i)), b[i] = (float)(bd[i] = number(i + SIZE));
        was[i] = (float)(was_d[i] = number(i + 2 * SIZE));
    }
}

START_TEST(every_element_is_one_chain_of_fused_operations)
{
    fill();
    for (int isa = 0; isa <= (int)fk_isa(); isa++)
        for (size_t k = 0; k < 8 * N_SHAPES; k++) {
            const bool ta = k & 1, tb = k & 2, add = k & 4;
            const size_t m = shapes[k / 8].m, n = shapes[k / 8].n, depth = shapes[k / 8].k;
            memcpy(c, was, sizeof c), memcpy(cd, was_d, sizeof cd);
            in_float[isa](ta, tb, m, n, depth, a, LD, b, LD, add, c, LD);
            in_double[isa](ta, tb, m, n, depth, ad, LD, bd, LD, add, cd, LD);
            for (size_t i = 0; i < LD; i++)
                for (size_t j = 0; j < LD; j++) {
                    const size_t at = i * LD + j;
                    const bool within = i < m && j < n;
                    float want = within && !add ? 0 : was[at];
                    double want_d = within && !add ? 0 : was_d[at];
                    for (size_t p = 0; within && p < depth; p++) {
                        const size_t x = ta ? p * LD + i : i * LD + p;
                        const size_t y = tb ? j * LD + p : p * LD + j;
                        want = fmaf(a[x], b[y], want), want_d = fma(ad[x], bd[y], want_d);
                    }
                    ck_assert_msg(c[at] == want && cd[at] == want_d, "shape %zu, isa %d", k, isa);
                }
        }
}
END_TEST

/* K + 1 roundings of half a unit in partial sums below the sum of sizes, in either order (Higham
 * 2002, section 3.1); the control takes A for its transpose. */
START_TEST(products_agree_with_those_of_gsl)
{
    fill();
    for (int k = 0; k < 8; k++) {
        const bool ta = k & 1, tb = k & 2, wrong = k & 4;
        FK_CHOOSE_KERNEL(fk_gemm_double)(ta, tb, M, N, K, ad, LD, bd, LD, false, cd, LD);
        const enum CBLAS_TRANSPOSE op[] = {CblasNoTrans, CblasTrans};
        double theirs[M * N], worst = 0;
        cblas_dgemm(CblasRowMajor, op[ta != wrong], op[tb], M, N, K, 1, ad, LD, bd, LD, 0, theirs,
                    N);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double size = 0;
                for (size_t p = 0; p < K; p++)
                    size +=
                        fabs(ad[ta ? p * LD + i : i * LD + p] * bd[tb ? j * LD + p : p * LD + j]);
                const double gap = fabs(cd[i * LD + j] - theirs[i * N + j]);
                worst = fk_worse(worst, gap / (size * 0x1p-53));
            }
        if (wrong)
            ck_assert_double_gt(worst, 1e6);
        else
            ck_assert_double_le(worst, 2 * (K + 1));
    }
}
END_TEST

/* Where no instruction fuses, float goes by way of double, and is right where rounding twice is
 * not: just beside the middle of two floats, with and without subnormals, and where nothing is
 * finite. */
START_TEST(a_fused_operation_rounds_once)
{
    const float step = 0x1p-23F;
    const float x[][3] = {{1 + step, 1 + step, -0x1p-60F},
                          {1 + step, 1 + 0x1p-22F, 0x1p-1F * step},
                          {1 + 0x1p-12F, 1 + 0x1p-12F, 0x1p-70F},
                          {1 - 0x1p-12F, 1 + 0x1p-12F, 0x1p-25F},
                          {-1 - 0x1p-12F, 1 + 0x1p-12F, -0x1p-70F},
                          {-1 - 0x1p-12F, 1 + 0x1p-12F, 0x1p-70F},
                          {0x1.8p-75F, 0x1.000002p-75F, 0x1p-149F},
                          {0x1.8p-74F, 0x1p-76F, 0x1p-126F},
                          {0x1p127F, 2, -0x1p127F},
                          {0x1p127F, 0x1p127F, 1},
                          {INFINITY, 1, 1},
                          {INFINITY, 1, -INFINITY},
                          {1, NAN, 1}};
    bool twice_differs = false;
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        const float want = fmaf(x[i][0], x[i][1], x[i][2]);
        const float twice = (float)((double)x[i][0] * x[i][1] + x[i][2]);
        twice_differs |= twice != want && !isnan(want);
        for (int isa = 0; isa <= (int)fk_isa(); isa++) {
            float got = x[i][2];
            in_float[isa](false, false, 1, 1, 1, &x[i][0], 1, &x[i][1], 1, true, &got, 1);
            ck_assert_msg(got == want || (isnan(got) && isnan(want)), "row %zu, isa %d: %a, not %a",
                          i, isa, got, want);
        }
    }
    ck_assert(twice_differs);
}
END_TEST

FK_SUITE("gemm", every_element_is_one_chain_of_fused_operations, products_agree_with_those_of_gsl,
         a_fused_operation_rounds_once)
