/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_em.h"

#include <stdlib.h>

#include "tools/bench_mixture.h"
#include "tools/bench_openmp.h"
#include "tools/bench_run.h"

enum { STEPS = 100, PILOT = BENCH_EM_PILOT, POINTS = BENCH_EM_POINTS };

/* The script is told all that depends on time alone, as the scalar program is. */
static bench_peer *em_script(const bench_em_subject *s)
{
    const scalar_plan *sp = &s->scalar;
    const scalar_mixture *at = &sp->at;
    size_t n = at->n_times, k = at->k, width = at->full ? at->dim * at->dim : 1;
    const double shape[4] = {(double)n, (double)k, (double)at->dim, at->full};
    bench_peer *peer = bench_peer_open("bench_em", 1);
    bench_peer_send(peer, shape, 4);
    bench_peer_send(peer, sp->step, 3 * n);
    bench_peer_send(peer, at->log_norm, n * k);
    bench_peer_send(peer, at->mean, n * k * at->dim);
    bench_peer_send(peer, at->precision, n * k * width);
    bench_peer_send(peer, s->points, POINTS * at->dim);
    return peer;
}

static bench_peer *em_peer(const void *subject)
{
    return ((const bench_em_subject *)subject)->peer;
}

static void em_close(void *subject)
{
    bench_em_subject *s = subject;
    bench_peer_close(s->peer);
    bench_scalar_free(&s->scalar);
    fk_plan_free(&s->plan);
    fk_mixture_free(s->mixture);
    free(s->points), free(s->x);
    free(s);
}

static double *em_points(size_t dim)
{
    const fk_key key = {5832, FK_STREAM_USER};
    double *x = fk_alloc(POINTS * dim, sizeof *x);
    for (size_t i = 0; i < POINTS * dim; i++) x[i] = 6 * fk_random_uniform(key, i, 0, 0) - 3;
    return x;
}

static int em_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    bench_em_subject *s = fk_alloc(1, sizeof *s);
    s->what = *(const bench_em_shape *)what->setting;
    s->threads = threads;
    int status = bench_mixture(s->what.dim, s->what.k, s->what.full, &s->mixture, err);
    if (status == FK_OK) {
        status = bench_plan("euler-maruyama", STEPS, s->mixture, &s->plan, err);
        if (status) fk_mixture_free(s->mixture);
    }
    if (status) {
        free(s);
        return status;
    }
    s->scalar = bench_scalar_plan(s->mixture, &s->plan);
    s->points = em_points(s->what.dim);
    s->x = fk_alloc(PILOT * s->what.dim, sizeof *s->x);
    if (what->n_contestants > 2) s->peer = em_script(s);
    *subject = s;
    return FK_OK;
}

/* --- turns --- */

static bench_run em_run_on(const bench_em_subject *s, int threads)
{
    return (bench_run){
        .mixture = s->mixture, .plan = &s->plan, .threads = threads, .clock = s->threads};
}

static int em_run(void *subject, size_t n, double *seconds, fk_error *err)
{
    const bench_em_subject *s = subject;
    const bench_run run = em_run_on(s, s->threads);
    return bench_integrate(&run, n, seconds, err);
}

static int em_run_one_thread(void *subject, size_t n, double *seconds, fk_error *err)
{
    const bench_run run = em_run_on(subject, 1);
    return bench_integrate(&run, n, seconds, err);
}

typedef void scalar_steps(const scalar_plan *, unsigned long seed, const double *start, size_t n,
                          double *x);

static int by_scalar(const bench_em_subject *s, scalar_steps *steps, size_t n, double *seconds)
{
    double begin = bench_seconds(1);
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < PILOT ? n - done : PILOT;
        steps(&s->scalar, done + 1, NULL, part, s->x);
    }
    *seconds = bench_seconds(1) - begin;
    return FK_OK;
}

static int em_run_scalar(void *subject, size_t n, double *seconds, fk_error *err)
{
    (void)err;
    return by_scalar(subject, bench_scalar_steps_portable, n, seconds);
}

