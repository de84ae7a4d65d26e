/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What plots/convergence.gp reads: the errors, and where each line's name and slope stand. */
#ifndef FK_EXPERIMENTS_CONVERGENCE_TABLES_H
#define FK_EXPERIMENTS_CONVERGENCE_TABLES_H

#include "experiments/convergence_lab.h"

/* Panels 0 to 5 show a family against steps; then come all without noise, all with noise by their
 * law, and all by paths, against evaluations. */
enum { N_PANELS = FK_N_FAMILIES + 3 };

/* convergence.csv, names.csv. */
int convergence_write(const convergence *, const char *folder, fk_error *) FK_CHECKED;

/* gnuplot variables: names, and the decades between which each panel lies. */
void convergence_assign(const convergence *, char *text, size_t size);

#endif
