/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker band: its setting and its simulations. */
#ifndef FK_EXPERIMENTS_BAND_LAB_H
#define FK_EXPERIMENTS_BAND_LAB_H

#include "experiments/common_reverse.h"

enum { LEVELS = 5, PATHS = 16, BINS = 100, MAX_ROWS = 101 };

extern const double band_level[LEVELS]; /* of the quantiles */

/* What is kept of a run: at every row quantiles, mean and a histogram over the figure's range. */
typedef struct {
    double (*quantile)[LEVELS], *mean, (*density)[BINS];
} summary;

/* The laws of one row: p_t, and p(x_t | x_1), which is a point at row 0 (NULL). */
typedef struct {
    double t, sd, scale; /* sd of p_t; what the figure divides x by */
    fk_marginal *free, *fixed;
    fk_mixture *fixed_mixture;
    double fixed_mean, fixed_sd;
} row;

/* Euler-Maruyama from one point and from p_1, Heun from p_1; HALF and FULL: each with the other's
 * share of g^2 score. */
typedef enum { SDE_FIXED, SDE_FIXED_HALF, SDE_FREE, SDE_FREE_HALF, ODE_FREE, ODE_FREE_FULL } which;
enum { RUNS = ODE_FREE_FULL + 1 };

typedef struct {
    fk_reverse_setting set; /* mixture, axis and nodes are the caller's */
    fk_schedule schedule;
    uint64_t seed;
    size_t n;
    double start, y_min, y_max; /* y: the figure's range */
    bool scaled, logt;          /* y is x over its standard deviation; t is drawn on a log axis */
    row *row;                   /* (set.rows) */
    summary run[RUNS];
    /* (rows, PATHS + 1): ODE trajectories from quantiles of p_1, the last from start */
    double *path;
} lab;

/* The standard deviation of s x_0 + sigma eps, one-dimensional. */
double band_sd(const fk_mixture *, double s, double sigma);
/* Where the figure draws t: at t, or at its logarithm where t runs over decades. */
double band_shown(const lab *, double t);

/* Up to `most` nodes of the axis, evenly spaced in the figure, each once, into node (most), which
 * the lab borrows. */
void band_choose_rows(lab *, size_t most, size_t *node);
/* The laws of all rows, and the figure's range: in units of x, or, where the noise explodes, of the
 * standard deviation of x_t. A start of NAN takes the quantile 0.9332 of p_1: 1.5 on a Gaussian. */
int band_make_laws(lab *, fk_error *) FK_CHECKED;
void band_lab_free(lab *);

summary band_summary_new(size_t rows);
void band_summary_free(summary *);
/* A run of n particles into s, made by band_summary_new. */
int band_simulate(const lab *, which run, size_t n, summary *s, fk_error *) FK_CHECKED;
/* The ODE's trajectories (rows, PATHS + 1), with `factor` times the score. Local error:
 * BAND_TOLERANCE of the narrowest component's standard deviation, and BAND_ROUNDING of x, below
 * which rounding would decide. */
#define BAND_TOLERANCE 1e-10
#define BAND_ROUNDING  0x1p-50
int band_trajectories(const lab *, double factor, double *path, fk_error *) FK_CHECKED;

#endif
