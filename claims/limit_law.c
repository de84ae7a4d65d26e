/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/limit_law.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static double value_of(const fk_scheme *scheme, const char *key)
{
    const size_t i = fk_scheme_param(scheme, key);
    assert(i < FK_MAX_PARAMS);
    return scheme->param[i];
}

static double corrected(const fk_scheme *scheme, double V)
{
    const double snr = value_of(scheme, "snr"), e = 2 * snr * snr * V;
    return V / (1 - e / (2 * V));
}

/* y's variance where noise up and Heun down stand still. */
static double stationary(double v, double rho, double gamma, double amplitude)
{
    const double raised = (1 + gamma) * rho, d = rho - raised;
    const double k_raised = raised / (v + raised * raised), k = rho / (v + rho * rho);
    const double gain = 1 + d / 2 * (k_raised + k * (1 + d * k_raised));
    const double noise = amplitude * amplitude * (raised * raised - rho * rho);
    return gain * gain * noise / (1 - gain * gain);
}

static int churned(const fk_scheme *scheme, double v, const fk_axis *axis, double *variance,
                   fk_error *err)
{
    const fk_coeffs *first = axis->node, *last = first + axis->n_steps;
    const double from = first->sigma / first->s, rho = last->sigma / last->s;
    const double S_churn = value_of(scheme, "S_churn"), S_noise = value_of(scheme, "S_noise");
    const double bound = 0.41421356237309504880; /* sqrt(2) - 1 */
    if (!(value_of(scheme, "S_min") <= rho && from <= value_of(scheme, "S_max")))
        return fk_fail(err, FK_USAGE,
                       "no closed form of the limit where S_min or S_max lies inside the run's "
                       "noise levels");
    if (S_churn / (double)axis->n_steps >= bound) {
        *variance = last->s * last->s * stationary(v, rho, bound, S_noise);
        return FK_OK;
    }
    const double W_0 = v + from * from, W = v + rho * rho;
    const double K = S_churn / (last->lambda - first->lambda);
    const double excess = (S_noise * S_noise - 1) * W * -expm1(K * log(W / W_0));
    *variance = last->s * last->s * (W + excess);
    return FK_OK;
}

int fk_limit_variance(const fk_scheme *scheme, fk_gaussian data, const fk_axis *axis,
                      double *variance, fk_error *err)
{
    const double V = fk_gaussian_marginal(data, &axis->node[axis->n_steps]).var;
    if (strcmp(scheme->row.name, "pc") == 0) {
        *variance = corrected(scheme, V);
        return FK_OK;
    }
    if (strcmp(scheme->row.name, "edm-churn") == 0)
        return churned(scheme, data.var, axis, variance, err);
    return fk_fail(err, FK_USAGE, "no limit law of scheme '%s' is known", scheme->row.name);
}
