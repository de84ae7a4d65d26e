/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/loss_floor.h"

enum { NODES = 64 };

double fk_loss_floor(const fk_mixture *mixture, const fk_schedule *schedule,
                     const fk_model_config *model, const fk_train_config *train, int threads)
{
    double t[NODES], weight[NODES], sum = 0;
    fk_score_error found[NODES];
    fk_times_mean(schedule, train->even_in_lambda, NODES, t, weight);
    fk_score_error_along(mixture, schedule, NULL, &(fk_score_rule){0}, NODES, t, threads, found);
    for (size_t i = 0; i < NODES; i++) {
        const fk_coeffs at = fk_schedule_at(schedule, t[i]);
        const double q = fk_model_reading(model, at.s, at.sigma).q;
        sum += weight[i] * fk_net_weight_at(train, &at, q) * found[i].floor;
    }
    return sum;
}
