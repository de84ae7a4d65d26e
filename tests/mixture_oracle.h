/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of a noised mixture by the textbook, in long double and by Cholesky, and the condition
 * it has at a point: |F| plus the sum over all inputs a (x, and every weight, mean and covariance
 * entry of the noised components) of |a dF/da|, by central differences. And random mixtures. */
#ifndef FK_TESTS_MIXTURE_ORACLE_H
#define FK_TESTS_MIXTURE_ORACLE_H

#include <string.h>

#include "analytic/mixture.h"
#include "core/noise.h"
#include "tests/suite.h"

typedef long double real;

enum { MAX_DIM = 16 };

/* Weights (k), means (k, dim), covariances (k, dim, dim), a point (dim): one array, so that each
 * input can be disturbed in turn. */
typedef struct {
    size_t dim, k, n;
    real *a;
} inputs;

static inline inputs inputs_new(size_t dim, size_t k)
{
    size_t n = k + k * dim + k * dim * dim + dim;
    return (inputs){dim, k, n, fk_alloc(n, sizeof(real))};
}

/* The score, every step as in the textbook. */
static inline void formula(const inputs *in, real *score)
{
    size_t dim = in->dim;
    const real *w = in->a, *mean = w + in->k, *cov = mean + in->k * dim;
    const real *x = cov + in->k * dim * dim;
    real top = -HUGE_VALL, total = 0;
    memset(score, 0, dim * sizeof *score);
    for (size_t k = 0; k < in->k; k++) {
        real l[MAX_DIM][MAX_DIM] = {{0}}, y[MAX_DIM], logit = logl(w[k]);
        for (size_t i = 0; i < dim; i++) {
            for (size_t j = 0; j <= i; j++) {
                real sum = cov[(k * dim + i) * dim + j];
                for (size_t m = 0; m < j; m++) sum -= l[i][m] * l[j][m];
                l[i][j] = i == j ? sqrtl(sum) : sum / l[j][j];
            }
            y[i] = x[i] - mean[k * dim + i];
            for (size_t m = 0; m < i; m++) y[i] -= l[i][m] * y[m];
            y[i] /= l[i][i];
            logit -= y[i] * y[i] / 2 + logl(l[i][i]);
        }
        for (size_t i = dim; i-- > 0;) {
            for (size_t m = i + 1; m < dim; m++) y[i] -= l[m][i] * y[m];
            y[i] /= l[i][i];
        }
        real next = fmaxl(top, logit), shrink = expl(top - next), e = expl(logit - next);
        top = next, total = total * shrink + e;
        for (size_t i = 0; i < dim; i++) score[i] = score[i] * shrink - e * y[i];
    }
    for (size_t i = 0; i < dim; i++) score[i] /= total;
}

/* |F| + sum |a dF/da|; the two copies of an off-diagonal entry move together. */
static inline void condition(const inputs *in, real *cond)
{
    const real step = 0x1p-22L;
    size_t dim = in->dim, first_cov = in->k + in->k * dim, end_cov = in->n - dim;
    real up[MAX_DIM], down[MAX_DIM];
    formula(in, up);
    for (size_t i = 0; i < dim; i++) cond[i] = fabsl(up[i]);
    for (size_t m = 0; m < in->n; m++) {
        size_t twin = m;
        if (m >= first_cov && m < end_cov) {
            size_t e = (m - first_cov) % (dim * dim), i = e / dim, j = e % dim;
            if (j > i) continue;
            twin = m - e + j * dim + i;
        }
        real a = in->a[m];
        in->a[m] = in->a[twin] = a * (1 + step);
        formula(in, up);
        in->a[m] = in->a[twin] = a * (1 - step);
        formula(in, down);
        in->a[m] = in->a[twin] = a;
        for (size_t i = 0; i < dim; i++) cond[i] += fabsl(up[i] - down[i]) / (2 * step);
    }
}

static inline double uniform(uint64_t *count)
{
    return fk_random_uniform((fk_key){2385, FK_STREAM_USER}, (*count)++, 0, 0);
}

typedef struct {
    fk_mixture *mixture;
    double *cov; /* (k, dim, dim), as given: the field sees its eigenvectors */
} sample;

static inline void sample_free(sample m)
{
    fk_mixture_free(m.mixture), free(m.cov);
}

/* A mixture around `centre` in boxes of size `spread`, with standard deviations from 0.01 to 1. */
static inline sample random_mixture(size_t dim, size_t k, fk_covariance kind, double centre,
                                    uint64_t *count)
{
    double *w = fk_alloc(k, sizeof *w), *mean = fk_alloc(k * dim, sizeof *mean);
    double *var = fk_alloc(k * dim, sizeof *var), *cov = fk_alloc(k * dim * dim, sizeof *cov);
    double sum = 0;
    for (size_t c = 0; c < k; c++) sum += w[c] = 0.05 + uniform(count);
    for (size_t c = 0; c < k; c++) {
        w[c] /= sum;
        double v = pow(10, -4 * uniform(count));
        for (size_t i = 0; i < dim; i++) {
            mean[c * dim + i] = centre + 4 * (uniform(count) - 0.5);
            var[c * dim + i] = kind == FK_DIAGONAL ? pow(10, -4 * uniform(count)) : v;
        }
        /* sum over j of v_j b_j b_j^T with random b_j: any shape */
        for (size_t j = 0; j < dim; j++) {
            double b[MAX_DIM], vj = pow(10, -3 * uniform(count));
            for (size_t i = 0; i < dim; i++) b[i] = 2 * uniform(count) - 1;
            for (size_t r = 0; r < dim; r++)
                for (size_t s = 0; s < dim; s++)
                    cov[(c * dim + r) * dim + s] += vj * (b[r] * b[s] + (r == s ? 1e-2 : 0));
        }
        for (size_t i = 0; i < dim * dim && kind != FK_FULL; i++)
            cov[c * dim * dim + i] = i % (dim + 1) == 0 ? var[c * dim + i / dim] : 0;
    }
    fk_mixture *m = NULL;
    fk_error err = {0};
    int code = kind == FK_FULL ? fk_mixture_new("random", dim, k, w, mean, cov, &m, &err)
                               : fk_mixture_new_diagonal("random", dim, k, w, mean, var, &m, &err);
    ck_assert_msg(code == FK_OK, "%s", err.text);
    ck_assert(m->kind == kind || dim == 1);
    free(w), free(mean), free(var);
    return (sample){m, cov};
}

/* The inputs of the noised marginal, without the point. */
static inline inputs noised(sample from, double s, double sigma)
{
    const fk_mixture *m = from.mixture;
    inputs in = inputs_new(m->dim, m->k);
    size_t dim = m->dim;
    real *mean = in.a + m->k, *cov = mean + m->k * dim;
    for (size_t k = 0; k < m->k; k++) {
        in.a[k] = m->weight[k];
        const double *c = from.cov + k * dim * dim;
        for (size_t i = 0; i < dim; i++) {
            mean[k * dim + i] = (real)s * m->mean[k * dim + i];
            for (size_t j = 0; j < dim; j++)
                cov[(k * dim + i) * dim + j] =
                    (real)s * s * c[i * dim + j] + (i == j ? (real)sigma * sigma : 0);
        }
    }
    return in;
}

#endif
