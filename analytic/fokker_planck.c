/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/fokker_planck.h"

#include <assert.h>
#include <complex.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/marginal.h"
#include "analytic/spectral.h"

/* N(0, 1) falls to 10^-17 of its top within 8.85; the ends of the box take no part in the error. */
static const double REACH = 8.9;
static const double GROWN = 1e6;
enum { TRIAL = 400, MOST_STEPS = 1000000, NODES = 5 };

/* Everything that one solution works with; nothing of it is shared. */
typedef struct {
    const fk_fokker_planck *problem;
    double second_moment; /* E x_0^2 */
    double reach;
    size_t n, half; /* points; n/2 + 1 coefficients */
    size_t steps;
    double *t, *scale; /* (steps + 1) */
    fk_spectral *box;  /* of xi */
    fk_field field;
    void *frozen;
    double *x, *score;            /* (n padded) */
    double *drift[3];             /* (n): b(scale xi)/scale, at the step's start, middle and end */
    double *value;                /* (n): scale p */
    double complex *q;            /* (half): its coefficients */
    double complex *k[4], *stage; /* (half) */
    double *keep[2];              /* (half): what the diffusion leaves over the step's halves */
    double start_peak;
    gsl_integration_glfixed_table *rule;
} solver;

static double scale_at(const solver *v, const fk_coeffs *c)
{
    return sqrt(c->s * c->s * v->second_moment + c->sigma * c->sigma);
}

static double second_moment(const fk_mixture *m)
{
    double sum = 0;
    for (size_t k = 0; k < m->k; k++) sum += m->weight[k] * (m->mean[k] * m->mean[k] + m->var[k]);
    return sum;
}

/* --- nodes --- */

/* log(scale/s) + log(s/sigma), each as its part of the way, from lambda[0] to lambda[1]. */
static double part_of_way(const solver *v, const double lambda[2], double at)
{
    double from = log(v->second_moment + exp(-2 * lambda[0]));
    double to = log(v->second_moment + exp(-2 * lambda[1]));
    return 0.5 * (log(v->second_moment + exp(-2 * at)) - from) / (to - from) +
           0.5 * (at - lambda[0]) / (lambda[1] - lambda[0]);
}

static double node_time(const solver *v, size_t i, size_t steps)
{
    const fk_fokker_planck *p = v->problem;
    if (i == 0) return p->t_from;
    if (i == steps) return p->t_to;
    double lambda[2] = {fk_schedule_at(p->schedule, p->t_from).lambda,
                        fk_schedule_at(p->schedule, p->t_to).lambda};
    double lo = lambda[0], hi = lambda[1], want = (double)i / (double)steps;
    for (int j = 0; j < 60; j++) {
        double middle = (lo + hi) / 2;
        if (part_of_way(v, lambda, middle) < want)
            lo = middle;
        else
            hi = middle;
    }
    double t = p->schedule->time_of(p->schedule, lo);
    double low = fmin(p->t_from, p->t_to), high = fmax(p->t_from, p->t_to);
    return fmin(fmax(t, low), high);
}

/* The half-width of the box in xi that holds the marginals at all the nodes, and the start. */
static void widen(solver *v, const fk_mixture *m, const fk_coeffs *c, double scale)
{
    for (size_t k = 0; k < m->k; k++) {
        double sd = sqrt(c->s * c->s * m->var[k] + c->sigma * c->sigma);
        v->reach = fmax(v->reach, (fabs(c->s * m->mean[k]) + REACH * sd) / scale);
    }
}

static void place_nodes(solver *v, size_t steps)
{
    const fk_fokker_planck *p = v->problem;
    v->steps = steps;
    v->t = realloc(v->t, (steps + 1) * sizeof *v->t);
    v->scale = realloc(v->scale, (steps + 1) * sizeof *v->scale);
    if (!v->t || !v->scale) abort();
    for (size_t i = 0; i <= steps; i++) {
        v->t[i] = node_time(v, i, steps);
        fk_coeffs c = fk_schedule_at(p->schedule, v->t[i]);
        v->scale[i] = scale_at(v, &c);
    }
}

