/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker marginals: its tables for plots/marginals.gp, distances.csv; in 1-D histograms.csv
 * and density.csv, in 2-D samples.csv, density.csv and ranges.csv, one block a time; and the
 * samples themselves, sde.npy, heun.npy and rk45.npy, of shape (6, n, dim). */
#ifndef FK_EXPERIMENTS_MARGINALS_TABLES_H
#define FK_EXPERIMENTS_MARGINALS_TABLES_H

#include "experiments/marginals_lab.h"

int marginals_write_tables(const lab *, const char *folder, fk_error *) FK_CHECKED;

#endif
