/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of fokker convergence: a scheme's error against its number of steps. */
#ifndef FK_EXPERIMENTS_CONVERGENCE_LAB_H
#define FK_EXPERIMENTS_CONVERGENCE_LAB_H

#include "claims/series.h"
#include "core/order.h"
#include "experiments/common_families.h"

typedef struct {
    const char *name;
    fk_scheme scheme;
    fk_family family; /* is drawn in one panel; schemes with noise stand in two */
    double claim;     /* the order that the scheme claims here */
    fk_series series; /* one functional: worst_cdf, or the root mean square */
    fk_order order;
    double slope;  /* what the figure prints: the fit's where it settled, else the last local one */
    bool gaussian; /* no law takes it on the mixture: that of the Gaussian of equal moments */
    size_t twin;   /* the first line of the family with the same errors; itself if there is none */
    bool ran;      /* else `why` tells what stood in the way */
    char why[200];
} line;

typedef struct {
    fk_mixture *mixture, *gaussian;
    fk_place place;
    size_t coarsest, levels, levels_backward;
    line *line;
    size_t n;
} convergence;

/* Every fixed-step scheme of the registry: a line in its family and, with noise of the path, one in
 * FK_STRONG. */
void convergence_lines(convergence *);
void convergence_run(convergence *, int threads);

/* The worst error of the sixteen at the place, against the number of steps. Levels are added until
 * the order has settled, or the error is rounding, or there are three more. */
int convergence_weak(const convergence *, const fk_mixture *, line *, fk_error *) FK_CHECKED;

/* Whether an error stands clear of what may be rounding or quadrature, and is drawn. */
bool convergence_is_clear(const fk_series *, size_t level);

#endif
