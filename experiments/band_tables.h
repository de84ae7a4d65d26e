/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker band: its tables for plots/band.gp, fixed.csv and free.csv, trajectories.csv,
 * density.csv and strips.csv. Values are in units of x, except y and the densities of the last two,
 * which are in the figure's units: x over `scale`. */
#ifndef FK_EXPERIMENTS_BAND_TABLES_H
#define FK_EXPERIMENTS_BAND_TABLES_H

#include "experiments/band_lab.h"

enum { BAND_STRIDE = 2 }; /* rows from one frame of the animation to the next */

/* Also counts the animation's frames, the blocks of strips.csv. */
int band_write_tables(const lab *, const char *folder, size_t *frames, fk_error *) FK_CHECKED;

#endif
