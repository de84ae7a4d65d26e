/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/mixture.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/eigen.h"
#include "analytic/mixture_parts.h"

/* A mixture and its arrays are one block each; the weights are set by the caller's check. */
fk_mixture *fk_mixture_alloc(const char *name, size_t dim, size_t k, fk_covariance kind)
{
    assert(dim > 0 && k > 0);
    fk_mixture *m = fk_alloc(1, sizeof *m);
    size_t full = kind == FK_FULL ? dim * k * (2 * dim + 1) : 0;
    double *p = fk_alloc(k * (1 + 2 * dim) + full, sizeof *p);
    *m = (fk_mixture){.name = fk_strdup(name), .dim = dim, .k = k, .kind = kind};
    m->weight = p;
    m->mean = m->weight + k;
    m->var = m->mean + k * dim;
    if (kind == FK_FULL) {
        m->axes = m->var + k * dim;
        m->axes_low = m->axes + k * dim * dim;
        m->var_low = m->axes_low + k * dim * dim;
    }
    return m;
}

void fk_mixture_free(fk_mixture *m)
{
    if (!m) return;
    free(m->weight);
    free(m->name);
    free(m);
}

static int check_weights(const char *name, size_t k, const double *weight, fk_error *err)
{
    fk_dd sum = {0, 0};
    for (size_t c = 0; c < k; c++) {
        if (!(weight[c] > 0 && isfinite(weight[c])))
            return fk_fail(err, FK_USAGE,
                           "%s: component %zu: \"weight\" is %g: must be positive and finite", name,
                           c + 1, weight[c]);
        sum = fk_dd_add(sum, (fk_dd){weight[c], 0});
    }
    if (!(fabs(sum.hi - 1) <= 1e-6))
        return fk_fail(err, FK_USAGE, "%s: the weights sum to %.9g: must be 1 within 1e-6", name,
                       sum.hi);
    return FK_OK;
}

static int check_means(const char *name, size_t dim, size_t k, const double *mean, fk_error *err)
{
    for (size_t c = 0; c < k * dim; c++)
        if (!isfinite(mean[c]))
            return fk_fail(err, FK_USAGE, "%s: component %zu: \"mean\" is not finite", name,
                           c / dim + 1);
    return FK_OK;
}

static void set_weights_and_means(fk_mixture *m, const double *weight, const double *mean)
{
    fk_dd sum = {0, 0};
    for (size_t c = 0; c < m->k; c++) sum = fk_dd_add(sum, (fk_dd){weight[c], 0});
    for (size_t c = 0; c < m->k; c++) m->weight[c] = weight[c] / sum.hi;
    memcpy(m->mean, mean, m->k * m->dim * sizeof *mean);
}

static fk_covariance narrowest(size_t dim, size_t k, const double *var)
{
    for (size_t c = 0; c < k; c++)
        for (size_t i = 1; i < dim; i++)
            if (var[c * dim + i] != var[c * dim]) return FK_DIAGONAL;
    return FK_ISOTROPIC;
}

int fk_mixture_new_diagonal(const char *name, size_t dim, size_t k, const double *weight,
                            const double *mean, const double *var, fk_mixture **mixture,
                            fk_error *err)
{
    int status = check_weights(name, k, weight, err);
    if (!status) status = check_means(name, dim, k, mean, err);
    if (status) return status;
    for (size_t c = 0; c < k * dim; c++)
        if (!(var[c] >= 0 && isfinite(var[c])))
            return fk_fail(err, FK_USAGE,
                           "%s: component %zu: a variance is %g: must be finite and not negative",
                           name, c / dim + 1, var[c]);
    *mixture = fk_mixture_alloc(name, dim, k, narrowest(dim, k, var));
    set_weights_and_means(*mixture, weight, mean);
    memcpy((*mixture)->var, var, k * dim * sizeof *var);
    return FK_OK;
}

