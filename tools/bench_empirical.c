/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_empirical.h"

#include <stdlib.h>

#include "analytic/draws.h"
#include "analytic/marginal.h"
#include "core/noise.h"
#include "schedules/schedule.h"
#include "tools/bench_peer.h"
#include "tools/bench_run.h"
#include "tools/bench_scalar.h"

enum { POINTS = 10000, DIM = 64, CLOUDS = 10, N = 256 };

typedef struct {
    fk_mixture *mixture;
    fk_coeffs at;
    void *frozen;
    double *x, *score; /* (DIM, N) */
    /* of the baseline: the means of this time, points and their scores (N, DIM), logits (POINTS) */
    scalar_mixture scalar;
    double *points, *by_point, *scratch;
    bench_peer *peer;
} subject;

static int cloud(fk_mixture **mixture, fk_error *err)
{
    const fk_key key = {2385, FK_STREAM_USER};
    double *weight = fk_alloc(POINTS, sizeof *weight), *mean = fk_alloc(POINTS * DIM, sizeof *mean),
           *var = fk_alloc(POINTS * DIM, sizeof *var);
    for (size_t k = 0; k < POINTS; k++) {
        weight[k] = 1.0 / POINTS;
        for (size_t i = 0; i < DIM; i++)
            mean[k * DIM + i] = 2 * fk_random_uniform(key, k % CLOUDS, i, 1) - 1 +
                                0.4 * fk_random_uniform(key, k, i, 2);
    }
    int status = fk_mixture_new_diagonal("bench", DIM, POINTS, weight, mean, var, mixture, err);
    free(weight), free(mean), free(var);
    return status;
}

static bench_peer *empirical_peer(const void *self)
{
    return ((const subject *)self)->peer;
}

static void empirical_close(void *self)
{
    subject *s = self;
    bench_peer_close(s->peer);
    fk_mixture_free(s->mixture);
    bench_scalar_thaw(&s->scalar);
    free(s->points), free(s->by_point), free(s->scratch);
    free(s->frozen), free(s->x), free(s->score);
    free(s);
}

/* Points of the marginal itself, and the script told them. */
static int empirical_open(const bench_case *what, int threads, void **self, fk_error *err)
{
    subject *s = fk_alloc(1, sizeof *s);
    fk_schedule vp;
    int status = cloud(&s->mixture, err);
    if (status == FK_OK) status = fk_schedule_parse("vp-linear", &vp, err);
    if (status) {
        empirical_close(s);
        return status;
    }
    s->at = fk_schedule_at(&vp, *(const double *)what->setting);
    const fk_field field = fk_mixture_field(s->mixture);
    const fk_marginal_start start = {s->mixture, s->at.s, s->at.sigma, 2385};
    const fk_source from = fk_source_marginal(&start);
    s->frozen = fk_alloc(1, field.frozen_size);
    s->x = fk_alloc(DIM * N, sizeof *s->x), s->score = fk_alloc(DIM * N, sizeof *s->score);
    from.fill(from.self, 0, (fk_block){s->x, N, DIM, N});
    field.freeze(field.self, s->at.s, s->at.sigma, s->frozen);
    s->scalar = bench_scalar_freeze(s->mixture, 1, &s->at);
    s->points = fk_alloc(N * DIM, sizeof *s->points);
    s->by_point = fk_alloc(N * DIM, sizeof *s->by_point);
    s->scratch = fk_alloc(POINTS, sizeof *s->scratch);
    for (size_t i = 0; i < DIM * N; i++) s->points[i] = s->x[i % DIM * N + i / DIM];
    const double head[] = {POINTS, DIM, N, s->at.s, s->at.sigma};
    s->peer = bench_peer_open("bench_empirical", threads);
    bench_peer_send(s->peer, head, sizeof head / sizeof *head);
    bench_peer_send(s->peer, s->mixture->mean, POINTS * DIM);
    bench_peer_send(s->peer, s->x, DIM * N);
    *self = s;
    return FK_OK;
}

static void by_lab(subject *s)
{
    const fk_field field = fk_mixture_field(s->mixture);
    field.eval(field.self, s->frozen, (fk_block){s->x, N, DIM, N}, (fk_block){s->score, N, DIM, N});
}

static void by_native(subject *s)
{
    FK_CHOOSE_KERNEL(bench_scalar_score)(&s->scalar, 0, N, s->points, s->scratch, s->by_point);
    for (size_t i = 0; i < DIM * N; i++) s->score[i % DIM * N + i / DIM] = s->by_point[i];
}

static double timed(void (*evaluate)(subject *), subject *s, size_t amount)
{
    const double begin = bench_seconds(1);
    for (size_t i = 0; i < amount; i++) evaluate(s);
    return bench_seconds(1) - begin;
}

/* The mean square of sigma times the score, of the order of 1: exponents up to some hundreds are
 * wrong by a few 1e-14 (products of matrices, which cancel, by ten times that). */
static bench_answer mean_square(const subject *s)
{
    return (bench_answer){s->at.sigma * s->at.sigma * bench_mean_square(s->score, DIM * N), 1e-10};
}

static int run_lab(void *self, size_t amount, double *seconds, fk_error *err)
{
    (void)err;
    return *seconds = timed(by_lab, self, amount), FK_OK;
}

static int answer_lab(void *self, bench_answer *answer, fk_error *err)
{
    (void)err;
    by_lab(self);
    return *answer = mean_square(self), FK_OK;
}

static int run_native(void *self, size_t amount, double *seconds, fk_error *err)
{
    (void)err;
    return *seconds = timed(by_native, self, amount), FK_OK;
}

static int answer_native(void *self, bench_answer *answer, fk_error *err)
{
    (void)err;
    by_native(self);
    return *answer = mean_square(self), FK_OK;
}

static const bench_contestant contestant[] = {
    {"fokker", 1, run_lab, answer_lab, NULL},
    {"native", 1, run_native, answer_native, NULL},
    {.name = "numpy", .least = 1},
};

#define EMPIRICAL(title, about, t)                                                                 \
    {                                                                                              \
        .name = title, .says = about, .unit = "evaluations/s", .per = N, .contestant = contestant, \
        .n_contestants = sizeof contestant / sizeof *contestant, .setting = &(const double){t},    \
        .open = empirical_open, .close = empirical_close, .peer = empirical_peer                   \
    }

static const bench_case row[] = {
    EMPIRICAL("empirical-high", "score of 10^4 points in 64 dimensions, where all count", 0.9),
    EMPIRICAL("empirical-middle", "the same where a cloud counts", 0.3),
    EMPIRICAL("empirical-low", "the same where one point counts", 0.02),
};

const bench_set bench_empirical = {.row = row, .n = sizeof row / sizeof *row};
