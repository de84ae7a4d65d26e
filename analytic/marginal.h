/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The marginal at one frozen noise level: the law of s x_0 + sigma eps,
 *     p = sum_k w_k N(M_k, S_k),   M_k = s m_k,   S_k = s^2 C_k + sigma^2 I,
 * and everything exact about it at a point: log-density by log-sum-exp, score, Hessian, denoiser.
 * The denoiser and posterior covariance are in the form without cancellation, x0hat = sum_k r_k
 * c_k,   c_k = m_k + s C_k S_k^-1 (x - M_k), Cov(x_0|x) = sum_k r_k ( sigma^2 C_k S_k^-1 + (c_k -
 * x0hat)(c_k - x0hat)^T ), which holds at sigma = 0 too. Scalar code, written for accuracy; the
 * fast path is the score field below, and tests hold one against the other. */
#ifndef FK_ANALYTIC_MARGINAL_H
#define FK_ANALYTIC_MARGINAL_H

#include "analytic/mixture.h"
#include "core/field.h"

typedef struct fk_marginal {
    const fk_mixture *mixture; /* borrowed */
    double s, sigma;
    double *mean;     /* (k, dim): M_k */
    double *var;      /* (k, dim): eigenvalues of S_k */
    double *log_norm; /* (k): log w_k - 1/2 log det(2 pi S_k) */
    bool singular;    /* some eigenvalue of S_k is zero: a point mass at sigma = 0 */
    /* (k, dim) each: what rounding left of mean, and 1/var with what rounding left of it. Where the
     * components lie close together for their distance from x, only the differences of their
     * exponents count, and those are far smaller than the rounding of the exponents themselves. */
    double *mean_low, *inverse, *inverse_low;
} fk_marginal;

/* Freeze at (s, sigma), s >= 0, sigma >= 0, both finite. Where `singular` is set, p has no density:
 * log-density and all that fk_marginal_at gives are NaN; the 1-D law below keeps its meaning. */
fk_marginal *fk_marginal_new(const fk_mixture *, double s, double sigma);
void fk_marginal_free(fk_marginal *);

/* What to compute at a point; each output may be NULL. */
typedef struct {
    double *score;      /* (dim): grad log p */
    double *hessian;    /* (dim, dim): of log p */
    double *divergence; /* (1): of the score, tr Hessian */
    double *x0hat;      /* (dim): E[x_0 | x] */
    double *covariance; /* (dim, dim): Cov(x_0 | x) */
    double *weight;     /* (k): responsibilities r_k(x) */
} fk_point;

/* Returns log p(x). Exponents and scores of the components are worked in double-double, so that
 * log p and the score are wrong by a few rounding errors of the inputs x, s, sigma, w, m, C and of
 * the result, for any condition of C: log p for |x| up to 1e150, the score to 2^25 standard
 * deviations of its components. Farther out components whose log-densities agree to 2^-104 of
 * themselves cannot be told apart, and the score is that of any of these. */
double fk_marginal_at(const fk_marginal *, const double *x, const fk_point *out);

/* d/dt log p_t(x) where s' = f s and (sigma^2)' = g2 + 2 f sigma^2: by differentiating the mixture
 * in its parameters, not by any differential equation (so that Fokker-Planck can be tested with
 * it). */
double fk_marginal_log_rate(const fk_marginal *, double f, double g2, const double *x);

/* The score field of a mixture, the fast path: isotropic, diagonal and full covariance, any dim,
 * any number of components; blocks of particles at a time. The mixture is borrowed. */
fk_field fk_mixture_field(const fk_mixture *);

/* 1-D only. Cumulative distribution: P(X <= x), or P(X > x) with `upper`, each without
 * cancellation; its logarithm, good to any depth of the tail; the density. */
double fk_marginal_cdf(const fk_marginal *, double x, bool upper);
double fk_marginal_log_cdf(const fk_marginal *, double x, bool upper);
/* The quantile: P(X <= q) = p, or P(X > q) = p with `upper` (for p -> 1 use upper with 1 - p). */
double fk_marginal_quantile(const fk_marginal *, double p, bool upper);
/* The same from log p; for tails beyond the range of p. */
double fk_marginal_log_quantile(const fk_marginal *, double log_p, bool upper);

#endif
