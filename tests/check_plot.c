/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/interrupt.h"
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

static void wait_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static bool is_there(const char *name)
{
    char *path = fk_path_join(folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

/* The first number of a file that is there once it is written whole. */
static int number_in(const char *name)
{
    char *path = fk_path_join(folder, name);
    FILE *in = fopen(path, "r");
    int number = 0;
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(fscanf(in, "%d", &number), 1);
    fclose(in);
    free(path);
    return number;
}

/* The script tells its process, has a half picture, and would have a whole one in a second, by its
 * own hand and by that of a child. */
static void interrupt(int number, bool caught)
{
    put_script("set print out.'/.try.svg'; print 'half'; unset print\n"
               "cd out; system('echo $PPID >pid.tmp; mv pid.tmp pid')\n"
               "system('sleep 1; echo late >late'); system('mv .try.svg try.svg')\n");
    pid_t fokker = fork();
    if (fokker == 0) {
        fk_error err;
        signal(number, SIG_DFL); /* not the test runner's */
        if (caught) fk_interrupt_catch();
        _exit(fk_plot("try", folder, NULL, &err));
    }
    for (int i = 0; i < 1000 && !is_there("pid"); i++) wait_ms(10);
    const int gnuplot = number_in("pid");
    ck_assert_int_eq(kill(fokker, number), 0);
    int status;
    ck_assert_int_eq(waitpid(fokker, &status, 0), fokker);
    if (caught) {
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), FK_INTERRUPTED);
        ck_assert(kill(gnuplot, 0) == -1 && errno == ESRCH);
        ck_assert(!is_there(".try.svg"));
    }
    wait_ms(1500);
    ck_assert(is_there("late") != caught);
    ck_assert(is_there("try.svg") != caught);
    const char *const left[] = {"pid", "late", "try.svg"};
    for (int i = 0; i < (caught ? 1 : 3); i++) {
        char *path = fk_path_join(folder, left[i]);
        ck_assert_int_eq(unlink(path), 0);
        free(path);
    }
    wipe(NULL);
}

START_TEST(a_signal_ends_gnuplot_and_what_it_started_and_leaves_no_half_picture)
{
    interrupt(SIGINT, true);
    interrupt(SIGTERM, true);
    interrupt(SIGTERM, false); /* control: without the handler gnuplot goes on alone */
}
END_TEST

START_TEST(a_script_that_fails_leaves_no_half_picture)
{
    put_script("do for [kind in 'svg png gif tmp'] {\n"
               "set print out.'/.try.'.kind; print 'half'; unset print\n}\n"
               "plot nowhere\n");
    fk_error err = {0};
    ck_assert_int_eq(fk_plot("try", folder, NULL, &err), FK_FILE);
    wipe(NULL);
}
END_TEST

FK_SUITE("plot", a_script_draws_into_its_folder_with_the_variables_that_it_was_given,
         a_script_that_fails_is_told_in_one_line_and_the_data_are_named,
         without_gnuplot_something_is_missing_and_the_data_are_named,
         a_signal_ends_gnuplot_and_what_it_started_and_leaves_no_half_picture,
         a_script_that_fails_leaves_no_half_picture)
