/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network is off by, and what no network can get below. With eps* = E[eps | x] =
 * -sigma score, at a noise level
 *     floor    min E |eps_net - eps|^2 = dim - sigma^2 E|score|^2
 *     excess   E |eps_net - eps|^2 - floor = sigma^2 E |net's score - score|^2
 * by quadrature in 1-D; in more dimensions by draws from the exact marginal (of the excess: its
 * integrand is known exactly at each, so that few are needed). */
#ifndef FK_TOOLS_TRAIN_EXCESS_H
#define FK_TOOLS_TRAIN_EXCESS_H

#include "analytic/mixture.h"
#include "learn/train.h"

typedef struct {
    const fk_mixture *mixture;
    const fk_schedule *schedule;
    size_t draws; /* at each noise level, where dim > 1 */
    int threads;  /* 0: all */
} excess_setting;

/* excess[i] and floor[i] (or NULL) at t[i] < n; model NULL: no excess is wanted. */
void excess_at(const excess_setting *, const fk_model *, size_t n, const double *t, double *excess,
               double *floor);

typedef struct {
    double mean, max, t_of_max;
} excess_summary;

/* The mean over t, by n Gauss-Legendre nodes in the usable interval, and the maximum over these and
 * n more that lie evenly in lambda. */
excess_summary excess_over(const excess_setting *, const fk_model *, size_t n);

/* The floor of a training's own loss: the mean of w floor over its own t. */
double excess_loss_floor(const excess_setting *, const fk_model_config *, const fk_train_config *);

#endif
