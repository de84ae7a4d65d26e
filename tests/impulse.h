/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The response of a run on Gaussian data N(m, v) to each of its inputs: the particle integrator is
 * affine there, x_N = shift + gain x_0 + sum over steps n and normals l of response[n][l] Z_nl, so
 * a particle with one input set to 1 shows its coefficient. */
#ifndef FK_TESTS_IMPULSE_H
#define FK_TESTS_IMPULSE_H

#include "core/observe.h"
#include "tests/plans.h"

typedef struct {
    size_t n_steps, normals;
    double shift, gain, *response; /* (n_steps, normals) */
} impulse;

typedef struct {
    double mean, var; /* of the marginal */
} impulse_frozen;

static inline void impulse_freeze(const void *self, double s, double sigma, void *out)
{
    (void)self;
    *(impulse_frozen *)out = (impulse_frozen){s * m, s * s * v + sigma * sigma};
}

static inline void impulse_eval(const void *self, const void *at, fk_block x, fk_block score)
{
    (void)self;
    const impulse_frozen *f = at;
    for (size_t i = 0; i < x.n; i++) score.x[i] = (f->mean - x.x[i]) / f->var;
}

static inline impulse impulse_new(const fk_plan *plan)
{
    impulse r = {.n_steps = plan->n_steps, .normals = plan->normals};
    size_t inputs = r.n_steps * r.normals, n = inputs + 2;
    r.response = fk_alloc(inputs + 1, sizeof *r.response);
    double *given = fk_alloc(n, sizeof *given), *z = fk_alloc(inputs * n + 1, sizeof *z);
    given[1] = 1; /* particle 0: all inputs 0; 1: the start; the others: the normals in order */
    for (size_t i = 0; i < inputs; i++) {
        size_t step = i / r.normals, l = i % r.normals;
        z[(step * n + i + 2) * r.normals + l] = 1;
    }
    const fk_field field = {.dim = 1,
                            .frozen_size = sizeof(impulse_frozen),
                            .freeze = impulse_freeze,
                            .eval = impulse_eval};
    const fk_points points = {given, n, 1};
    const fk_noise_table noise = {z, r.n_steps, n, 1, r.normals};
    fk_snapshots *end = fk_snapshots_new(1, n, 1);
    const fk_observer see = fk_observe_snapshots(end);
    const fk_run run = {.step = plan->step,
                        .n_steps = plan->n_steps,
                        .field = &field,
                        .start = fk_source_points(&points),
                        .noise = fk_noise_given(&noise),
                        .n = n,
                        .observe_at = &plan->n_steps,
                        .n_observe = 1,
                        .observer = &see,
                        .n_observers = 1,
                        .threads = 1};
    fk_error err;
    ck_assert_int_eq(fk_integrate(&run, &err), FK_OK);
    r.shift = end->x[0];
    r.gain = end->x[1] - r.shift;
    for (size_t i = 0; i < inputs; i++) r.response[i] = end->x[i + 2] - r.shift;
    fk_snapshots_free(end);
    free(given), free(z);
    return r;
}

#endif
