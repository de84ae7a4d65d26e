/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker: the one command. `fokker NAME ...` runs the program fokker-NAME that lies beside it. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/names.h"
#include "core/ranks.h"

enum { MAX_COMMANDS = 64 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t siblings(const char *folder, char *name[MAX_COMMANDS])
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    struct dirent *e;
    while (dir && n < MAX_COMMANDS && (e = readdir(dir)))
        if (strncmp(e->d_name, "fokker-", 7) == 0 && !strchr(e->d_name, '.'))
            name[n++] = fk_strdup(e->d_name + 7);
    if (dir) closedir(dir);
    qsort(name, n, sizeof *name, by_name);
    return n;
}

/* The path of a command's program, newly allocated. */
static char *program(const char *name)
{
    char *path = fk_path_join(fk_cli_folder(), "fokker-");
    char *whole = fk_alloc(strlen(path) + strlen(name) + 1, 1);
    strcpy(whole, path);
    strcat(whole, name);
    free(path);
    return whole;
}

/* What a command prints for --help. NULL where it cannot be run. */
static FILE *open_help(const char *name, pid_t *child)
{
    int end[2];
    if (pipe(end) != 0) return NULL;
    *child = fork();
    if (*child == 0) {
        char *path = program(name);
        dup2(end[1], STDOUT_FILENO);
        close(end[0]), close(end[1]);
        execl(path, path, "--help", (char *)NULL);
        _exit(FK_FILE);
    }
    close(end[1]);
    FILE *help = *child > 0 ? fdopen(end[0], "r") : NULL;
    if (!help) close(end[0]);
    return help;
}

/* The first sentence of a command's help, up to a colon or, where it is long, to its last comma
 * within WIDTH columns. It is asked from the command, so that it stands in one place. */
static void print_brief(FILE *out, const char *name)
{
    enum { WIDTH = 76 };
    char text[400] = "", line[200];
    pid_t child;
    FILE *help = open_help(name, &child);
    bool inside = false, over = false;
    while (help && fgets(line, sizeof line, help)) { /* to the end: no writer likes a closed pipe */
        inside = inside || (strncmp(line, "Usage:", 6) != 0 && *line != ' ');
        over = over || (inside && *line == '\n');
        if (!inside || over) continue;
        line[strcspn(line, "\n")] = '\0';
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", line);
    }
    if (help) {
        fclose(help);
        waitpid(child, NULL, 0);
    }
    char *end = strstr(text, ": "), *stop = strstr(text, ". ");
    if (end) *end = '\0';
    if (stop) *stop = '\0';
    size_t length = strlen(text);
    if (length && text[length - 1] == '.') text[length - 1] = '\0';
    while (strlen(text) > WIDTH && (end = strrchr(text, ','))) *end = '\0';
    fprintf(out, "  %-15s%s\n", name, text);
}

static void usage(FILE *out, const char *const *name, size_t n)
{
    fputs("Usage: fokker COMMAND [OPTION...]\n"
          "The mathematics of diffusion models, checked on data whose score is known exactly.\n\n"
          "Commands (fokker help COMMAND tells more):\n",
          out);
    setenv("FOKKER_ALONE", "1", 1); /* those who are asked are no ranks (core/ranks.h) */
    for (size_t i = 0; i < n; i++) print_brief(out, name[i]);
    fputs("\nTry: fokker band\n", out);
}

/* A thread that waits for others spins 40 us, then sleeps: libgomp's own 300000 turns are several
 * milliseconds, in which on a busy machine nobody gets on that it waits for (a training there took
 * twenty times as long). It reads this as it is loaded. A choice of the user's comes first. */
static void be_patient(void)
{
    if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "3000", 0);
}

/* Become the command; returns only where that fails. */
static int run(const char *name, char **argv)
{
    char *path = program(name);
    be_patient();
    execv(path, argv);
    fprintf(stderr, "fokker: cannot run %s: %s\n", path, strerror(errno));
    free(path);
    return FK_FILE;
}

static int dispatch(int argc, char **argv, const char *const *name, size_t n)
{
    const bool help = argc > 1 && strcmp(argv[1], "help") == 0;
    char *asked = argc > 1 ? argv[help ? 2 : 1] : NULL;
    char option[] = "--help", *asks_help[] = {asked, option, NULL};
    for (size_t i = 0; asked && i < n; i++)
        if (strcmp(asked, name[i]) == 0) return run(name[i], help ? asks_help : argv + 1);

    fk_error err; /* no command takes over: what follows is told once */
    if (fk_ranks_begin(&err)) return fk_cli_report(&err);
    FILE *complaint = fk_ranks_writes() ? stderr : stdout;
    if (argc < 2) {
        if (fk_ranks_writes()) usage(stderr, name, n);
        return FK_USAGE;
    }
    if ((help && argc == 2) || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        if (fk_ranks_writes()) usage(stdout, name, n);
        return FK_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("fokker " FK_VERSION);
        return FK_OK;
    }
    char near[400];
    fk_near_names(asked, name, n, near, sizeof near);
    fprintf(complaint, "fokker: no command '%.60s'; try %s\n", asked, near);
    return FK_USAGE;
}

int main(int argc, char **argv)
{
    fk_cli_guard_output();
    char *name[MAX_COMMANDS];
    size_t n = siblings(fk_cli_folder(), name);
    int code = dispatch(argc, argv, (const char *const *)name, n);
    for (size_t i = 0; i < n; i++) free(name[i]);
    return code;
}
