/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker band: what it claims of its runs. */
#ifndef FK_EXPERIMENTS_BAND_CLAIMS_H
#define FK_EXPERIMENTS_BAND_CLAIMS_H

#include "core/verdict.h"
#include "experiments/band_lab.h"

/* Of a lab whose runs are complete; appends to the ledger. */
void band_run_claims(const lab *, fk_ledger *);

#endif
