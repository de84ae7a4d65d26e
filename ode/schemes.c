/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/schemes.h"

const fk_scheme *const fk_ode_schemes[] = {
    &fk_euler, &fk_midpoint, &fk_heun, &fk_bs3, &fk_rk4, &fk_dp5, &fk_ddim, &fk_rk45, &fk_rk8pd,
};
const size_t fk_n_ode_schemes = sizeof fk_ode_schemes / sizeof *fk_ode_schemes;
