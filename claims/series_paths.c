/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strong errors on a non-linear SDE with a solution along each path, on paired paths. In the clock
 * tau of its own noise, eta^2 g^2 dt = b^2 dtau, let
 *     dX = (a - e^X) dtau + b dB,
 *     X = X_0 + a tau + b B - log(1 + e^(X_0) int_0^tau e^(a r + b B_r) dr)
 * (X is the logarithm of the stochastic logistic equation's solution; Kloeden and Platen 1992,
 * section 4.4). It is the eta family on a schedule with s = 1 for the field
 *     score(x) = 2 eta^2 (a - e^x) / ((1 + eta^2) b^2),
 * and in t its noise and drift move with time, so that stage times are seen.
 *
 * A path is a sequence of fine cells with increment W and space-time Levy area H each, which
 * compose exactly to those of the steps: I10 = I10_1 + I10_2 + h_2 W_1, I10 = h (W/2 + H). */
#include <math.h>
#include <stdlib.h>

#include "claims/series.h"
#include "core/integrate.h"
#include "core/observe.h"

enum { PATHS = 16384, CHUNK = 1024, CELLS = 8 /* a step of the finest run */ };
static const double a = 0.7385, b = 0.9385;

typedef struct {
    double factor; /* of a - e^x */
} logistic;

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    (void)s, (void)sigma;
    *(logistic *)frozen = *(const logistic *)self;
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self;
    const logistic *at = frozen;
    for (size_t p = 0; p < x.n; p++) score.x[p] = at->factor * (a - exp(x.x[p]));
}

/* CHUNK paths on n fine cells: W and H (n, CHUNK), starts and ends. */
typedef struct {
    size_t n;
    double *W, *H;
    double start[CHUNK], end[CHUNK];
} bundle;

static double root_g2(const fk_coeffs *node)
{
    return sqrt(node->g2);
}

static void draw(const fk_axis *fine, size_t first, bundle *paths)
{
    const fk_key key = {1, FK_STREAM_USER}, starts = {1, FK_STREAM_START};
    fk_block z = {fk_alloc(2 * CHUNK, sizeof(double)), CHUNK, 1, CHUNK};
    for (size_t i = 0; i < paths->n; i++) {
        const double h = fine->t[i] - fine->t[i + 1];
        fk_block both = {z.x, CHUNK, 2, CHUNK};
        fk_random_normals(key, first, i, both);
        for (size_t p = 0; p < CHUNK; p++) {
            paths->W[i * CHUNK + p] = sqrt(h) * z.x[p];
            paths->H[i * CHUNK + p] = sqrt(h / 12) * z.x[CHUNK + p];
        }
    }
    fk_random_normals(starts, first, 0, z);
    for (size_t p = 0; p < CHUNK; p++) paths->start[p] = 0.5385 * z.x[p] - 0.385;
    free(z.x);
}

/* int q dW over a cell for a density that is linear over it. */
static double weigh(double q0, double q1, double W, double H)
{
    return (q0 + q1) / 2 * W - (q1 - q0) * H;
}

/* The solution at the end. Over a cell e^(a r + b B) has the mean e^m (1 + v/2), m and v the mean
 * and variance of its exponent over the cell, v in expectation but for its part in the increment.
 */
static void solve(const fk_axis *fine, double eta, bundle *paths)
{
    double exponent[CHUNK] = {0}, integral[CHUNK] = {0};
    for (size_t i = 0; i < paths->n; i++) {
        const fk_coeffs *t = &fine->node[i], *u = t + 1;
        const double g0 = eta * root_g2(t), g1 = eta * root_g2(u), h = fine->t[i] - fine->t[i + 1];
        const double noise = (t->sigma - u->sigma) * (t->sigma + u->sigma) * eta * eta;
        const double tau = noise / (b * b), g = (g0 + g1) / 2;
        for (size_t p = 0; p < CHUNK; p++) {
            const double W = paths->W[i * CHUNK + p], H = paths->H[i * CHUNK + p];
            const double V = weigh(g0, g1, W, H), rise = a * tau + V;
            const double variance = rise * rise / 12 + g * g * h / 12;
            integral[p] += tau * exp(exponent[p] + rise / 2 + g * H) * (1 + variance / 2);
            exponent[p] += rise;
        }
    }
    for (size_t p = 0; p < CHUNK; p++)
        paths->end[p] = paths->start[p] + exponent[p] - log1p(exp(paths->start[p]) * integral[p]);
}

/* The density of the clock 1/rho^2 along the path: g/s (s/sigma)^2. */
static double clock_density(const fk_coeffs *node)
{
    return root_g2(node) / node->s * exp(2 * node->lambda);
}

