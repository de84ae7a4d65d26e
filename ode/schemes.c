/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/schemes.h"

#define POINTER(name) &name,
const fk_scheme *const fk_ode_schemes[] = {FK_ODE_SCHEMES(POINTER)};
const size_t fk_n_ode_schemes = sizeof fk_ode_schemes / sizeof *fk_ode_schemes;
