/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error row of the Gaussian law: x - x_exact along one Brownian path. */
#include <gsl/gsl_integration.h>
#include <math.h>

#include "analytic/affine_step.h"

/* Kernels vary over a step by its relative length; for steps of half of t and less twenty nodes
 * integrate them to rounding. */
enum { NODES = 20 };

/* A point r of the step from t to u. */
typedef struct {
    double weight;  /* of the quadrature over the step */
    double elapsed; /* (t - r)/h, from 0 to 1 */
    fk_coeffs at;
} inner;

typedef struct {
    fk_gaussian data;
    const fk_coeffs *from, *to;
    double h, eta;
} span;

/* What a normal is, as a density over the path: normal = int psi(r) dW_r with int psi^2 = 1. */
static double psi(fk_noise_kernel kernel, const span *s, const inner *r)
{
    switch (kernel) {
    case FK_W:
        return 1 / sqrt(s->h);
    case FK_H: /* H = 1/h int (W_r - elapsed W) dr = int (1/2 - elapsed) dW_r, variance h/12 */
        return (0.5 - r->elapsed) / sqrt(s->h / 12);
    case FK_E: { /* the clock 1/rho^2 runs at (g/s)^2 / rho^4 */
        double clock = exp(2 * s->to->lambda) - exp(2 * s->from->lambda);
        return sqrt(r->at.g2 / clock) / r->at.s * exp(2 * r->at.lambda);
    }
    default:
        return NAN;
    }
}

static double scheme_kernel(const fk_step *step, const fk_affine *row, const span *s,
                            const inner *r)
{
    double sum = 0;
    for (size_t l = 0; l < step->normals; l++)
        if (row->noise[l] != 0) sum += row->noise[l] * psi(step->kernel[l], s, r);
    return sum;
}

/* Covariances of the error's noise with that of every row, itself included. */
static void error_noise(const fk_step *step, const fk_affine next[FK_LAW_ROWS], const span *s,
                        const inner *node, double noise[FK_LAW_ROWS][FK_LAW_ROWS])
{
    double cov[FK_LAW_ROWS] = {0};
    for (int k = 0; k < NODES; k++) {
        const inner *r = &node[k];
        double exact =
            fk_gaussian_propagator(s->data, &r->at, s->to, s->eta) * s->eta * sqrt(r->at.g2);
        double error = scheme_kernel(step, &next[FK_ROW_X], s, r) - exact;
        for (int i = 0; i < FK_LAW_ROWS; i++)
            cov[i] += r->weight * error *
                      (i == FK_ROW_ERROR ? error : scheme_kernel(step, &next[i], s, r));
    }
    for (int i = 0; i < FK_LAW_ROWS; i++) noise[i][FK_ROW_ERROR] = noise[FK_ROW_ERROR][i] = cov[i];
}

static void strong_step(const fk_step *step, const span *s, const inner *node, fk_gaussian_law *law)
{
    fk_affine next[FK_LAW_ROWS];
    double noise[FK_LAW_ROWS][FK_LAW_ROWS];
    fk_affine_step(s->data, step, next);
    fk_affine_noise(next, noise);
    error_noise(step, next, s, node, noise);
    double gain = fk_gaussian_propagator(s->data, s->from, s->to, s->eta);
    fk_affine *e = &next[FK_ROW_ERROR];
    *e = next[FK_ROW_X];
    e->row[FK_ROW_X] -= gain;
    e->row[FK_ROW_ERROR] = gain;
    e->shift -= (s->to->s - gain * s->from->s) * s->data.mean;
    fk_affine_advance(next, noise, law);
}

static int check(const fk_axis *axis, const fk_plan *plan, fk_error *err)
{
    if (!axis->schedule)
        return fk_fail(err, FK_USAGE,
                       "a chain has no path between its nodes, hence no strong error; take a "
                       "schedule");
    for (size_t n = 0; n < plan->n_steps; n++)
        for (size_t l = 0; l < plan->step[n].normals; l++)
            if (plan->step[n].kernel[l] == FK_FRESH)
                return fk_fail(err, FK_USAGE,
                               "step %zu: normal %zu is fresh noise, not a functional of the "
                               "path; such a scheme has no strong error",
                               n + 1, l + 1);
    return FK_OK;
}

int fk_gaussian_law_strong(fk_gaussian data, const fk_axis *axis, const fk_plan *plan, double eta,
                           fk_gaussian_law *law, double *rms, fk_error *err)
{
    int status = check(axis, plan, err);
    if (status != FK_OK) return status;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(NODES);
    for (size_t n = 0;; n++) {
        double mean = law->mean[FK_ROW_ERROR], var = law->cov[FK_ROW_ERROR][FK_ROW_ERROR];
        if (rms) rms[n] = sqrt(fmax(0, var) + mean * mean);
        if (n == plan->n_steps) break;
        const span s = {data, &axis->node[n], &axis->node[n + 1], axis->t[n] - axis->t[n + 1], eta};
        inner node[NODES];
        for (size_t k = 0; k < NODES; k++) {
            inner *r = &node[k];
            gsl_integration_glfixed_point(0, 1, k, &r->elapsed, &r->weight, rule);
            r->weight *= s.h;
            r->at = fk_schedule_at(axis->schedule, axis->t[n] - r->elapsed * s.h);
        }
        strong_step(&plan->step[n], &s, node, law);
    }
    gsl_integration_glfixed_table_free(rule);
    return FK_OK;
}
