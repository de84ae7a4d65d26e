/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_em.h"

#include <stdlib.h>
#include <string.h>

#include "core/observe.h"
#include "tools/bench_mixture.h"
#include "tools/bench_openmp.h"
#include "tools/bench_peer.h"
#include "tools/bench_run.h"

enum { STEPS = 100, PILOT = 4096 };

/* A case made ready: its mixture, and the plan for the lab and for the baselines. */
typedef struct {
    bench_em_shape what;
    int threads;
    fk_mixture *mixture;
    fk_plan plan;
    scalar_plan scalar;
    bench_peer *peer; /* NULL where the case has no baseline in Python */
    double *x;        /* (PILOT, dim): ends */
} em_subject;

/* The script is told all that depends on time alone, as the scalar program is. */
static bench_peer *em_peer(const em_subject *s)
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
    return peer;
}

static void em_close(void *subject)
{
    em_subject *s = subject;
    bench_peer_close(s->peer);
    bench_scalar_free(&s->scalar);
    fk_plan_free(&s->plan);
    fk_mixture_free(s->mixture);
    free(s->x);
    free(s);
}

static int em_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    em_subject *s = fk_alloc(1, sizeof *s);
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
    if (what->n_contestants > 2) s->peer = em_peer(s);
    s->x = fk_alloc(PILOT * s->what.dim, sizeof *s->x);
    *subject = s;
    return FK_OK;
}

/* The observer (or NULL) sees the end. */
static int integrate(const em_subject *s, int threads, size_t n, const fk_observer *observer,
                     double *seconds, fk_error *err)
{
    const bench_run run = {.mixture = s->mixture,
                           .plan = &s->plan,
                           .observer = observer,
                           .n_observers = observer ? 1 : 0,
                           .threads = threads,
                           .clock = s->threads};
    return bench_integrate(&run, n, seconds, err);
}

static int em_run(void *subject, size_t n, double *seconds, fk_error *err)
{
    const em_subject *s = subject;
    return integrate(s, s->threads, n, NULL, seconds, err);
}

static int em_run_one_thread(void *subject, size_t n, double *seconds, fk_error *err)
{
    return integrate(subject, 1, n, NULL, seconds, err);
}

typedef void scalar_steps(const scalar_plan *, unsigned long seed, size_t n, double *x);

static int by_scalar(const em_subject *s, scalar_steps *steps, size_t n, double *seconds)
{
    double begin = bench_seconds(1);
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < PILOT ? n - done : PILOT;
        steps(&s->scalar, done + 1, part, s->x);
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
    const em_subject *s = subject;
    (void)err;
    double begin = bench_seconds(1);
    FK_CHOOSE_KERNEL(bench_openmp)(&s->scalar, 1, n, s->x);
    *seconds = bench_seconds(1) - begin;
    return FK_OK;
}

static int em_run_numpy(void *subject, size_t n, double *seconds, fk_error *err)
{
    return bench_peer_run(((em_subject *)subject)->peer, "numpy", n, seconds, err);
}

/* The mean square m2 of all coordinates at the end, PILOT particles: its standard error is below
 * 0.75 m2 sqrt(2/n) for a law of kurtosis below 3; six of them. */
static bench_answer mean_square(const em_subject *s)
{
    double m2 = 0;
    for (size_t i = 0; i < PILOT * s->what.dim; i++) m2 += s->x[i] * s->x[i];
    m2 /= (double)(PILOT * s->what.dim);
    return (bench_answer){m2, 6 * 0.75 * m2 * sqrt(2.0 / PILOT)};
}

static int em_answer_on(em_subject *s, int threads, bench_answer *answer, fk_error *err)
{
    double seconds;
    fk_snapshots *end = fk_snapshots_new(1, PILOT, s->what.dim);
    const fk_observer observer = fk_observe_snapshots(end);
    int status = integrate(s, threads, PILOT, &observer, &seconds, err);
    memcpy(s->x, end->x, PILOT * s->what.dim * sizeof *s->x);
    fk_snapshots_free(end);
    *answer = mean_square(s);
    return status;
}

static int em_answer(void *subject, bench_answer *answer, fk_error *err)
{
    return em_answer_on(subject, ((em_subject *)subject)->threads, answer, err);
}

static int em_answer_one_thread(void *subject, bench_answer *answer, fk_error *err)
{
    return em_answer_on(subject, 1, answer, err);
}

static int em_answer_scalar(void *subject, bench_answer *answer, fk_error *err)
{
    em_subject *s = subject;
    (void)err;
    bench_scalar_steps_portable(&s->scalar, 1, PILOT, s->x);
    *answer = mean_square(s);
    return FK_OK;
}

static int em_answer_native(void *subject, bench_answer *answer, fk_error *err)
{
    em_subject *s = subject;
    (void)err;
    FK_CHOOSE_KERNEL(bench_scalar_steps)(&s->scalar, 1, PILOT, s->x);
    *answer = mean_square(s);
    return FK_OK;
}

static int em_answer_openmp(void *subject, bench_answer *answer, fk_error *err)
{
    em_subject *s = subject;
    (void)err;
    for (size_t i = 0; i < PILOT / BENCH_BLOCK; i++) FK_CHOOSE_KERNEL(bench_openmp)
    (&s->scalar, i + 1, BENCH_BLOCK, s->x + i * BENCH_BLOCK * s->what.dim);
    *answer = mean_square(s);
    return FK_OK;
}

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

static int em_answer_numpy(void *subject, bench_answer *answer, fk_error *err)
{
    return bench_peer_answer(((em_subject *)subject)->peer, "numpy", answer, err);
}

static const char *em_missing_numpy(void *subject)
{
    return bench_peer_missing(((em_subject *)subject)->peer, "numpy");
}

static double em_limit(const void *subject, const fk_rates *r)
{
    const em_subject *s = subject;
    return 1 / (bench_evaluation_seconds(s->mixture, r) + (double)s->what.dim / r->normals);
}

/* Enough particles that freezing the fields does not count. */
static const bench_contestant on_one_thread[] =
    {
        {"fokker", 4 * PILOT, em_run, em_answer, NULL},
        {"scalar", 64, em_run_scalar, em_answer_scalar, NULL},
        {"native", 64, em_run_native, em_answer_native, NULL},
        {"openmp", PILOT, em_run_openmp, em_answer_openmp, em_missing_openmp},
        {"numpy", PILOT, em_run_numpy, em_answer_numpy, em_missing_numpy},
},
                              on_all[] = {
                                  {"fokker", 4 * PILOT, em_run, em_answer, NULL},
                                  {"one-thread", 4 * PILOT, em_run_one_thread, em_answer_one_thread,
                                   NULL},
};

#define EM(title, about, d, n, f, all, who)                                                        \
    {                                                                                              \
        .name = title, .says = about, .unit = "particle-steps/s", .per = STEPS, .threaded = all,   \
        .contestant = who, .n_contestants = sizeof who / sizeof *who,                              \
        .setting = &(const bench_em_shape){d, n, f}, .open = em_open, .close = em_close,           \
        .limit = em_limit                                                                          \
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
