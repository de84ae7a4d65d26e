/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deterministic schemes for the probability-flow ODE  dx/dt = f x - g^2/2 score. */
#ifndef FK_ODE_SCHEMES_H
#define FK_ODE_SCHEMES_H

#include "schedules/butcher.h"
#include "schedules/scheme.h"

/* The table: a scheme's line here and its own file are all that it takes. */
/* clang-format off */
#define FK_ODE_SCHEMES(row) \
    row(fk_euler) \
    row(fk_midpoint) \
    row(fk_heun) \
    row(fk_bs3) \
    row(fk_rk4) \
    row(fk_dp5) \
    row(fk_ddim) \
    row(fk_dpm_2) \
    row(fk_dpm_3) \
    row(fk_dpmpp_1) \
    row(fk_dpmpp_2s) \
    row(fk_dpmpp_2m) \
    row(fk_dpmpp_3m) \
    row(fk_unipc_1) \
    row(fk_unipc_2) \
    row(fk_unipc_3) \
    row(fk_deis_1) \
    row(fk_deis_2) \
    row(fk_deis_3) \
    row(fk_lms_1) \
    row(fk_lms_2) \
    row(fk_lms_3) \
    row(fk_lms_4) \
    row(fk_ipndm) \
    row(fk_edm_heun) \
    row(fk_rk45) \
    row(fk_rk8pd) \
    row(fk_dopri5)
/* clang-format on */

#define FK_DECLARE_SCHEME(name) extern const fk_scheme name;
FK_ODE_SCHEMES(FK_DECLARE_SCHEME)
#undef FK_DECLARE_SCHEME

extern const fk_scheme *const fk_ode_schemes[]; /* pointers to the one record in each file */
extern const size_t fk_n_ode_schemes;

/* The tableau of a scheme of runge_kutta.c, else NULL. */
const fk_butcher *fk_ode_tableau(const fk_scheme *);

#endif
