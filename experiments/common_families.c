/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common_families.h"

#include "claims/series.h"
#include "ode/schemes.h"

fk_family fk_family_of(const fk_scheme *scheme)
{
    if (fk_draws_of(scheme).normals > 0)
        return scheme->weak_order > 1.5 ? FK_WEAK_TWO : FK_WEAK_ONE;
    if (fk_ode_tableau(scheme)) return FK_RUNGE_KUTTA;
    return scheme->depth > 0 ? FK_MULTISTEP : FK_EXPONENTIAL;
}
