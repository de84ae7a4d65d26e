/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sde/family.h"

#include <math.h>

const fk_param fk_family_params[] = {{"eta", 1, NULL}, {NULL, 0, NULL}};

int fk_family_check(const fk_scheme *self, fk_error *err)
{
    double eta = self->param[0];
    if (eta >= 0 && isfinite(eta)) return FK_OK;
    return fk_fail(err, FK_USAGE, "scheme '%s': eta = %g, but eta >= 0 is needed (0: no noise)",
                   self->row.name, eta);
}

void fk_family_prepare(fk_scheme *self)
{
    if (self->param[0] != 0) return;
    self->strong_order = NAN;
    self->own &= ~(unsigned)FK_OWN_STRONG;
}

void fk_family_drift(double eta, const fk_coeffs *at, fk_stage *stage)
{
    stage->s = at->s;
    stage->sigma = at->sigma;
    stage->p = at->f;
    stage->q = -(1 + eta * eta) / 2 * at->g2;
}

void fk_family_noise(double eta, fk_step *table)
{
    table->normals = eta > 0;
    table->kernel[0] = FK_W;
}
