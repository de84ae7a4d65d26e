/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deterministic step tables on a scalar, history included: a few lines apart from the lab's
 * integrator. And the errors of a scheme on 1-D data whose flow is known. */
#ifndef FK_TESTS_SCALAR_RUNS_H
#define FK_TESTS_SCALAR_RUNS_H

#include "analytic/exact.h"
#include "core/step.h"
#include "schedules/scheme.h"
#include "tests/suite.h"

/* grad log of sum_k w_k N(s m_k, s^2 v_k + sigma^2), isotropic 1-D mixtures */
static inline double scalar_score(const fk_mixture *data, double s, double sigma, double x)
{
    double exponent[8], most = -INFINITY, mass = 0, slope = 0;
    ck_assert(data->dim == 1 && data->k <= 8);
    for (size_t k = 0; k < data->k; k++) {
        double var = s * s * data->var[k] + sigma * sigma, d = x - s * data->mean[k];
        exponent[k] = log(data->weight[k]) - log(var) / 2 - d * d / (2 * var);
        if (exponent[k] > most) most = exponent[k];
    }
    for (size_t k = 0; k < data->k; k++) {
        double var = s * s * data->var[k] + sigma * sigma, d = x - s * data->mean[k];
        double p = exp(exponent[k] - most);
        mass += p;
        slope -= p * d / var;
    }
    return slope / mass;
}

static inline double scalar_combine(const fk_combination *y, double x, const double *M, size_t n,
                                    const double *H, size_t history)
{
    double sum = y->a * x;
    for (size_t j = 0; j < n; j++) sum += y->b[j] * M[j];
    for (size_t h = 0; h < history; h++) sum += y->d[h] * H[h];
    return sum;
}

/* One step; H (FK_MAX_HISTORY) is brought up to date. */
static inline double scalar_step(const fk_step *step, const fk_mixture *data, double x, double *H)
{
    double M[FK_MAX_STAGES];
    for (size_t i = 0; i < step->stages; i++) {
        const fk_stage *at = &step->stage[i];
        double y = scalar_combine(&at->y, x, M, i, H, step->history);
        M[i] = at->p * y + at->q * scalar_score(data, at->s, at->sigma, y);
    }
    x = scalar_combine(&step->result, x, M, step->stages, H, step->history);
    for (size_t i = 0; i < step->stages; i++) {
        if (!step->stage[i].push) continue;
        for (size_t h = FK_MAX_HISTORY - 1; h > 0; h--) H[h] = H[h - 1];
        H[0] = M[i];
    }
    return x;
}

/* The model output of the exact flow through x at node 0, at another node. */
static inline double exact_output(fk_output output, const fk_mixture *data, const fk_coeffs *start,
                                  double x, const fk_coeffs *node)
{
    double y;
    fk_flow(data, start, node, 1, &x, &y, NULL);
    double score = scalar_score(data, node->s, node->sigma, y);
    ck_assert(output == FK_EPS || output == FK_X0);
    return output == FK_EPS ? -node->sigma * score
                            : (y + node->sigma * node->sigma * score) / node->s;
}

/* From x at node 0 through all the steps; with exact history where the axis was extended. */
static inline double scalar_run(const fk_scheme *scheme, const fk_axis *axis, const fk_plan *plan,
                                const fk_mixture *data, double x)
{
    double H[FK_MAX_HISTORY] = {0};
    for (size_t h = 0; axis->past > 0 && h < scheme->depth; h++)
        H[h] = exact_output(scheme->output, data, axis->node, x, axis->node - scheme->lag - h);
    for (size_t n = 0; n < plan->n_steps; n++) x = scalar_step(&plan->step[n], data, x, H);
    return x;
}

#endif
