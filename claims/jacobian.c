/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/jacobian.h"

#include <assert.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <string.h>

#include "analytic/marginal.h"

enum { MAX = FK_JACOBIAN_DIM };

static int rates(double t, const double y[], double rate[], void *self)
{
    const fk_jacobian_of *of = self;
    const size_t n = of->mixture->dim;
    const fk_coeffs c =
        fk_schedule_at(of->schedule, fmin(fmax(t, fmin(of->from, of->to)), fmax(of->from, of->to)));
    fk_marginal *g = fk_marginal_new(of->mixture, c.s, c.sigma);
    const double half = of->factor * c.g2 / 2;
    double score[MAX], hessian[MAX * MAX];
    fk_marginal_at(g, y, &(fk_point){.score = score, .hessian = hessian});
    fk_marginal_free(g);
    for (size_t i = 0; i < n; i++) rate[i] = c.f * y[i] - half * score[i];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = c.f * y[n + i * n + j];
            for (size_t k = 0; k < n; k++) sum -= half * hessian[i * n + k] * y[n + k * n + j];
            rate[n + i * n + j] = sum;
        }
    return isfinite(rate[0]) ? GSL_SUCCESS : GSL_FAILURE;
}

bool fk_flow_jacobian(const fk_jacobian_of *of, const double *x, double *y, double *jacobian)
{
    const size_t n = of->mixture->dim;
    assert(n <= MAX);
    fk_jacobian_of self = *of;
    gsl_odeiv2_system system = {rates, NULL, n + n * n, &self};
    const double interval = of->to - of->from;
    gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(
        &system, gsl_odeiv2_step_rk8pd, 1e-3 * interval, of->tolerance, of->tolerance);
    gsl_odeiv2_driver_set_hmax(driver, fabs(interval) / 16); /* as ode/adaptive.c */
    double t = of->from, state[MAX + MAX * MAX] = {0};
    memcpy(state, x, n * sizeof *x);
    for (size_t i = 0; i < n; i++) state[n + i * n + i] = 1;
    const bool ok = gsl_odeiv2_driver_apply(driver, &t, of->to, state) == GSL_SUCCESS;
    gsl_odeiv2_driver_free(driver);
    memcpy(y, state, n * sizeof *y);
    memcpy(jacobian, state + n, n * n * sizeof *jacobian);
    return ok;
}

double fk_determinant(size_t dim, const double *a)
{
    assert(dim <= MAX);
    if (dim == 1) return a[0];
    if (dim == 2) return a[0] * a[3] - a[1] * a[2];
    return a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) +
           a[2] * (a[3] * a[7] - a[4] * a[6]);
}

double fk_asymmetry(size_t dim, const double *a)
{
    double odd = 0, largest = 0;
    for (size_t i = 0; i < dim; i++)
        for (size_t j = 0; j < dim; j++) {
            odd = fmax(odd, fabs(a[i * dim + j] - a[j * dim + i]) / 2);
            largest = fmax(largest, fabs(a[i * dim + j]));
        }
    return odd / largest;
}
