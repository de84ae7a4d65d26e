/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_pfode_gsl.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>

#include "tools/bench_scalar.h"

int bench_pfode_gsl(const fk_mixture *mixture, const fk_schedule *schedule, const double t[2],
                    double tolerance, size_t n, double *x, double *change, fk_error *err)
{
    const fk_coeffs data = {.s = 1, .sigma = 0};
    scalar_flow flow = {.beta0 = schedule->param[0],
                        .beta1 = schedule->param[1],
                        .var = mixture->var[0],
                        .mean = mixture->mean,
                        .now = bench_scalar_freeze(mixture, 1, &data)};
    const size_t size = change ? 3 : 2;
    gsl_odeiv2_system system = {change ? FK_CHOOSE_KERNEL(bench_scalar_flow_density)
                                       : FK_CHOOSE_KERNEL(bench_scalar_flow),
                                NULL, size, &flow};
    gsl_odeiv2_step *step = gsl_odeiv2_step_alloc(gsl_odeiv2_step_rkf45, size);
    gsl_odeiv2_control *control = gsl_odeiv2_control_y_new(tolerance, tolerance);
    gsl_odeiv2_evolve *evolve = gsl_odeiv2_evolve_alloc(size);
    int status = FK_OK;
    for (size_t i = 0; i < n && status == FK_OK; i++) {
        double y[3] = {x[2 * i], x[2 * i + 1], 0}, now = t[0], h = (t[1] - t[0]) / 1000;
        gsl_odeiv2_evolve_reset(evolve);
        gsl_odeiv2_step_reset(step);
        while (now != t[1] && status == FK_OK)
            if (gsl_odeiv2_evolve_apply(evolve, control, step, &system, &now, t[1], &h, y))
                status = fk_fail(err, FK_USAGE, "gsl-rkf45 gave up at t = %g", now);
        x[2 * i] = y[0], x[2 * i + 1] = y[1];
        if (change) change[i] = y[2];
    }
    gsl_odeiv2_evolve_free(evolve);
    gsl_odeiv2_control_free(control);
    gsl_odeiv2_step_free(step);
    bench_scalar_thaw(&flow.now);
    return status;
}
