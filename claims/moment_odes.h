/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The differential equations of mean and variance, m' = f m and var' = 2 f var + g^2, integrated by
 * GSL (rk8pd, relative tolerance 1e-13) over the usable interval of a schedule. */
#ifndef FK_CLAIMS_MOMENT_ODES_H
#define FK_CLAIMS_MOMENT_ODES_H

#include "schedules/schedule.h"

/* m' = mean f m and var' = var f var + g^2, or + g: right with 1, 2 and false. */
typedef struct {
    double mean, var;
    bool g_for_g2;
} fk_moment_terms;

/* mean and var (n) at the times t (n), usable and increasing, from mean[0] and var[0] given,
 * neither of them 0; NaN where GSL gives up. */
void fk_moment_odes_path(const fk_schedule *, fk_moment_terms, size_t n, const double *t,
                         double *mean, double *var);

/* *of_mean and *of_var become the worst of themselves and of the relative errors at ten times,
 * against m s(t)/s(t_min) and sigma^2 + (s/s(t_min))^2 (var_0 - sigma(t_min)^2). var_0 > 0: the
 * variance at t_min. Right with f_factor 1 and not g_for_g2; else f_factor f for f, g for g^2. */
void fk_moment_odes_solve(const fk_schedule *, double f_factor, bool g_for_g2, double var_0,
                          double *of_mean, double *of_var);

#endif
