/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_stat.h"

#include <stdlib.h>
#include <string.h>

#include "core/noise.h"
#include "core/stats.h"
#include "tools/bench_peer.h"

/* Points of each of two samples in the plane; of one, or of each of two, on the line. */
enum { N_PLANE = 10000, N_KS = 1000000, N_LINE = 100000, DIRECTIONS = 64 };

typedef struct stat_subject stat_subject;

/* A distance: of one sample to the standard normal law, or between two, the second of which is
 * moved by 0.1. */
typedef struct {
    double number; /* the script's for it */
    size_t n;      /* numbers: of both samples, one after the other, C order */
    bool two;
    double (*lab)(stat_subject *);
    double (*plain)(stat_subject *);
} distance;

struct stat_subject {
    const distance *what;
    double *x, *copy; /* (n) */
    bench_peer *peer;
};

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
    return fk_energy_distance(s->x, N_PLANE, s->x + 2 * N_PLANE, N_PLANE, 2, 1, NULL);
}

/* sum of |x_i - y_j|, both (N_PLANE, 2). */
static double distances(const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < N_PLANE; i++)
        for (size_t j = 0; j < N_PLANE; j++) {
            double a = x[2 * i] - y[2 * j], b = x[2 * i + 1] - y[2 * j + 1];
            sum += sqrt(a * a + b * b);
        }
    return sum;
}

static double energy_plain(stat_subject *s)
{
    const double *x = s->x, *y = s->x + 2 * N_PLANE;
    double all = 2 * distances(x, y) - distances(x, x) - distances(y, y);
    return all / ((double)N_PLANE * N_PLANE);
}

/* --- W1 --- */

/* Both halves of the copy sorted, each (n). */
static void sort_both(stat_subject *s, size_t n, void (*sort)(double *, size_t))
{
    memcpy(s->copy, s->x, 2 * n * sizeof *s->x);
    sort(s->copy, n), sort(s->copy + n, n);
}

static void plain_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
}

static double w1_lab(stat_subject *s)
{
    sort_both(s, N_LINE, fk_sort);
    return fk_w1_samples(s->copy, N_LINE, s->copy + N_LINE, N_LINE);
}

static double mean_gap(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs(x[i] - y[i]);
    return sum / (double)n;
}

static double w1_plain(stat_subject *s)
{
    sort_both(s, N_LINE, plain_sort);
    return mean_gap(s->copy, s->copy + N_LINE, N_LINE);
}

/* The normal law beyond this weighs 1e-19. */
#define FAR 9.0

static double w1_law_lab(stat_subject *s)
{
    memcpy(s->copy, s->x, N_LINE * sizeof *s->x);
    fk_sort(s->copy, N_LINE);
    return fk_w1(s->copy, N_LINE, normal_cdf, NULL, -FAR, FAR);
}

/* int Phi = x Phi + phi. */
static double antiderivative(double x)
{
    return x * normal_cdf(NULL, x) + exp(-x * x / 2) / sqrt(2 * FK_PI);
}

/* In closed form: where Phi - c changes its sign between a and b, by bisection. */
static double w1_law_plain(stat_subject *s)
{
    double sum = 0, a = -FAR;
    memcpy(s->copy, s->x, N_LINE * sizeof *s->x);
    plain_sort(s->copy, N_LINE);
    for (size_t i = 0; i <= N_LINE; i++) {
        const double b = i < N_LINE ? s->copy[i] : FAR, c = (double)i / N_LINE;
        double lo = a, hi = b;
        if (normal_cdf(NULL, a) >= c)
            hi = a;
        else if (normal_cdf(NULL, b) <= c)
            lo = b;
        while (hi - lo > 1e-9 * (b - a)) {
            const double m = lo + (hi - lo) / 2;
            *(normal_cdf(NULL, m) < c ? &lo : &hi) = m;
        }
        sum +=
            antiderivative(b) + antiderivative(a) - 2 * antiderivative(lo) - c * (b + a - 2 * lo);
        a = b;
    }
    return sum;
}

