/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_schemes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/certificate.h"
#include "registry.h"
#include "tools/bench_mixture.h"
#include "tools/bench_run.h"

enum { DIM = 2, K = 8, STEPS = 100, PILOT = 4096 };

/* A case made ready. */
typedef struct {
    fk_mixture *mixture;
    fk_plan plan;
    double evaluations, normals; /* a step, on the average */
} scheme_subject;

/* Normals of a step that any combination wants. */
static size_t normals_of(const fk_step *s)
{
    size_t count = 0;
    for (size_t l = 0; l < s->normals; l++) {
        bool used = s->result.c[l] != 0;
        for (size_t i = 0; i < s->stages; i++) used = used || s->stage[i].y.c[l] != 0;
        count += used;
    }
    return count;
}

static void scheme_close(void *subject)
{
    scheme_subject *s = subject;
    fk_plan_free(&s->plan);
    fk_mixture_free(s->mixture);
    free(s);
}

static int scheme_open(const bench_case *what, int threads, void **subject, fk_error *err)
{
    (void)threads;
    scheme_subject *s = fk_alloc(1, sizeof *s);
    int status = bench_mixture(DIM, K, false, &s->mixture, err);
    if (status == FK_OK) status = bench_plan(what->setting, STEPS, s->mixture, &s->plan, err);
    if (status) {
        scheme_close(s);
        return status;
    }
    for (size_t n = 0; n < STEPS; n++) s->normals += (double)normals_of(&s->plan.step[n]) / STEPS;
    s->evaluations = (double)s->plan.evaluations / STEPS;
    *subject = s;
    return FK_OK;
}

static bench_run run_of(const scheme_subject *s)
{
    return (bench_run){.mixture = s->mixture, .plan = &s->plan, .threads = 1, .clock = 1};
}

static int scheme_run(void *subject, size_t n, double *seconds, fk_error *err)
{
    const bench_run run = run_of(subject);
    return bench_integrate(&run, n, seconds, err);
}

/* Nobody else computes it; that it is a number is all that is asked. */
static int scheme_answer(void *subject, bench_answer *answer, fk_error *err)
{
    const bench_run run = run_of(subject);
    return bench_end_square(&run, PILOT, &answer->value, err);
}

static double scheme_limit(const void *subject, const fk_rates *r)
{
    const scheme_subject *s = subject;
    return 1 / (s->evaluations * bench_evaluation_seconds(s->mixture, r) +
                s->normals * DIM / r->normals);
}

static const bench_contestant alone[] = {{"fokker", 4 * PILOT, scheme_run, scheme_answer, NULL}};

/* schemes-SPEC, whose tail is the spec. */
static void add(bench_case *row, size_t *n, const char *spec)
{
    static const char prefix[] = "schemes-";
    char *name = fk_alloc(sizeof prefix + strlen(spec), 1);
    sprintf(name, "%s%s", prefix, spec);
    row[(*n)++] = (bench_case){.name = name,
                               .unit = "particle-steps/s",
                               .per = STEPS,
                               .contestant = alone,
                               .n_contestants = 1,
                               .setting = name + sizeof prefix - 1,
                               .open = scheme_open,
                               .close = scheme_close,
                               .limit = scheme_limit};
}

bench_set bench_schemes_new(void)
{
    const fk_listing *schemes = fk_registry;
    while (strcmp(schemes->name, "schemes") != 0) schemes++;
    bench_case *row = fk_alloc(schemes->count() + fk_n_lab_claims, sizeof *row);
    size_t n = 0;
    for (size_t i = 0; i < schemes->count(); i++) {
        const fk_scheme *scheme = fk_registry_scheme(i);
        if (!scheme->adaptive) add(row, &n, scheme->row.name);
    }
    for (size_t i = 0; i < fk_n_lab_claims; i++) add(row, &n, fk_lab_claims[i].spec);
    return (bench_set){row, n, true};
}

void bench_schemes_free(bench_set *set)
{
    for (size_t i = 0; i < set->n; i++) free((char *)(uintptr_t)set->row[i].name);
    free((bench_case *)(uintptr_t)set->row);
}
