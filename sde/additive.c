/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods are written for a time tau that increases; samplers run from t_n down to t_n - h. With
 * tau = t_n - t and the path W_tau counted from t_n, the family reads dX = -drift dtau + eta g dW:
 *     a(tau) = -drift(t_n - tau),   b(tau) = eta g(t_n - tau),   stage time t_n - c h.
 * So drift enters with dt = -h, the noise with h, and DeltaW, I10 and H are those of the path in
 * the direction of the steps. b'(tau) = -b'(t) is taken care of by evaluating b at the stage times.
 */
#include "sde/additive.h"

#include <math.h>

#include "sde/family.h"

/* Add scale b N(weights) to the normals of a combination. */
static void add_noise(fk_combination *to, double b, double h, const fk_path_weights *weights)
{
    to->c[0] += b * sqrt(h) * (weights->w + weights->i10 / 2);
    to->c[1] += b * sqrt(h / 12) * (weights->h + weights->i10);
}

static bool uses_area(const fk_step *table)
{
    bool uses = table->result.c[1] != 0;
    for (size_t i = 0; i < table->stages; i++) uses = uses || table->stage[i].y.c[1] != 0;
    return uses;
}

void fk_additive_step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_additive *method = self->constants;
    const fk_butcher *drift = &method->drift;
    const double eta = self->param[0], *t = at->axis->t + at->n, dt = t[1] - t[0];
    double b[FK_ADDITIVE_STAGES] = {0};
    for (size_t j = 0; j < method->times; j++)
        b[j] = eta * sqrt(fk_step_coeffs(at, method->time[j]).g2);

    table->stages = drift->stages;
    table->result.a = 1;
    for (size_t i = 0; i < drift->stages; i++) {
        fk_coeffs here = fk_step_coeffs(at, drift->c[i]);
        fk_stage *stage = &table->stage[i];
        fk_family_drift(eta, &here, stage);
        stage->y.a = 1;
        for (size_t j = 0; j < i; j++) stage->y.b[j] = dt * drift->a[i][j];
        for (size_t j = 0; j < method->times; j++)
            add_noise(&stage->y, b[j], -dt, &method->stage[i][j]);
        table->result.b[i] = dt * drift->b[i];
    }
    for (size_t j = 0; j < method->times; j++)
        add_noise(&table->result, b[j], -dt, &method->result[j]);
    fk_family_noise(eta, table);
    if (uses_area(table)) {
        table->normals = 2;
        table->kernel[1] = FK_H;
    }
}

void fk_additive_prepare(fk_scheme *self)
{
    fk_family_prepare(self);
    if (self->param[0] == 0) self->weak_order = ((const fk_additive *)self->constants)->drift_order;
}

const fk_additive *fk_sde_tableau(const fk_scheme *scheme)
{
    return scheme->step == fk_additive_step ? scheme->constants : NULL;
}
