/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The marginals experiment's setting, its runs, and their distances to the exact laws. */
#ifndef FK_EXPERIMENTS_MARGINALS_LAB_H
#define FK_EXPERIMENTS_MARGINALS_LAB_H

#include <string.h>

#include "analytic/draws.h"
#include "core/source.h"
#include "core/stats.h"
#include "experiments/reverse.h"
#include "experiments/tabulated.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

enum { TIMES = 6, MAX_DIRECTIONS = 3 };

/* Where the six times lie on an axis that is uniform in log(s/sigma), in parts of its length. The
 * first is early: noise that is not independent of the start shows where the path still remembers
 * its start, and only there. (On Gaussian data, with the forward noise reused, the variance is off
 * by the factor 1 - 2 u exp(-u), u the change of log(sigma^2/s^2): worst at u = 1, a twentieth of
 * the axis.) Then most lie where signal and noise are of one size. */
static const double part[TIMES] = {0.05, 0.35, 0.5, 0.62, 0.75, 1.0};

/* Directions of projection in 2-D, in degrees: off the axes, so that they mix the coordinates. */
static const double degrees[MAX_DIRECTIONS] = {17.0, 77.0, 137.0};

typedef enum {
    SDE,        /* Euler-Maruyama */
    SDE_HALF,   /* with g^2/2 score in place of g^2 score */
    SDE_REUSED, /* with the forward path's own increments, from that path's end */
    HEUN,       /* PF-ODE */
    HEUN_FULL,  /* with g^2 score in place of g^2/2 score */
    RK45,
    RK45_FULL,
    VE_EXACT, /* PF-ODE on VE, by Heun, from p_t_max */
    VE_UNIT,  /* from N(0, I) */
    RUNS
} which;

/* A schedule with its axis, the six nodes, and the exact laws there, projected. */
typedef struct {
    fk_schedule schedule;
    fk_axis axis;
    size_t node[TIMES];
    tabulated *law[TIMES][MAX_DIRECTIONS];
} stage;

typedef struct {
    const fk_mixture *mixture;
    stage on, ve; /* the user's schedule; VE */
    fk_mixture *projected[MAX_DIRECTIONS];
    double direction[MAX_DIRECTIONS][2];
    size_t directions, n, n_adaptive;
    uint64_t seed;
    int threads;
    fk_snapshots *run[RUNS];
} lab;

static size_t samples(const lab *l, which run)
{
    return run == RK45 || run == RK45_FULL ? l->n_adaptive : l->n;
}

/* ---- the runs ----------------------------------------------------------------------------------
 */

/* The increments of a forward path of `steps` steps, read backwards: step n of the reverse run gets
 * minus the normals of the forward step over the same interval. */
typedef struct {
    fk_key key;
    size_t steps;
} reused_noise;

static void fill_reused(const void *self, size_t step, uint64_t first, fk_block z)
{
    const reused_noise *r = self;
    fk_random_normals(r->key, first, r->steps - 1 - step, z);
    for (size_t i = 0; i < z.dim; i++)
        for (size_t p = 0; p < z.n; p++) z.x[i * z.ld + p] = -z.x[i * z.ld + p];
}

/* Noise the data up the axis by exact transitions, from its last node to its first. */
static int noise_up(const lab *l, const stage *on, const fk_key *key, size_t n, fk_snapshots **end,
                    fk_error *err)
{
    size_t steps = on->axis.n_steps;
    fk_step *step = fk_alloc(steps, sizeof *step);
    for (size_t m = 0; m < steps; m++) {
        const fk_coeffs *a = &on->axis.node[steps - m], *b = &on->axis.node[steps - m - 1];
        double shrink = b->s / a->s;
        step[m].normals = 1;
        step[m].result.a = shrink;
        step[m].result.c[0] = sqrt(b->sigma * b->sigma - shrink * shrink * a->sigma * a->sigma);
    }
    const fk_coeffs *data = &on->axis.node[steps];
    fk_marginal_start start = {l->mixture, data->s, data->sigma, l->seed};
    fk_field field = fk_mixture_field(l->mixture);
    *end = fk_snapshots_new(1, n, l->mixture->dim);
    fk_observer observer = fk_observe_snapshots(*end);
    fk_run job = {.step = step,
                  .n_steps = steps,
                  .field = &field,
                  .start = fk_source_marginal(&start),
                  .noise = fk_noise_independent(key),
                  .n = n,
                  .observe_at = &steps,
                  .n_observe = 1,
                  .observer = &observer,
                  .n_observers = 1,
                  .threads = l->threads};
    int status = fk_integrate(&job, err);
    if (status) fk_snapshots_free(*end), *end = NULL;
    free(step);
    return status;
}

