/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_empirical.h"

#include <math.h>
#include <stdlib.h>

#include "analytic/draws.h"
#include "analytic/marginal.h"
#include "core/noise.h"
#include "schedules/schedule.h"
#include "tools/bench_peer.h"

enum { POINTS = 10000, DIM = 64, CLOUDS = 10, N = 256 };

typedef struct {
    fk_mixture *mixture;
    fk_coeffs at;
    void *frozen;
    double *x, *score; /* (DIM, N) */
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

static void empirical_close(void *self)
{
    subject *s = self;
    bench_peer_close(s->peer);
    fk_mixture_free(s->mixture);
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

/* One particle beside all points: distances, the nearest, exponentials, the sum of the pulls. */
static void by_scalar(subject *s)
{
    double *distance = fk_alloc(POINTS, sizeof *distance), x[DIM], pull[DIM];
    for (size_t p = 0; p < N; p++) {
        double least = HUGE_VAL, total = 0;
        for (size_t i = 0; i < DIM; i++) x[i] = s->x[i * N + p], pull[i] = 0;
        for (size_t k = 0; k < POINTS; k++) {
            const double *mean = s->mixture->mean + k * DIM;
            double sum = 0;
            for (size_t i = 0; i < DIM; i++) {
                const double d = s->at.s * mean[i] - x[i];
                sum += d * d;
            }
            distance[k] = sum;
            if (sum < least) least = sum;
        }
        const double precision = 1 / (s->at.sigma * s->at.sigma);
        for (size_t k = 0; k < POINTS; k++) {
            const double *mean = s->mixture->mean + k * DIM;
            const double weight = exp(0.5 * precision * (least - distance[k]));
            if (weight == 0) continue;
            total += weight;
            for (size_t i = 0; i < DIM; i++) pull[i] += weight * (s->at.s * mean[i] - x[i]);
        }
        for (size_t i = 0; i < DIM; i++) s->score[i * N + p] = precision * pull[i] / total;
    }
    free(distance);
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
    double sum = 0;
    for (size_t i = 0; i < DIM * N; i++) sum += s->score[i] * s->score[i];
    return (bench_answer){s->at.sigma * s->at.sigma * sum / (DIM * N), 1e-10};
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

static int run_scalar(void *self, size_t amount, double *seconds, fk_error *err)
{
    (void)err;
    return *seconds = timed(by_scalar, self, amount), FK_OK;
}

static int answer_scalar(void *self, bench_answer *answer, fk_error *err)
{
    (void)err;
    by_scalar(self);
    return *answer = mean_square(self), FK_OK;
}

static int run_numpy(void *self, size_t amount, double *seconds, fk_error *err)
{
    return bench_peer_run(((subject *)self)->peer, "numpy", amount, seconds, err);
}

static int answer_numpy(void *self, bench_answer *answer, fk_error *err)
{
    return bench_peer_answer(((subject *)self)->peer, "numpy", answer, err);
}

static const char *missing_numpy(void *self)
{
    return bench_peer_missing(((subject *)self)->peer, "numpy");
}

static const bench_contestant contestant[] = {
    {"fokker", 1, run_lab, answer_lab, NULL},
    {"scalar", 1, run_scalar, answer_scalar, NULL},
    {"numpy", 1, run_numpy, answer_numpy, missing_numpy},
};

#define EMPIRICAL(title, about, t)                                                                 \
    {                                                                                              \
        .name = title, .says = about, .unit = "evaluations/s", .per = N, .contestant = contestant, \
        .n_contestants = sizeof contestant / sizeof *contestant, .setting = &(const double){t},    \
        .open = empirical_open, .close = empirical_close                                           \
    }

static const bench_case row[] = {
    EMPIRICAL("empirical-high", "score of 10^4 points in 64 dimensions, where all count", 0.9),
    EMPIRICAL("empirical-middle", "the same where a cloud counts", 0.3),
    EMPIRICAL("empirical-low", "the same where one point counts", 0.02),
};

const bench_set bench_empirical = {.row = row, .n = sizeof row / sizeof *row};
