/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of networks and trainings whose metadata say what cannot be: one line, with file and key,
 * before anything is made of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "learn/weights.h"
#include "tests/suite.h"

static char folder[] = "/tmp/fokker-check-metadata-XXXXXX";

static const char *file(const char *name)
{
    static char path[64]; /* of one test at a time */
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void draw(const void *self, uint64_t i, double *x)
{
    *x = *(const double *)self + (double)(i % 7);
}

static const double first = -2.385;

static fk_model_config model_of(fk_net_time time)
{
    fk_model_config c;
    fk_error err = {0};
    ck_assert_int_eq(fk_model_defaults("vp-linear", 1, 0.8, &c, &err), FK_OK);
    c.n_hidden = 1, c.hidden[0] = 8, c.time = time;
    ck_assert_int_eq(fk_model_set_range(&c, &err), FK_OK);
    return c;
}

/* "t" and "lambda": weights; "c": a checkpoint of a network that is told t, three steps on. */
static void write_files(void)
{
    fk_error err = {0};
    fk_train_config brief = fk_train_defaults();
    brief.steps = 20, brief.batch = 16, brief.warmup = 2;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int time = 0; time < FK_N_TIMES; time++) {
        const fk_model_config c = model_of((fk_net_time)time);
        fk_trainer *t;
        ck_assert_int_eq(fk_trainer_new(&c, &brief, (fk_data){&first, draw}, 1, &t, &err), FK_OK);
        while (t->step < 3) fk_trainer_step(t);
        ck_assert_int_eq(fk_weights_write_trained(file(fk_net_time_name(c.time)), t, NULL, &err),
                         FK_OK);
        if (time == FK_TIME_T) ck_assert_int_eq(fk_checkpoint_write(file("c"), t, NULL, &err), 0);
        fk_trainer_free(t);
    }
}

static void remove_files(void)
{
    const char *const name[] = {"t", "lambda", "c", "edited"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) unlink(file(name[i]));
    rmdir(folder);
}

/* The file `edited`: `name` with these metadata instead. */
static void edit(const char *name, const char *const pair[][2], size_t n)
{
    fk_tensors all;
    fk_error err = {0};
    ck_assert_int_eq(fk_tensors_read(file(name), &all, &err), FK_OK);
    for (size_t i = 0; i < n && pair[i][0]; i++)
        json_object_set_new(all.metadata, pair[i][0], json_string(pair[i][1]));
    if (*name == 'c') fk_checkpoint_seal(all.metadata, all.tensor, all.n);
    ck_assert_int_eq(fk_tensors_write(file("edited"), all.tensor, all.n, all.metadata, &err),
                     FK_OK);
    fk_tensors_free(&all);
}

static int read_weights(fk_error *err)
{
    fk_model *m;
    const int code = fk_weights_read(file("edited"), &m, err);
    fk_model_free(m);
    return code;
}

static int read_checkpoint(fk_error *err)
{
    fk_model_config m;
    fk_train_config c;
    json_t *more;
    const int code = fk_checkpoint_read(file("edited"), &m, &c, &more, err);
    json_decref(more);
    return code;
}

typedef struct {
    const char *pair[2][2]; /* key and value */
    const char *says;       /* NULL: it is read */
} change;

/* Each row in each of the files (NULL behind the last). */
static void try(const change *row, size_t n, const char *const *name)
{
    for (; *name; name++)
        for (size_t i = 0; i < n; i++) {
            fk_error err = {0};
            edit(*name, row[i].pair, 2);
            const int code = **name == 'c' ? read_checkpoint(&err) : read_weights(&err);
            const size_t length = strlen(file("edited"));
            const bool right =
                row[i].says ? code == FK_USAGE && strncmp(err.text, file("edited"), length) == 0 &&
                                  strstr(err.text, row[i].says) && !strchr(err.text, '\n')
                            : code == FK_OK;
            ck_assert_msg(right, "%s with %s %s: %d, %s", *name, row[i].pair[0][0],
                          row[i].pair[0][1], code, err.text);
        }
}

