/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integrator against a step-by-step recomputation, particle by particle, in long double. */
#include "core/integrate.h"

#include <string.h>

#include "core/stats.h"
#include "tests/suite.h"

enum { DIM = 3, STEPS = 6, STAGES = 2, NORMALS = 2, DEPTH = 3 };

/* A field that depends on both frozen numbers and couples the coordinates. */
static void freeze(const void *self, double s, double sigma, void *frozen)
{
    (void)self;
    ((double *)frozen)[0] = 0.37 * s, ((double *)frozen)[1] = 1.9 / (1 + sigma * sigma);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self;
    const double *f = frozen;
    for (size_t i = 0; i < x.dim; i++)
        for (size_t p = 0; p < x.n; p++) {
            double here = x.x[i * x.ld + p], next = x.x[(i + 1) % x.dim * x.ld + p];
            score.x[i * score.ld + p] = f[0] * next - f[1] * here / (1 + here * here);
        }
}

static const fk_field field = {
    .dim = DIM, .frozen_size = 2 * sizeof(double), .freeze = freeze, .eval = eval};

static const fk_key key = {2385, FK_STREAM_STEPS};
static const fk_key start_key = {2385, FK_STREAM_START};

static void start(const void *self, uint64_t first, fk_block x)
{
    (void)self;
    fk_random_normals(start_key, first, 0, x);
}

/* A made-up scheme with everything: a second stage that reads the first, two normals, outputs as a
 * general combination p Y + q score, a history that the first step cannot read yet and that both
 * stages enter every second step (Adams-Bashforth's weights 3/2, -1/2, disturbed). Numbers depend
 * on the step so that an index off by one shows. */
static void make_steps(fk_step *step)
{
    memset(step, 0, STEPS * sizeof *step);
    for (size_t n = 0; n < STEPS; n++) {
        fk_step *s = &step[n];
        double e = 0.01 * (double)n;
        s->stages = STAGES, s->normals = n == 3 ? 1 : NORMALS;
        s->history = n < DEPTH ? n : DEPTH; /* no more than was pushed */
        s->stage[0] = (fk_stage){
            .y = {.a = 1}, .s = 0.8 + e, .sigma = 0.6 - e, .q = 1, .push = n % 2 == 0 || n == 3};
        s->stage[1] = (fk_stage){.y = {.a = 0.93 + e, .b = {0.21}, .c = {0.11, 0.07}},
                                 .s = 0.81 + e,
                                 .sigma = 0.59 - e,
                                 .p = 0.31,
                                 .q = -0.47 + e,
                                 .push = n % 2 == 0};
        s->result = (fk_combination){
            .a = 0.97 - e, .b = {0.13 * 1.5, 0.29}, .c = {0.17, s->normals > 1 ? 0.23 + e : 0}};
        if (s->normals == 1) s->stage[1].y.c[1] = 0;
        for (size_t h = 0; h < s->history; h++) {
            s->result.d[h] = (double[]){-0.13 * 0.5, 0.19, -0.083}[h] + e;
            s->stage[1].y.d[h] = (double[]){0.05, -0.12, 0.071}[h];
        }
    }
}

typedef enum {
    RIGHT,
    EARLY_IN_FRONT,
    HISTORY_BACKWARDS,
    NORMALS_SWAPPED,
    LAST_STAGE_FIELD
} variant;

typedef struct {
    long double x[DIM], m[STAGES][DIM], h[DEPTH][DIM], z[NORMALS][DIM];
} scalar;

static long double combine(const scalar *w, const fk_combination *c, size_t stages, size_t history,
                           size_t i, variant v)
{
    long double sum = c->a * w->x[i];
    for (size_t j = 0; j < stages; j++) sum += c->b[j] * w->m[j][i];
    for (size_t l = 0; l < NORMALS; l++)
        sum += c->c[v == NORMALS_SWAPPED ? NORMALS - 1 - l : l] * w->z[l][i];
    for (size_t h = 0; h < history; h++)
        sum += c->d[v == HISTORY_BACKWARDS ? history - 1 - h : h] * w->h[h][i];
    return sum;
}

static void push(scalar *w, size_t stage)
{
    for (size_t h = DEPTH - 1; h > 0; h--) memcpy(w->h[h], w->h[h - 1], sizeof w->h[h]);
    memcpy(w->h[0], w->m[stage], sizeof w->h[0]);
}

