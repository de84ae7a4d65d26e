/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variational bound of a chain with the exact predictor (Ho, Jain and Abbeel 2020, eq. 5): what
 * a perfect network reaches. The model is p(x_T) = N(0, I) and, with x0hat = E[x_0 | x_t],
 *     p(x_{t-1} | x_t) = N(mu~_t(x_t, x0hat), sigma_t^2 I),
 *     mu~_t(x, x_0) = c_t x_0 + sqrt(alpha_t) (1 - ab_{t-1})/(1 - ab_t) x,
 *     c_t = sqrt(ab_{t-1}) beta_t/(1 - ab_t).
 * In nats, n the dimension, mmse_t = E|x_0 - x0hat|^2/n at x_t:
 *     E[-log p(x_0)]  <=  L = L_T + sum_{t=2}^T L_{t-1} + L_0,
 *     L_T     = (-n log(1 - ab_T) - n ab_T + ab_T E|x_0|^2)/2,
 *     L_{t-1} = n/2 (beta~_t/sigma_t^2 - 1 - log(beta~_t/sigma_t^2)) + n c_t^2 mmse_t/(2 sigma_t^2)
 *     L_0     = n/2 log(2 pi sigma_1^2) + n mmse_1/(2 sigma_1^2),
 * the last being E[-log p(x_0 | x_1)]. Without a network's error, L - H(x_0) is what the Gaussian
 * steps and the prior cost. */
#ifndef FK_ANALYTIC_ELBO_H
#define FK_ANALYTIC_ELBO_H

#include "analytic/marginal.h"
#include "schedules/chain.h"

/* sigma_t^2. SMALL: beta~_t, that of q(x_{t-1} | x_t, x_0), which is 0 at t = 1; there it is
 * beta_1. LARGE: beta_t. OPTIMAL: beta~_t + c_t^2 mmse_t, the least bound (Bao et al. 2022, theorem
 * 1). */
typedef enum { FK_VARIANCE_SMALL, FK_VARIANCE_LARGE, FK_VARIANCE_OPTIMAL } fk_reverse_variance;

/* Indices as in schedules/chain.h: index i carries i + 1 steps of noise, t = i + 1. */
typedef struct {
    size_t T;
    double prior;     /* L_T */
    double *step;     /* (T) step[i] = L_i: the step from index i to i - 1; step[0] = L_0 */
    double *variance; /* (T) sigma^2 of that step */
    double *mmse;     /* (T) */
    double total;     /* L */
    double entropy;   /* H(x_0) */
} fk_elbo;

/* Mixtures in 1-D by quadrature, to 1e-12; one Gaussian in any dimension in closed form. Any other
 * mixture: FK_USAGE. Data with point masses have entropy -inf. */
int fk_elbo_new(const fk_mixture *, const fk_chain *, fk_reverse_variance, fk_elbo *elbo,
                fk_error *err) FK_CHECKED;
void fk_elbo_free(fk_elbo *);

/* E[-log p(x_0)] of that model, by the law of its last step, in 1-D: the bound's left-hand side.
 * FK_USAGE where analytic/law.h refuses it, and for data with point masses. */
int fk_elbo_nll(const fk_mixture *, const fk_chain *, const fk_elbo *, double *nll,
                fk_error *err) FK_CHECKED;

/* The terms alone. L_T, from E|x_0|^2; L_{t-1}, t >= 2, for a model of variance sigma^2 whose
 * prediction of x_0 misses by E|x_0 - x0hat|^2 = n miss. */
double fk_elbo_prior(const fk_chain *, size_t n, double square);
double fk_elbo_step(const fk_chain *, size_t i, size_t n, double miss, double variance);

/* Differential entropy of a marginal: in 1-D by quadrature, to 1e-12; of one Gaussian in closed
 * form; else NaN. -inf where it is singular. */
double fk_marginal_entropy(const fk_marginal *);

#endif
