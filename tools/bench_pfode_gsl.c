/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_pfode_gsl.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>

#include "tools/bench_mixture.h"

typedef struct {
    const fk_mixture *mixture;
    const fk_schedule *schedule;
} problem;

/* v = f x - g^2/2 score; with a third number asked for, d log p/dt = -div v. */
static int rate(double t, const double x[], double out[], void *self, bool log_density)
{
    const problem *p = self;
    const fk_mixture *m = p->mixture;
    const fk_coeffs at = fk_schedule_at(p->schedule, fmin(t, p->schedule->t_max));
    double logit[BENCH_MAX_K], pull[BENCH_MAX_K][2], top = -HUGE_VAL, total = 0;
    for (size_t k = 0; k < m->k; k++) {
        const double var = at.s * at.s * m->var[2 * k] + at.sigma * at.sigma;
        const double a = at.s * m->mean[2 * k] - x[0], b = at.s * m->mean[2 * k + 1] - x[1];
        pull[k][0] = a / var, pull[k][1] = b / var;
        logit[k] = log(m->weight[k] / var) - (a * a + b * b) / (2 * var);
        if (logit[k] > top) top = logit[k];
    }
    double score[2] = {0}, square = 0;
    for (size_t k = 0; k < m->k; k++) {
        const double e = exp(logit[k] - top);
        total += e;
        score[0] += e * pull[k][0], score[1] += e * pull[k][1];
        logit[k] = e;
    }
    score[0] /= total, score[1] /= total;
    for (size_t i = 0; i < 2; i++) out[i] = at.f * x[i] - at.g2 / 2 * score[i];
    if (!log_density) return GSL_SUCCESS;
    for (size_t k = 0; k < m->k; k++) {
        const double var = at.s * at.s * m->var[2 * k] + at.sigma * at.sigma;
        const double a = pull[k][0] - score[0], b = pull[k][1] - score[1];
        square += logit[k] / total * (a * a + b * b - 2 / var);
    }
    out[2] = at.g2 / 2 * square - 2 * at.f;
    return GSL_SUCCESS;
}

static int drift(double t, const double x[], double out[], void *self)
{
    return rate(t, x, out, self, false);
}

static int drift_and_density(double t, const double x[], double out[], void *self)
{
    return rate(t, x, out, self, true);
}

int bench_pfode_gsl(const fk_mixture *mixture, const fk_schedule *schedule, const double t[2],
                    double tolerance, size_t n, double *x, double *change, fk_error *err)
{
    problem p = {mixture, schedule};
    const size_t size = change ? 3 : 2;
    gsl_odeiv2_system system = {change ? drift_and_density : drift, NULL, size, &p};
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
    return status;
}
