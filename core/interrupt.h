/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a signal undoes. SIGINT, SIGTERM, SIGHUP and SIGQUIT end the process with FK_INTERRUPTED,
 * after the child that it waits for has been ended and its temporary files have been removed. */
#ifndef FK_CORE_INTERRUPT_H
#define FK_CORE_INTERRUPT_H

#include <spawn.h>
#include <sys/types.h>

/* Catch those of these signals that are not ignored (as under nohup). Called by fk_cli_parse; a
 * program that has signals of its own does without. */
void fk_interrupt_catch(void);

/* From here on a signal removes the file `path`, whether or not it exists yet; until `keep` is
 * called with the slot returned. -1 where 32 are pending, or the path is longer than PATH_MAX. */
int fk_interrupt_remove(const char *path);
void fk_interrupt_keep(int slot); /* -1 is allowed */

/* From here on a signal prints this line, which is borrowed, on standard error; NULL: none. */
void fk_interrupt_say(const char *line);

/* posix_spawnp, of a child in a process group of its own, all of which a signal kills: a Ctrl-C at
 * the terminal, too, reaches the child through its parent alone. Returns 0 or an errno. One child
 * at a time; fk_interrupt_wait, which is waitpid, must follow. */
int fk_interrupt_spawn(char *const argv[], const posix_spawn_file_actions_t *act, pid_t *child);
int fk_interrupt_wait(pid_t child, int *status);

#endif
