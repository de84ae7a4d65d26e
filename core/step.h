/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step table: every fixed-step sampler of this field advances a particle by linear combinations
 * of its state x, model outputs M_i at stage points, earlier model outputs H_h, and standard
 * normals Z_l, with coefficients that depend on the time axis alone:
 *
 *     stage i:  Y_i = a_i x + sum_{j<i} b_ij M_j + sum_l c_il Z_l + sum_h d_ih H_h
 *               M_i = p_i Y_i + q_i score(Y_i; s_i, sigma_i)
 *     result:   x'  = a  x + sum_j  b_j  M_j + sum_l c_l  Z_l + sum_h d_h  H_h
 *
 * p and q make M the score (0, 1), eps (0, -sigma), x0hat (1/s, sigma^2/s), v, or the drift, as the
 * scheme's paper writes it. One step of one scheme is one such table; core/integrate.h runs it on
 * particles, and the exact laws read the same table. */
#ifndef FK_CORE_STEP_H
#define FK_CORE_STEP_H

#include "core/base.h"

enum { FK_MAX_STAGES = 8, FK_MAX_NORMALS = 4, FK_MAX_HISTORY = 4 };

/* What a normal is as a functional of the Brownian path over the step of length h. */
typedef enum {
    FK_W, /* increment / sqrt(h) */
    FK_H, /* space-time Levy area / sqrt(h/12) */
    FK_E, /* exponential integral: the increment in the clock 1/rho^2, rho = sigma/s, normalised */
    FK_FRESH /* no path meaning (churn): so no strong order */
} fk_noise_kernel;

/* One linear combination. Unused coefficients are 0. */
typedef struct {
    double a;                 /* of the state */
    double b[FK_MAX_STAGES];  /* of the model outputs of this step */
    double c[FK_MAX_NORMALS]; /* of the normals */
    double d[FK_MAX_HISTORY]; /* of earlier model outputs, latest first */
} fk_combination;

typedef struct {
    fk_combination y; /* the stage point; uses b[0..i-1] only */
    double s, sigma;  /* the marginal whose score is taken there */
    double p, q;      /* M = p Y + q score */
    bool push;        /* M enters the history after this step (a later stage goes in front) */
} fk_stage;

typedef struct {
    size_t stages, normals;
    size_t history; /* entries of H that this step reads */
    fk_stage stage[FK_MAX_STAGES];
    fk_combination result;
    fk_noise_kernel kernel[FK_MAX_NORMALS];
} fk_step;

#endif