static int run_adaptive(const lab *l, double factor, fk_source start, size_t n, fk_snapshots **seen,
                        fk_error *err)
{
    fk_field exact = fk_mixture_field(l->mixture);
    scaled_score scaled = {&exact, factor};
    fk_field field = scaled_field(&scaled);
    size_t dim = l->mixture->dim, padded = fk_pad(n), size = n * dim;
    double t[TIMES + 1] = {l->on.axis.t[0]};
    double *x = fk_alloc(padded * dim, sizeof *x),
           *path = fk_alloc((TIMES + 1) * size, sizeof *path);
    for (size_t j = 0; j < TIMES; j++) t[j + 1] = l->on.axis.t[l->on.node[j]];
    start.fill(start.self, 0, (fk_block){.x = x, .n = padded, .dim = dim, .ld = padded});
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < dim; i++) path[p * dim + i] = x[i * padded + p];
    fk_adaptive_options o = {.rtol = 1e-4, .atol = 1e-4, .threads = l->threads};
    int status =
        fk_adaptive_solve(&fk_rk45, &l->on.schedule, &field, t, TIMES + 1, n, path, &o, err);
    if (status == FK_OK) {
        *seen = fk_snapshots_new(TIMES, n, dim);
        memcpy((*seen)->x, path + size, TIMES * size * sizeof *path);
    }
    free(path);
    free(x);
    return status;
}

/* Every run has starts of its own (runs that are compared must be independent). */
static int simulate(const lab *l, which run, size_t n, fk_snapshots **seen, fk_error *err)
{
    static const char *const label[RUNS] = {"reverse SDE",   "SDE, control",  "SDE, control",
                                            "PF-ODE, Heun",  "Heun, control", "PF-ODE, rk45",
                                            "rk45, control", "PF-ODE on VE",  "VE, control"};
    const stage *on = run >= VE_EXACT ? &l->ve : &l->on;
    const fk_coeffs *from = &on->axis.node[0];
    uint64_t family = run < HEUN ? 0 : (run < RK45 ? 1 : 2);
    fk_marginal_start law = {l->mixture, from->s, from->sigma, l->seed + (family << 32)};
    fk_gaussian_start unit = {law.seed, 0.0, 1.0};
    fk_source start = run == VE_UNIT ? fk_source_gaussian(&unit) : fk_source_marginal(&law);
    double factor = run == SDE_HALF ? 0.5 : (run == HEUN_FULL || run == RK45_FULL ? 2.0 : 1.0);
    if (run == RK45 || run == RK45_FULL) return run_adaptive(l, factor, start, n, seen, err);

    fk_key key = {l->seed, FK_STREAM_STEPS}, forward = {l->seed, FK_STREAM_USER};
    reused_noise reused = {forward, on->axis.n_steps};
    fk_noise noise = fk_noise_independent(&key);
    fk_snapshots *end = NULL;
    fk_points ends = {0};
    if (run == SDE_REUSED) {
        int status = noise_up(l, on, &forward, n, &end, err);
        if (status) return status;
        ends = (fk_points){end->x, n, l->mixture->dim};
        start = fk_source_points(&ends);
        noise = (fk_noise){.self = &reused, .fill = fill_reused};
    }
    reverse_setting set = {.mixture = l->mixture,
                           .axis = &on->axis,
                           .node = on->node,
                           .rows = TIMES,
                           .threads = l->threads};
    reverse_run job = {.scheme = run < HEUN ? &fk_euler_maruyama : &fk_heun,
                       .factor = factor,
                       .start = start,
                       .noise = noise,
                       .n = n,
                       .label = label[run]};
    int status = reverse_simulate(&set, &job, seen, err);
    if (end) fk_snapshots_free(end);
    return status;
}

/* ---- distances to the exact laws ---------------------------------------------------------------
 */

/* The samples at time j along direction d, sorted; to be freed. */
static double *project(const lab *l, const fk_snapshots *seen, size_t j, size_t d)
{
    double *x = fk_alloc(seen->n, sizeof *x);
    for (size_t p = 0; p < seen->n; p++)
        for (size_t i = 0; i < seen->dim; i++)
            x[p] += l->direction[d][i] * seen->x[(j * seen->n + p) * seen->dim + i];
    fk_sort(x, seen->n);
    return x;
}