/* One particle through all the steps; path (STEPS + 1, DIM). */
static void recompute(const fk_step *step, uint64_t id, variant v, double *path)
{
    scalar w = {0};
    double draws[NORMALS * DIM * FK_LANES];
    start(NULL, id, (fk_block){draws, FK_LANES, DIM, FK_LANES});
    for (size_t i = 0; i < DIM; i++) path[i] = (double)(w.x[i] = draws[i * FK_LANES]);
    for (size_t n = 0; n < STEPS; n++) {
        const fk_step *s = &step[n];
        fk_random_normals(key, id, n, (fk_block){draws, FK_LANES, NORMALS * DIM, FK_LANES});
        for (size_t m = 0; m < NORMALS * DIM; m++) w.z[m / DIM][m % DIM] = draws[m * FK_LANES];
        for (size_t k = 0; k < s->stages; k++) {
            const fk_stage *g = &s->stage[v == LAST_STAGE_FIELD ? s->stages - 1 : k];
            double f[2];
            long double y[DIM];
            freeze(NULL, g->s, g->sigma, f);
            for (size_t i = 0; i < DIM; i++)
                y[i] = combine(&w, &s->stage[k].y, k, s->history, i, v);
            for (size_t i = 0; i < DIM; i++)
                w.m[k][i] =
                    s->stage[k].p * y[i] +
                    s->stage[k].q * (f[0] * y[(i + 1) % DIM] - f[1] * y[i] / (1 + y[i] * y[i]));
        }
        long double next[DIM];
        for (size_t i = 0; i < DIM; i++)
            next[i] = combine(&w, &s->result, s->stages, s->history, i, v);
        memcpy(w.x, next, sizeof next);
        for (size_t k = 0; k < s->stages; k++) {
            size_t which = v == EARLY_IN_FRONT ? s->stages - 1 - k : k;
            if (s->stage[which].push) push(&w, which);
        }
        for (size_t i = 0; i < DIM; i++) path[(n + 1) * DIM + i] = (double)w.x[i];
    }
}

/* An observer that stores everything, and counts how often it sees each particle. */
typedef struct {
    size_t n;
    double *x;   /* (times, n, DIM) */
    int *visits; /* (times, n) */
    uint64_t total;
} record;

static void see(void *self, void *state, size_t j, uint64_t first, size_t count, fk_block x)
{
    record *r = self;
    *(uint64_t *)state += count;
    for (size_t p = 0; p < count; p++) {
        r->visits[j * r->n + first + p]++;
        for (size_t i = 0; i < DIM; i++) r->x[(j * r->n + first + p) * DIM + i] = x.x[i * x.ld + p];
    }
}

static void merge(const void *self, void *into, const void *state)
{
    (void)self;
    *(uint64_t *)into += *(const uint64_t *)state;
}

static fk_observer observer_of(record *r)
{
    return (fk_observer){
        .self = r, .see = see, .state_size = sizeof r->total, .total = &r->total, .merge = merge};
}

static record record_new(size_t times, size_t n)
{
    return (record){n, fk_alloc(times * n * DIM, sizeof(double)), fk_alloc(times * n, sizeof(int)),
                    0};
}

static void record_free(record *r)
{
    free(r->x), free(r->visits);
}

static const size_t all_times[STEPS + 1] = {0, 1, 2, 3, 4, 5, 6};

/* Particles first .. first+count-1 of what `r` has room for; count 0: all. */
static void run_part(const fk_step *step, size_t first, size_t count, size_t block, int threads,
                     record *r)
{
    fk_observer ob = observer_of(r);
    fk_error err = {0};
    fk_run how = {.step = step,
                  .n_steps = STEPS,
                  .field = &field,
                  .start = {NULL, start},
                  .noise = fk_noise_independent(&key, DIM),
                  .n = r->n,
                  .first = first,
                  .count = count,
                  .observe_at = all_times,
                  .n_observe = STEPS + 1,
                  .observer = &ob,
                  .n_observers = 1,
                  .block = block,
                  .threads = threads};
    ck_assert_msg(fk_integrate(&how, &err) == FK_OK, "%s", err.text);
}

static record run(const fk_step *step, size_t n, size_t block, int threads)
{
    record r = record_new(STEPS + 1, n);
    run_part(step, 0, 0, block, threads, &r);
    return r;
}

