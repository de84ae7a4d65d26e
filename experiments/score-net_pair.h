/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact and the learnt field on the same points, and what is drawn of both in the plane. */
#ifndef FK_EXPERIMENTS_SCORE_NET_PAIR_H
#define FK_EXPERIMENTS_SCORE_NET_PAIR_H

#include "experiments/score-net_lab.h"

/* Both fields on the same points; x (dim, n). */
typedef struct {
    fk_block x;
    double *exact, *learnt; /* (dim, n) */
} score_net_pair;

/* Of that many points, owned with the values: free(x.x). */
score_net_pair score_net_pair_new(size_t points, size_t dim);
/* eps of both at the points of the marginal. */
void score_net_pair_eval(const score_net *, const fk_marginal *, score_net_pair *);

/* 2-D: plane.csv and field.csv. */
int score_net_write_plane(const score_net *, const char *folder, fk_error *) FK_CHECKED;

#endif
