/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the loss of a training can fall to. */
#ifndef FK_CLAIMS_LOSS_FLOOR_H
#define FK_CLAIMS_LOSS_FLOOR_H

#include "analytic/score_error.h"
#include "learn/train.h"

/* The mean, over the training's own t, of its weight times the floor of eps
 * (analytic/score_error.h). threads 0: all. */
double fk_loss_floor(const fk_mixture *, const fk_schedule *, const fk_model_config *,
                     const fk_train_config *, int threads);

#endif
