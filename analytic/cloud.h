/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expectations over a marginal as sums over points on which a field can be evaluated at once:
 *     E f(x) = sum_p weight_p f(x_p).
 * In 1-D Gauss-Legendre nodes on the intervals of analytic/panels.h, to rounding where f is smooth
 * on the scale of the components. In 2-D, for each component, the trapezium rule on its axes, which
 * for what is smooth and vanishes converges as e^(-c/spacing). Else draws. */
#ifndef FK_ANALYTIC_CLOUD_H
#define FK_ANALYTIC_CLOUD_H

#include "analytic/marginal.h"

typedef struct {
    fk_block x;     /* (dim, n); points of weight 0 fill it up */
    double *weight; /* (n) */
} fk_cloud;

/* part, in 2-D: the spacing, as a part of the least standard deviation that any component has in
 * that direction; half of it tells the accuracy. The marginal has no point mass and one or two
 * dimensions. */
fk_cloud fk_cloud_nodes(const fk_marginal *, double part);
/* How many points that takes in 2-D. */
size_t fk_cloud_size(const fk_marginal *, double part);

/* Any dimension: independent draws of equal weight, from the streams of analytic/draws.h. */
fk_cloud fk_cloud_draws(const fk_marginal *, size_t draws, uint64_t seed);

void fk_cloud_free(fk_cloud *);

/* A field's scores at its points, (dim, n), newly allocated; at the marginal's own noise level. */
double *fk_cloud_score(const fk_cloud *, const fk_marginal *, const fk_field *);

#endif
