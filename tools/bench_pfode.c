/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_pfode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/marginal.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "tools/bench_mixture.h"
#include "tools/bench_peer.h"
#include "tools/bench_pfode_gsl.h"

enum { DIM = 2, K = 8, PILOT = 2048 };
#define TOLERANCE 1e-6

typedef struct {
    bool log_density;
    int threads;
    fk_mixture *mixture;
    fk_schedule schedule;
    double t[2];
    double start[PILOT * DIM]; /* of the exact marginal at t[0] */
    double end[PILOT * DIM];   /* by rk8pd at 1e-13 */
    double change[PILOT];      /* of log p, by the same */
    double evaluations;        /* of a particle by dopri5 at TOLERANCE, steps that failed too */
    bench_peer *peer;          /* or NULL */
} pfode;

/* Room for n particles; PILOT starts again and again. */
static double *starts(const pfode *s, size_t n)
{
    double *x = fk_alloc(2 * n * DIM, sizeof *x);
    for (size_t p = 0; p < n; p++) memcpy(x + p * DIM, s->start + p % PILOT * DIM, DIM * sizeof *x);
    return x;
}

/* From row 0 of x (2, n, DIM) to row 1; change (2, n); evaluations: of all particles. */
static int solve(const pfode *s, const fk_scheme *scheme, double tolerance, int threads, size_t n,
                 double *x, double *change, double *seconds, size_t *evaluations, fk_error *err)
{
    const fk_field field = fk_mixture_field(s->mixture);
    fk_adaptive_options option = {.rtol = tolerance,
                                  .atol = tolerance,
                                  .threads = threads,
                                  .log_change = s->log_density ? change : NULL};
    const double begin = bench_seconds(threads);
    int status = fk_adaptive_solve(scheme, &s->schedule, &field, s->t, 2, n, x, &option, err);
    *seconds = bench_seconds(threads) - begin;
    *evaluations = option.evaluations;
    return status;
}

/* --- the contestants: n particles, from where they start to x (n, DIM) and change (n) --- */

typedef int solver(const pfode *, size_t n, double *x, double *change, double *seconds,
                   fk_error *err);

static int by(const pfode *s, const fk_scheme *scheme, size_t n, double *x, double *change,
              double *seconds, fk_error *err)
{
    size_t evaluations;
    double *path = starts(s, n), *log_p = fk_alloc(2 * n, sizeof *log_p);
    int status =
        solve(s, scheme, TOLERANCE, s->threads, n, path, log_p, seconds, &evaluations, err);
    memcpy(x, path + n * DIM, n * DIM * sizeof *x);
    memcpy(change, log_p + n, n * sizeof *change);
    free(log_p), free(path);
    return status;
}

static int by_dopri5(const pfode *s, size_t n, double *x, double *change, double *seconds,
                     fk_error *err)
{
    return by(s, &fk_dopri5, n, x, change, seconds, err);
}

static int by_rk45(const pfode *s, size_t n, double *x, double *change, double *seconds,
                   fk_error *err)
{
    return by(s, &fk_rk45, n, x, change, seconds, err);
}

static int by_gsl(const pfode *s, size_t n, double *x, double *change, double *seconds,
                  fk_error *err)
{
    for (size_t p = 0; p < n; p++) memcpy(x + p * DIM, s->start + p % PILOT * DIM, DIM * sizeof *x);
    const double begin = bench_seconds(1);
    int status = bench_pfode_gsl(s->mixture, &s->schedule, s->t, TOLERANCE, n, x,
                                 s->log_density ? change : NULL, err);
    *seconds = bench_seconds(1) - begin;
    return status;
}

static int turn(const pfode *s, solver *solve_by, size_t n, double *seconds, fk_error *err)
{
    double *x = fk_alloc(n * DIM, sizeof *x), *change = fk_alloc(n, sizeof *change);
    int status = solve_by(s, n, x, change, seconds, err);
    free(change), free(x);
    return status;
}

/* The mean error against the reference, of x or, where it is asked for, of the log-density. At 1e-6
 * a step some twenty of them leave below 1e-5. */
static int answer(const pfode *s, solver *solve_by, bench_answer *out, fk_error *err)
{
    double x[PILOT * DIM], change[PILOT] = {0}, seconds, sum = 0;
    int status = solve_by(s, PILOT, x, change, &seconds, err);
    for (size_t p = 0; p < PILOT; p++)
        sum += s->log_density
                   ? fabs(change[p] - s->change[p])
                   : hypot(x[p * DIM] - s->end[p * DIM], x[p * DIM + 1] - s->end[p * DIM + 1]);
    *out = (bench_answer){sum / PILOT, 5e-6};
    return status;
}

#define CONTESTANT(name)                                                                           \
    static int run_##name(void *s, size_t n, double *seconds, fk_error *err)                       \
    {                                                                                              \
        return turn(s, name, n, seconds, err);                                                     \
    }                                                                                              \
    static int answer_##name(void *s, bench_answer *out, fk_error *err)                            \
    {                                                                                              \
        return answer(s, name, out, err);                                                          \
    }
