/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix product: C = op(A) op(B), or C += with `add`; row-major, op(A) (m, k), op(B) (k, n),
 * C (m, n), a transposed matrix as it lies in memory. Every element of C is one chain
 *     c = fma(a_ip, b_pj, c),   p = 0, 1, .. k - 1,   from 0, or with `add` from C's own,
 * so that a product has the same bits on every instruction set and in parts of any size, which no
 * BLAS promises. (In products of 128 x 128 x 128 floats it is as fast as OpenBLAS 0.3.21 with its
 * best kernel, under AVX-512, and several times faster than with the one that it takes by itself on
 * newer processors.) One thread; k > 0; nothing is allocated. */
#ifndef FK_CORE_GEMM_H
#define FK_CORE_GEMM_H

#include "core/base.h"
#include "core/isa.h"

FK_DECLARE_KERNEL(void, fk_gemm_float,
                  (bool trans_a, bool trans_b, size_t m, size_t n, size_t k, const float *a,
                   size_t lda, const float *b, size_t ldb, bool add, float *c, size_t ldc));
FK_DECLARE_KERNEL(void, fk_gemm_double,
                  (bool trans_a, bool trans_b, size_t m, size_t n, size_t k, const double *a,
                   size_t lda, const double *b, size_t ldb, bool add, double *c, size_t ldc));

#endif
