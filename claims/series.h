/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of a scheme against its number of steps, without Monte Carlo noise: what its order is
 * read from. Errors are signed, numerical less exact. */
#ifndef FK_CLAIMS_SERIES_H
#define FK_CLAIMS_SERIES_H

#include "analytic/functionals.h"
#include "analytic/mixture.h"
#include "schedules/scheme.h"

enum { FK_MAX_LEVELS = 12, FK_MAX_FUNCTIONALS = 24 };

typedef struct {
    size_t levels, functionals;
    size_t steps[FK_MAX_LEVELS], evaluations[FK_MAX_LEVELS];
    char name[FK_MAX_FUNCTIONALS][16];
    double error[FK_MAX_FUNCTIONALS][FK_MAX_LEVELS];
    double noise[FK_MAX_FUNCTIONALS][FK_MAX_LEVELS]; /* what of it may be rounding or quadrature */
    double bias[FK_MAX_FUNCTIONALS]; /* of the limit law, where errors are against that; else 0 */
} fk_series;

/* A time axis but for its number of steps. The specs are known to be right. A grid of
 * schedules/axis.h, or FK_UNEVEN: steps of h, h, 2 h, h, 2 h, h, .. in lambda, and so before the
 * start, a multiple of 5 of them. No formula that takes two of its last five steps for equal is
 * right there. */
#define FK_UNEVEN "uneven"
typedef struct {
    const char *schedule, *grid;
    double lambda; /* log(s/sigma) at the start; NAN: the schedule's t_max */
    double t_end;
} fk_place;

/* How a multistep scheme gets its history: by its own first steps, or from model outputs on the
 * exact process before the start. */
typedef enum { FK_SELF_START, FK_EXACT_START } fk_start_kind;

/* A scheme on an axis of n steps. */
typedef struct {
    fk_schedule schedule;
    fk_axis axis;
    fk_plan plan;
    fk_node_facts *facts;  /* owned; NULL where the scheme needs none */
    double eta;            /* amplitude of the noise of the process that the scheme follows */
    double prior;          /* above 0: the run starts from N(0, prior^2), not the exact marginal */
    const fk_field *field; /* the score that drives the run; NULL: the data's own; borrowed */
    bool check;            /* measure how exact the law is, where that is not rounding */
} fk_trial;

/* FK_USAGE where the scheme cannot run there: it needs more of the axis than there is. `data` are
 * asked for the facts of nodes (schedules/axis.h), if the scheme needs them. */
int fk_trial_new(const fk_scheme *, const fk_place *, fk_start_kind, size_t n,
                 const fk_mixture *data, fk_trial *, fk_error *) FK_CHECKED;
/* All the steps of a chain of n, the last to clean data. */
int fk_trial_on_chain(const fk_scheme *, const char *chain, size_t n, const fk_mixture *data,
                      fk_trial *, fk_error *) FK_CHECKED;
void fk_trial_free(fk_trial *);

/* What a scheme's first step draws, by itself: normals, and whether one of them is no functional of
 * a path. */
typedef struct {
    size_t normals;
    bool fresh;
} fk_draws;
fk_draws fk_draws_of(const fk_scheme *);

/* The law at the end against the exact one there, in 1-D (analytic/law.h), by these functionals, of
 * which `exact` is not read but for errors (NULL: those of the exact law at the end). FK_USAGE
 * where no law takes the scheme. */
int fk_trial_law(const fk_scheme *, const fk_mixture *, const fk_trial *, const fk_functionals *,
                 fk_law_record *, fk_error *) FK_CHECKED;

/* Series of errors. Each fills the series from `coarsest` steps on, doubling `levels - 1` times. */

/* Mean and variance on Gaussian data N(0.7385, 0.2385), from the marginal at the start. */
int fk_series_gaussian(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                       size_t levels, fk_series *, fk_error *) FK_CHECKED;
/* The same on the chain "vp-linear:T=n", all of whose n steps are taken, the last to clean data;
 * the place is not read. */
int fk_series_chain(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                    size_t levels, fk_series *, fk_error *) FK_CHECKED;
/* Of schemes that claim no order, against their own limit law (claims/limit_law.h), which they
 * reach with order 1. */
int fk_series_limit(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                    size_t levels, fk_series *, fk_error *) FK_CHECKED;
/* Of schemes with a parameter snr, which is taken to fall as 1/sqrt(steps): the corrector's steps
 * are then of the size of the predictor's, and vanish with them; the law tends to the data's. */
int fk_series_fading(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                     size_t levels, fk_series *, fk_error *) FK_CHECKED;
/* The same data: root mean square of x - x_exact on one Brownian path. */
int fk_series_strong_gaussian(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                              size_t levels, fk_series *, fk_error *) FK_CHECKED;

/* On three-1d: one step of t/(coarsest 2^i) from the place's first time t (its grid is not read)
 * against the exact process on the same path: rms over sqrt(h), and the conditional mean over h
 * where it is known. */
int fk_series_local(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                    size_t levels, fk_series *, fk_error *) FK_CHECKED;
/* On the stochastic logistic equation: root mean square of x - x_exact over 16384 paths, the same
 * for all step counts. The place must have s = 1, and nests. */
int fk_series_paths(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                    size_t levels, fk_series *, fk_error *) FK_CHECKED;
/* On the mixture three-1d: x, x^2, cos 2x, and sixteen smoothed distribution functions
 * (analytic/functionals.h); W1 too where the scheme draws no noise. */
int fk_series_mixture(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                      size_t levels, fk_series *, fk_error *) FK_CHECKED;

#endif
