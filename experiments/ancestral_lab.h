/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The laws of fokker ancestral: chains of growing T, and DDIM's family on one chain. */
#ifndef FK_EXPERIMENTS_ANCESTRAL_LAB_H
#define FK_EXPERIMENTS_ANCESTRAL_LAB_H

#include "analytic/elbo.h"
#include "analytic/functionals.h"
#include "core/error.h"
#include "schedules/scheme.h"

/* Every chain of T steps with the three variances of analytic/elbo.h, in its order. */
enum { VARIANCES = 3, MOST_CHAINS = 8 };
typedef struct {
    size_t T;
    fk_law_record law[VARIANCES]; /* of algorithm 2, against the data */
    double excess[VARIANCES];     /* L - H(x_0) of the bound */
} growth;

/* DDIM on `steps` of DDPM's 1000 indices. */
typedef struct {
    size_t steps;
    double eta;
    fk_law_record law;
} member;

typedef struct {
    fk_mixture *mixture;
    int threads;
    growth grown[MOST_CHAINS]; /* T doubles from one to the next */
    size_t n_grown;
    member *family; /* (n_steps, n_eta) */
    size_t n_steps, n_eta;
} ancestral;

extern const char *const variance_scheme[VARIANCES]; /* "ancestral-small", .. */

/* The law at the data of a scheme on N of a chain's indices, from the exact marginal; `noise`
 * multiplies the deviation of every normal (1, or something else for a control). */
int ancestral_law(const ancestral *, const char *chain, const char *scheme, size_t steps,
                  double noise, fk_law_record *law, fk_error *err) FK_CHECKED;

int ancestral_run(ancestral *, bool quick, fk_error *err) FK_CHECKED;
void ancestral_free(ancestral *);

#endif