static double frame_rate(const solver *v, size_t i)
{
    return log(v->scale[i + 1] / v->scale[i]) / (v->t[i + 1] - v->t[i]);
}

/* --- drift and diffusion --- */

static double xi_at(const solver *v, size_t j)
{
    return v->reach * (2 * (double)j / (double)v->n - 1);
}

static void fill_drift(solver *v, double t, double scale, double *drift)
{
    const fk_process *process = &v->problem->process;
    fk_coeffs c = fk_schedule_at(v->problem->schedule, t);
    size_t n = fk_pad(v->n);
    for (size_t j = 0; j < n; j++) v->x[j] = scale * xi_at(v, j < v->n ? j : 0);
    for (size_t j = 0; j < v->n; j++) drift[j] = (1 + process->f_change) * c.f * v->x[j] / scale;
    if (process->drift == 0) return;
    v->field.freeze(v->field.self, c.s, c.sigma, v->frozen);
    v->field.eval(v->field.self, v->frozen, (fk_block){v->x, n, 1, n},
                  (fk_block){v->score, n, 1, n});
    for (size_t j = 0; j < v->n; j++) drift[j] -= process->drift * c.g2 * v->score[j] / scale;
}

/* exp(-wave^2 int direction noise g^2/2 / scale^2 dt) from t[0] to t[1]; rate: of the frame, where
 * scale is that at t[0]. Five Gauss nodes: g^2 varies little over a step. */
static void fill_keep(const solver *v, double t0, double t1, double scale, double rate,
                      double *keep)
{
    const fk_process *process = &v->problem->process;
    double integral = 0;
    for (size_t i = 0; i < NODES; i++) {
        double t, w;
        gsl_integration_glfixed_point(t0, t1, i, &t, &w, v->rule);
        double l = scale * exp(rate * (t - t0));
        integral += w * fk_schedule_at(v->problem->schedule, t).g2 / (2 * l * l);
    }
    integral *= process->direction * process->noise;
    for (size_t k = 0; k < v->half; k++) {
        double wave = fk_spectral_wave(v->box, k);
        keep[k] = exp(-wave * wave * integral);
    }
}

/* -d/dxi ((drift - rate xi) u), in coefficients; values of u are left in v->value. */
static void advect(solver *v, const double *drift, double rate, const double complex *u,
                   double complex *out)
{
    fk_spectral_backward(v->box, u, v->value);
    for (size_t j = 0; j < v->n; j++) v->x[j] = (drift[j] - rate * xi_at(v, j)) * v->value[j];
    fk_spectral_forward(v->box, v->x, out);
    for (size_t k = 0; k < v->half; k++) out[k] *= -I * fk_spectral_wave(v->box, k);
    out[v->half - 1] = 0; /* the highest wave: of one phase only */
}

static bool has_grown(const solver *v)
{
    double peak = 0;
    for (size_t j = 0; j < v->n; j++) {
        if (!isfinite(v->value[j])) return true;
        peak = fmax(peak, fabs(v->value[j]));
    }
    return peak > GROWN * v->start_peak;
}

/* One step of order 4; drift[0] is that at its start, and becomes that at its end. */
static bool take_step(solver *v, size_t i)
{
    double h = v->t[i + 1] - v->t[i], middle = v->t[i] + h / 2, rate = frame_rate(v, i);
    double scale_middle = v->scale[i] * exp(rate * h / 2);
    double complex *q = v->q, *u = v->stage, **k = v->k;
    const double *e = v->keep[0], *e2 = v->keep[1];
    fill_drift(v, middle, scale_middle, v->drift[1]);
    fill_drift(v, v->t[i + 1], v->scale[i + 1], v->drift[2]);
    fill_keep(v, v->t[i], middle, v->scale[i], rate, v->keep[0]);
    fill_keep(v, middle, v->t[i + 1], scale_middle, rate, v->keep[1]);

    advect(v, v->drift[0], rate, q, k[0]);
    if (has_grown(v)) return false;
    for (size_t a = 0; a < v->half; a++) u[a] = e[a] * (q[a] + h / 2 * k[0][a]);
    advect(v, v->drift[1], rate, u, k[1]);
    for (size_t a = 0; a < v->half; a++) u[a] = e[a] * q[a] + h / 2 * k[1][a];
    advect(v, v->drift[1], rate, u, k[2]);
    for (size_t a = 0; a < v->half; a++) u[a] = e2[a] * (e[a] * q[a] + h * k[2][a]);
    advect(v, v->drift[2], rate, u, k[3]);
    for (size_t a = 0; a < v->half; a++)
        q[a] = e2[a] * (e[a] * (q[a] + h / 6 * k[0][a]) + h / 3 * (k[1][a] + k[2][a])) +
               h / 6 * k[3][a];

    double *swap = v->drift[0];
    v->drift[0] = v->drift[2];
    v->drift[2] = swap;
    return true;
}

