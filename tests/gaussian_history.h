/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step table with history read on Gaussian data N(m, v): everything is affine in the state
 * (x, H_0, .., H_3) and the normals, so mean and covariance of the state follow exactly. Apart from
 * the lab's own laws, so that tests of schemes stand without them. */
#ifndef FK_TESTS_GAUSSIAN_HISTORY_H
#define FK_TESTS_GAUSSIAN_HISTORY_H

#include <string.h>

#include "core/step.h"

enum { STATE = 1 + FK_MAX_HISTORY };

typedef struct {
    double mean[STATE], cov[STATE][STATE];
} state_law;

/* shift + sum_k of[k] state_k + sum_l noise[l] Z_l */
typedef struct {
    double shift, of[STATE], noise[FK_MAX_NORMALS];
} quantity;

static inline void quantity_add(quantity *to, double c, const quantity *term)
{
    to->shift += c * term->shift;
    for (int k = 0; k < STATE; k++) to->of[k] += c * term->of[k];
    for (int l = 0; l < FK_MAX_NORMALS; l++) to->noise[l] += c * term->noise[l];
}

static inline quantity quantity_combine(const fk_combination *y, const quantity *M, size_t stages)
{
    quantity out = {.of = {y->a}};
    for (int h = 0; h < FK_MAX_HISTORY; h++) out.of[1 + h] = y->d[h];
    for (int l = 0; l < FK_MAX_NORMALS; l++) out.noise[l] = y->c[l];
    for (size_t j = 0; j < stages; j++) quantity_add(&out, y->b[j], &M[j]);
    return out;
}

static inline double quantity_cov(const quantity *a, const quantity *b, const state_law *s)
{
    double sum = 0;
    for (int k = 0; k < STATE; k++)
        for (int j = 0; j < STATE; j++) sum += a->of[k] * s->cov[k][j] * b->of[j];
    for (int l = 0; l < FK_MAX_NORMALS; l++) sum += a->noise[l] * b->noise[l];
    return sum;
}

/* score = (s m - Y) / (s^2 v + sigma^2) */
static inline void state_step(const fk_step *step, double m, double v, state_law *law)
{
    quantity M[FK_MAX_STAGES] = {{0}}, next[STATE] = {{0}};
    for (size_t i = 0; i < step->stages; i++) {
        const fk_stage *at = &step->stage[i];
        double var = at->s * at->s * v + at->sigma * at->sigma;
        quantity y = quantity_combine(&at->y, M, i);
        quantity_add(&M[i], at->p - at->q / var, &y);
        M[i].shift += at->q * at->s * m / var;
    }
    next[0] = quantity_combine(&step->result, M, step->stages);
    for (int h = 0; h < FK_MAX_HISTORY; h++) next[1 + h].of[1 + h] = 1;
    for (size_t i = 0; i < step->stages; i++) {
        if (!step->stage[i].push) continue;
        memmove(&next[2], &next[1], (FK_MAX_HISTORY - 1) * sizeof *next);
        next[1] = M[i];
    }
    state_law out;
    for (int k = 0; k < STATE; k++) {
        out.mean[k] = next[k].shift;
        for (int j = 0; j < STATE; j++) {
            out.mean[k] += next[k].of[j] * law->mean[j];
            out.cov[k][j] = quantity_cov(&next[k], &next[j], law);
        }
    }
    *law = out;
}

#endif