/* The largest |particle - recomputed| over all particles and times. */
static double gap(const fk_step *step, const record *r, variant v)
{
    double worst = 0;
    for (size_t p = 0; p < r->n; p++) {
        double path[(STEPS + 1) * DIM];
        recompute(step, p, v, path);
        for (size_t j = 0; j <= STEPS; j++)
            for (size_t i = 0; i < DIM; i++) {
                double d = fabs(r->x[(j * r->n + p) * DIM + i] - path[j * DIM + i]);
                worst = d <= worst ? worst : d;
            }
    }
    return worst;
}

START_TEST(steps_with_stages_normals_and_history_agree_with_a_recomputation)
{
    fk_step step[STEPS];
    make_steps(step);
    record r = run(step, 101, 0, 2);
    /* Values stay below 8, Lipschitz constants of a step near 1. A step rounds at most seven
     * products of a stage and eight of the result, each by 2^-53 of its partial sum, and the
     * field's own four: 20 * 8 * 2^-53 a step, but nearly all of them are far smaller than 8. */
    double bound = STEPS * 20 * 0x1p-53;
    for (size_t i = 0; i < (STEPS + 1) * 101 * DIM; i++) ck_assert(fabs(r.x[i]) < 8);
    ck_assert_double_le(gap(step, &r, RIGHT), bound);
    for (variant v = EARLY_IN_FRONT; v <= LAST_STAGE_FIELD; v++)
        ck_assert_double_gt(gap(step, &r, v), 1e9 * bound);
    record_free(&r);
}
END_TEST

START_TEST(threads_blocks_and_instruction_sets_leave_every_bit)
{
    enum { N = 777 };
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    static const size_t blocks[] = {1, 16, 17, 64, 500, 5000};
    fk_step step[STEPS];
    make_steps(step);
    record want = run(step, N, 0, 1);
    for (int k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            record r = run(step, N, blocks[b], 1 + (int)(b + (size_t)k) % 3);
            ck_assert(memcmp(r.x, want.x, (STEPS + 1) * N * DIM * sizeof *r.x) == 0);
            record_free(&r);
        }
    }
    unsetenv("FOKKER_ISA");
    record_free(&want);
}
END_TEST

START_TEST(a_run_in_parts_is_the_whole_run)
{
    enum { N = 777 };
    fk_step step[STEPS];
    make_steps(step);
    record want = run(step, N, 0, 1), got = record_new(STEPS + 1, N);
    const size_t cut[] = {0, 16, 64, 256, 272, 720, 736, N};
    for (size_t i = 0; i + 1 < sizeof cut / sizeof *cut; i++)
        run_part(step, cut[i], cut[i + 1] - cut[i], i % 2 ? 48 : 0, 1 + (int)i % 3, &got);
    ck_assert(memcmp(got.x, want.x, (STEPS + 1) * N * DIM * sizeof *got.x) == 0);
    for (size_t i = 0; i < (STEPS + 1) * N; i++) ck_assert_int_eq(got.visits[i], 1);
    ck_assert_uint_eq(got.total, want.total);
    record_free(&got);
    got = record_new(STEPS + 1, N); /* the control: a part that is left out */
    run_part(step, 16, 0, 0, 1, &got);
    ck_assert_int_eq(got.visits[15], 0);
    ck_assert_int_eq(got.visits[16], 1);
    ck_assert_uint_eq(got.total, (STEPS + 1) * (N - 16));
    record_free(&want), record_free(&got);
}
END_TEST

START_TEST(an_observer_sees_each_particle_exactly_once_a_time)
{
    enum { N = 333 };
    fk_step step[STEPS];
    make_steps(step);
    record r = run(step, N, 32, 2);
    for (size_t i = 0; i < (STEPS + 1) * N; i++) ck_assert_int_eq(r.visits[i], 1);
    ck_assert_uint_eq(r.total, (STEPS + 1) * N);
    record_free(&r);
}
END_TEST

