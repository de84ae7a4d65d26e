/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "tests/suite.h"

static char folder[64];

/* A folder with a quote in its name, which is also where the script lies. */
static void put_script(const char *text)
{
    snprintf(folder, sizeof folder, "/tmp/fokker's-%ld", (long)getpid());
    fk_error err;
    ck_assert_int_eq(fk_make_folder(folder, &err), FK_OK);
    ck_assert_int_eq(setenv("FOKKER_PLOTS", folder, 1), 0);
    char *path = fk_path_join(folder, "try.gp");
    FILE *out = fopen(path, "w");
    fputs(text, out);
    fclose(out);
    free(path);
}

static void wipe(const char *figure)
{
    const char *const name[] = {"try.gp", figure};
    for (size_t i = 0; i < 2; i++) {
        char *path = fk_path_join(folder, name[i]);
        ck_assert_int_eq(unlink(path), 0);
        free(path);
        if (!figure) break;
    }
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left */
}

START_TEST(a_script_draws_into_its_folder_with_the_variables_that_it_was_given)
{
    put_script("set print out.'/told.txt'\n"
               "print sprintf('%s %s %.3f', plots eq out ? 'same' : 'other', word, x)\n");
    fk_error err = {0};
    ck_assert_msg(fk_plot("try", folder, "x=2.385; word='it''s'", &err) == FK_OK, "%s", err.text);
    char *path = fk_path_join(folder, "told.txt"), text[64] = {0};
    FILE *in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, in));
    fclose(in);
    free(path);
    ck_assert_str_eq(text, "same it's 2.385\n");
    wipe("told.txt");
}
END_TEST

START_TEST(a_script_that_fails_is_told_in_one_line_and_the_data_are_named)
{
    put_script("x = 1\nplot nowhere + x\n");
    fk_error err = {0};
    ck_assert_int_eq(fk_plot("try", folder, NULL, &err), FK_FILE);
    ck_assert_ptr_nonnull(strstr(err.text, "line 2: undefined variable: nowhere"));
    ck_assert_ptr_nonnull(strstr(err.text, folder));
    ck_assert_ptr_null(strchr(err.text, '\n'));
    ck_assert_int_eq(fk_plot("none", folder, NULL, &err), FK_FILE);
    ck_assert_ptr_nonnull(strstr(err.text, "/none.gp: cannot read"));
    wipe(NULL);
}
END_TEST

START_TEST(without_gnuplot_something_is_missing_and_the_data_are_named)
{
    put_script("print 1\n");
    fk_error err = {0};
    ck_assert_int_eq(setenv("PATH", folder, 1), 0);
    ck_assert_int_eq(fk_plot("try", folder, "", &err), FK_MISSING);
    ck_assert_ptr_nonnull(strstr(err.text, "gnuplot"));
    ck_assert_ptr_nonnull(strstr(err.text, folder));
    ck_assert_ptr_null(strchr(err.text, '\n'));
    wipe(NULL);
}
END_TEST

FK_SUITE("plot", a_script_draws_into_its_folder_with_the_variables_that_it_was_given,
         a_script_that_fails_is_told_in_one_line_and_the_data_are_named,
         without_gnuplot_something_is_missing_and_the_data_are_named)
