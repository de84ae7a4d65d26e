/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of a one-step scheme in 1-D as a density on a grid, for any score field. Where a step's
 * noise enters after its last evaluation of the score,
 *     x' = mu(x) + sd Z,      p'(y) = int p(x) N(y; mu(x), sd^2) dx         (Chapman-Kolmogorov)
 * and the trapezium rule gets that integral to rounding as soon as sd is 1.5 cells: all functions
 * are smooth on that scale and vanish at the ends. A step without noise moves the nodes and keeps
 * their masses. Distribution functions are sums of normal ones over the last noise, not integrals
 * of the density. The grid of each time is chosen from the law itself. */
#ifndef FK_ANALYTIC_GRID_LAW_H
#define FK_ANALYTIC_GRID_LAW_H

#include "analytic/curve.h"
#include "analytic/start_law.h"
#include "core/error.h"
#include "core/step.h"

typedef struct {
    const fk_step *step; /* (n_steps) */
    size_t n_steps;
    const fk_field *field; /* dim 1 */
    fk_start_law start;
    size_t cells; /* at every time; 0: 4000, or where a step's noise asks for more, up to 2^19 */
    int threads;  /* 0: all; the law does not depend on it */
} fk_grid_law;

/* Whether all steps are of this kind, and at least one has noise. */
bool fk_grid_law_takes(const fk_step *step, size_t n_steps);

/* The law at the end, with its masses: their sum shows what was lost. FK_USAGE where a step's noise
 * is below 1.5 cells (the line says how many would do), where the last steps, having no noise, do
 * not keep the order of the line, and where the law becomes non-finite. */
int fk_grid_law_run(const fk_grid_law *, fk_curve *law, fk_error *err) FK_CHECKED;

#endif
