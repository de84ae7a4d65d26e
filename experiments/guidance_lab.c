/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/guidance_lab.h"

#include <gsl/gsl_spline.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/grid_law.h"
#include "analytic/pushforward.h"
#include "claims/sampling.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

double guided_place(const guided_lab *l, size_t i)
{
    return l->lo + (l->hi - l->lo) * (double)i / (PLACES - 1);
}

static int plan_of(const guided_lab *l, const fk_scheme *scheme, size_t steps, fk_plan *plan,
                   fk_error *err)
{
    fk_axis axis;
    int status =
        fk_axis_on_schedule(&l->schedule, "lambda", steps, l->t_first, l->t_last, &axis, err);
    if (status) return status;
    status = fk_plan_new(&axis, scheme, plan, err);
    fk_axis_free(&axis);
    return status;
}

/* The curve's F at the places; 0 and 1 beyond its ends. */
static void read_curve(const guided_lab *l, const fk_curve *c, double *f)
{
    gsl_interp_accel *near = gsl_interp_accel_alloc();
    gsl_spline *spline = gsl_spline_alloc(gsl_interp_cspline, c->n);
    gsl_spline_init(spline, c->y, c->below, c->n);
    for (size_t i = 0; i < PLACES; i++) {
        double x = guided_place(l, i);
        f[i] = x <= c->y[0] ? 0 : x >= c->y[c->n - 1] ? 1 : gsl_spline_eval(spline, x, near);
    }
    gsl_spline_free(spline);
    gsl_interp_accel_free(near);
}

/* The law of one scheme on the guided field. */
static int law_of(const guided_lab *l, const fk_guidance *g, const fk_scheme *scheme, size_t steps,
                  double *f, fk_error *err)
{
    const fk_mixture *from = g->gamma == 0 ? g->data : g->given;
    fk_plan plan;
    int status = plan_of(l, scheme, steps, &plan, err);
    if (status) return status;
    fk_field field = fk_guidance_field(g);
    fk_marginal *start = fk_marginal_new(from, l->first.s, l->first.sigma);
    fk_marginal *end = fk_marginal_new(from, l->last.s, l->last.sigma);
    fk_curve curve;
    if (scheme == &fk_euler_maruyama) {
        fk_grid_law run = {.step = plan.step,
                           .n_steps = plan.n_steps,
                           .field = &field,
                           .start = {start, 0},
                           .threads = l->threads};
        status = fk_grid_law_run(&run, &curve, err);
    } else {
        fk_pushforward run = {.step = plan.step,
                              .n_steps = plan.n_steps,
                              .field = &field,
                              .start = {start, 0},
                              .end = end,
                              .cells = 4000,
                              .threads = l->threads};
        status = fk_pushforward_run(&run, &curve, err);
    }
    if (!status) {
        if (fk_curve_trim(&curve))
            read_curve(l, &curve, f);
        else
            status = fk_fail(err, FK_USAGE, "scale %g: %zu steps fold the line", g->gamma, steps);
        fk_curve_free(&curve);
    }
    fk_marginal_free(start);
    fk_marginal_free(end);
    fk_plan_free(&plan);
    return status;
}

int guided_ode_new(const guided_lab *l, double gamma, guided_laws *laws, fk_error *err)
{
    fk_guidance g;
    *laws = (guided_laws){.gamma = gamma};
    int status = fk_guidance_new(l->mixture, &l->label, 1, gamma, &g, err);
    if (status) return status;
    laws->tilted = fk_alloc(PLACES, sizeof(double));
    laws->ode = fk_alloc(PLACES, sizeof(double));
    fk_tilted *tilted = fk_tilted_new(&g, gamma);
    for (size_t i = 0; i < PLACES; i++)
        laws->tilted[i] =
            fk_tilted_cdf(tilted, l->last.s, l->last.sigma, guided_place(l, i), false);
    fk_tilted_free(tilted);
    status = law_of(l, &g, &fk_dp5, l->ode_steps, laws->ode, err);
    fk_guidance_free(&g);
    return status;
}

int guided_laws_new(const guided_lab *l, double gamma, guided_laws *laws, fk_error *err)
{
    int status = guided_ode_new(l, gamma, laws, err);
    if (status) return status;
    fk_guidance g;
    status = fk_guidance_new(l->mixture, &l->label, 1, gamma, &g, err);
    if (status) return status;
    laws->sde = fk_alloc(PLACES, sizeof(double));
    double *coarse = fk_alloc(PLACES, sizeof *coarse);
    status = law_of(l, &g, &fk_euler_maruyama, l->sde_steps, coarse, err);
    if (!status) status = law_of(l, &g, &fk_euler_maruyama, 2 * l->sde_steps, laws->sde, err);
    for (size_t i = 0; i < PLACES; i++) laws->sde[i] = 2 * laws->sde[i] - coarse[i];
    free(coarse);
    fk_guidance_free(&g);
    return status;
}

void guided_laws_free(guided_laws *laws)
{
    free(laws->tilted);
    free(laws->ode);
    free(laws->sde);
    *laws = (guided_laws){.gamma = NAN};
}

double guided_w1(const guided_lab *l, const double *f, const double *g)
{
    double sum = 0, h = (l->hi - l->lo) / (PLACES - 1);
    for (size_t i = 0; i < PLACES; i++) sum += h * fabs(f[i] - g[i]);
    return sum;
}

double guided_residual(const guided_lab *l, const fk_tilted *q, double guided, double lambda)
{
    fk_coeffs c = fk_schedule_at(&l->schedule, l->schedule.time_of(&l->schedule, lambda));
    fk_marginal *all = fk_marginal_new(q->guidance->data, c.s, c.sigma);
    fk_marginal *given = fk_marginal_new(q->guidance->given, c.s, c.sigma);
    /* trapezium rule: exact for smooth functions that vanish at the ends */
    enum { N = 300 };
    double lo = c.s * l->lo - 6 * c.sigma, hi = c.s * l->hi + 6 * c.sigma, mass = 0, square = 0;
    for (size_t i = 0; i <= N; i++) {
        double x = lo + (hi - lo) * (double)i / N, own, score, label;
        double p = exp(fk_tilted_noised(q, c.s, c.sigma, x, &own));
        if (!(p > 1e-14)) continue;
        fk_marginal_at(all, &x, &(fk_point){.score = &score});
        fk_guidance_log_label(q->guidance, all, given, &x, &label);
        double residual = own - (score + guided * label);
        mass += p;
        square += p * residual * residual;
    }
    fk_marginal_free(all);
    fk_marginal_free(given);
    return c.sigma * sqrt(square / mass);
}

int guided_samples(const fk_guidance *g, const guided_lab *l, size_t n, uint64_t seed, double **x,
                   fk_error *err)
{
    const fk_field field = fk_guidance_field(g);
    const fk_marginal_start start = {g->given, l->first.s, l->first.sigma, seed};
    const fk_sampling run = {.schedule = &l->schedule,
                             .scheme = &fk_heun,
                             .field = &field,
                             .start = fk_source_marginal(&start),
                             .steps = l->ode_steps,
                             .n = n,
                             .t_start = l->t_first,
                             .t_end = l->t_last};
    return fk_sample(&run, seed, l->threads, x, err);
}
