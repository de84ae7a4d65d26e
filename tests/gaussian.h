/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step table read on Gaussian data N(m, v), where every step is affine in the state and the
 * normals: x' = gain x + shift + sum_l noise[l] Z_l. A few lines of its own, apart from the lab's
 * integrator and laws, so that tests of schemes stand without them. */
#ifndef FK_TESTS_GAUSSIAN_H
#define FK_TESTS_GAUSSIAN_H

#include "core/step.h"

typedef struct {
    double gain, shift, noise[FK_MAX_NORMALS];
} affine;

static inline void affine_add(affine *to, double c, const affine *term)
{
    to->gain += c * term->gain;
    to->shift += c * term->shift;
    for (int l = 0; l < FK_MAX_NORMALS; l++) to->noise[l] += c * term->noise[l];
}

static inline affine affine_combine(const fk_combination *y, const affine *M, size_t stages)
{
    affine out = {.gain = y->a};
    for (int l = 0; l < FK_MAX_NORMALS; l++) out.noise[l] = y->c[l];
    for (size_t j = 0; j < stages; j++) affine_add(&out, y->b[j], &M[j]);
    return out;
}

/* score = (s m - Y) / (s^2 v + sigma^2); tables without history */
static inline affine affine_step(const fk_step *step, double m, double v)
{
    affine M[FK_MAX_STAGES] = {{0}};
    for (size_t i = 0; i < step->stages; i++) {
        const fk_stage *at = &step->stage[i];
        double var = at->s * at->s * v + at->sigma * at->sigma;
        affine y = affine_combine(&at->y, M, i);
        affine_add(&M[i], at->p - at->q / var, &y);
        M[i].shift += at->q * at->s * m / var;
    }
    return affine_combine(&step->result, M, step->stages);
}

/* Mean and variance of the state after the step. */
static inline void affine_law(const affine *step, double *mean, double *var)
{
    *mean = step->gain * *mean + step->shift;
    *var *= step->gain * step->gain;
    for (int l = 0; l < FK_MAX_NORMALS; l++) *var += step->noise[l] * step->noise[l];
}

#endif
