/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/gaussian_law.h"

#include <math.h>

#include "analytic/affine_step.h"

fk_gaussian fk_gaussian_marginal(fk_gaussian data, const fk_coeffs *node)
{
    return (fk_gaussian){node->s * data.mean,
                         node->s * node->s * data.var + node->sigma * node->sigma};
}

double fk_gaussian_propagator(fk_gaussian data, const fk_coeffs *from, const fk_coeffs *to,
                              double eta)
{
    double a = fk_gaussian_marginal(data, from).var, b = fk_gaussian_marginal(data, to).var;
    double ratio = b / a, scaled = ratio * (from->s / to->s) * (from->s / to->s);
    return sqrt(ratio) * pow(scaled, eta * eta / 2);
}

fk_gaussian fk_gaussian_exact(fk_gaussian data, const fk_coeffs *from, const fk_coeffs *to,
                              double eta, fk_gaussian x)
{
    fk_gaussian a = fk_gaussian_marginal(data, from), b = fk_gaussian_marginal(data, to);
    double gain = fk_gaussian_propagator(data, from, to, eta);
    return (fk_gaussian){b.mean + gain * (x.mean - a.mean), b.var + gain * gain * (x.var - a.var)};
}

fk_gaussian_law fk_gaussian_law_start(fk_gaussian x)
{
    fk_gaussian_law law = {.mean[FK_ROW_X] = x.mean};
    law.cov[FK_ROW_X][FK_ROW_X] = x.var;
    return law;
}

fk_gaussian_law fk_gaussian_law_exact(fk_gaussian data, const fk_coeffs *start,
                                      const fk_history *history)
{
    const size_t rows = FK_ROW_HISTORY + history->depth;
    fk_gaussian_law law = fk_gaussian_law_start(fk_gaussian_marginal(data, start));
    fk_coeffs node[FK_LAW_ROWS] = {*start, *start};
    double slope[FK_LAW_ROWS] = {1}; /* of the row in x at its node; none for the error */
    for (size_t i = FK_ROW_HISTORY; i < rows; i++) {
        const fk_stage *M = &history->entry[i - FK_ROW_HISTORY];
        node[i] = (fk_coeffs){.s = M->s, .sigma = M->sigma};
        slope[i] = M->p - M->q / fk_gaussian_marginal(data, &node[i]).var;
        law.mean[i] = M->p * M->s * data.mean;
    }
    /* Rows stand from the latest node to the earliest: Cov(x_i, x_j) = Phi(i, j) V_j for j > i. */
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i; j < rows; j++) {
            double cov = fk_gaussian_propagator(data, &node[j], &node[i], history->eta) *
                         fk_gaussian_marginal(data, &node[j]).var;
            law.cov[i][j] = law.cov[j][i] = slope[i] * slope[j] * cov;
        }
    return law;
}

void fk_gaussian_law_step(fk_gaussian data, const fk_step *step, fk_gaussian_law *law)
{
    fk_affine next[FK_LAW_ROWS];
    double noise[FK_LAW_ROWS][FK_LAW_ROWS];
    fk_affine_step(data, step, next);
    fk_affine_noise(next, noise);
    next[FK_ROW_ERROR].row[FK_ROW_ERROR] = 1;
    fk_affine_advance(next, noise, law);
}

void fk_gaussian_law_run(fk_gaussian data, const fk_step *step, size_t n_steps,
                         fk_gaussian_law *law, fk_gaussian *path)
{
    for (size_t n = 0;; n++) {
        if (path) path[n] = (fk_gaussian){law->mean[FK_ROW_X], law->cov[FK_ROW_X][FK_ROW_X]};
        if (n == n_steps) return;
        fk_gaussian_law_step(data, &step[n], law);
    }
}
