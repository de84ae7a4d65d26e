/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "tests/suite.h"

/* A new empty folder; the tests run in processes of their own. */
static char folder[64];
static char *in_folder(const char *name)
{
    if (!*folder) {
        strcpy(folder, "/tmp/fokker-check-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
    }
    return fk_path_join(folder, name);
}

/* How many files the folder holds, hidden ones too; empties and removes it where asked. */
static int count_files(bool wipe)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        n++;
        char *path = fk_path_join(folder, e->d_name);
        if (wipe) remove(path);
        free(path);
    }
    closedir(dir);
    if (wipe) {
        rmdir(folder);
        *folder = '\0';
    }
    return n;
}

static void put(const char *path, const char *text)
{
    fk_error err;
    fk_file *f;
    ck_assert_int_eq(fk_file_create(path, &f, &err), FK_OK);
    fputs(text, fk_file_stream(f));
    ck_assert_int_eq(fk_file_commit(f, &err), FK_OK);
}

static void assert_holds(const char *path, const char *text)
{
    char found[64] = {0};
    FILE *in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_uint_lt(fread(found, 1, sizeof found - 1, in), sizeof found - 1);
    fclose(in);
    ck_assert_str_eq(found, text);
}

START_TEST(a_file_appears_whole_at_commit_and_the_old_one_stays_until_then)
{
    char *path = in_folder("x.csv");
    put(path, "old\n");
    fk_error err;
    fk_file *f;
    ck_assert_int_eq(fk_file_create(path, &f, &err), FK_OK);
    fputs("new\n", fk_file_stream(f));
    fflush(fk_file_stream(f));
    assert_holds(path, "old\n");
    ck_assert_int_eq(count_files(false), 2);
    ck_assert_int_eq(fk_file_commit(f, &err), FK_OK);
    assert_holds(path, "new\n");
    ck_assert_int_eq(count_files(true), 1);
    free(path);
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
    char *path = in_folder("x.csv");
    fk_error err;
    fk_file *f;
    ck_assert_int_eq(fk_file_create(path, &f, &err), FK_OK);
    fputs("half", fk_file_stream(f));
    fk_file_abandon(f);
    fk_file_abandon(NULL);
    ck_assert_int_eq(fk_file_probe(path, &err), FK_OK);
    ck_assert_int_eq(count_files(true), 0);
    free(path);
}
END_TEST

START_TEST(a_link_is_written_through_and_not_replaced)
{
    char *path = in_folder("x.csv"), *link = in_folder("link.csv");
    put(path, "old\n");
    ck_assert_int_eq(symlink("x.csv", link), 0);
    put(link, "new\n");
    assert_holds(path, "new\n");
    struct stat st;
    ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    ck_assert_int_eq(count_files(true), 2);
    free(path);
    free(link);
}
END_TEST

