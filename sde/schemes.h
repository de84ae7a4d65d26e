/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stochastic schemes for the reverse SDE family with the marginals p_t (time decreasing)
 *     dx = [ f x - (1 + eta^2)/2 g^2 score ] dt + eta g dW */
#ifndef FK_SDE_SCHEMES_H
#define FK_SDE_SCHEMES_H

#include "schedules/scheme.h"

/* The table: a scheme's line here and its own file are all that it takes. */
/* clang-format off */
#define FK_SDE_SCHEMES(row) \
    row(fk_euler_maruyama) \
    row(fk_heun_sde) \
    row(fk_sra1) \
    row(fk_sra2) \
    row(fk_sra3) \
    row(fk_sosra) \
    row(fk_shark) \
    row(fk_sea) \
    row(fk_platen2) \
    row(fk_dri1) \
    row(fk_exp_euler) \
    row(fk_dpmpp_2m_sde) \
    row(fk_dpmpp_3m_sde) \
    row(fk_ancestral_small) \
    row(fk_ancestral_large) \
    row(fk_ancestral_optimal) \
    row(fk_reverse_diffusion) \
    row(fk_edm_churn) \
    row(fk_pc)
/* clang-format on */

#define FK_DECLARE_SCHEME(name) extern const fk_scheme name;
FK_SDE_SCHEMES(FK_DECLARE_SCHEME)
#undef FK_DECLARE_SCHEME

extern const fk_scheme *const fk_sde_schemes[]; /* pointers to the one record in each file */
extern const size_t fk_n_sde_schemes;

#endif
