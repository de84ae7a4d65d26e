/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker transport: the probability-flow ODE's map from noise to data, in 1-D and in 2-D. */
#ifndef FK_EXPERIMENTS_TRANSPORT_LAB_H
#define FK_EXPERIMENTS_TRANSPORT_LAB_H

#include "claims/jacobian.h"

enum { MAX_VALLEYS = 64, PATHS = 8 };

/* One start and what becomes of it. In 1-D the second coordinates are 0. */
typedef struct {
    double x[2], y[2];   /* start, and its image by rk8pd with the variational equation */
    double asymmetry;    /* of the Jacobian */
    double determinant;  /* of it */
    double ratio;        /* p_from(x)/p_to(y) */
    double exact, slope; /* 1-D: F_to^-1(F_from(x)) and its derivative */
} image;

typedef struct {
    const fk_mixture *line, *plane; /* borrowed; dim 1 and 2 */
    fk_schedule schedule;
    double from, to; /* t_max, t_min */
    int threads;
    uint64_t seed;

    image *on_line; /* (n_line): quantiles of p_from, and beyond */
    size_t n_line;
    double valley[MAX_VALLEYS],
        threshold[MAX_VALLEYS]; /* of p_to, and the starts that lead there */
    size_t n_valleys;

    image *grid; /* (side, side), the second coordinate fastest, over [-reach, reach]^2 */
    size_t side;
    double reach;
    image *path;   /* (PATHS, n_times) from the same starts to ever later times */
    double *noise; /* (n_times) sigma/s at these */
    size_t n_times;

    size_t n_pairs;
    double *start, *end;     /* (n_pairs, 2): draws of p_from in the plane, and their images */
    double *start_1, *end_1; /* (n_pairs): the same on the line */
    size_t *best;            /* (n_pairs): which image each start gets at the least cost */
    double cost, excess, excess_1;
    size_t moved;
} transport;

int transport_line(transport *, size_t n, fk_error *) FK_CHECKED;
int transport_plane(transport *, size_t side, size_t times, fk_error *) FK_CHECKED;
int transport_pairs(transport *, size_t n, fk_error *) FK_CHECKED;
void transport_free(transport *);

/* The worst of |y - F_to^-1(F_from(x))| / max(1, slope) over a number of starts, the score times
 * `factor`. */
double transport_gap(const transport *, double factor);

/* The greatest asymmetry over the grid of starts. */
double transport_odd(const transport *);

/* map.csv, basins.csv, plane.csv, paths.csv and pairs.csv. */
int transport_write(const transport *, const char *folder, fk_error *) FK_CHECKED;

#endif
