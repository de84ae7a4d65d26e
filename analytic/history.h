/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact history: what the model outputs of a multistep scheme are at the nodes before its start, so
 * that its formula can be judged apart from its start-up. */
#ifndef FK_ANALYTIC_HISTORY_H
#define FK_ANALYTIC_HISTORY_H

#include "schedules/scheme.h"

/* Where and what the entries are: s, sigma of the node and p, q of M = p x + q score, in stage[h]
 * for the entry H_h of the first step; the rest of the stages is zero. Returns their number, the
 * scheme's depth. The axis must have those nodes (fk_axis_extend). eta is that of the family whose
 * drift is meant, for schemes that keep drifts. */
size_t fk_history_stages(const fk_axis *, const fk_scheme *, double eta,
                         fk_stage stage[FK_MAX_HISTORY]);

#endif
