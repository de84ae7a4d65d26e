/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expectations over a 1-D marginal by composite Gauss-Legendre (fk_rule_over), summed exactly: what
 * informations and divergences are made of. */
#ifndef FK_CLAIMS_QUADRATURE_H
#define FK_CLAIMS_QUADRATURE_H

#include "analytic/marginal.h"

/* int p(x) f(x, log p(x)) dx */
typedef double (*fk_integrand)(double x, double log_p, const void *self);
double fk_expect(const fk_marginal *, fk_integrand f, const void *self);

double fk_entropy(const fk_marginal *); /* -E log p */
double fk_variance(const fk_marginal *);
double fk_fisher(const fk_marginal *); /* E score^2 */
double fk_mmse(const fk_marginal *);   /* E Var(x_0 | x) */
/* I(x_0; x) = H(x) - log(2 pi e sigma^2)/2, x = s x_0 + sigma eps */
double fk_information(const fk_mixture *, double s, double sigma);
double fk_divergence(const fk_marginal *p, const fk_marginal *q); /* KL(p || q) */
/* KL(p || N(mean, var)) for p close to it, to the relative accuracy of rounding: what the normal
 * law has outside of p's nine standard deviations is missing. */
double fk_divergence_to(const fk_marginal *p, double mean, double var);
/* KL(N(a, p) || N(b, q)), from its definition. */
double fk_normal_divergence(double a, double p, double b, double q);

#endif