START_TEST(a_full_disk_is_found_at_commit)
{
    fk_error err;
    fk_file *f;
    ck_assert_int_eq(fk_file_create("/dev/full", &f, &err), FK_OK);
    for (int i = 0; i < 3000; i++) fputs("2.385,", fk_file_stream(f)); /* beyond the buffer */
    ck_assert_int_eq(fk_file_commit(f, &err), FK_FILE);
    ck_assert_str_eq(err.text, "/dev/full: could not be written whole: No space left on device");
    /* control: a device that takes everything; neither is renamed over */
    put("/dev/null", "gone");
    struct stat st;
    ck_assert(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    ck_assert(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(what_cannot_be_created_is_named_in_one_line)
{
    char *plain = in_folder("plain"), line[300];
    put(plain, "text");
    const struct {
        const char *path, *says;
    } bad[] = {
        {"%s/plain/x", "%s/plain/x: '%s/plain' is a file, not a folder"},
        {"%s/plain/y/x", "%s/plain/y/x: '%s/plain' is a file, not a folder"},
        {"%s/none/x", "%s/none/x: there is no folder '%s/none'; make it first"},
        {"%s/", "'%s/' is a folder, not a file"},
        {"%s", "'%s' is a folder, not a file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[200];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(path, sizeof path, bad[i].path, folder);
        snprintf(line, sizeof line, bad[i].says, folder, folder);
#pragma GCC diagnostic pop
        fk_error err = {0};
        fk_file *f;
        ck_assert_int_eq(fk_file_create(path, &f, &err), FK_FILE);
        ck_assert_str_eq(err.text, line);
        ck_assert_ptr_null(f);
    }
    ck_assert_int_eq(count_files(true), 1);
    free(plain);
}
END_TEST

START_TEST(folders_are_made_with_their_parents_but_not_below_a_file)
{
    fk_error err;
    char *deep = in_folder("a/b"), *plain = in_folder("plain"), *below = in_folder("plain/x");
    ck_assert_int_eq(fk_make_folder(deep, &err), FK_OK);
    ck_assert_int_eq(fk_make_folder(deep, &err), FK_OK); /* again: nothing to do */
    struct stat st;
    ck_assert(stat(deep, &st) == 0 && S_ISDIR(st.st_mode));
    put(plain, "text");
    ck_assert_int_eq(fk_make_folder(below, &err), FK_FILE);
    ck_assert_int_eq(fk_make_folder(plain, &err), FK_FILE);
    ck_assert_int_eq(fk_make_folder("", &err), FK_FILE);
    rmdir(deep);
    count_files(true);
    free(deep);
    free(plain);
    free(below);
}
END_TEST

/* A child opens two files and waits; the signal must end it with 130 and leave the folder empty. */
static void interrupt(int number, bool caught)
{
    char *one = in_folder("one.csv"), *two = in_folder("two.csv");
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        fk_error err;
        fk_file *f, *g;
        signal(number, SIG_DFL); /* not the test runner's */
        if (caught) fk_interrupt_catch();
        if (fk_file_create(one, &f, &err) || fk_file_create(two, &g, &err)) _exit(1);
        fputs("half", fk_file_stream(f));
        fflush(fk_file_stream(f));
        if (write(ready[1], "r", 1) != 1) _exit(1);
        for (;;) pause();
    }
    char c;
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    kill(child, number);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (caught) {
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), FK_INTERRUPTED);
    }
    ck_assert_int_eq(count_files(true), caught ? 0 : 2);
    close(ready[0]);
    close(ready[1]);
    free(one);
    free(two);
}

START_TEST(a_signal_removes_what_is_pending_and_exits_130)
{
    interrupt(SIGINT, true);
    interrupt(SIGTERM, true);
    interrupt(SIGHUP, true);
    interrupt(SIGTERM, false); /* control: without the handler the temporaries stay */
}
END_TEST

typedef int (*opener)(const char *path, fk_file **, fk_error *);

/* Children that write half a file and are killed, as nothing can catch. */
static void kill_writers(opener open, const char *path, int times)
{
    for (int k = 0; k < times; k++) {
        const pid_t child = fork();
        if (child == 0) {
            fk_error err;
            fk_file *f;
            if (open(path, &f, &err)) _exit(1);
            fputs("half of a long text", fk_file_stream(f));
            fflush(fk_file_stream(f));
            raise(SIGKILL);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
}

START_TEST(killed_writers_of_one_file_leave_one_temporary_which_the_next_removes)
{
    char *path = in_folder("run");
    fk_error err;
    fk_file *f;
    put(path, "old");
    kill_writers(fk_file_rewrite, path, 3);
    assert_holds(path, "old");
    ck_assert_int_eq(count_files(false), 2);
    ck_assert_int_eq(fk_file_rewrite(path, &f, &err), FK_OK);
    fputs("new", fk_file_stream(f));
    ck_assert_int_eq(fk_file_commit(f, &err), FK_OK);
    assert_holds(path, "new");
    ck_assert_int_eq(count_files(false), 1);
    kill_writers(fk_file_create, path, 3); /* the control */
    ck_assert_int_eq(count_files(true), 4);
    free(path);
}
END_TEST

START_TEST(of_two_writers_at_once_one_fails_and_nothing_mixes)
{
    char *path = in_folder("run");
    fk_error err;
    fk_file *first, *second;
    for (int later = 0; later < 2; later++) { /* who commits first */
        ck_assert_int_eq(fk_file_rewrite(path, &first, &err), FK_OK);
        fputs("first", fk_file_stream(first));
        fflush(fk_file_stream(first));
        ck_assert_int_eq(fk_file_rewrite(path, &second, &err), FK_OK);
        fputs("second", fk_file_stream(second));
        fflush(fk_file_stream(second));
        if (later) ck_assert_int_eq(fk_file_commit(second, &err), FK_OK);
        ck_assert_int_eq(fk_file_commit(first, &err), FK_FILE);
        ck_assert_ptr_nonnull(strstr(err.text, "run: its temporary file was taken away"));
        if (!later) ck_assert_int_eq(fk_file_commit(second, &err), FK_OK);
        assert_holds(path, "second");
    }
    ck_assert_int_eq(count_files(true), 1);
    free(path);
}
END_TEST

START_TEST(paths_are_joined_parted_and_told_by_their_ending)
{
    const char *const join[][3] = {
        {"out/band", "x.csv", "out/band/x.csv"}, {"out/", "x", "out/x"}, {"", "x", "x"}};
    for (size_t i = 0; i < 3; i++) {
        char *path = fk_path_join(join[i][0], join[i][1]);
        ck_assert_str_eq(path, join[i][2]);
        free(path);
    }
    const char *const part[][2] = {{"out/x", "out"}, {"x", "."}, {"/x", "/"}, {"a/b/", "a/b"}};
    for (size_t i = 0; i < 4; i++) {
        char *path = fk_path_folder(part[i][0]);
        ck_assert_str_eq(path, part[i][1]);
        free(path);
    }
    ck_assert(fk_path_has_ending("a/x.npy", "npy"));
    ck_assert(!fk_path_has_ending("a/x.npy.csv", "npy"));
    ck_assert(!fk_path_has_ending("xnpy", "npy"));
    ck_assert(!fk_path_has_ending(".npy", "npy"));
}
END_TEST

START_TEST(two_names_are_one_file_whether_or_not_it_is_there)
{
    char *a = in_folder("a"), *dotted = in_folder("./a"), *link = in_folder("l"),
         *b = in_folder("b"), *far = in_folder("none/a");
    for (int there = 0; there < 2; there++) {
        if (there) put(a, "x");
        ck_assert(fk_file_same(a, a) && fk_file_same(a, dotted));
        ck_assert(!fk_file_same(a, b) && !fk_file_same(a, far));
    }
    ck_assert_int_eq(symlink("a", link), 0);
    ck_assert(fk_file_same(a, link) && !fk_file_same(link, b));
    put(b, "x");
    ck_assert(!fk_file_same(a, b));
    free(a), free(dotted), free(link), free(b), free(far);
    ck_assert_int_eq(count_files(true), 3);
}
END_TEST

START_TEST(json_keeps_order_and_every_bit_and_has_null_for_what_is_not_finite)
{
    char *path = in_folder("x.json");
    fk_error err;
    json_t *made = json_pack("{s:o, s:o, s:o}", "z", fk_json_real(0.1 + 0.2), "a",
                             fk_json_real(NAN), "m", fk_json_real(-INFINITY));
    ck_assert_int_eq(fk_json_write(path, made, &err), FK_OK);
    assert_holds(path, "{\n  \"z\": 0.30000000000000004,\n  \"a\": null,\n  \"m\": null\n}\n");
    json_t *read;
    ck_assert_int_eq(fk_json_read(path, &read, &err), FK_OK);
    ck_assert(json_equal(made, read));
    json_decref(made);
    json_decref(read);
    ck_assert_int_eq(count_files(true), 1);
    free(path);
}
END_TEST

START_TEST(json_that_is_none_is_refused_with_its_place)
{
    const struct {
        const char *text, *place;
    } bad[] = {{"{\"a\": 1,\n \"b\": }", ":2:"},
               {"{\"a\": 1, \"a\": 2}", ":1:"},
               {"", ":1:"},
               {"{\"a\": NaN}", ":1:"},
               {"[1, 2] 3", ":1:"}};
    char *path = in_folder("x.json");
    fk_error err;
    json_t *json;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(path, bad[i].text);
        ck_assert_int_eq(fk_json_read(path, &json, &err), FK_USAGE);
        ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 &&
                          strncmp(err.text + strlen(path), bad[i].place, 3) == 0,
                      "%s", err.text);
        ck_assert_ptr_null(strchr(err.text, '\n'));
    }
    count_files(true);
    ck_assert_int_eq(fk_json_read(path, &json, &err), FK_FILE);
    ck_assert_int_eq(fk_json_read("/tmp", &json, &err), FK_FILE);
    free(path);
}
END_TEST

FK_SUITE("file", a_file_appears_whole_at_commit_and_the_old_one_stays_until_then,
         an_abandoned_file_leaves_nothing, a_link_is_written_through_and_not_replaced,
         a_full_disk_is_found_at_commit, what_cannot_be_created_is_named_in_one_line,
         folders_are_made_with_their_parents_but_not_below_a_file,
         a_signal_removes_what_is_pending_and_exits_130,
         killed_writers_of_one_file_leave_one_temporary_which_the_next_removes,
         of_two_writers_at_once_one_fails_and_nothing_mixes,
         paths_are_joined_parted_and_told_by_their_ending,
         two_names_are_one_file_whether_or_not_it_is_there,
         json_keeps_order_and_every_bit_and_has_null_for_what_is_not_finite,
         json_that_is_none_is_refused_with_its_place)
