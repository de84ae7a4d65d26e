/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs in parts; tests/resume.py kills them. */
#include "core/resumable.h"

#include <time.h>
#include <unistd.h>

#include "core/observe.h"
#include "tests/suite.h"

static size_t frozen_at;

/* Each time takes 50 ms: all steps of a part twice as long as a part is to take. */
static void freeze(const void *self, double s, double sigma, void *frozen)
{
    (void)self, (void)s, (void)sigma, (void)frozen;
    nanosleep(&(struct timespec){0, 50000000}, NULL);
#pragma omp atomic
    frozen_at++;
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self, (void)frozen;
    for (size_t p = 0; p < x.n; p++) score.x[p] = -x.x[p];
}

static void start(const void *self, uint64_t first, fk_block x)
{
    (void)self;
    for (size_t p = 0; p < x.n; p++) x.x[p] = 1e-3 * (double)(first + p);
}

START_TEST(parts_are_few_where_it_takes_long_to_begin_one)
{
    enum { STEPS = 4, N = 60000 };
    fk_step step[STEPS] = {0};
    for (size_t n = 0; n < STEPS; n++) {
        step[n].stages = 1;
        step[n].stage[0] = (fk_stage){.y.a = 1, .s = 1, .sigma = 0.5 + 0.1 * (double)n, .q = 1};
        step[n].result = (fk_combination){.a = 1, .b = {0.1}};
    }
    const fk_field field = {.dim = 1, .frozen_size = 8, .freeze = freeze, .eval = eval};
    const size_t at_end = STEPS;
    fk_snapshots *ends = fk_snapshots_new(1, N, 1);
    const fk_observer see = fk_observe_snapshots(ends);
    const fk_run run = {.step = step,
                        .n_steps = STEPS,
                        .field = &field,
                        .start = {NULL, start},
                        .n = N,
                        .observe_at = &at_end,
                        .n_observe = 1,
                        .observer = &see,
                        .n_observers = 1,
                        .threads = 1};
    char path[] = "/tmp/fokker-resumable-XXXXXX";
    const int file = mkstemp(path);
    ck_assert(file >= 0);
    close(file), unlink(path);
    fk_error err;
    ck_assert_int_eq(fk_resumable_run(&run, path, "a test", &err), FK_OK);
    fk_resumable_end(path);
    double worst = 0;
    for (size_t p = 0; p < N; p++)
        worst = fk_worse(worst, fabs(ends->x[p] - 1e-3 * (double)p * 0.6561));
    ck_assert(worst < 1e-13 * 60);
    /* 16, 4096 and 16 times that, at least: three parts; a fourth where the machine was slow */
    ck_assert_uint_le(frozen_at, 4 * STEPS);
    fk_snapshots_free(ends);
}
END_TEST

FK_SUITE("resumable", parts_are_few_where_it_takes_long_to_begin_one)
