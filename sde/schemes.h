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

#endif
