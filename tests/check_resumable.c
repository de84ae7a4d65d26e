/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs in parts; tests/resume.py kills them. */
#include "core/resumable.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* self: minus the slope, a number */
static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)frozen;
    for (size_t p = 0; p < x.n; p++) score.x[p] = -*(const double *)self * x.x[p];
}

static void start(const void *self, uint64_t first, fk_block x)
{
    (void)self;
    for (size_t p = 0; p < x.n; p++) x.x[p] = 1e-3 * (double)(first + p);
}

enum { STEPS = 4, N = 60000 };
static const size_t at_end = STEPS;
static const char *const path = "check_resumable.run";

typedef struct {
    fk_step step[STEPS];
    double slope;
    fk_field field;
    fk_snapshots *ends;
    fk_observer see;
    fk_run run;
} setting;

static setting *setting_new(void)
{
    setting *s = fk_alloc(1, sizeof *s);
    for (size_t n = 0; n < STEPS; n++) {
        s->step[n].stages = 1;
        s->step[n].stage[0] = (fk_stage){.y.a = 1, .s = 1, .sigma = 0.5 + 0.1 * (double)n, .q = 1};
        s->step[n].result = (fk_combination){.a = 1, .b = {0.1}};
    }
    s->slope = 1;
    s->field =
        (fk_field){.self = &s->slope, .dim = 1, .frozen_size = 8, .freeze = freeze, .eval = eval};
    s->ends = fk_snapshots_new(1, N, 1);
    s->see = fk_observe_snapshots(s->ends);
    s->run = (fk_run){.step = s->step,
                      .n_steps = STEPS,
                      .field = &s->field,
                      .start = {NULL, start},
                      .n = N,
                      .observe_at = &at_end,
                      .n_observe = 1,
                      .observer = &s->see,
                      .n_observers = 1,
                      .threads = 1};
    frozen_at = 0;
    return s;
}

static void setting_free(setting *s)
{
    fk_snapshots_free(s->ends);
    free(s);
}

static void into_new_folder(void)
{
    char folder[] = "/tmp/fokker-resumable-XXXXXX";
    ck_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void leave_folder(void)
{
    char here[4096];
    fk_resumable_end(path);
    ck_assert(getcwd(here, sizeof here) && chdir("/") == 0 && rmdir(here) == 0);
}

static void assert_right(const setting *s)
{
    double worst = 0;
    for (size_t p = 0; p < N; p++)
        worst = fk_worse(worst, fabs(s->ends->x[p] - 1e-3 * (double)p * 0.6561));
    ck_assert(worst < 1e-13 * 60);
}

START_TEST(parts_are_few_where_it_takes_long_to_begin_one)
{
    setting *s = setting_new();
    fk_error err;
    into_new_folder();
    ck_assert_int_eq(fk_resumable_run(&s->run, path, "a test", &err), FK_OK);
    assert_right(s);
    /* 16, 4096 and 16 times that, at least: three parts; a fourth where the machine was slow */
    ck_assert_uint_le(frozen_at, 4 * STEPS);
    leave_folder();
    setting_free(s);
}
END_TEST

/* What a file says: its bytes, and when it was written. */
typedef struct {
    char bytes[1 << 20];
    size_t size;
    struct stat st;
} content;

static content *content_of_file(void)
{
    content *c = fk_alloc(1, sizeof *c);
    FILE *file = fopen(path, "rb");
    ck_assert(file && stat(path, &c->st) == 0);
    c->size = fread(c->bytes, 1, sizeof c->bytes, file);
    ck_assert(c->size > 0 && c->size < sizeof c->bytes);
    fclose(file);
    return c;
}

static void start_elsewhere(const void *self, uint64_t first, fk_block x)
{
    start(self, first, x);
    for (size_t p = 0; p < x.n; p++)
        if (first + p == 13) x.x[p] *= 1 + 0x1p-40;
}

/* What the run computes changes in its last bits, and no word that describes it: in the field, a
 * step or the start; then what is seen of it. The run as it was goes on, and changes nothing. */
START_TEST(a_file_of_a_build_that_makes_other_numbers_is_refused)
{
    setting *s = setting_new();
    fk_error err;
    into_new_folder();
    s->run.n = 5000; /* a part; 0.6 s with its beginning and the sample: kept, and done */
    ck_assert_int_eq(fk_resumable_run(&s->run, path, "a test", &err), FK_OK);
    content *before = content_of_file();
    const double lo = 0, hi = 10;
    for (int wrong = 0; wrong < 5; wrong++) {
        setting *other = setting_new();
        fk_histogram *h = fk_histogram_new(1, 7, 0, &lo, &hi);
        const fk_observer count = fk_observe_histogram(h);
        other->run.n = s->run.n;
        if (wrong == 1) other->slope = 1 + 0x1p-40;
        if (wrong == 2) other->step[3].result.a = 1 - 0x1p-53;
        if (wrong == 3) other->run.start.fill = start_elsewhere;
        if (wrong == 4) other->run.observer = &count;
        err.code = FK_OK;
        const int status = fk_resumable_run(&other->run, path, "a test", &err);
        if (wrong) {
            ck_assert_msg(status == FK_USAGE, "%d", wrong);
            ck_assert_msg(strstr(err.text, "other numbers") && !strchr(err.text, '\n'), "%s",
                          err.text);
        } else {
            ck_assert_int_eq(status, FK_OK);
            ck_assert(memcmp(other->ends->x, s->ends->x, s->run.n * sizeof(double)) == 0);
        }
        content *after = content_of_file();
        ck_assert(after->size == before->size && after->st.st_ino == before->st.st_ino &&
                  memcmp(after->bytes, before->bytes, after->size) == 0);
        free(after);
        fk_histogram_free(h);
        setting_free(other);
    }
    leave_folder();
    free(before);
    setting_free(s);
}
END_TEST

FK_SUITE("resumable", parts_are_few_where_it_takes_long_to_begin_one,
         a_file_of_a_build_that_makes_other_numbers_is_refused)