/* --- the whole way --- */

/* Steps that keep the Courant number at FK_COURANT: it is read at a few hundred nodes. */
static size_t stable_steps(solver *v)
{
    double courant = 0, most = FK_PI * (double)v->n / (2 * v->reach);
    place_nodes(v, TRIAL);
    for (size_t i = 0; i < TRIAL; i++) {
        double h = fabs(v->t[i + 1] - v->t[i]), rate = frame_rate(v, i);
        for (size_t end = i; end <= i + 1; end++) {
            fill_drift(v, v->t[end], v->scale[end], v->drift[0]);
            for (size_t j = 0; j < v->n; j++)
                courant = fmax(courant, h * most * fabs(v->drift[0][j] - rate * xi_at(v, j)));
        }
    }
    return (size_t)fmin(fmax(ceil(TRIAL * courant / FK_COURANT), 1), 1e9);
}

static void solver_free(solver *v)
{
    if (v->rule) gsl_integration_glfixed_table_free(v->rule);
    for (int i = 0; i < 4; i++) free(v->k[i]);
    for (int i = 0; i < 3; i++) free(v->drift[i]);
    free(v->keep[0]), free(v->keep[1]), free(v->stage), free(v->q), free(v->value);
    free(v->score), free(v->x), free(v->frozen), free(v->scale), free(v->t);
    fk_spectral_free(v->box);
}

/* All but the nodes of the final number of steps. */
static solver solver_new(const fk_fokker_planck *p)
{
    assert(p->mixture->dim == 1 && p->points >= 8 && p->points % 2 == 0 && p->t_from != p->t_to);
    solver v = {.problem = p, .n = p->points, .half = p->points / 2 + 1, .reach = p->reach};
    v.second_moment = second_moment(p->mixture);
    place_nodes(&v, TRIAL);
    for (size_t i = 0; i <= TRIAL; i++) {
        fk_coeffs c = fk_schedule_at(p->schedule, v.t[i]);
        widen(&v, p->mixture, &c, v.scale[i]);
        if (i == 0 && p->start) widen(&v, p->start, &c, v.scale[i]);
    }
    v.box = fk_spectral_new(v.n, -v.reach, 2 * v.reach);
    v.field = p->score ? *p->score : fk_mixture_field(p->mixture);
    v.frozen = fk_alloc(1, v.field.frozen_size);
    v.x = fk_alloc(fk_pad(v.n), sizeof *v.x);
    v.score = fk_alloc(fk_pad(v.n), sizeof *v.score);
    v.value = fk_alloc(v.n, sizeof *v.value);
    v.q = fk_alloc(v.half, sizeof *v.q);
    v.stage = fk_alloc(v.half, sizeof *v.stage);
    for (int i = 0; i < 4; i++) v.k[i] = fk_alloc(v.half, sizeof *v.k[i]);
    for (int i = 0; i < 3; i++) v.drift[i] = fk_alloc(v.n, sizeof *v.drift[i]);
    for (int i = 0; i < 2; i++) v.keep[i] = fk_alloc(v.half, sizeof *v.keep[i]);
    v.rule = gsl_integration_glfixed_table_alloc(NODES);
    return v;
}

