/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stochastic schemes for the reverse SDE family with the marginals p_t (time decreasing)
 *     dx = [ f x - (1 + eta^2)/2 g^2 score ] dt + eta g dW */
#ifndef FK_SDE_SCHEMES_H
#define FK_SDE_SCHEMES_H

#include "schedules/scheme.h"

extern const fk_scheme *const fk_sde_schemes[]; /* pointers to the one record in each file */
extern const size_t fk_n_sde_schemes;

extern const fk_scheme fk_euler_maruyama, fk_heun_sde;
extern const fk_scheme fk_sra1, fk_sra2, fk_sra3, fk_sosra; /* sra.c */
extern const fk_scheme fk_shark, fk_sea;                    /* shark.c */
extern const fk_scheme fk_platen2, fk_dri1;                 /* weak2.c */
extern const fk_scheme fk_exp_euler;
extern const fk_scheme fk_dpmpp_2m_sde, fk_dpmpp_3m_sde; /* dpmpp_sde.c; these two keep history */
extern const fk_scheme fk_ancestral_small, fk_ancestral_large,
    fk_ancestral_optimal;                           /* ancestral.c */
extern const fk_scheme fk_reverse_diffusion, fk_pc; /* reverse_diffusion.c */
extern const fk_scheme fk_edm_churn;

#endif
