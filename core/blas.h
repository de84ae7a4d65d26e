/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix product, in single and double precision, from the fastest BLAS that this machine has,
 * chosen at run time: OpenBLAS, else BLIS, else the CBLAS that GSL brings along and that is always
 * there. Always on one thread: the caller's own threads each multiply their part, so that no result
 * depends on their number. It still depends on the library and its kernel (the order of its sums),
 * which is why both are in the name, and the name in every record. */
#ifndef FK_CORE_BLAS_H
#define FK_CORE_BLAS_H

#include "core/error.h"

typedef struct {
    /* CBLAS, 32-bit integers; order and transposition as the numbers below */
    void (*sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                  const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
    void (*dgemm)(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                  const double *a, int lda, const double *b, int ldb, double beta, double *c,
                  int ldc);
    char name[96]; /* "openblas 0.3.21 SkylakeX, 1 thread" */
} fk_blas;

enum { FK_ROW_MAJOR = 101, FK_NO_TRANS = 111, FK_TRANS = 112 }; /* of the CBLAS standard */

/* Load `which`: "openblas", "blis", "gsl", or NULL for the environment variable FOKKER_BLAS, and
 * without that the first of the three that is there. FK_USAGE for another word, FK_MISSING where
 * the library named is not on this machine. The library stays loaded as long as the process. Call
 * it before threads are started: it sets the variables that OpenBLAS and BLIS read as they load. */
int fk_blas_load(const char *which, fk_blas *blas, fk_error *err) FK_CHECKED;

#endif
