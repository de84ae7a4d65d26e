/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker train: what its loss can fall to. */
#ifndef FK_TOOLS_TRAIN_EXCESS_H
#define FK_TOOLS_TRAIN_EXCESS_H

#include "analytic/score_error.h"
#include "learn/train.h"

/* The floor of a training's own loss: the mean of w floor over its own t. */
double train_loss_floor(const fk_mixture *, const fk_schedule *, const fk_model_config *,
                        const fk_train_config *, int threads);

#endif
