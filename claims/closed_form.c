/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/closed_form.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double step = 1e-100;

static bool is(const fk_schedule *schedule, const char *name)
{
    return strcmp(schedule->row.name, name) == 0;
}

/* 1 - e^-y for an imaginary part that a complex step left: without cancellation where y is small.
 */
static double complex one_minus_exp(double complex y)
{
    return -expm1(-creal(y)) + I * (exp(-creal(y)) * sin(cimag(y)));
}

static double complex beta_integral(const double *p, double complex t)
{
    return p[0] * t + (p[1] - p[0]) * t * t / 2;
}

double complex fk_closed_s(const fk_schedule *schedule, double complex t)
{
    const double *p = schedule->param;
    if (is(schedule, "vp-linear") || is(schedule, "sub-vp")) return cexp(-beta_integral(p, t) / 2);
    if (is(schedule, "vp-cosine")) {
        double k = FK_PI / 2 / (1 + p[0]);
        return csin(k * (1 - t)) / cos(k * p[0]); /* = cos k(t + c), the sum being pi/2 */
    }
    if (is(schedule, "flow")) return 1 - t;
    assert(is(schedule, "ve") || is(schedule, "edm"));
    return 1;
}

double complex fk_closed_var(const fk_schedule *schedule, double complex t)
{
    const double *p = schedule->param;
    double complex s = fk_closed_s(schedule, t);
    if (is(schedule, "vp-linear")) return one_minus_exp(beta_integral(p, t));
    if (is(schedule, "sub-vp")) {
        double complex sigma = one_minus_exp(beta_integral(p, t));
        return sigma * sigma;
    }
    if (is(schedule, "ve")) return p[0] * p[0] * cexp(2 * t * log(p[1] / p[0]));
    if (is(schedule, "edm") || is(schedule, "flow")) return t * t;
    return 1 - s * s;
}

double complex fk_complex_step(double t)
{
    return t + I * step;
}

double fk_complex_rate(double complex value)
{
    return cimag(value) / step;
}

double fk_closed_s_rate(const fk_schedule *schedule, double t)
{
    return fk_complex_rate(fk_closed_s(schedule, fk_complex_step(t)));
}

double fk_closed_var_rate(const fk_schedule *schedule, double t)
{
    return fk_complex_rate(fk_closed_var(schedule, fk_complex_step(t)));
}