/* What covariance c is as it was given: finite, symmetric to what rounding may leave. */
static int check_covariance(const char *name, size_t c, size_t n, const double *cov, fk_error *err)
{
    for (size_t i = 0; i < n * n; i++)
        if (!isfinite(cov[i]))
            return fk_fail(err, FK_USAGE, "%s: component %zu: \"cov\" is not finite", name, c + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double a = cov[i * n + j], b = cov[j * n + i];
            if (fabs(a - b) > 1e-12 * sqrt(fabs(cov[i * n + i] * cov[j * n + j])))
                return fk_fail(err, FK_USAGE,
                               "%s: component %zu: \"cov\" is not symmetric: row %zu, column %zu "
                               "is %g, but row %zu, column %zu is %g",
                               name, c + 1, j + 1, i + 1, b, i + 1, j + 1, a);
        }
    return FK_OK;
}

static bool is_diagonal(size_t n, const double *cov)
{
    for (size_t i = 0; i < n * n; i++)
        if (i / n != i % n && cov[i] != 0) return false;
    return true;
}

/* Positive definite beyond doubt: lambda_min is at least min C_ii times the smallest eigenvalue of
 * the correlation matrix (Demmel and Veselic), and 1e-26 is what double-double resolves of that. */
static int check_eigenvalues(const char *name, size_t c, size_t n, const double *cov,
                             const fk_dd *value, fk_error *err)
{
    double smallest = value[0].hi, diagonal = cov[0];
    for (size_t i = 0; i < n; i++) {
        smallest = fmin(smallest, value[i].hi);
        diagonal = fmin(diagonal, cov[i * n + i]);
    }
    if (smallest > 0 && smallest > 1e-26 * diagonal) return FK_OK;
    if (smallest >= 0 && is_diagonal(n, cov)) return FK_OK;
    if (fabs(smallest) <= 1e-26 * fabs(diagonal)) smallest = 0;
    return fk_fail(err, FK_USAGE,
                   "%s: component %zu: \"cov\" is not positive definite (smallest eigenvalue %g)",
                   name, c + 1, smallest);
}

static int new_from_diagonals(const char *name, size_t n, size_t k, const double *weight,
                              const double *mean, const double *cov, fk_mixture **mixture,
                              fk_error *err)
{
    double *var = fk_alloc(k * n, sizeof *var);
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < n; i++) var[c * n + i] = cov[(c * n + i) * n + i];
    int status = fk_mixture_new_diagonal(name, n, k, weight, mean, var, mixture, err);
    free(var);
    return status;
}

static void store(fk_mixture *m, size_t c, const fk_dd *value, const fk_dd *axes)
{
    size_t n = m->dim;
    for (size_t i = 0; i < n; i++) {
        m->var[c * n + i] = value[i].hi;
        m->var_low[c * n + i] = value[i].lo;
    }
    for (size_t i = 0; i < n * n; i++) {
        m->axes[c * n * n + i] = axes[i].hi;
        m->axes_low[c * n * n + i] = axes[i].lo;
    }
}

int fk_mixture_new(const char *name, size_t dim, size_t k, const double *weight, const double *mean,
                   const double *cov, fk_mixture **mixture, fk_error *err)
{
    size_t n = dim;
    int status = check_weights(name, k, weight, err);
    if (!status) status = check_means(name, n, k, mean, err);
    bool diagonal = true;
    for (size_t c = 0; c < k; c++) diagonal = diagonal && is_diagonal(n, cov + c * n * n);
    fk_mixture *m = diagonal || status ? NULL : fk_mixture_alloc(name, n, k, FK_FULL);
    if (m) set_weights_and_means(m, weight, mean);
    fk_dd *value = fk_alloc(n + n * n, sizeof *value), *axes = value + n;
    double *symmetric = fk_alloc(n * n, sizeof *symmetric);
    for (size_t c = 0; c < k && !status; c++) {
        const double *given = cov + c * n * n;
        status = check_covariance(name, c, n, given, err);
        if (status) break;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                symmetric[i * n + j] = 0.5 * (given[i * n + j] + given[j * n + i]);
        fk_eigen(n, symmetric, value, axes);
        status = check_eigenvalues(name, c, n, symmetric, value, err);
        if (m && !status) store(m, c, value, axes);
    }
    free(symmetric);
    free(value);
    if (status)
        fk_mixture_free(m);
    else if (diagonal)
        status = new_from_diagonals(name, n, k, weight, mean, cov, mixture, err);
    else
        *mixture = m;
    return status;
}
