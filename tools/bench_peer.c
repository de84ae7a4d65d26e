/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/file.h"
#include "core/interrupt.h"

struct bench_peer {
    pid_t child;
    int line;       /* the socket; -1: there is no child */
    FILE *from;     /* the same, to be read by lines */
    char said[320]; /* its last line, or why there is no child */
};

/* Beside the sources, else beside the binaries (where it is installed). */
static char *find(const char *script)
{
    char name[60];
    snprintf(name, sizeof name, "../../tools/%s.py", script);
    char *path = fk_path_join(fk_cli_folder(), name);
    if (access(path, R_OK) == 0) return path;
    free(path);
    return fk_path_join(fk_cli_folder(), strrchr(name, '/') + 1);
}

/* 0 or an errno. */
static int start(bench_peer *p, char *const argv[])
{
    int end[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, end) != 0) return errno;
    posix_spawn_file_actions_t act;
    posix_spawn_file_actions_init(&act);
    posix_spawn_file_actions_adddup2(&act, end[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&act, end[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&act, end[0]);
    posix_spawn_file_actions_addclose(&act, end[1]);
    int why = fk_interrupt_spawn(argv, &act, &p->child);
    posix_spawn_file_actions_destroy(&act);
    close(end[1]);
    if (why)
        close(end[0]);
    else
        p->line = end[0], p->from = fdopen(end[0], "r");
    return why;
}

bench_peer *bench_peer_open(const char *script, int threads)
{
    const char *given = getenv("FOKKER_PYTHON");
    char *python = fk_strdup(given && *given ? given : "python3"), *path = find(script), count[20];
    snprintf(count, sizeof count, "%d", threads);
    bench_peer *p = fk_alloc(1, sizeof *p);
    p->line = -1;
    int why = start(p, (char *const[]){python, path, count, NULL});
    if (why) snprintf(p->said, sizeof p->said, "%.80s: %s", python, strerror(why));
    free(python), free(path);
    return p;
}

void bench_peer_close(bench_peer *p)
{
    int status;
    if (!p) return;
    if (p->line >= 0) {
        fclose(p->from); /* at the end of its input the script ends */
        fk_interrupt_wait(p->child, &status);
    }
    free(p);
}

/* A child that is gone is found by the next reading, not by a SIGPIPE. */
static void put(bench_peer *p, const char *data, size_t n)
{
    while (p->line >= 0 && n > 0) {
        ssize_t sent = send(p->line, data, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) return;
        if (sent > 0) data += sent, n -= (size_t)sent;
    }
}

void bench_peer_send(bench_peer *p, const double *x, size_t n)
{
    put(p, (const char *)x, n * sizeof *x);
}

/* Whether the script answers, and not with "no WHY"; then its words, or why, are in p->said. */
static bool ask(bench_peer *p, const char *format, ...)
{
    char question[120];
    va_list args;
    if (p->line < 0) return false;
    va_start(args, format);
    int n = vsnprintf(question, sizeof question, format, args);
    va_end(args);
    put(p, question, (size_t)n);
    if (!fgets(p->said, sizeof p->said, p->from)) {
        snprintf(p->said, sizeof p->said, "the script ended early");
        return false;
    }
    p->said[strcspn(p->said, "\n")] = '\0';
    if (strncmp(p->said, "no ", 3) != 0) return true;
    memmove(p->said, p->said + 3, strlen(p->said + 3) + 1);
    return false;
}

static int failed(const bench_peer *p, const char *name, fk_error *err)
{
    return fk_fail(err, FK_MISSING, "the baseline %s does not run: %s", name, p->said);
}

const char *bench_peer_missing(bench_peer *p, const char *name)
{
    return ask(p, "has %s\n", name) ? NULL : p->said;
}

int bench_peer_run(bench_peer *p, const char *name, size_t amount, double *seconds, fk_error *err)
{
    if (!ask(p, "run %s %zu\n", name, amount)) return failed(p, name, err);
    *seconds = strtod(p->said, NULL);
    return FK_OK;
}

int bench_peer_answer(bench_peer *p, const char *name, bench_answer *answer, fk_error *err)
{
    if (!ask(p, "answer %s\n", name)) return failed(p, name, err);
    char *rest = p->said;
    for (size_t i = 0; i < BENCH_ANSWERS && *rest; i++) {
        answer[i].value = strtod(rest, &rest);
        answer[i].error = strtod(rest, &rest);
    }
    return FK_OK;
}

void bench_peer_versions(char *text, size_t size)
{
    bench_peer *p = bench_peer_open("bench_peer", 1);
    ask(p, "versions\n");
    snprintf(text, size, "%s", p->said);
    bench_peer_close(p);
}
