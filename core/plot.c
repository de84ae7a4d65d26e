/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures by gnuplot (core/cli.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/ranks.h"

enum { TOLD = 8192 }; /* bytes of gnuplot's complaints that are kept */

/* A picture of plots/NAME.gp is called .NAME.ENDING until it is complete (plots/theme.gp). */
static const char *const ending[] = {"svg", "png", "gif", "tmp"};
enum { N_ENDINGS = sizeof ending / sizeof *ending };

const char *fk_cli_plots(void)
{
    static char folder[4200]; /* the same answer at every call */
    const char *given = getenv("FOKKER_PLOTS");
    if (given && *given) return given;
    char *found = fk_cli_resource("plots");
    snprintf(folder, sizeof folder, "%s", found);
    free(found);
    return folder;
}

/* NAME='VALUE'; for gnuplot, where a quote within quotes is doubled. Newly allocated. */
static char *assignment(const char *name, const char *value)
{
    char *text = fk_alloc(strlen(name) + 2 * strlen(value) + 6, 1);
    char *end = text + sprintf(text, "%s='", name);
    for (; *value; value++) {
        if (*value == '\'') *end++ = '\'';
        *end++ = *value;
    }
    strcpy(end, "'; ");
    return text;
}

/* Run gnuplot; what it says on standard error goes to `told`. Returns its exit code, or -1 where it
 * could not be started (errno tells). */
static int run(char *const argv[], char told[TOLD])
{
    int ends[2];
    if (pipe(ends) != 0) return -1;
    posix_spawn_file_actions_t act;
    posix_spawn_file_actions_init(&act);
    posix_spawn_file_actions_addopen(&act, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&act, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&act, ends[0]);
    posix_spawn_file_actions_addclose(&act, ends[1]);
    setenv("LC_ALL", "C.UTF-8", 1); /* in a locale without UTF-8 gnuplot warns of the degree sign */
    pid_t child;
    int why = fk_interrupt_spawn(argv, &act, &child);
    posix_spawn_file_actions_destroy(&act);
    close(ends[1]);

    size_t n = 0;
    char rest[512]; /* read to its end whatever its length, so that gnuplot never waits for us */
    ssize_t got = 1;
    while (why == 0 && got > 0) {
        bool room = n + 1 < TOLD;
        got = read(ends[0], room ? told + n : rest, room ? TOLD - 1 - n : sizeof rest);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0 && room)
            n += (size_t)got;
    }
    told[n] = '\0';
    close(ends[0]);
    if (why) {
        errno = why;
        return -1;
    }
    int status;
    if (fk_interrupt_wait(child, &status) != 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* run, and no half picture stays behind, whether gnuplot fails or a signal ends us. */
static int draw(char *const argv[], const char *name, const char *folder, char told[TOLD])
{
    char *path[N_ENDINGS];
    int slot[N_ENDINGS];
    for (int i = 0; i < N_ENDINGS; i++) {
        char file[140];
        snprintf(file, sizeof file, ".%s.%s", name, ending[i]);
        path[i] = fk_path_join(folder, file);
        slot[i] = fk_interrupt_remove(path[i]);
    }
    int code = run(argv, told), why = errno;
    for (int i = 0; i < N_ENDINGS; i++) {
        if (code != 0) unlink(path[i]);
        fk_interrupt_keep(slot[i]);
        free(path[i]);
    }
    errno = why;
    return code;
}

/* The line of gnuplot's complaint that says what is wrong: the first with a place in it
 * (`"band.gp" line 12: undefined variable: x`), else the first that is not blank. */
static const char *first_error(char *told)
{
    char *first = NULL, *save = NULL;
    for (char *line = strtok_r(told, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strstr(line, "line ") && strchr(line, ':')) return line;
        if (!first && line[strspn(line, " \t^")]) first = line;
    }
    return first ? first : "it gave no reason";
}

/* Of a script that worked: what is missing from its picture; and every warning for whoever works on
 * the scripts ($FOKKER_PLOTS). That an axis was widened, say, is no user's concern. */
static void print_warnings(char *told)
{
    const char *given = getenv("FOKKER_PLOTS");
    char *save = NULL;
    for (char *line = strtok_r(told, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strstr(line, "arning:") &&
            ((given && *given) || strstr(line, "Skipping") || strstr(line, "annot find or open")))
            fprintf(stderr, "gnuplot: %s\n", line + strspn(line, " "));
}

static int plot(const char *name, const char *folder, const char *assignments, fk_error *err)
{
    char file[128], told[TOLD];
    snprintf(file, sizeof file, "%s.gp", name);
    char *script = fk_path_join(fk_cli_plots(), file), *out = assignment("out", folder),
         *plots = assignment("plots", fk_cli_plots());
    size_t size = strlen(out) + strlen(plots) + (assignments ? strlen(assignments) : 0) + 1;
    char *set = fk_alloc(size, 1);
    snprintf(set, size, "%s%s%s", out, plots, assignments ? assignments : "");

    int status = FK_OK;
    if (access(script, R_OK) != 0) {
        status = fk_fail(err, FK_FILE, "%s: cannot read: %s; the data are in %s", script,
                         strerror(errno), folder);
    } else {
        char gnuplot[] = "gnuplot", e[] = "-e";
        char *const argv[] = {gnuplot, e, set, script, NULL};
        int code = draw(argv, name, folder, told);
        if (code == -1 || code == 127)
            status = fk_fail(err, FK_MISSING,
                             "no figure: gnuplot does not start (%s); the data are in %s; install "
                             "gnuplot and run again",
                             code == -1 ? strerror(errno) : "exit code 127", folder);
        else if (code != 0)
            status = fk_fail(err, FK_FILE, "no figure: gnuplot: %.200s; the data are in %s",
                             first_error(told), folder);
        else
            print_warnings(told);
    }
    free(set);
    free(plots);
    free(out);
    free(script);
    return status;
}

int fk_plot(const char *name, const char *folder, const char *assignments, fk_error *err)
{
    const bool here = fk_ranks_writes();
    return fk_ranks_agree(here ? plot(name, folder, assignments, err) : FK_OK, err);
}
