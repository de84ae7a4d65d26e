/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the schemes that need node values only share: from node t to node u, with
 * h = lambda_u - lambda_t > 0 (infinite where u is clean data), A = s_t/s_u and
 *     q(x_t | x_u) = N(A x_u, Q I),   Q = sigma_t^2 - A^2 sigma_u^2 = sigma_t^2 (1 - e^(-2h)),
 * which on VP is the published beta = 1 - alpha_bar_t/alpha_bar_u of the two nodes. */
#ifndef FK_SDE_NODES_H
#define FK_SDE_NODES_H

#include "schedules/scheme.h"

static inline const fk_coeffs *fk_from(const fk_step_at *at)
{
    return at->axis->node + at->n;
}

static inline double fk_lambda_step(const fk_step_at *at)
{
    return fk_from(at)[1].lambda - fk_from(at)[0].lambda;
}

/* Make M of a stage the score, eps = -sigma score or x0hat = (Y + sigma^2 score)/s at (s, sigma).
 */
static inline void fk_stage_score(fk_stage *stage, double s, double sigma)
{
    stage->s = s, stage->sigma = sigma;
    stage->p = 0, stage->q = 1;
}

static inline void fk_stage_eps(fk_stage *stage, double s, double sigma)
{
    stage->s = s, stage->sigma = sigma;
    stage->p = 0, stage->q = -sigma;
}

static inline void fk_stage_x0(fk_stage *stage, double s, double sigma)
{
    stage->s = s, stage->sigma = sigma;
    stage->p = 1 / s, stage->q = sigma * sigma / s;
}

#endif
