/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fokker budget writes and says, and what plots/budget.gp reads. The first data set is the one
 * asked for, whose errors are split; of the others the winners are told. */
#ifndef FK_EXPERIMENTS_BUDGET_TABLES_H
#define FK_EXPERIMENTS_BUDGET_TABLES_H

#include "experiments/budget_lab.h"

/* budget.csv, names.csv; winners.csv, of all n data sets. */
int budget_write(const budget *, size_t n, const char *folder, fk_error *) FK_CHECKED;

/* gnuplot variables. */
void budget_assign(const budget *, size_t n, char *text, size_t size);

/* Who wins where, what the numbers are, and which schemes are absent and why. */
void budget_tell(const budget *, size_t n, char *text, size_t size);

#endif
