/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_stat.h"

#include <stdlib.h>
#include <string.h>

#include "core/noise.h"
#include "core/stats.h"
#include "tools/bench_peer.h"

/* Points of each of two samples in the plane; of one on the line. */
enum { N_ENERGY = 10000, N_KS = 1000000 };

typedef struct stat_subject {
    double (*lab)(struct stat_subject *);
    double (*plain)(struct stat_subject *);
    double *x, *copy; /* N_KS each, or 4 N_ENERGY: both samples, C order */
    bench_peer *peer;
} stat_subject;

static double normal_cdf(const void *law, double x)
{
    (void)law;
    return 0.5 * erfc(-FK_SQRT1_2 * x);
}

static double ks_lab(stat_subject *s)
{
    memcpy(s->copy, s->x, N_KS * sizeof *s->x);
    fk_sort(s->copy, N_KS);
    return fk_ks(s->copy, N_KS, normal_cdf, NULL);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double ks_plain(stat_subject *s)
{
    double most = 0, n = N_KS;
    memcpy(s->copy, s->x, N_KS * sizeof *s->x);
    qsort(s->copy, N_KS, sizeof *s->copy, by_value);
    for (size_t i = 0; i < N_KS; i++) {
        double f = normal_cdf(NULL, s->copy[i]);
        most = fmax(most, fmax((double)(i + 1) / n - f, f - (double)i / n));
    }
    return most;
}

static double energy_lab(stat_subject *s)
{
    return fk_energy_distance(s->x, N_ENERGY, s->x + 2 * N_ENERGY, N_ENERGY, 2, 1, NULL);
}

/* sum of |x_i - y_j|, both (N_ENERGY, 2). */
static double distances(const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < N_ENERGY; i++)
        for (size_t j = 0; j < N_ENERGY; j++) {
            double a = x[2 * i] - y[2 * j], b = x[2 * i + 1] - y[2 * j + 1];
            sum += sqrt(a * a + b * b);
        }
    return sum;
}

static double energy_plain(stat_subject *s)
{
    const double *x = s->x, *y = s->x + 2 * N_ENERGY;
    double all = 2 * distances(x, y) - distances(x, x) - distances(y, y);
    return all / ((double)N_ENERGY * N_ENERGY);
}

static void stat_close(void *subject)
{
    stat_subject *s = subject;
    bench_peer_close(s->peer);
    free(s->x), free(s->copy);
    free(s);
}

/* Standard normals; the second sample of two is moved by 0.1. */
static int stat_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    (void)err;
    const fk_key key = {2385, FK_STREAM_USER};
    const bool ks = what->setting != NULL;
    const size_t n = ks ? N_KS : 4 * N_ENERGY, ld = fk_pad(n);
    const double head[2] = {ks, (double)n};
    stat_subject *s = fk_alloc(1, sizeof *s);
    s->x = fk_alloc(ld, sizeof *s->x), s->copy = fk_alloc(n, sizeof *s->copy);
    fk_random_normals(key, 0, 0, (fk_block){s->x, ld, 1, ld});
    for (size_t i = 2 * N_ENERGY; !ks && i < n; i++) s->x[i] += 0.1;
    s->lab = ks ? ks_lab : energy_lab, s->plain = ks ? ks_plain : energy_plain;
    s->peer = bench_peer_open("bench_stat", threads);
    bench_peer_send(s->peer, head, 2);
    bench_peer_send(s->peer, s->x, n);
    *subject = s;
    return FK_OK;
}

static double timed(double (*f)(stat_subject *), stat_subject *s, size_t amount)
{
    double begin = bench_seconds(1);
    for (size_t i = 0; i < amount; i++) f(s);
    return bench_seconds(1) - begin;
}

/* All have the same points: rounding alone sets them apart, of sums of 1e8 distances of the order 1
 * added in any order, less than 1e-11 of a mean. */
static bench_answer exact(double value)
{
    return (bench_answer){value, 1e-11};
}

static int run_lab(void *subject, size_t amount, double *seconds, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *seconds = timed(s->lab, s, amount), FK_OK;
}

static int run_plain(void *subject, size_t amount, double *seconds, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *seconds = timed(s->plain, s, amount), FK_OK;
}

static int run_scipy(void *subject, size_t amount, double *seconds, fk_error *err)
{
    return bench_peer_run(((stat_subject *)subject)->peer, "scipy", amount, seconds, err);
}

static int answer_lab(void *subject, bench_answer *answer, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *answer = exact(s->lab(s)), FK_OK;
}

static int answer_plain(void *subject, bench_answer *answer, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *answer = exact(s->plain(s)), FK_OK;
}

static int answer_scipy(void *subject, bench_answer *answer, fk_error *err)
{
    return bench_peer_answer(((stat_subject *)subject)->peer, "scipy", answer, err);
}

static const char *missing_scipy(void *subject)
{
    return bench_peer_missing(((stat_subject *)subject)->peer, "scipy");
}

static const bench_contestant contestants[] = {
    {"fokker", 1, run_lab, answer_lab, NULL},
    {"scalar", 1, run_plain, answer_plain, NULL},
    {"scipy", 1, run_scipy, answer_scipy, missing_scipy},
};

#define STAT(title, about, what)                                                                   \
    {                                                                                              \
        .name = title, .says = about, .unit = "calls/s", .per = 1, .contestant = contestants,      \
        .n_contestants = sizeof contestants / sizeof *contestants, .setting = what,                \
        .open = stat_open, .close = stat_close                                                     \
    }

static const bench_case row[] = {
    STAT("stat-energy", "energy distance of two samples of 10^4 points in the plane", NULL),
    STAT("stat-ks", "Kolmogorov-Smirnov distance of 10^6 points to a normal law", "ks"),
};

const bench_set bench_stat = {.row = row, .n = sizeof row / sizeof *row};