/* Kolmogorov-Smirnov distance, and W1 over the law's standard deviation. */
static void distances(const lab *l, const stage *on, const fk_snapshots *seen, size_t j, size_t d,
                      double *ks, double *w1)
{
    const tabulated *law = on->law[j][d];
    double *x = project(l, seen, j, d);
    *ks = fk_ks(x, seen->n, tabulated_cdf, law);
    if (w1)
        *w1 = fk_w1(x, seen->n, tabulated_cdf, law, fmin(x[0], law->lo),
                    fmax(x[seen->n - 1], law->hi)) /
              law->sd;
    free(x);
}

/* int sqrt(F (1 - F)) dx over the standard deviation, the most of all times and directions: over
 * sqrt(n) it bounds the mean of W1 between a sample and its law, since E|F_n - F| <= sqrt(F (1 -
 * F)/n). By the midpoint rule; 1 % is enough. */
static double w1_constant(const lab *l)
{
    enum { POINTS = 2000 };
    double most = 0.0;
    for (size_t j = 0; j < TIMES; j++)
        for (size_t d = 0; d < l->directions; d++) {
            const tabulated *law = l->on.law[j][d];
            double lo = law->lo, hi = law->hi, sum = 0.0;
            for (size_t i = 0; i < POINTS; i++) {
                double F = tabulated_cdf(law, lo + (hi - lo) * ((double)i + 0.5) / POINTS);
                sum += sqrt(F * (1.0 - F));
            }
            most = fmax(most, sum * (hi - lo) / POINTS / law->sd);
        }
    return most;
}

/* ---- the setting -------------------------------------------------------------------------------
 */

/* The law of a . x_0, a mixture in one dimension. */
static int project_mixture(const fk_mixture *m, const double *a, fk_mixture **line, fk_error *err)
{
    double *mean = fk_alloc(m->k, sizeof *mean), *var = fk_alloc(m->k, sizeof *var), cov[4];
    for (size_t k = 0; k < m->k; k++) {
        fk_mixture_covariance(m, k, cov);
        for (size_t i = 0; i < m->dim; i++) {
            mean[k] += a[i] * m->mean[k * m->dim + i];
            for (size_t j = 0; j < m->dim; j++) var[k] += a[i] * cov[i * m->dim + j] * a[j];
        }
    }
    int status = fk_mixture_new_diagonal("projection", 1, m->k, m->weight, mean, var, line, err);
    free(mean);
    free(var);
    return status;
}

static int stage_new(const lab *l, const char *spec, size_t steps, stage *on, fk_error *err)
{
    int status = fk_schedule_parse(spec, &on->schedule, err);
    if (!status)
        status = fk_axis_on_schedule(&on->schedule, "lambda", steps, on->schedule.t_max,
                                     on->schedule.t_min, &on->axis, err);
    if (status) return status;
    for (size_t j = 0; j < TIMES; j++) {
        on->node[j] = (size_t)lround(part[j] * (double)steps);
        const fk_coeffs *c = &on->axis.node[on->node[j]];
        for (size_t d = 0; d < l->directions; d++)
            on->law[j][d] = tabulated_new(l->projected[d], c->s, c->sigma);
    }
    return FK_OK;
}

static int lab_new(lab *l, const char *schedule, size_t steps, fk_error *err)
{
    l->directions = l->mixture->dim == 1 ? 1 : MAX_DIRECTIONS;
    int status = FK_OK;
    for (size_t d = 0; d < l->directions && !status; d++) {
        double angle = l->mixture->dim == 1 ? 0.0 : degrees[d] * FK_PI / 180.0;
        l->direction[d][0] = cos(angle), l->direction[d][1] = sin(angle);
        status = project_mixture(l->mixture, l->direction[d], &l->projected[d], err);
    }
    if (!status) status = stage_new(l, schedule, steps, &l->on, err);
    if (!status) status = stage_new(l, "ve", steps, &l->ve, err);
    for (size_t i = 0; i < RUNS && !status; i++)
        status = simulate(l, (which)i, samples(l, (which)i), &l->run[i], err);
    return status;
}

static void lab_free(lab *l)
{
    for (size_t i = 0; i < RUNS; i++) fk_snapshots_free(l->run[i]);
    for (size_t d = 0; d < l->directions; d++) {
        for (size_t j = 0; j < TIMES; j++) free(l->on.law[j][d]), free(l->ve.law[j][d]);
        fk_mixture_free(l->projected[d]);
    }
    fk_axis_free(&l->on.axis);
    fk_axis_free(&l->ve.axis);
}

#endif
