/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs of fokker marginals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "claims/sampling.h"
#include "core/source.h"
#include "experiments/marginals_lab.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

size_t marginals_samples(const lab *l, which run)
{
    return run == RK45 || run == RK45_FULL ? l->n_adaptive : l->n;
}

/* The increments of a forward path of `steps` steps, read backwards: step n of the reverse run gets
 * minus the normals of the forward step over the same interval. */
typedef struct {
    fk_noise forward;
    size_t steps;
} reused_noise;

static void fill_reused(const void *self, size_t step, uint64_t first, fk_block z)
{
    const reused_noise *r = self;
    r->forward.fill(r->forward.self, r->steps - 1 - step, first, z);
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
                  .noise = fk_noise_independent(key, field.dim),
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
    fk_scaled scaled = {&exact, factor};
    fk_field field = fk_scaled_field(&scaled);
    size_t dim = l->mixture->dim, padded = fk_pad(n), size = n * dim;
    double t[TIMES + 1] = {l->on.axis.t[0]};
    double *x = fk_alloc(padded * dim, sizeof *x),
           *path = fk_alloc((TIMES + 1) * size, sizeof *path);
    for (size_t j = 0; j < TIMES; j++) t[j + 1] = l->on.axis.t[l->on.node[j]];
    start.fill(start.self, 0, (fk_block){.x = x, .n = padded, .dim = dim, .ld = padded});
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < dim; i++) path[p * dim + i] = x[i * padded + p];
    /* 1e-4 of the narrowest component, times a hundred steps: a hundredth of its sd, 0.004 in
     * probability. The step is not let shrink for rounding: 2^-50 of x. */
    fk_adaptive_options o = {.rtol = 0x1p-50,
                             .atol = 1e-4 * fk_reverse_narrowest(l->mixture, &l->on.axis),
                             .threads = l->threads};
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

int marginals_simulate(const lab *l, which run, size_t n, fk_snapshots **seen, fk_error *err)
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
    reused_noise reused = {fk_noise_independent(&forward, l->mixture->dim), on->axis.n_steps};
    fk_noise noise = fk_noise_independent(&key, l->mixture->dim);
    fk_snapshots *end = NULL;
    fk_points ends = {0};
    if (run == SDE_REUSED) {
        int status = noise_up(l, on, &forward, n, &end, err);
        if (status) return status;
        ends = (fk_points){end->x, n, l->mixture->dim};
        start = fk_source_points(&ends);
        noise = (fk_noise){.self = &reused, .fill = fill_reused};
    }
    fk_reverse_setting set = {.mixture = l->mixture,
                              .axis = &on->axis,
                              .node = on->node,
                              .rows = TIMES,
                              .threads = l->threads};
    fk_reverse_run job = {.scheme = run < HEUN ? &fk_euler_maruyama : &fk_heun,
                          .factor = factor,
                          .start = start,
                          .noise = noise,
                          .n = n,
                          .label = label[run]};
    int status = fk_reverse_simulate(&set, &job, seen, err);
    if (end) fk_snapshots_free(end);
    return status;
}
