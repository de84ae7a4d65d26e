/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deterministic schemes for the probability-flow ODE  dx/dt = f x - g^2/2 score. */
#ifndef FK_ODE_SCHEMES_H
#define FK_ODE_SCHEMES_H

#include "schedules/butcher.h"
#include "schedules/scheme.h"

extern const fk_scheme *const fk_ode_schemes[]; /* pointers to the one record in each file */
extern const size_t fk_n_ode_schemes;

extern const fk_scheme fk_euler, fk_midpoint, fk_heun, fk_bs3, fk_rk4, fk_dp5; /* runge_kutta.c */
extern const fk_scheme fk_ddim;           /* eta = 0 unless given; with eta > 0 it draws noise */
extern const fk_scheme fk_rk45, fk_rk8pd; /* adaptive.h */

/* The tableau of a scheme of runge_kutta.c, else NULL. */
const fk_butcher *fk_ode_tableau(const fk_scheme *);

#endif