static void start_from(solver *v)
{
    const fk_fokker_planck *p = v->problem;
    fk_coeffs c = fk_schedule_at(p->schedule, p->t_from);
    fk_marginal *g = fk_marginal_new(p->start ? p->start : p->mixture, c.s, c.sigma);
    for (size_t j = 0; j < v->n; j++) {
        double x = v->scale[0] * xi_at(v, j);
        v->value[j] = v->scale[0] * exp(fk_marginal_at(g, &x, NULL));
        v->start_peak = fmax(v->start_peak, v->value[j]);
    }
    fk_marginal_free(g);
    fk_spectral_forward(v->box, v->value, v->q);
    fill_drift(v, v->t[0], v->scale[0], v->drift[0]);
}

static void keep_density(solver *v, size_t node, fk_densities *out)
{
    fk_spectral_backward(v->box, v->q, v->value);
    out->t[out->kept] = v->t[node];
    out->scale[out->kept] = v->scale[node];
    for (size_t j = 0; j < v->n; j++) out->p[out->kept * v->n + j] = v->value[j] / v->scale[node];
    out->kept++;
}

int fk_fokker_planck_solve(const fk_fokker_planck *p, fk_densities *out, fk_error *err)
{
    int status = fk_schedule_check_usable(p->schedule, "t_from", p->t_from, err);
    if (!status) status = fk_schedule_check_usable(p->schedule, "t_to", p->t_to, err);
    if (status) return status;
    solver v = solver_new(p);
    size_t kept = p->kept < 2 ? 2 : p->kept, steps = stable_steps(&v);
    if (steps < p->steps) steps = p->steps;
    steps = (steps + kept - 2) / (kept - 1) * (kept - 1);
    if (steps > MOST_STEPS) {
        solver_free(&v);
        return fk_fail(err, FK_USAGE,
                       "%zu points need %zu steps to be stable, more than %d; take fewer points",
                       p->points, steps, MOST_STEPS);
    }
    place_nodes(&v, steps);
    *out = (fk_densities){.points = v.n, .steps = steps, .reach = v.reach};
    out->t = fk_alloc(kept, sizeof *out->t);
    out->scale = fk_alloc(kept, sizeof *out->scale);
    out->p = fk_alloc(kept * v.n, sizeof *out->p);
    start_from(&v);
    keep_density(&v, 0, out);
    for (size_t i = 0; i < steps && !out->grew; i++) {
        out->grew = !take_step(&v, i);
        if (out->grew)
            keep_density(&v, i, out);
        else if ((i + 1) % (steps / (kept - 1)) == 0)
            keep_density(&v, i + 1, out);
    }
    solver_free(&v);
    return FK_OK;
}

size_t fk_fokker_planck_steps(const fk_fokker_planck *p)
{
    solver v = solver_new(p);
    size_t steps = stable_steps(&v);
    solver_free(&v);
    return steps;
}

void fk_densities_free(fk_densities *d)
{
    free(d->t);
    free(d->scale);
    free(d->p);
    *d = (fk_densities){0};
}

double fk_density_xi(const fk_densities *d, size_t j)
{
    return d->reach * (2 * (double)j / (double)d->points - 1);
}

double fk_densities_error(const fk_densities *d, size_t i, const fk_mixture *mixture,
                          const fk_schedule *schedule)
{
    assert(i < d->kept);
    fk_coeffs c = fk_schedule_at(schedule, d->t[i]);
    fk_marginal *g = fk_marginal_new(mixture, c.s, c.sigma);
    double worst = 0, peak = 0;
    for (size_t j = 0; j < d->points; j++) {
        double x = d->scale[i] * fk_density_xi(d, j), exact = exp(fk_marginal_at(g, &x, NULL));
        double gap = fabs(d->p[i * d->points + j] - exact);
        peak = fmax(peak, exact);
        worst = gap <= worst ? worst : gap;
        if (!isfinite(gap)) worst = INFINITY;
    }
    fk_marginal_free(g);
    return worst / peak;
}
