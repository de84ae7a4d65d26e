/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700 /* waitid */

#include "core/interrupt.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"

extern char **environ;

/* A signal handler can reach nothing but globals, and may call nothing but async-signal-safe
 * functions: hence a fixed table of plain buffers, each with a flag that is raised after its path
 * is in place and lowered before the path is reused. */
enum { FREE, TAKEN, READY, MAX_PENDING = 32 };
static struct {
    atomic_int state;
    char path[PATH_MAX];
} pending[MAX_PENDING];

/* The child's process ID, and that of its group. */
enum { NONE = 0, STARTING = -1 };
static atomic_int running;

static void end_child(void)
{
    int child;
    /* The thread that starts it has the signals blocked, so this is another one, and may wait. */
    while ((child = atomic_load(&running)) == STARTING) poll(NULL, 0, 1);
    if (child == NONE) return;
    kill(-child, SIGKILL);
    waitpid(child, NULL, 0);
    /* its own children are not ours to wait for, and write no more once they are gone */
    for (int i = 0; i < 50 && kill(-child, 0) == 0; i++) poll(NULL, 0, 1);
}

static _Atomic(const char *) last_words;

static void on_signal(int number)
{
    (void)number;
    end_child();
    for (int i = 0; i < MAX_PENDING; i++)
        if (atomic_load(&pending[i].state) == READY) unlink(pending[i].path);
    const char *line = atomic_load(&last_words);
    if (line && write(STDERR_FILENO, line, strlen(line)) < 0) _exit(FK_INTERRUPTED);
    _exit(FK_INTERRUPTED);
}

void fk_interrupt_catch(void)
{
    const int number[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction act, old;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_signal;
    sigfillset(&act.sa_mask);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) /* nohup's SIG_IGN stays */
        if (sigaction(number[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(number[i], &act, NULL);
}

int fk_interrupt_remove(const char *path)
{
    if (strlen(path) >= PATH_MAX) return -1;
    for (int i = 0; i < MAX_PENDING; i++) {
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&pending[i].state, &expected, TAKEN)) continue;
        strcpy(pending[i].path, path);
        atomic_store(&pending[i].state, READY);
        return i;
    }
    return -1;
}

void fk_interrupt_keep(int slot)
{
    if (slot >= 0) atomic_store(&pending[slot].state, FREE);
}

void fk_interrupt_say(const char *line)
{
    atomic_store(&last_words, line);
}

int fk_interrupt_spawn(char *const argv[], const posix_spawn_file_actions_t *act, pid_t *child)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    assert(atomic_load(&running) == NONE);
    atomic_store(&running, STARTING);

    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigmask(&how, &before);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    int why = posix_spawnp(child, argv[0], act, &how, argv, environ);
    posix_spawnattr_destroy(&how);

    atomic_store(&running, why ? NONE : (int)*child);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return why;
}

int fk_interrupt_wait(pid_t child, int *status)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0)
        if (errno != EINTR) return -1;
    /* Ended, but its number stands for nobody else until it is reaped. */
    atomic_store(&running, NONE);
    return waitpid(child, status, 0) < 0 ? -1 : 0;
}
