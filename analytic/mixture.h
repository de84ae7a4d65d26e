/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian mixtures, the data distributions: p_0 = sum_k w_k N(m_k, C_k) in R^dim. Zero covariance
 * is allowed (point masses: an empirical distribution). Covariances are kept as eigenvalues and
 * axes, so that every noised marginal, with covariance s^2 C_k + sigma^2 I, costs no decomposition
 * of its own. */
#ifndef FK_ANALYTIC_MIXTURE_H
#define FK_ANALYTIC_MIXTURE_H

#include "core/error.h"
#include "core/field.h"
#include "core/names.h"

typedef enum { FK_ISOTROPIC, FK_DIAGONAL, FK_FULL } fk_covariance;

typedef struct {
    char *name; /* the spec it came from */
    size_t dim, k;
    fk_covariance kind; /* the narrowest that fits all components */
    double *weight;     /* (k), sums to 1 */
    double *mean;       /* (k, dim) */
    double *var;        /* (k, dim): eigenvalues of C_k, >= 0 (diagonal: the variances in order) */
    double *axes; /* (k, dim, dim): row j is the unit eigenvector of var[j]; NULL unless FK_FULL */
    /* What rounding to double left of var and axes, for code that needs more than double; NULL
     * unless FK_FULL (elsewhere the variances are given, hence exact). */
    double *var_low, *axes_low;
} fk_mixture;

/* Build from parts; copies. cov (k, dim, dim) symmetric. Weights must be positive and sum to 1
 * within 1e-6 (then divided by their sum); covariances positive definite, or diagonal with no
 * negative variance. Anything else, and what is not finite: FK_USAGE with "NAME: component 2: ..."
 * (counted from 1). */
int fk_mixture_new(const char *name, size_t dim, size_t k, const double *weight, const double *mean,
                   const double *cov, fk_mixture **mixture, fk_error *err) FK_CHECKED;
/* The same with variances (k, dim), >= 0. */
int fk_mixture_new_diagonal(const char *name, size_t dim, size_t k, const double *weight,
                            const double *mean, const double *var, fk_mixture **mixture,
                            fk_error *err) FK_CHECKED;
void fk_mixture_free(fk_mixture *);

/* By spec: a built-in name or a JSON file, {"dim": d, "components": [{"weight", "mean", and one of
 * "cov", "var", "std"}]} or {"points": FILE, "columns": [..], "std": h, "standardise": bool}. FILE
 * is looked up beside the JSON file, then in the working directory. */
int fk_mixture_read(const char *spec, fk_mixture **mixture, fk_error *err) FK_CHECKED;

extern const fk_row fk_mixture_rows[]; /* the built-ins */
extern const size_t fk_n_mixtures;

/* Mean (dim) and covariance (dim, dim) of the data. */
void fk_mixture_moments(const fk_mixture *, double *mean, double *cov);

/* Root mean square of the data's coordinates. */
double fk_mixture_size(const fk_mixture *);

/* Covariance of component k, (dim, dim). */
void fk_mixture_covariance(const fk_mixture *, size_t k, double *cov);

/* Draw sample number i: a pure function of (seed, stream, i). x (dim). */
void fk_mixture_draw(const fk_mixture *, uint64_t seed, uint64_t stream, uint64_t i, double *x);
/* Those from `first` on, which are the same: many together cost a small part of that each. */
void fk_mixture_draws(const fk_mixture *, uint64_t seed, uint64_t stream, uint64_t first,
                      fk_block x);

#endif
