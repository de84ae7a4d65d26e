/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/affine_step.h"

#include <assert.h>
#include <string.h>

static void add(fk_affine *to, double weight, const fk_affine *term)
{
    for (int i = 0; i < FK_LAW_ROWS; i++) to->row[i] += weight * term->row[i];
    to->shift += weight * term->shift;
    for (int l = 0; l < FK_MAX_NORMALS; l++) to->noise[l] += weight * term->noise[l];
}

static fk_affine combine(const fk_step *step, const fk_combination *y, const fk_affine *M,
                         size_t stages)
{
    fk_affine out = {.row[FK_ROW_X] = y->a};
    for (size_t l = 0; l < step->normals; l++) out.noise[l] = y->c[l];
    for (size_t h = 0; h < step->history; h++) out.row[FK_ROW_HISTORY + h] = y->d[h];
    for (size_t j = 0; j < stages; j++) add(&out, y->b[j], &M[j]);
    return out;
}

/* M = p Y + q score(Y) = p Y + q (s m - Y)/V */
static fk_affine output(fk_gaussian data, const fk_stage *at, const fk_affine *y)
{
    fk_affine M = {.shift = 0};
    double V = at->s * at->s * data.var + at->sigma * at->sigma;
    assert(at->q == 0 || V > 0);
    add(&M, at->q == 0 ? at->p : at->p - at->q / V, y);
    if (at->q != 0) M.shift += at->q * at->s * data.mean / V;
    return M;
}

void fk_affine_step(fk_gaussian data, const fk_step *step, fk_affine next[FK_LAW_ROWS])
{
    fk_affine M[FK_MAX_STAGES];
    for (size_t i = 0; i < step->stages; i++) {
        fk_affine y = combine(step, &step->stage[i].y, M, i);
        M[i] = output(data, &step->stage[i], &y);
    }
    memset(next, 0, FK_LAW_ROWS * sizeof *next);
    next[FK_ROW_X] = combine(step, &step->result, M, step->stages);
    for (int h = FK_ROW_HISTORY; h < FK_LAW_ROWS; h++) next[h].row[h] = 1;
    for (size_t i = 0; i < step->stages; i++) {
        if (!step->stage[i].push) continue;
        for (int h = FK_LAW_ROWS - 1; h > FK_ROW_HISTORY; h--) next[h] = next[h - 1];
        next[FK_ROW_HISTORY] = M[i];
    }
}

void fk_affine_noise(const fk_affine next[FK_LAW_ROWS], double noise[FK_LAW_ROWS][FK_LAW_ROWS])
{
    for (int i = 0; i < FK_LAW_ROWS; i++)
        for (int j = 0; j < FK_LAW_ROWS; j++) {
            noise[i][j] = 0;
            for (int l = 0; l < FK_MAX_NORMALS; l++)
                noise[i][j] += next[i].noise[l] * next[j].noise[l];
        }
}

void fk_affine_advance(const fk_affine next[FK_LAW_ROWS], double noise[FK_LAW_ROWS][FK_LAW_ROWS],
                       fk_gaussian_law *law)
{
    fk_gaussian_law old = *law;
    double half[FK_LAW_ROWS][FK_LAW_ROWS] = {{0}}; /* A cov */
    for (int i = 0; i < FK_LAW_ROWS; i++) {
        law->mean[i] = next[i].shift;
        for (int j = 0; j < FK_LAW_ROWS; j++) {
            law->mean[i] += next[i].row[j] * old.mean[j];
            for (int k = 0; k < FK_LAW_ROWS; k++) half[i][k] += next[i].row[j] * old.cov[j][k];
        }
    }
    for (int i = 0; i < FK_LAW_ROWS; i++)
        for (int j = 0; j <= i; j++) {
            double sum = noise[i][j];
            for (int k = 0; k < FK_LAW_ROWS; k++) sum += half[i][k] * next[j].row[k];
            law->cov[i][j] = law->cov[j][i] = sum;
        }
}
