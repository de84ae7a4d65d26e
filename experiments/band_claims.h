/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker band: what it claims of its runs. */
#ifndef FK_EXPERIMENTS_BAND_CLAIMS_H
#define FK_EXPERIMENTS_BAND_CLAIMS_H

#include "core/verdict.h"
#include "experiments/band_lab.h"

/* FK_USAGE where n or steps are too few for the controls to show. Of a lab that holds set, n and
 * start; a start of NAN is not far out. */
int band_check_size(const lab *, fk_error *) FK_CHECKED;
/* Of a lab whose runs are complete; appends to the ledger. */
void band_run_claims(const lab *, fk_ledger *);

#endif