/* The normals of all the steps, z (steps, CHUNK, normals). */
static void compose(const fk_axis *fine, const bundle *paths, const fk_trial *trial, double *z)
{
    const size_t steps = trial->plan.n_steps, normals = trial->plan.normals;
    const size_t cells = paths->n / steps;
    for (size_t n = 0; n < steps; n++) {
        const double *t = trial->axis.t + n, h = t[0] - t[1];
        const fk_coeffs *node = &trial->axis.node[n];
        const double clock = exp(2 * node[1].lambda) - exp(2 * node[0].lambda);
        double W[CHUNK] = {0}, I10[CHUNK] = {0}, E[CHUNK] = {0};
        for (size_t i = n * cells; i < (n + 1) * cells; i++) {
            const double cell = fine->t[i] - fine->t[i + 1];
            const double q0 = clock_density(&fine->node[i]), q1 = clock_density(&fine->node[i + 1]);
            for (size_t p = 0; p < CHUNK; p++) {
                const double w = paths->W[i * CHUNK + p], H = paths->H[i * CHUNK + p];
                I10[p] += cell * (w / 2 + H) + cell * W[p];
                W[p] += w;
                E[p] += weigh(q0, q1, w, H);
            }
        }
        for (size_t l = 0; l < normals; l++)
            for (size_t p = 0; p < CHUNK; p++) {
                const fk_noise_kernel kernel = trial->plan.step[n].kernel[l];
                z[(n * CHUNK + p) * normals + l] = kernel == FK_W ? W[p] / sqrt(h)
                                                   : kernel == FK_H
                                                       ? (I10[p] / h - W[p] / 2) / sqrt(h / 12)
                                                       : E[p] / sqrt(clock);
            }
    }
}

/* The sum of squared errors of a chunk. */
static int sum_squares(const fk_trial *trial, const bundle *paths, const double *z, double *sum,
                       fk_error *err)
{
    const double eta2 = trial->eta * trial->eta;
    const logistic right = {2 * eta2 / ((1 + eta2) * b * b)};
    const fk_field field = {
        .self = &right, .dim = 1, .frozen_size = sizeof right, .freeze = freeze, .eval = eval};
    const fk_points starts = {paths->start, CHUNK, 1};
    const fk_noise_table noise = {z, trial->plan.n_steps, CHUNK, 1, trial->plan.normals};
    fk_snapshots *last = fk_snapshots_new(1, CHUNK, 1);
    const fk_observer observer = fk_observe_snapshots(last);
    const fk_run run = {.step = trial->plan.step,
                        .n_steps = trial->plan.n_steps,
                        .field = &field,
                        .start = fk_source_points(&starts),
                        .noise = fk_noise_given(&noise),
                        .n = CHUNK,
                        .observe_at = &trial->plan.n_steps,
                        .n_observe = 1,
                        .observer = &observer,
                        .n_observers = 1,
                        .threads = 1};
    int status = fk_integrate(&run, err);
    for (size_t p = 0; p < CHUNK && status == FK_OK; p++) {
        const double e = last->x[p] - paths->end[p];
        *sum += e * e;
    }
    fk_snapshots_free(last);
    return status;
}

static int check(const fk_trial *trial, fk_error *err)
{
    if (trial->plan.normals == 0)
        return fk_fail(err, FK_USAGE, "this test is for schemes that draw noise");
    for (size_t n = 0; n < trial->plan.n_steps; n++)
        for (size_t l = 0; l < trial->plan.step[n].normals; l++)
            if (trial->plan.step[n].kernel[l] == FK_FRESH)
                return fk_fail(err, FK_USAGE,
                               "step %zu: normal %zu is fresh noise, not a functional of the path",
                               n + 1, l + 1);
    return FK_OK;
}

int fk_series_paths(const fk_scheme *scheme, const fk_place *place, fk_start_kind start,
                    size_t coarsest, size_t levels, fk_series *out, fk_error *err)
{
    *out = (fk_series){.levels = levels, .functionals = 1, .name = {"rms"}};
    const fk_mixture some = {.dim = 1, .k = 1, .var = (double[]){0.2385}};
    fk_trial trial[FK_MAX_LEVELS] = {0}, fine = {0};
    const size_t cells = (coarsest << (levels - 1)) * CELLS;
    int status = FK_OK;
    for (size_t i = 0; i < levels && status == FK_OK; i++) {
        status = fk_trial_new(scheme, place, start, coarsest << i, &some, &trial[i], err);
        if (status == FK_OK) status = check(&trial[i], err);
        out->steps[i] = trial[i].plan.n_steps;
        out->evaluations[i] = trial[i].plan.evaluations;
    }
    if (status == FK_OK) status = fk_trial_new(scheme, place, start, cells, &some, &fine, err);
    bundle *paths = fk_alloc(1, sizeof *paths);
    paths->n = cells;
    paths->W = fk_alloc(2 * cells * CHUNK, sizeof *paths->W);
    paths->H = paths->W + cells * CHUNK;
    double *z = fk_alloc((coarsest << (levels - 1)) * CHUNK * FK_MAX_NORMALS, sizeof *z);
    for (size_t first = 0; first < PATHS && status == FK_OK; first += CHUNK) {
        draw(&fine.axis, first, paths);
        solve(&fine.axis, fine.eta, paths);
        for (size_t i = 0; i < levels && status == FK_OK; i++) {
            compose(&fine.axis, paths, &trial[i], z);
            status = sum_squares(&trial[i], paths, z, &out->error[0][i], err);
        }
    }
    for (size_t i = 0; i < levels; i++) out->error[0][i] = sqrt(out->error[0][i] / PATHS);
    for (size_t i = 0; i < levels; i++) fk_trial_free(&trial[i]);
    fk_trial_free(&fine);
    free(z);
    free(paths->W);
    free(paths);
    return status;
}