START_TEST(a_fields_memory_budget_does_not_change_results)
{
    /* A field of 100 MB per noise level: too much to keep for every step. */
    fk_field large = field;
    large.frozen_size = 100 << 20;
    fk_step step[STEPS];
    make_steps(step);
    double *x = fk_alloc(DIM * 64, sizeof *x);
    record want = run(step, 64, 0, 1), got = record_new(STEPS + 1, 64);
    fk_observer ob = observer_of(&got);
    fk_error err;
    fk_run how = {.step = step,
                  .n_steps = STEPS,
                  .field = &large,
                  .start = {NULL, start},
                  .noise = fk_noise_independent(&key, DIM),
                  .n = 64,
                  .observe_at = all_times,
                  .n_observe = STEPS + 1,
                  .observer = &ob,
                  .n_observers = 1,
                  .threads = 1};
    ck_assert_int_eq(fk_integrate(&how, &err), FK_OK);
    ck_assert(memcmp(got.x, want.x, (STEPS + 1) * 64 * DIM * sizeof *got.x) == 0);
    record_free(&want), record_free(&got), free(x);
}
END_TEST

START_TEST(a_run_starts_from_given_points_and_a_given_history)
{
    enum { N = 19 };
    double x[N * DIM], history[2 * N * DIM];
    for (size_t i = 0; i < N * DIM; i++) x[i] = 0.1 * (double)i;
    for (size_t i = 0; i < 2 * N * DIM; i++) history[i] = 2.385 + 0.7 * (double)i;
    fk_step step = {.history = 2, .result = {.a = 0.5, .d = {2, -0.25}}};
    fk_points points = {x, N, DIM};
    record r = record_new(1, N);
    size_t at = 1;
    fk_observer ob = observer_of(&r);
    fk_error err;
    fk_run how = {.step = &step,
                  .n_steps = 1,
                  .field = &field,
                  .start = fk_source_points(&points),
                  .history = history,
                  .history_depth = 2,
                  .n = N,
                  .observe_at = &at,
                  .n_observe = 1,
                  .observer = &ob,
                  .n_observers = 1};
    ck_assert_int_eq(fk_integrate(&how, &err), FK_OK);
    for (size_t i = 0; i < N * DIM; i++) {
        double want = 0.5 * x[i] + 2 * history[i] - 0.25 * history[N * DIM + i];
        fk_assert_near(r.x[i], want, 1e-15 * fabs(want) + 1e-13);
    }
    record_free(&r);
}
END_TEST

START_TEST(the_lowest_particle_that_fails_is_named_with_its_step_for_any_block)
{
    enum { N = 300, STEPS_HERE = 5 };
    double x[N];
    for (size_t i = 0; i < N; i++) x[i] = 2.385;
    /* times 1e60 a step: infinite after steps 4, 2 and 1; all in one block, or each in its own */
    x[71] = 1e100, x[90] = 1e200, x[203] = 1e300;
    fk_field one = {.dim = 1};
    fk_step step[STEPS_HERE] = {0};
    for (int n = 0; n < STEPS_HERE; n++) step[n].result.a = 1e60;
    fk_points points = {x, N, 1};
    fk_run how = {.step = step,
                  .n_steps = STEPS_HERE,
                  .field = &one,
                  .start = fk_source_points(&points),
                  .n = N};
    static const size_t blocks[] = {16, 32, 48, 96, 0, 128, 304};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
        for (how.block = blocks[k], how.threads = 1; how.threads <= 3; how.threads++) {
            fk_error err = {0};
            ck_assert_int_eq(fk_integrate(&how, &err), FK_USAGE);
            ck_assert_msg(strstr(err.text, "particle 71 ") && strstr(err.text, "step 4 of 5"), "%s",
                          err.text);
        }
    how.n = 71; /* ids beyond n may do as they like */
    how.block = 128;
    fk_error err;
    ck_assert_int_eq(fk_integrate(&how, &err), FK_OK);
    x[3] = NAN;
    ck_assert_int_eq(fk_integrate(&how, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "particle 3 ") && strstr(err.text, "step 0 of 5"), "%s",
                  err.text);
}
END_TEST

FK_SUITE("integrate", steps_with_stages_normals_and_history_agree_with_a_recomputation,
         threads_blocks_and_instruction_sets_leave_every_bit, a_run_in_parts_is_the_whole_run,
         an_observer_sees_each_particle_exactly_once_a_time,
         a_fields_memory_budget_does_not_change_results,
         a_run_starts_from_given_points_and_a_given_history,
         the_lowest_particle_that_fails_is_named_with_its_step_for_any_block)
