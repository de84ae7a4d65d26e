/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UniPC in the data form (Zhao et al. 2023, algorithms 1 and 2; UniP-p with UniC-p, order p + 1).
 * In the terms of ode/adams.h, with the polynomial in lambda: the predictor interpolates the last p
 * outputs, the corrector those and the output at the predicted point, which is not evaluated again
 * but kept as the next step's history. Their systems, solved in full, give the interpolation
 * whatever B(h) is; with two nodes (UniP-2 and UniC-1) the paper takes the coefficient 1/2, and
 * there B remains: the mean of theta becomes B/(2 h phi_1(-h)), B = h (bh1) or 1 - e^-h (bh2).
 *
 * The last step is the predictor alone, so N steps take N evaluations; to sigma = 0 it returns
 * s x0hat. With start=matched, steps that lack history are single steps of order p + 1. */
#include <math.h>

#include "ode/adams.h"
#include "ode/schemes.h"
#include "schedules/phi.h"

enum { B, START, BH1 = 0 }; /* parameters */
static const fk_param only_b[] = {{"b", 1, "bh1|bh2"}, {NULL, 0, NULL}};
static const fk_param with_start[] = {
    {"b", 1, "bh1|bh2"}, {"start", 0, "self|matched"}, {NULL, 0, NULL}};

static void prepare(fk_scheme *self)
{
    self->needs = self->param[START] != 0 ? FK_LAMBDA_INVERSE : FK_NODES;
    self->start_order = self->param[START] != 0 ? self->weak_order : 2; /* UniP-1 with UniC-1 */
}

/* y = x' with the outputs of `nodes` nodes from the step's first one back, and with `ahead` that of
 * its last one, the table's newest stage. `known`: the first node's output is H_0. */
static void combine(const fk_scheme *self, const fk_step_at *at, size_t nodes, bool known,
                    bool ahead, const fk_step *table, fk_combination *y)
{
    const fk_coeffs *t = at->axis->node + at->n, *u = t + 1;
    const fk_transfer over = fk_transfer_between(FK_X0, t, u);
    const size_t n = nodes + ahead;
    double theta[FK_MAX_ADAMS], moment[FK_MAX_ADAMS], w[FK_MAX_ADAMS];
    for (size_t j = 0; j < nodes; j++) theta[j] = fk_adams_theta(FK_IN_LAMBDA, at, j);
    if (ahead) theta[nodes] = 1;
    fk_adams_moments(FK_IN_LAMBDA, FK_X0, at, n, moment);
    if (n == 2) moment[1] = self->param[B] == BH1 ? 0.5 / fk_phi(1, over.z) : 0.5;
    fk_adams_weights(n, theta, moment, w);
    y->a = over.ratio;
    for (size_t j = 0; j < nodes; j++) *(known ? &y->d[j] : &y->b[j]) = over.total * w[j];
    if (ahead) y->b[table->stages] = over.total * w[nodes];
}

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = at->axis->node + at->n, *u = t + 1;
    const bool known = at->past > 0, last = at->n + 1 == at->axis->n_steps;
    fk_stage *ahead;
    if (self->param[START] != 0 && at->past < self->depth) {
        fk_single_step(FK_X0, self->depth + 1, known, at, table);
        table->stage[0].push = !known;
        if (last) return;
        ahead = &table->stage[table->stages++];
        ahead->y = table->result;
    } else {
        const size_t nodes = known && u->sigma > 0 ? at->past : 1;
        table->history = known ? nodes : 0;
        if (!known) {
            table->stages = 1;
            table->stage[0].y.a = 1;
            fk_model_output(FK_X0, t, &table->stage[0]);
            table->stage[0].push = true;
        }
        ahead = &table->stage[table->stages];
        combine(self, at, nodes, known, false, table, last ? &table->result : &ahead->y);
        if (last) return;
        combine(self, at, nodes, known, true, table, &table->result);
        table->stages++;
    }
    fk_model_output(FK_X0, u, ahead);
    ahead->push = true;
}

#define UNIPC(p, name, says, param_)                                                               \
    {                                                                                              \
        .row = {name, says, "Zhao et al. 2023, algorithms 1 and 2", param_},                       \
        .strong_order = p + 1, .weak_order = p + 1, .start_order = 2, .needs = FK_NODES,           \
        .depth = p, .lag = 0, .output = FK_X0, .param = {1}, .prepare = prepare, .step = step      \
    }

const fk_scheme fk_unipc_1 = UNIPC(1, "unipc-1", "UniPC of order 2 (UniP-1, UniC-1)", only_b);
const fk_scheme fk_unipc_2 = UNIPC(2, "unipc-2", "UniPC of order 3 (UniP-2, UniC-2)", with_start);
const fk_scheme fk_unipc_3 = UNIPC(3, "unipc-3", "UniPC of order 4 (UniP-3, UniC-3)", with_start);
