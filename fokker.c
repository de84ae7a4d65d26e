/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker: the one command. `fokker NAME ...` runs the program fokker-NAME that lies beside it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/names.h"

enum { MAX_COMMANDS = 64 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t siblings(const char *folder, const char *name[MAX_COMMANDS])
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

static void usage(FILE *out, const char *const *name, size_t n)
{
    fputs("Usage: fokker COMMAND [OPTION...]\n"
          "The mathematics of diffusion models, checked on data whose score is known exactly.\n\n"
          "Commands (fokker COMMAND --help tells more):\n ",
          out);
    for (size_t i = 0; i < n; i++) fprintf(out, " %s", name[i]);
    fputs("\n\nTry: fokker band\n", out);
}

int main(int argc, char **argv)
{
    const char *name[MAX_COMMANDS];
    size_t n = siblings(fk_cli_folder(), name);
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        usage(argc < 2 ? stderr : stdout, name, n);
        return argc < 2 ? FK_USAGE : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("fokker " FK_VERSION);
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(argv[1], name[i]) != 0) continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/fokker-%s", fk_cli_folder(), name[i]);
        execv(path, argv + 1);
        perror(path);
        return FK_FILE;
    }
    char near[400];
    fk_near_names(argv[1], name, n, near, sizeof near);
    fprintf(stderr, "fokker: no command '%s'; near: %s\n", argv[1], near);
    return FK_USAGE;
}
