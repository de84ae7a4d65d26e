/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stochastic Runge-Kutta methods for additive noise, dX = a(t, X) dt + b(t) dW, by their tableaus:
 *
 *     Y_i = x + h sum_j A_ij a(t + c_j h, Y_j) + sum_j b(t + time_j h) N(stage_ij)
 *     x'  = x + h sum_i alpha_i a(t + c_i h, Y_i) + sum_j b(t + time_j h) N(result_j)
 *     N(w, i10, h) = w DeltaW + i10 I10/h + h H
 *
 * in the functionals of the path that papers write: its increment DeltaW, I10 = int_0^h W ds, and
 * its space-time Levy area H = I10/h - DeltaW/2, which is independent of DeltaW and has variance
 * h/12. So DeltaW = sqrt(h) Z_1 and H = sqrt(h/12) Z_2 serve them all. */
#ifndef FK_SDE_ADDITIVE_H
#define FK_SDE_ADDITIVE_H

#include "schedules/butcher.h"
#include "schedules/scheme.h"

enum { FK_ADDITIVE_STAGES = 3 };

typedef struct {
    double w, i10, h;
} fk_path_weights;

typedef struct {
    fk_butcher drift; /* c, A, alpha */
    size_t times;     /* at which b is taken */
    double time[FK_ADDITIVE_STAGES];
    fk_path_weights stage[FK_ADDITIVE_STAGES][FK_ADDITIVE_STAGES]; /* [stage][time] */
    fk_path_weights result[FK_ADDITIVE_STAGES];                    /* [time] */
    double
        drift_order; /* without noise, as its paper claims; what a wrong tableau has is not said */
} fk_additive;

/* The step of all of them, on the eta family. */
void fk_additive_step(const fk_scheme *, const fk_step_at *, fk_step *table);

/* Orders at eta = 0: that of the drift's tableau, and no strong one. */
void fk_additive_prepare(fk_scheme *);

/* The tableau of a scheme that is one of them, else NULL. */
const fk_additive *fk_sde_tableau(const fk_scheme *);

/* What may be asked of a tableau. Each includes the conditions above it. */
typedef enum { FK_STRONG_1, FK_WEAK_2, FK_STRONG_3_2 } fk_additive_order;

/* The worst residual of the conditions for that order; 0 if it has it. */
double fk_additive_residual(const fk_additive *, fk_additive_order);

#define FK_ADDITIVE_FIELDS(tableau_, strong_, weak_, name_, says_, source_)                        \
    .row = {name_, says_, source_, fk_family_params}, .strong_order = strong_,                     \
    .weak_order = weak_, .needs = FK_F_G2, .constants = &tableau_, .param = {1},                   \
    .step = fk_additive_step, .check = fk_family_check, .prepare = fk_additive_prepare
#define FK_ADDITIVE_SCHEME(...)                                                                    \
    {                                                                                              \
        FK_ADDITIVE_FIELDS(__VA_ARGS__)                                                            \
    }

#endif
