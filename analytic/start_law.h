/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run starts from, in 1-D: the marginal of the data, or N(0, std^2). */
#ifndef FK_ANALYTIC_START_LAW_H
#define FK_ANALYTIC_START_LAW_H

#include "analytic/marginal.h"

typedef struct {
    const fk_marginal *marginal; /* the exact law at the first node; always given; borrowed */
    double std;                  /* above 0: the start is N(0, std^2) instead */
} fk_start_law;

double fk_start_density(const fk_start_law *, double x);
double fk_start_cdf(const fk_start_law *, double x, bool upper); /* P(X > x) with `upper` */
/* All of the mass but `tail` on either side. */
void fk_start_range(const fk_start_law *, double tail, double range[2]);

/* The same range of a marginal. */
void fk_marginal_range(const fk_marginal *, double tail, double range[2]);

#endif