START_TEST(a_network_of_another_range_than_its_schedules_is_refused)
{
    static const char says[] = "metadata \"time_from\" and \"time_to\": on vp-linear they are ";
    static const change table[] = {
        {{{"time_from", "-5"}, {"time_to", "7"}}, says},
        {{{"time_from", "1"}, {"time_to", "0.0001"}}, says},
        {{{"time_from", "-1e308"}, {"time_to", "1e308"}}, says},
        {{{"time_from", "0.37"}}, says},
        {{{"time_to", "0.73"}}, says},
        {{{"schedule", "ve"}}, "metadata \"time_from\" and \"time_to\": on ve they are "},
        {{{"schedule", "nonsense"}}, "metadata \"schedule\": no schedule 'nonsense'"},
        {{{"schedule", "vp-linear:beta1=0"}}, "metadata \"schedule\": "},
        {{{"data_rms", "1e300"}}, "metadata \"data_rms\": "},
        {{{"data_rms", "1e-300"}}, "metadata \"data_rms\": "},
        {{{"data_rms", "0"}}, "metadata \"data_rms\": "},
        {{{"data_rms", "2.385e30"}}, NULL}};
    static const char *const name[] = {"t", "lambda", "c", NULL};
    write_files();
    try(table, sizeof table / sizeof *table, name);
    remove_files();
}
END_TEST

/* lambda comes from another machine's log: a few units in the last place are no other range, and a
 * t so little beyond the schedule's domain is never asked for. */
START_TEST(a_range_rounded_otherwise_is_the_schedules_own)
{
    write_files();
    for (int time = 0; time < FK_N_TIMES; time++) {
        const fk_model_config c = model_of((fk_net_time)time);
        for (int sign = -1; sign <= 1; sign++) {
            char from[32], to[32];
            fk_model *m;
            fk_error err = {0};
            snprintf(from, sizeof from, "%.17g", c.range[0] * (1 + sign * 1e-14));
            snprintf(to, sizeof to, "%.17g", c.range[1] * (1 - sign * 1e-14));
            edit(fk_net_time_name(c.time),
                 (const char *const[][2]){{"time_from", from}, {"time_to", to}}, 2);
            ck_assert_msg(fk_weights_read(file("edited"), &m, &err) == FK_OK, "%s", err.text);
            ck_assert_mem_eq(m->config.range, c.range, sizeof c.range);
            fk_model_free(m);
        }
    }
    remove_files();
}
END_TEST

START_TEST(a_training_of_numbers_that_make_no_sense_is_refused)
{
    static const change table[] = {{{{"rate_floor", "-7"}}, "rate_floor -7: "},
                                   {{{"rate_floor", "1.1"}}, "rate_floor 1.1: "},
                                   {{{"rate_floor", "1"}}, NULL},
                                   {{{"epsilon", "-1"}}, "epsilon -1: "},
                                   {{{"epsilon", "0"}}, "epsilon 0: "},
                                   {{{"epsilon", "1e-60"}}, "epsilon 1e-60: "},
                                   {{{"beta1", "1"}}, "beta1 1: "},
                                   {{{"beta1", "2"}}, "beta1 2: "},
                                   {{{"beta1", "-0.1"}}, "beta1 -0.1: "},
                                   {{{"beta1", "0"}, {"beta2", "0"}}, NULL},
                                   {{{"beta2", "1"}}, "beta2 1: "},
                                   {{{"beta2", "0.9999999999"}}, "beta2 1: "},
                                   {{{"rate", "-1"}}, "-rate -1: "},
                                   {{{"batch", "0"}}, "-batch 0: "},
                                   {{{"average", "1"}}, "-average 1: "},
                                   {{{"gamma", "nan"}}, "metadata \"gamma\": it is no number"}};
    write_files();
    try(table, sizeof table / sizeof *table, (const char *const[]){"c", NULL});
    remove_files();
}
END_TEST

START_TEST(a_negative_mean_square_of_a_gradient_is_refused)
{
    const fk_model_config model = model_of(FK_TIME_T);
    fk_train_config brief = fk_train_defaults();
    fk_trainer *t;
    fk_error err = {0};
    write_files();
    brief.steps = 20;
    ck_assert_int_eq(fk_trainer_new(&model, &brief, (fk_data){&first, draw}, 1, &t, &err), FK_OK);
    fk_trainer_step(t);
    for (int sign = -1; sign <= 1; sign++) {
        t->state.v[3] = 2.385e-4F * (float)sign;
        ck_assert_int_eq(fk_checkpoint_write(file("c"), t, NULL, &err), FK_OK);
        ck_assert_int_eq(fk_checkpoint_restore(file("c"), t, &err), sign < 0 ? FK_USAGE : FK_OK);
    }
    ck_assert_ptr_nonnull(strstr(err.text, "/c: tensor adam.v: it has a number below 0"));
    fk_trainer_free(t);
    remove_files();
}
END_TEST

FK_SUITE("metadata", a_training_of_numbers_that_make_no_sense_is_refused,
         a_negative_mean_square_of_a_gradient_is_refused,
         a_network_of_another_range_than_its_schedules_is_refused,
         a_range_rounded_otherwise_is_the_schedules_own)
