/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sde/schemes.h"

const fk_scheme *const fk_sde_schemes[] = {&fk_euler_maruyama, &fk_heun_sde};
const size_t fk_n_sde_schemes = sizeof fk_sde_schemes / sizeof *fk_sde_schemes;