static int em_run_native(void *subject, size_t n, double *seconds, fk_error *err)
{
    (void)err;
    return by_scalar(subject, FK_CHOOSE_KERNEL(bench_scalar_steps), n, seconds);
}

static int em_run_openmp(void *subject, size_t n, double *seconds, fk_error *err)
{
    const bench_em_subject *s = subject;
    (void)err;
    double begin = bench_seconds(1);
    FK_CHOOSE_KERNEL(bench_openmp)(&s->scalar, 1, NULL, n, s->x);
    *seconds = bench_seconds(1) - begin;
    return FK_OK;
}

/* --- answers --- */

/* The mean square of all coordinates at the end of PILOT starts; or, if `still`, of the points
 * after that step alone. The baselines leave theirs in s->x. */
typedef int em_square(bench_em_subject *s, const size_t *still, double *mean_square, fk_error *);

static int square_on(const bench_em_subject *s, int threads, const size_t *still,
                     double *mean_square, fk_error *err)
{
    const fk_points points = {s->points, POINTS, s->what.dim};
    fk_plan step = s->plan;
    bench_run run = em_run_on(s, threads);
    if (still) {
        step.step += *still, step.n_steps = 1;
        run.plan = &step, run.start = &points;
    }
    return bench_end_square(&run, still ? POINTS : PILOT, mean_square, err);
}

static int square_by_lab(bench_em_subject *s, const size_t *still, double *mean_square,
                         fk_error *err)
{
    return square_on(s, s->threads, still, mean_square, err);
}

static int square_by_one_thread(bench_em_subject *s, const size_t *still, double *mean_square,
                                fk_error *err)
{
    return square_on(s, 1, still, mean_square, err);
}

static int square_by_steps(bench_em_subject *s, scalar_steps *steps, const size_t *still,
                           double *mean_square)
{
    double t[3];
    const size_t n = still ? POINTS : PILOT;
    const scalar_plan plan = still ? bench_scalar_still(&s->scalar, *still, t) : s->scalar;
    steps(&plan, 1, still ? s->points : NULL, n, s->x);
    *mean_square = bench_mean_square(s->x, n * s->what.dim);
    return FK_OK;
}

static int square_by_scalar(bench_em_subject *s, const size_t *still, double *mean_square,
                            fk_error *err)
{
    (void)err;
    return square_by_steps(s, bench_scalar_steps_portable, still, mean_square);
}

static int square_by_native(bench_em_subject *s, const size_t *still, double *mean_square,
                            fk_error *err)
{
    (void)err;
    return square_by_steps(s, FK_CHOOSE_KERNEL(bench_scalar_steps), still, mean_square);
}

static int square_by_openmp(bench_em_subject *s, const size_t *still, double *mean_square,
                            fk_error *err)
{
    const size_t n = still ? POINTS : PILOT, dim = s->what.dim, size = BENCH_BLOCK * dim;
    double t[3], start[BENCH_BLOCK * BENCH_MAX_DIM];
    const scalar_plan plan = still ? bench_scalar_still(&s->scalar, *still, t) : s->scalar;
    (void)err;
    for (size_t b = 0; b < n / BENCH_BLOCK; b++) {
        for (size_t i = 0; still && i < size; i++)
            start[i] = s->points[b * size + i % BENCH_BLOCK * dim + i / BENCH_BLOCK];
        FK_CHOOSE_KERNEL(bench_openmp)
        (&plan, b + 1, still ? start : NULL, BENCH_BLOCK, s->x + b * size);
    }
    *mean_square = bench_mean_square(s->x, n * dim);
    return FK_OK;
}

/* Of PILOT particles the mean square m2 of all coordinates has a standard error below 0.75 m2
 * sqrt(2/n) for a law of kurtosis below 3; six of them. Of points without noise rounding alone sets
 * contestants apart: logits up to some hundreds, each rounded, make some 1e-13. */
