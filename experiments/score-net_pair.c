/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/score-net_pair.h"

#include <stdlib.h>

/* eps of a field at points x (dim, n) of the marginal, n a multiple of FK_LANES. */
static void eps_of(const fk_field *field, const fk_marginal *p, const fk_block x, double *eps)
{
    const fk_cloud cloud = {x, NULL};
    double *score = fk_cloud_score(&cloud, p, field);
    for (size_t i = 0; i < x.dim * x.ld; i++) eps[i] = -p->sigma * score[i];
    free(score);
}

score_net_pair score_net_pair_new(size_t points, size_t dim)
{
    const size_t n = fk_pad(points);
    double *x = fk_alloc(3 * dim * n, sizeof *x);
    return (score_net_pair){{x, n, dim, n}, x + dim * n, x + 2 * dim * n};
}

void score_net_pair_eval(const score_net *q, const fk_marginal *p, score_net_pair *both)
{
    const fk_field exact = fk_mixture_field(q->mixture), learnt = fk_model_field(q->network);
    eps_of(&exact, p, both->x, both->exact);
    eps_of(&learnt, p, both->x, both->learnt);
}
