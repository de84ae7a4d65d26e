/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sde/schemes.h"

const fk_scheme *const fk_sde_schemes[] = {
    &fk_euler_maruyama,
    &fk_heun_sde,
    &fk_sra1,
    &fk_sra2,
    &fk_sra3,
    &fk_sosra,
    &fk_shark,
    &fk_sea,
    &fk_platen2,
    &fk_dri1,
    &fk_exp_euler,
    &fk_dpmpp_2m_sde,
    &fk_dpmpp_3m_sde,
    &fk_ancestral_small,
    &fk_ancestral_large,
    &fk_ancestral_optimal,
    &fk_reverse_diffusion,
    &fk_edm_churn,
    &fk_pc,
};
const size_t fk_n_sde_schemes = sizeof fk_sde_schemes / sizeof *fk_sde_schemes;
