/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discrete chains: beta_i, alpha_i = 1 - beta_i, alpha_bar_i = prod_{j<=i} alpha_j (Ho et al.
 * 2020). Indices are 0-based as in code: index i carries i + 1 steps of noise, and "index -1" is
 * clean data with alpha_bar = 1. log alpha_bar is what is stored, so 1 - alpha_bar = -expm1(log
 * alpha_bar) keeps full precision at small i. */
#ifndef FK_SCHEDULES_CHAIN_H
#define FK_SCHEDULES_CHAIN_H

#include "schedules/schedule.h"

typedef struct {
    char spec[96];
    size_t T;
    double *beta;          /* (T) */
    double *log_alpha_bar; /* (T) */
} fk_chain;

/* "ddpm-linear:T=1000,beta_1=1e-4,beta_T=0.02", "cosine:T=1000,clip=0.999", or a VP schedule's spec
 * (vp-linear, vp-cosine) with T=.. and its own parameters: that schedule sampled, alpha_bar_i =
 * s((i+1)/T)^2. FK_USAGE for any other schedule: it has no alpha_bar. */
int fk_chain_parse(const char *spec, fk_chain *chain, fk_error *err) FK_CHECKED;
void fk_chain_free(fk_chain *);

extern const fk_row fk_chain_rows[]; /* for lists */
extern const size_t fk_n_chain_rows;

/* s = sqrt(alpha_bar), sigma = sqrt(1 - alpha_bar), lambda at index i; f and g2 are NaN: a chain
 * has nodes only. i = -1 gives clean data: s = 1, sigma = 0, lambda = inf. */
fk_coeffs fk_chain_at(const fk_chain *, long i);

/* beta_i (1 - alpha_bar_{i-1}) / (1 - alpha_bar_i), the variance of q(x_{i-1} | x_i, x_0). */
double fk_chain_posterior_variance(const fk_chain *, size_t i);

#endif
