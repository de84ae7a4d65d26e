/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/adams.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#include "schedules/phi.h"

double fk_adams_theta(fk_variable in, const fk_step_at *at, size_t nodes_back)
{
    const fk_coeffs *node = at->axis->node + at->n, *back = node - nodes_back;
    const double *t = at->axis->t + at->n;
    const double h = node[1].lambda - node[0].lambda, before = back->lambda - node[0].lambda;
    switch (in) {
    case FK_IN_T:
        return (*(t - nodes_back) - t[0]) / (t[1] - t[0]);
    case FK_IN_RHO: /* (rho/rho_t - 1) / (rho_u/rho_t - 1) */
        return expm1(-before) / expm1(-h);
    case FK_IN_NUMBER:
        return -(double)nodes_back;
    default:
        return before / h;
    }
}

/* <theta^i> of theta = (t(lambda) - t)/(t' - t), by Gauss-Legendre in lambda, where t(lambda) is
 * smooth: of all schedules its singularities lie at |Im lambda| >= pi/2. So with n points the error
 * falls like r^(-2n), r = p + sqrt(1 + p^2), p = pi/h: below 1e-20 for h <= 2 with 20 points, below
 * 1e-16 for h <= 20 with 128. */
static void moments_in_t(fk_output form, const fk_step_at *at, size_t n, double *moment)
{
    const fk_coeffs *node = at->axis->node + at->n;
    const fk_schedule *schedule = at->axis->schedule;
    const double *t = at->axis->t + at->n, first = node[0].lambda, h = node[1].lambda - first;
    const double z = fk_transfer_between(form, &node[0], &node[1]).z;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(h <= 2 ? 20 : 128);
    for (size_t k = 0; k < rule->n; k++) {
        double u, weight;
        gsl_integration_glfixed_point(0, 1, k, &u, &weight, rule);
        double theta = (schedule->time_of(schedule, first + u * h) - t[0]) / (t[1] - t[0]);
        double term = weight * exp((1 - u) * z) / fk_phi(1, z);
        for (size_t i = 1; i < n; i++) moment[i] += term *= theta;
    }
    gsl_integration_glfixed_table_free(rule);
}

void fk_adams_moments(fk_variable in, fk_output form, const fk_step_at *at, size_t n,
                      double *moment)
{
    const fk_coeffs *node = at->axis->node + at->n;
    double factorial = 1;
    const bool linear = in == FK_IN_RHO || in == FK_IN_NUMBER; /* x/s is, in rho */
    assert(n <= FK_MAX_ADAMS && (!linear || form == FK_EPS));
    for (size_t i = 0; i < n; i++) moment[i] = i == 0;
    if (in == FK_IN_T && n > 1) moments_in_t(form, at, n, moment);
    for (size_t i = 1; i < n; i++) {
        factorial *= (double)i;
        if (linear) moment[i] = 1 / (double)(i + 1);
        if (in == FK_IN_LAMBDA) {
            double z = fk_transfer_between(form, &node[0], &node[1]).z;
            moment[i] = factorial * fk_phi((int)i + 1, z) / fk_phi(1, z);
        }
    }
}

void fk_adams_weights(size_t n, const double *theta, const double *moment, double *w)
{
    assert(n <= FK_MAX_ADAMS);
    for (size_t j = 0; j < n; j++) {
        double basis[FK_MAX_ADAMS] = {1}; /* coefficients of Lagrange's polynomial number j */
        size_t degree = 0;
        for (size_t l = 0; l < n; l++) {
            if (l == j) continue;
            double scale = 1 / (theta[j] - theta[l]);
            degree++;
            for (size_t i = degree + 1; i-- > 0;)
                basis[i] = scale * ((i > 0 ? basis[i - 1] : 0) - theta[l] * basis[i]);
        }
        w[j] = 0;
        for (size_t i = 0; i < n; i++) w[j] += basis[i] * moment[i];
    }
}
