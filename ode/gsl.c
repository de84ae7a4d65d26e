/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL's adaptive steppers, one particle at a time. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ode/adaptive_parts.h"

/* The first step tried, of the whole interval: small enough not to leap over a whole schedule, and
 * the controller grows it by up to five a step. The same for every particle, so that no result
 * depends on which thread took which. */
#define FIRST_STEP 1e-3
/* The longest step. Where the marginal is still close to the prior the drift almost vanishes, and
 * steps would grow until one leaps over the times at which the data take shape. */
#define LONGEST_STEP (1. / 16)
/* One thread's particle: the right-hand side, and what it counts. */
typedef struct {
    const fk_schedule *schedule;
    const fk_field *field;
    double t_lo, t_hi; /* stage times are held inside: t + (t1 - t) may round past t1 */
    void *frozen;
    fk_block x, score; /* one vector of lanes; lane 0 is the particle */
    double *y;         /* (dim), then the change of log-density where it is wanted */
    size_t size;
    size_t evaluations, rejected;
    bool finite; /* of the last evaluation */
    gsl_odeiv2_step *step;
    gsl_odeiv2_control *control;
    gsl_odeiv2_evolve *evolve;
} worker;

static int drift(double t, const double y[], double dydt[], void *self)
{
    worker *w = self;
    const fk_field *field = w->field;
    fk_coeffs at = fk_schedule_at(w->schedule, fmin(fmax(t, w->t_lo), w->t_hi));
    field->freeze(field->self, at.s, at.sigma, w->frozen);
    for (size_t i = 0; i < field->dim; i++) w->x.x[i * w->x.ld] = y[i];
    field->eval(field->self, w->frozen, w->x, w->score);
    w->evaluations++;
    w->finite = true;
    for (size_t i = 0; i < field->dim; i++) {
        dydt[i] = at.f * y[i] - at.g2 / 2 * w->score.x[i * w->score.ld];
        w->finite = w->finite && isfinite(dydt[i]);
    }
    if (w->size > field->dim) {
        const double divergence = field->divergence(field->self, at.s, at.sigma, y);
        dydt[field->dim] = at.g2 / 2 * divergence - (double)field->dim * at.f;
        w->finite = w->finite && isfinite(dydt[field->dim]);
    }
    /* GSL_FAILURE makes the evolver try a smaller step */
    return w->finite ? GSL_SUCCESS : GSL_FAILURE;
}

static fk_block lanes_new(size_t dim)
{
    return (fk_block){fk_alloc(dim * FK_LANES, sizeof(double)), FK_LANES, dim, FK_LANES};
}

static bool worker_new(worker *w, const gsl_odeiv2_step_type *type,
                       const fk_adaptive_options *option)
{
    size_t dim = w->field->dim;
    w->frozen = fk_alloc(w->field->frozen_size, 1);
    w->x = lanes_new(dim);
    w->score = lanes_new(dim);
    w->size = dim + (option->log_change != NULL);
    w->y = fk_alloc(w->size, sizeof *w->y);
    w->step = gsl_odeiv2_step_alloc(type, w->size);
    w->control = gsl_odeiv2_control_y_new(option->atol, option->rtol);
    w->evolve = gsl_odeiv2_evolve_alloc(w->size);
    return w->step && w->control && w->evolve;
}

static void worker_free(worker *w)
{
    if (w->evolve) gsl_odeiv2_evolve_free(w->evolve);
    if (w->control) gsl_odeiv2_control_free(w->control);
    if (w->step) gsl_odeiv2_step_free(w->step);
    free(w->y);
    free(w->score.x);
    free(w->x.x);
    free(w->frozen);
}

/* Particle number `particle` of n through all times. */
static int solve_one(worker *w, const double *t, size_t n_t, size_t n, size_t particle, double *x,
                     double *log_change, fk_error *err)
{
    const size_t dim = w->field->dim;
    double *y = w->y;
    const double interval = t[n_t - 1] - t[0];
    const gsl_odeiv2_system system = {drift, NULL, w->size, w};
    gsl_odeiv2_evolve_reset(w->evolve);
    gsl_odeiv2_step_reset(w->step);
    double now = t[0], h = interval * FIRST_STEP;
    size_t steps = 0;
    memcpy(y, x + particle * dim, dim * sizeof *y);
    if (log_change) log_change[particle] = y[dim] = 0;
    for (size_t j = 1; j < n_t; j++) {
        while (now != t[j]) {
            double before = now;
            if (fabs(h) > LONGEST_STEP * fabs(interval)) h = LONGEST_STEP * interval;
            int status =
                gsl_odeiv2_evolve_apply(w->evolve, w->control, w->step, &system, &now, t[j], &h, y);
            bool collapsed = now != t[j] && !(fabs(now - before) > FK_COLLAPSED * fabs(interval));
            if (status == GSL_SUCCESS && !collapsed && ++steps < FK_MAX_ADAPTIVE_STEPS) continue;
            return fk_adaptive_failure(err, particle, w->finite, status != GSL_SUCCESS || collapsed,
                                       before, w->evolve->y0[0]);
        }
        memcpy(x + (j * n + particle) * dim, y, dim * sizeof *y);
        if (log_change) log_change[j * n + particle] = y[dim];
    }
    w->rejected += w->evolve->failed_steps;
    return FK_OK;
}

int fk_solve_by_gsl(const void *type, const fk_adaptive_problem *p, fk_error *err)
{
    const gsl_odeiv2_step_type *const *stepper = type;
    const size_t n = p->n, n_t = p->n_t;
    const double *t = p->t;
    fk_adaptive_options *option = p->option;
    int status = FK_OK;
    size_t failed = n, evaluations = 0, rejected = 0; /* failed: the first particle that did */
    gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* which would abort */

#pragma omp parallel num_threads(p->threads) reduction(+ : evaluations, rejected)
    {
        worker w = {.schedule = p->schedule,
                    .field = p->field,
                    .t_lo = fmin(t[0], t[n_t - 1]),
                    .t_hi = fmax(t[0], t[n_t - 1])};
        bool ready = worker_new(&w, *stepper, option);
#pragma omp for schedule(dynamic)
        for (size_t i = p->first; i < p->end; i++) {
            size_t first;
#pragma omp atomic read
            first = failed;
            if (i > first) continue;
            fk_error mine = {.code = FK_OK};
            int code = ready ? solve_one(&w, t, n_t, n, i, p->x, option->log_change, &mine)
                             : fk_fail(&mine, FK_MISSING, "out of memory for the adaptive solver");
            if (code == FK_OK) continue;
#pragma omp critical(fk_adaptive_failure)
            if (i < failed) {
#pragma omp atomic write
                failed = i;
                status = code;
                if (err) *err = mine;
            }
        }
        evaluations = w.evaluations;
        rejected = w.rejected;
        worker_free(&w);
    }
    gsl_set_error_handler(handler);
    option->evaluations = evaluations;
    option->rejected = rejected;
    return status;
}