static double sliced_lab(stat_subject *s)
{
    return fk_sliced_w1(s->x, N_PLANE, s->x + 2 * N_PLANE, N_PLANE, 2, DIRECTIONS, 1, NULL);
}

static double sliced_plain(stat_subject *s)
{
    double sum = 0;
    for (size_t k = 0; k < DIRECTIONS; k++) {
        const double angle = FK_PI * ((double)k + 0.5) / DIRECTIONS, a = cos(angle), b = sin(angle);
        for (size_t i = 0; i < 2 * N_PLANE; i++) s->copy[i] = a * s->x[2 * i] + b * s->x[2 * i + 1];
        plain_sort(s->copy, N_PLANE), plain_sort(s->copy + N_PLANE, N_PLANE);
        sum += mean_gap(s->copy, s->copy + N_PLANE, N_PLANE);
    }
    return sum / DIRECTIONS;
}

/* --- the cases --- */

static bench_peer *stat_peer(const void *subject)
{
    return ((const stat_subject *)subject)->peer;
}

static void stat_close(void *subject)
{
    stat_subject *s = subject;
    bench_peer_close(s->peer);
    free(s->x), free(s->copy);
    free(s);
}

static int stat_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    (void)err;
    const fk_key key = {2385, FK_STREAM_USER};
    stat_subject *s = fk_alloc(1, sizeof *s);
    s->what = what->setting;
    const size_t n = s->what->n, ld = fk_pad(n);
    const double head[2] = {s->what->number, (double)n};
    s->x = fk_alloc(ld, sizeof *s->x), s->copy = fk_alloc(n, sizeof *s->copy);
    fk_random_normals(key, 0, 0, (fk_block){s->x, ld, 1, ld});
    for (size_t i = n / 2; s->what->two && i < n; i++) s->x[i] += 0.1;
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
    return *seconds = timed(s->what->lab, s, amount), FK_OK;
}

static int run_plain(void *subject, size_t amount, double *seconds, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *seconds = timed(s->what->plain, s, amount), FK_OK;
}

static int answer_lab(void *subject, bench_answer *answer, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *answer = exact(s->what->lab(s)), FK_OK;
}

static int answer_plain(void *subject, bench_answer *answer, fk_error *err)
{
    stat_subject *s = subject;
    (void)err;
    return *answer = exact(s->what->plain(s)), FK_OK;
}

static const bench_contestant contestants[] = {
    {"fokker", 1, run_lab, answer_lab, NULL},
    {"scalar", 1, run_plain, answer_plain, NULL},
    {.name = "scipy", .least = 1},
};

static const distance energy = {0, 4 * N_PLANE, true, energy_lab, energy_plain},
                      to_law = {1, N_KS, false, ks_lab, ks_plain},
                      w1 = {2, 2 * N_LINE, true, w1_lab, w1_plain},
                      w1_law = {3, N_LINE, false, w1_law_lab, w1_law_plain},
                      sliced = {4, 4 * N_PLANE, true, sliced_lab, sliced_plain};

#define STAT(title, about, what, who)                                                              \
    {                                                                                              \
        .name = title, .says = about, .unit = "calls/s", .per = 1, .contestant = contestants,      \
        .n_contestants = who, .setting = &(what), .open = stat_open, .close = stat_close,          \
        .peer = stat_peer                                                                          \
    }

/* SciPy has no W1 between a sample and a law. */
static const bench_case row[] = {
    STAT("stat-energy", "energy distance of two samples of 10^4 points in the plane", energy, 3),
    STAT("stat-ks", "Kolmogorov-Smirnov distance of 10^6 points to a normal law", to_law, 3),
    STAT("stat-w1", "W1 between two samples of 10^5 points on the line", w1, 3),
    STAT("stat-w1-law", "W1 of 10^5 points to a normal law", w1_law, 2),
    STAT("stat-sliced", "sliced W1 of two samples of 10^4 points in the plane, 64 directions",
         sliced, 3),
};

const bench_set bench_stat = {.row = row, .n = sizeof row / sizeof *row};
