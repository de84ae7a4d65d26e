/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors that a correct caller can meet: bad input, a missing tool, a file that cannot be read.
 *
 * A function that may fail returns a status (0, or one of the codes below, which are also the exit
 * codes of every command) and writes one line into its last argument, an fk_error that the caller
 * owns: what was wrong, where, and what would be right. A caller's own bug is an assert instead. */
#ifndef FK_CORE_ERROR_H
#define FK_CORE_ERROR_H

enum {
    FK_OK = 0,
    FK_REFUTED = 1, /* a verdict is not HOLDS */
    FK_USAGE = 2,   /* bad usage or bad input */
    FK_MISSING = 3, /* something the machine lacks */
    FK_FILE = 4,    /* a file could not be read or written */
    FK_INTERRUPTED = 130
};

typedef struct {
    int code;
    char text[480];
} fk_error;

#define FK_CHECKED __attribute__((warn_unused_result))

/* Record an error and return its code: `return fk_fail(err, FK_USAGE, "...", ...)`. */
int fk_fail(fk_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
