/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains for claims: specs of high entropy, and a chain as linear algebra over its independent
 * sources. Where a text writes t, from 1 to T, the chain's index is i = t - 1; alpha_bar_0 = 1. */
#ifndef FK_CLAIMS_CHAINS_H
#define FK_CLAIMS_CHAINS_H

#include "analytic/elbo.h"
#include "analytic/marginal.h"
#include "schedules/chain.h"
#include "schedules/scheme.h"

/* By a spec that is known to be right: anything else is a bug, and stops. */
fk_chain fk_setting_chain(const char *spec);

/* Short chains of different kinds, T <= FK_MOST_T. */
enum { FK_N_CHAINS = 3, FK_MOST_T = 30 };
extern const char *const fk_setting_chains[FK_N_CHAINS];
/* A longer one that ends in noise. */
#define FK_SHORT_CHAIN "ddpm-linear:T=12,beta_1=0.0385,beta_T=0.385"

/* A chain with the steps of a scheme on `steps` of its indices (0: on all of them) and on to clean
 * data: step n leaves time T - n where all are taken. All known to be right, as the spec above. */
typedef struct {
    fk_chain chain;
    fk_axis axis;
    fk_plan plan;
} fk_chain_run;
fk_chain_run fk_chain_run_new(const char *spec, size_t steps, const fk_scheme *);
void fk_chain_run_free(fk_chain_run *);

/* The bound on mixture data, spec by spec as above. */
typedef struct {
    fk_mixture *mixture;
    fk_chain chain;
    fk_elbo elbo;
} fk_bound_run;
fk_bound_run fk_bound_run_new(const char *mixture, const char *chain, fk_reverse_variance);
void fk_bound_run_free(fk_bound_run *);

/* X_t = row[t][0] X_0 + sum_j row[t][j] E_j, t = 0 .. T, by the recursion X_t = sqrt(1 - beta_t)
 * X_{t-1} + sqrt(beta_t) E_t alone; entries up to FK_MOST_T. */
typedef struct {
    size_t T;
    double row[FK_MOST_T + 1][FK_MOST_T + 1];
} fk_sources;
fk_sources fk_sources_of(const fk_chain *);
/* Cov(a, b) of two such rows, where Var(X_0) = v. */
double fk_sources_cov(const fk_sources *, const double *a, const double *b, double v);

/* The marginal at time t of the chain, t = 0 .. T (0: the data). */
fk_marginal *fk_chain_marginal(const fk_mixture *, const fk_chain *, size_t t);

/* alpha_bar_t, t = 0 .. T. */
double fk_alpha_bar(const fk_chain *, size_t t);
/* c_t = sqrt(alpha_bar_{t-1}) beta_t/(1 - alpha_bar_t), what x_0 counts for in the posterior mean
 * mu~_t; t = 1 .. T. */
double fk_posterior_share(const fk_chain *, size_t t);

#endif
