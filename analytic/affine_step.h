/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step table on Gaussian data, where all of it is affine in the rows of fk_gaussian_law and the
 * step's normals. Internal to analytic/. */
#ifndef FK_ANALYTIC_AFFINE_STEP_H
#define FK_ANALYTIC_AFFINE_STEP_H

#include "analytic/gaussian_law.h"

/* sum_i row[i] y_i + shift + sum_l noise[l] Z_l */
typedef struct {
    double row[FK_LAW_ROWS], shift, noise[FK_MAX_NORMALS];
} fk_affine;

/* The new rows in terms of the old ones; the error's is zero. */
void fk_affine_step(fk_gaussian data, const fk_step *step, fk_affine next[FK_LAW_ROWS]);

/* law <- mean and covariance of the new rows, the covariance of their noises (rows, rows) given. */
void fk_affine_advance(const fk_affine next[FK_LAW_ROWS], double noise[FK_LAW_ROWS][FK_LAW_ROWS],
                       fk_gaussian_law *law);

/* That covariance where the normals are independent: sum_l noise_il noise_jl. */
void fk_affine_noise(const fk_affine next[FK_LAW_ROWS], double noise[FK_LAW_ROWS][FK_LAW_ROWS]);

/* Phi(to, from) of analytic/gaussian_law.h. */
double fk_gaussian_propagator(fk_gaussian data, const fk_coeffs *from, const fk_coeffs *to,
                              double eta);

#endif
