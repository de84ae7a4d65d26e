/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker marginals: what it claims of its runs. */
#ifndef FK_EXPERIMENTS_MARGINALS_CLAIMS_H
#define FK_EXPERIMENTS_MARGINALS_CLAIMS_H

#include "core/verdict.h"
#include "experiments/marginals_lab.h"

/* FK_USAGE where n or the steps of the axis are too few for the controls to show. */
int marginals_check_size(const lab *, fk_error *) FK_CHECKED;
/* Of a lab whose runs are complete; appends to the ledger. */
void marginals_run_claims(const lab *, fk_ledger *);

#endif