static int em_answer_by(em_square *square, bench_em_subject *s, bench_answer *out, fk_error *err)
{
    static const size_t still[BENCH_ANSWERS - 1] = {0, STEPS / 2, STEPS - 1};
    double m2;
    int status = square(s, NULL, &m2, err);
    if (status) return status;
    out[0] = (bench_answer){m2, 6 * 0.75 * m2 * sqrt(2.0 / PILOT)};
    for (size_t i = 1; i < BENCH_ANSWERS && status == FK_OK; i++) {
        status = square(s, &still[i - 1], &m2, err);
        out[i] = (bench_answer){m2, 5e-11 * m2};
    }
    return status;
}

#define ANSWER(who)                                                                                \
    static int em_answer_##who(void *subject, bench_answer *out, fk_error *err)                    \
    {                                                                                              \
        return em_answer_by(square_by_##who, subject, out, err);                                   \
    }
ANSWER(lab)
ANSWER(one_thread)
ANSWER(scalar)
ANSWER(native)
ANSWER(openmp)

/* --- the cases --- */

/* Other compilers, or other libraries, have the loops call scalar functions: a baseline that nobody
 * would take. */
static const char *em_missing_openmp(void *subject)
{
    (void)subject;
#if defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && defined(__x86_64__)
    return NULL;
#else
    return "it wants gcc and glibc's libmvec on x86-64";
#endif
}

static double em_limit(const void *subject, const fk_rates *r)
{
    const bench_em_subject *s = subject;
    return 1 / (bench_evaluation_seconds(s->mixture, r) + (double)s->what.dim / r->normals);
}

/* Enough particles that freezing the fields does not count. */
static const bench_contestant on_one_thread[] =
    {
        {"fokker", 16 * PILOT, em_run, em_answer_lab, NULL},
        {"scalar", 64, em_run_scalar, em_answer_scalar, NULL},
        {"native", 64, em_run_native, em_answer_native, NULL},
        {"openmp", PILOT, em_run_openmp, em_answer_openmp, em_missing_openmp},
        {.name = "numpy", .least = PILOT},
},
                              on_all[] = {
                                  {"fokker", 16 * PILOT, em_run, em_answer_lab, NULL},
                                  {"one-thread", 16 * PILOT, em_run_one_thread,
                                   em_answer_one_thread, NULL},
};

#define EM(title, about, d, n, f, all, who)                                                        \
    {                                                                                              \
        .name = title, .says = about, .unit = "particle-steps/s", .per = STEPS, .threaded = all,   \
        .contestant = who, .n_contestants = sizeof who / sizeof *who,                              \
        .setting = &(const bench_em_shape){d, n, f}, .open = em_open, .close = em_close,           \
        .peer = em_peer, .limit = em_limit                                                         \
    }
#define BOTH(title, about, d, n, f)                                                                \
    EM(title, about, d, n, f, false, on_one_thread),                                               \
        EM(title "-threads", about ", all threads", d, n, f, true, on_all)

static const bench_case row[] = {
    BOTH("em-d1k3", "Euler-Maruyama, 3 components in 1 dimension", 1, 3, false),
    BOTH("em-d2k8", "Euler-Maruyama, 8 components in 2 dimensions", 2, 8, false),
    BOTH("em-d2k64", "Euler-Maruyama, 64 components in 2 dimensions", 2, 64, false),
    BOTH("em-d16k16", "Euler-Maruyama, 16 components in 16 dimensions", 16, 16, false),
    BOTH("em-d16k16full", "Euler-Maruyama, 16 components in 16 dimensions, full covariances", 16,
         16, true),
};

const bench_set bench_em = {.row = row, .n = sizeof row / sizeof *row};

bench_case bench_em_alone(const bench_em_shape *shape, bool threaded)
{
    return (bench_case){.name = "em",
                        .unit = "particle-steps/s",
                        .per = STEPS,
                        .threaded = threaded,
                        .contestant = on_all,
                        .n_contestants = 1,
                        .setting = shape,
                        .open = em_open,
                        .close = em_close,
                        .limit = em_limit};
}
