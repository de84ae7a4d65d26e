/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of fokker convergence: a scheme's error against its number of steps. */
#ifndef FK_EXPERIMENTS_CONVERGENCE_LAB_H
#define FK_EXPERIMENTS_CONVERGENCE_LAB_H

#include "claims/series.h"
#include "core/order.h"

/* One-step and multistep schemes without noise on the mixture; schemes with noise on the Gaussian
 * of its mean and variance; and their strong errors. */
typedef enum { ONE_STEP, MULTISTEP, NOISY, STRONG, N_PANELS } panel;

typedef struct {
    const char *name;
    fk_scheme scheme;
    panel panel;
    fk_series series; /* one functional: worst_cdf, or the root mean square */
    fk_order order;
    double slope; /* what the figure prints: the fit's where it settled, else the last local one */
    bool ran;
} line;

typedef struct {
    fk_mixture *mixture, *gaussian;
    fk_place place;
    size_t coarsest, levels;
    line *line;
    size_t n;
} convergence;

/* Every scheme of the registry, a line in its panel and, with noise, one in the strong panel. */
void convergence_lines(convergence *);
void convergence_run(convergence *, int threads);

#endif
