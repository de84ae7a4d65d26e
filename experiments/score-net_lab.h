/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A learnt score held against the exact one: the network, and what fokker score-net measures. */
#ifndef FK_EXPERIMENTS_SCORE_NET_LAB_H
#define FK_EXPERIMENTS_SCORE_NET_LAB_H

#include "analytic/calibration.h"
#include "analytic/score_error.h"
#include "experiments/common_laws.h"
#include "learn/model.h"

enum { SHOWN = 3, BINS = 32, TIMES = 97, MAX_RUNS = 6 };

/* A run's error by cause: of E Phi((X - c_j)/0.2), c_j the (j - 1/2)/16 quantiles of a coordinate
 * of the data, for the coordinate and j whose total is the largest. In 1-D by exact laws, else by
 * draws that share their starts. */
typedef struct {
    size_t steps, evaluations;
    fk_causes error;
    double se;             /* of the total, by draws; 0 where laws are exact */
    fk_distances w1;       /* NaN in 2-D */
    double again[FK_LAWS]; /* expectations of the same functional by particles (1-D) */
    double bound[FK_LAWS]; /* how far these and the laws' may lie apart */
    fk_distances w1_again; /* and these */
    size_t axis, which;    /* the coordinate, and j */
} net_spending;

typedef struct {
    fk_mixture *mixture;
    const char *spec; /* of the schedule */
    fk_schedule schedule;
    double t_end, prior; /* prior: its standard deviation */
    bool quick;
    uint64_t seed;
    int threads;

    fk_model *network;
    size_t trained; /* steps of a training here; 0: from a file */
    bool foreign;   /* trained on another mixture than this one */
    double *curve;  /* (rows, 4): step, loss, floor, excess of eps; rows 0: not known */
    size_t rows;
    const char *no_curve; /* why there is none */

    fk_excess excess;
    double t[TIMES];          /* even in lambda */
    fk_score_error at[TIMES]; /* there */
    double paths;             /* what the error adds to KL between paths of the reverse SDE */
    double shown[SHOWN];      /* times that are looked at */
    fk_calibration bin[SHOWN][BINS]; /* 1-D */
    double miscalibration[SHOWN];
    net_spending run[MAX_RUNS];
    size_t runs;
    double *sample; /* (samples, dim), of the network by dpmpp-2m */
    size_t samples;
} score_net;

/* The network, from `file` or trained here where that is NULL. schedule NULL: the network's own, or
 * vp-linear. */
int score_net_open(score_net *, const char *mixture, const char *schedule, const char *file,
                   fk_error *) FK_CHECKED;
int score_net_measure(score_net *, fk_error *) FK_CHECKED;
int score_net_budget(score_net *, fk_error *) FK_CHECKED;
void score_net_close(score_net *);

fk_coeffs score_net_at(const score_net *, double t);

/* Coordinate i of data in the plane, by itself. */
fk_mixture *score_net_coordinate(const score_net *, size_t i);

/* n draws of the network by dpmpp-2m from the prior: x (n, dim), newly allocated. */
int score_net_sample(const score_net *, size_t steps, size_t n, uint64_t seed, double **x,
                     fk_error *) FK_CHECKED;

#endif
