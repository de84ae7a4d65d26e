/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: cases, each one piece of work that several contestants do, the lab and the
 * baselines that it is held against. A provider (bench_em, ..) offers a set of cases; bench_race
 * runs them all in the same way. */
#ifndef FK_TOOLS_BENCH_H
#define FK_TOOLS_BENCH_H

#include "core/cli.h"
#include "core/error.h"
#include "core/rates.h"

/* How long to measure. */
typedef struct {
    int threads;   /* of the cases that are threaded */
    size_t rounds; /* turns of each contestant */
    double turn;   /* seconds that one takes, about */
} bench_effort;

enum { BENCH_MAX_CONTESTANTS = 8, BENCH_ANSWERS = 4 };

/* What a contestant has computed, as a few numbers, and how far from the truth each may be: two of
 * them did the same work if no number differs by more than both errors together. */
typedef struct {
    double value, error;
} bench_answer;

/* The functions get the subject that the case's open() made. */
typedef struct {
    const char *name; /* a key of "ratios"; the first contestant is the lab itself, and one without
                         run() is the script's of that name (the case's peer) */
    size_t least;     /* the smallest amount of a turn: so much that beginning it does not count */
    /* Do `amount` units of work (particles, calls, ..): the seconds, by bench_seconds. */
    int (*run)(void *subject, size_t amount, double *seconds, fk_error *);
    int (*answer)(void *subject, bench_answer *,
                  fk_error *); /* (BENCH_ANSWERS), zeros as they come */
    /* Why this machine cannot run it ("no module named numpy"), or NULL. NULL: it always can. */
    const char *(*missing)(void *subject);
} bench_contestant;

typedef struct bench_case {
    const char *name;
    const char *says; /* what is done, in a few words */
    const char *unit; /* of a rate: "particle-steps/s" */
    double per;       /* how many of them make one unit of work */
    bool threaded;    /* on all the threads that the user allows; else on one */
    const bench_contestant *contestant;
    size_t n_contestants;
    const void *setting; /* the provider's own */
    /* Make ready for so many threads; `subject` is freed by close(). */
    int (*open)(const struct bench_case *, int threads, void **subject, fk_error *);
    void (*close)(void *subject);
    struct bench_peer *(*peer)(const void *subject); /* NULL: no contestants in Python */
    /* The rate that the machine could reach at most, whose rates these are; NULL: unknown. */
    double (*limit)(const void *subject, const fk_rates *);
} bench_case;

typedef struct {
    const bench_case *row;
    size_t n;
    bool ranked; /* printed when all have run: those that fall shortest of their limits first */
} bench_set;

/* The clock of all turns. On one thread its processor time: what others do on this machine in the
 * meantime is no part of it; with more, the time of day. */
double bench_seconds(int threads);

#endif
