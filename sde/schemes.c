/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sde/schemes.h"

#define POINTER(name) &name,
const fk_scheme *const fk_sde_schemes[] = {FK_SDE_SCHEMES(POINTER)};
const size_t fk_n_sde_schemes = sizeof fk_sde_schemes / sizeof *fk_sde_schemes;
