/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker likelihoods: the parts of a log-likelihood at points of the data, against the
 * solver's tolerance, the end t_end, and the schedule. All in nats. */
#ifndef FK_EXPERIMENTS_LIKELIHOODS_LAB_H
#define FK_EXPERIMENTS_LIKELIHOODS_LAB_H

#include "claims/likelihood.h"

enum { SOLVERS = 2, MAX_LEVELS = 12, MAX_ENDS = 40, MAX_SCHEDULES = 8 };

/* A solver's error at ever tighter tolerances, rtol = atol = 10^-j. */
typedef struct {
    const fk_scheme *scheme;
    size_t n;
    double tolerance[MAX_LEVELS], evaluations[MAX_LEVELS]; /* score evaluations a point */
    double rms[MAX_LEVELS], worst[MAX_LEVELS];             /* of the integration part */
    double slope; /* d log rms / d log tolerance, where that controls the steps */
    double order; /* -d log rms / d log evaluations, of the last three */
} solver;

/* The parts, root mean square over the points, where the path starts at t_end. */
typedef struct {
    double t, noise; /* noise = sigma/s */
    double truncation, leading, prior, integration;
    double mean, kl; /* of truncation: over the points, and over all data, -KL(p_0 || p_e); the
                        latter in 1-D, else NaN */
} end;

/* The prior part, root mean square, where the path ends at t_start. */
typedef struct {
    double t, signal; /* signal = s/sigma */
    double prior;
} start;

typedef struct {
    fk_schedule schedule;
    double std;         /* of its prior N(0, std^2 I) */
    start at[MAX_ENDS]; /* ever less signal; the last is t_max */
    size_t n;
    double *far;        /* (points, dim): where the paths are at t_max */
    fk_likelihood mean; /* over the points, rk45 at 1e-5, over the whole usable interval */
    double evaluations;
} of_schedule;

typedef struct {
    const fk_mixture *mixture; /* borrowed */
    fk_schedule schedule;
    size_t n;
    double *x;       /* (n, dim): drawn from the data */
    double *m, *cov; /* mean (dim) and covariance (dim, dim) of the data */
    double t_small;  /* a time of so little noise that truncation is of first order */
    int threads;
    solver solver[SOLVERS];
    end end[MAX_ENDS];
    size_t n_ends;
    of_schedule of[MAX_SCHEDULES]; /* the lab's own, and `schedule` where it is not among them */
    size_t n_of, own;              /* own: which of them is `schedule` */
} likelihoods;

/* How a control goes wrong: the score times `score`, its divergence times `divergence` once more.
 */
typedef struct {
    double score, divergence;
} mistake;

/* One solver over 10^-3 .. 10^-(n + 2) and its slopes, taken where the tolerance controls the
 * steps: a fifth more evaluations than at 1e-3, where the longest step does; and errors of 1e-13
 * and above.
 */
int likelihoods_solver(const likelihoods *, const fk_scheme *, size_t n, mistake, solver *,
                       fk_error *) FK_CHECKED;
/* The worst integration part of rk8pd at 1e-11. */
int likelihoods_exact(const likelihoods *, mistake, double *worst, fk_error *) FK_CHECKED;

/* After likelihoods_schedule for q->own: it uses its prior. */
int likelihoods_ends(likelihoods *, size_t n, fk_error *) FK_CHECKED;
int likelihoods_schedule(const likelihoods *, size_t n, of_schedule *, fk_error *) FK_CHECKED;

/* The truncation part log p_e(x) - log p_0(x) against its first order in 1 - s and sigma^2,
 *     factor ( (1 - s)(dim + x.score) + sigma^2/2 (div score + |score|^2) ),   factor 1:
 * returns the difference's root mean square over the part's, and the parts where wanted. */
double likelihoods_leading(const likelihoods *, double t, double factor, end *);

/* The prior part at t_max by the first two cumulants of the data: with a = s/sigma, y = x/sigma,
 *     log N(x; 0, std^2) - log N(x; 0, sigma^2) - a m.y - a^2/2 (spread y.C y - size E|x_0|^2),
 * spread and size 1. Returns the root mean square difference in units of a^3 (E|x_0|^2)^(3/2),
 * which is the size of what the third cumulant adds. */
double likelihoods_cumulants(const likelihoods *, const of_schedule *, double spread, double size);

/* tolerance.csv, ends.csv, priors.csv and means.csv. */
int likelihoods_write(const likelihoods *, const char *folder, fk_error *) FK_CHECKED;

#endif
