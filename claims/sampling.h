/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples for the statistical claims: a scheme run on a schedule, and its score multiplied by a
 * factor, which is how most controls are wrong. */
#ifndef FK_CLAIMS_SAMPLING_H
#define FK_CLAIMS_SAMPLING_H

#include "analytic/mixture.h"
#include "core/integrate.h"
#include "core/verdict.h"
#include "schedules/scheme.h"

/* `factor` times the score of another field, which is borrowed. */
typedef struct {
    const fk_field *of;
    double factor;
} fk_scaled;
fk_field fk_scaled_field(const fk_scaled *);

/* The probability-flow ODE of a mixture by GSL's rk8pd from t[0] through t[1], ..; x (n_t, n, dim),
 * its first row given. The score is multiplied by `factor`: 1, or what a control makes of g^2/2.
 * Returns whether the solver came through. */
bool fk_flow_paths(const fk_schedule *, const fk_mixture *, double factor, const double *t,
                   size_t n_t, size_t n, double tolerance, double *x);

typedef struct {
    const fk_schedule *schedule;
    const fk_scheme *scheme;
    const fk_field *field;
    fk_source start;
    size_t steps, n; /* steps equal in log(s/sigma) */
    double t_start, t_end;
    size_t middle; /* a second time to see the samples at, as a step count; 0: none */
} fk_sampling;

/* The samples at t_end, and before them those at `middle`: x (1 or 2, n, dim), freed with free();
 * NULL where the run failed. The seed is that of the scheme's noise. */
int fk_sample(const fk_sampling *, uint64_t seed, int threads, double **x, fk_error *) FK_CHECKED;
double *fk_samples(const fk_claim_env *, const fk_sampling *);
/* The time of step `middle`. */
double fk_sampling_time(const fk_sampling *, size_t step);

#endif
