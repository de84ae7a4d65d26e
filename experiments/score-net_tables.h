/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fokker score-net writes and says, and what plots/score-net.gp reads. */
#ifndef FK_EXPERIMENTS_SCORE_NET_TABLES_H
#define FK_EXPERIMENTS_SCORE_NET_TABLES_H

#include "experiments/score-net_lab.h"

/* errors.csv, curve.csv, budget.csv, samples.csv; 1-D: scores.csv, map.csv, lines.csv,
 * calibration.csv, law.csv; 2-D: field.csv, plane.csv. */
int score_net_write(const score_net *, const char *folder, fk_error *) FK_CHECKED;

/* In 2-D: half the side of the square of x/s that is drawn at shown time k; SHOWN: of the data. */
double score_net_reach(const score_net *, size_t k);

/* gnuplot variables; and what was found. */
void score_net_assign(const score_net *, char *text, size_t size);
void score_net_tell(const score_net *, const char *file, char *text, size_t size);

#endif
