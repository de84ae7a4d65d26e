/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/blas.h"

#include <dlfcn.h>
#include <gsl/gsl_cblas.h>
#include <gsl/gsl_version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/isa.h"

/* Sonames of the 32-bit-integer builds, as Debian and others name them. */
static const char *const openblas_files[] = {"libopenblas.so.0", "libopenblas.so", NULL};
static const char *const blis_files[] = {"libblis.so.4", "libblis.so.3", "libblis.so", NULL};

/* ISO C knows no cast from an object's address to a function's; POSIX promises that it fits. */
static bool find(void *library, const char *name, void *function)
{
    void *at = library ? dlsym(library, name) : NULL;
    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static bool find_products(void *library, fk_blas *blas)
{
    return find(library, "cblas_sgemm", &blas->sgemm) && find(library, "cblas_dgemm", &blas->dgemm);
}

static void *open_first(const char *const *file)
{
    void *library = NULL;
    for (; !library && *file; file++) library = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64" -> "0.3.21". */
static void second_word(const char *text, char word[24])
{
    word[0] = '\0';
    if (text) sscanf(text, "%*s %23s", word);
}

/* OpenBLAS up to 0.3.21 does not know newer processors with AVX-512 and falls back to a kernel
 * three to four times slower; it asks this variable as it loads. A choice of the user's comes
 * first. */
static bool load_openblas(fk_blas *blas)
{
    if (fk_isa() == FK_ISA_AVX512) setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = open_first(openblas_files);
    if (!find_products(library, blas)) return false;
    char *(*config)(void), *(*core)(void), version[24];
    void (*set_threads)(int);
    if (find(library, "openblas_set_num_threads", &set_threads)) set_threads(1);
    second_word(find(library, "openblas_get_config", &config) ? config() : NULL, version);
    snprintf(blas->name, sizeof blas->name, "openblas %s %.24s, 1 thread", version,
             find(library, "openblas_get_corename", &core) ? core() : "");
    return true;
}

static bool load_blis(fk_blas *blas)
{
    setenv("BLIS_NUM_THREADS", "1", 1);
    void *library = open_first(blis_files);
    if (!find_products(library, blas)) return false;
    const char *(*version)(void);
    const char *says = find(library, "bli_info_get_version_str", &version) ? version() : "";
    snprintf(blas->name, sizeof blas->name, "blis %.24s, 1 thread", says);
    return true;
}

static void gsl_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                      int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    cblas_sgemm((enum CBLAS_ORDER)order, (enum CBLAS_TRANSPOSE)ta, (enum CBLAS_TRANSPOSE)tb, m, n,
                k, alpha, a, lda, b, ldb, beta, c, ldc);
}

static void gsl_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a,
                      int lda, const double *b, int ldb, double beta, double *c, int ldc)
{
    cblas_dgemm((enum CBLAS_ORDER)order, (enum CBLAS_TRANSPOSE)ta, (enum CBLAS_TRANSPOSE)tb, m, n,
                k, alpha, a, lda, b, ldb, beta, c, ldc);
}

static bool load_gsl(fk_blas *blas)
{
    blas->sgemm = gsl_sgemm, blas->dgemm = gsl_dgemm;
    snprintf(blas->name, sizeof blas->name, "gsl %s, 1 thread", gsl_version);
    return true;
}

int fk_blas_load(const char *which, fk_blas *blas, fk_error *err)
{
    static const struct {
        const char *name;
        bool (*load)(fk_blas *);
    } kind[] = {{"openblas", load_openblas}, {"blis", load_blis}, {"gsl", load_gsl}};
    const size_t n = sizeof kind / sizeof *kind;
    const char *from = which ? "" : "FOKKER_BLAS=";
    if (!which) which = getenv("FOKKER_BLAS");
    const bool any = !which || !*which;
    for (size_t i = 0; i < n; i++) {
        if (!any && strcmp(which, kind[i].name) != 0) continue;
        if (kind[i].load(blas)) return FK_OK;
        if (!any)
            return fk_fail(err, FK_MISSING, "%s%s: this machine has no such library; take gsl",
                           from, which);
    }
    return fk_fail(err, FK_USAGE, "%s%.40s: it is openblas, blis or gsl", from, which);
}