CONTESTANT(by_dopri5)
CONTESTANT(by_rk45)
CONTESTANT(by_gsl)

/* --- the cases --- */

static bench_peer *pfode_peer(const void *subject)
{
    return ((const pfode *)subject)->peer;
}

static void pfode_close(void *subject)
{
    pfode *s = subject;
    bench_peer_close(s->peer);
    fk_mixture_free(s->mixture);
    free(s);
}

/* The script is told the mixture, the schedule, and the starts with their ends. */
static bench_peer *pfode_script(const pfode *s)
{
    const fk_mixture *m = s->mixture;
    const double shape[] = {
        K,         PILOT,    s->schedule.param[0], s->schedule.param[1], s->t[0], s->t[1],
        TOLERANCE, m->var[0]};
    bench_peer *peer = bench_peer_open("bench_pfode", 1);
    bench_peer_send(peer, shape, sizeof shape / sizeof *shape);
    bench_peer_send(peer, m->weight, K);
    bench_peer_send(peer, m->mean, K * DIM);
    bench_peer_send(peer, s->start, PILOT * DIM);
    bench_peer_send(peer, s->end, PILOT * DIM);
    return peer;
}

/* Starts, their ends by the reference, and what dopri5 takes to get there. */
static int pfode_reference(pfode *s, fk_error *err)
{
    const fk_coeffs at = fk_schedule_at(&s->schedule, s->t[0]);
    const fk_marginal_start start = {s->mixture, at.s, at.sigma, 2385};
    const fk_source from = fk_source_marginal(&start);
    double *x = fk_alloc(DIM * PILOT, sizeof *x); /* (DIM, PILOT) */
    from.fill(from.self, 0, (fk_block){x, PILOT, DIM, PILOT});
    for (size_t i = 0; i < DIM * PILOT; i++) s->start[i % PILOT * DIM + i / PILOT] = x[i];
    free(x);
    double *path = starts(s, PILOT), change[2 * PILOT] = {0}, seconds;
    size_t evaluations;
    int status = solve(s, &fk_rk8pd, 1e-13, 0, PILOT, path, change, &seconds, &evaluations, err);
    memcpy(s->end, path + PILOT * DIM, sizeof s->end);
    memcpy(s->change, change + PILOT, sizeof s->change);
    if (status == FK_OK)
        status =
            solve(s, &fk_dopri5, TOLERANCE, 0, PILOT, path, change, &seconds, &evaluations, err);
    s->evaluations = (double)evaluations / PILOT;
    free(path);
    return status;
}

static int pfode_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    pfode *s = fk_alloc(1, sizeof *s);
    s->log_density = what->setting != NULL;
    s->threads = threads;
    int status = bench_mixture(DIM, K, false, &s->mixture, err);
    if (status == FK_OK) status = fk_schedule_parse("vp-linear", &s->schedule, err);
    s->t[s->log_density] = s->schedule.t_max;
    s->t[!s->log_density] = s->schedule.t_min;
    if (status == FK_OK) status = pfode_reference(s, err);
    if (status == FK_OK && !s->log_density) s->peer = pfode_script(s);
    if (status == FK_OK)
        *subject = s;
    else
        pfode_close(s);
    return status;
}

static double pfode_limit(const void *subject, const fk_rates *r)
{
    const pfode *s = subject;
    return 1 / (s->evaluations * bench_evaluation_seconds(s->mixture, r));
}

static const bench_contestant one_way[] =
    {
        {"fokker", PILOT, run_by_dopri5, answer_by_dopri5, NULL},
        {"gsl-rkf45", 16, run_by_gsl, answer_by_gsl, NULL},
        {"rk45", 16, run_by_rk45, answer_by_rk45, NULL},
        {.name = "scipy", .least = 512},
},
                              with_density[] = {
                                  {"fokker", PILOT, run_by_dopri5, answer_by_dopri5, NULL},
                                  {"gsl-rkf45", 16, run_by_gsl, answer_by_gsl, NULL},
                                  {"rk45", 16, run_by_rk45, answer_by_rk45, NULL},
};

static const bench_case row[] = {
    {.name = "pfode-d2k8",
     .says = "probability-flow ODE by adaptive steps at 1e-6, 8 components in 2 dimensions",
     .unit = "particles/s",
     .per = 1,
     .contestant = one_way,
     .n_contestants = sizeof one_way / sizeof *one_way,
     .open = pfode_open,
     .close = pfode_close,
     .peer = pfode_peer,
     .limit = pfode_limit},
    {.name = "pfode-log-d2k8",
     .says = "log-likelihoods by the same",
     .unit = "points/s",
     .per = 1,
     .contestant = with_density,
     .n_contestants = sizeof with_density / sizeof *with_density,
     .setting = "log",
     .open = pfode_open,
     .close = pfode_close},
};

const bench_set bench_pfode = {.row = row, .n = sizeof row / sizeof *row};
