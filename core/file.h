/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are whole or absent: everything is written to a temporary name in the same folder,
 * .fokker-PID-N.tmp, and renamed when complete; a failure or a signal (core/interrupt.h) removes
 * it, SIGKILL does not. Of several ranks (core/ranks.h) rank 0 writes, and all get its status. */
#ifndef FK_CORE_FILE_H
#define FK_CORE_FILE_H

#include <stdio.h>

#include "core/base.h"
#include "core/error.h"

typedef struct fk_file fk_file;

/* Open `path` for writing; "-" is standard output, and a device or a pipe is written in place.
 * Makes no folders: FK_FILE with one line that names what is missing. */
int fk_file_create(const char *path, fk_file **file, fk_error *err) FK_CHECKED;
/* The same for a file that one process rewrites again and again, and that may be killed while it
 * does: the temporary of NAME is .NAME.fokker-tmp, and one that is there is removed first. Of two
 * processes that write it at once one fails at its commit, and their bytes do not mix. */
int fk_file_rewrite(const char *path, fk_file **file, fk_error *err) FK_CHECKED;
/* The stream to print to; writing errors are found by fk_file_commit. */
FILE *fk_file_stream(fk_file *);
/* Flush, check, rename. Frees the handle whether or not it succeeds. */
int fk_file_commit(fk_file *, fk_error *err) FK_CHECKED;
/* Give up: remove the temporary file. */
void fk_file_abandon(fk_file *);
/* Open a plain file for reading, of `size` bytes: FK_USAGE for what is none, since a pipe may never
 * begin and a device never end; FK_FILE where it cannot be read. */
int fk_file_open(const char *path, FILE **, size_t *size, fk_error *err) FK_CHECKED;
/* Whether two names are one file, or would be if it were there. */
bool fk_file_same(const char *a, const char *b);
/* Whether `path` could be created now: asked before a long run, not after it. Leaves nothing. */
int fk_file_probe(const char *path, fk_error *err) FK_CHECKED;

/* Make a folder and its parents (mkdir -p); FK_FILE with one line where it cannot be. */
int fk_make_folder(const char *path, fk_error *err) FK_CHECKED;

/* "out/band" + "band.csv" -> newly allocated "out/band/band.csv". */
char *fk_path_join(const char *folder, const char *name);

/* The folder of a path, newly allocated: "out/band", "." or "/". */
char *fk_path_folder(const char *path);

/* Whether `path` ends in `.ext`. */
bool fk_path_has_ending(const char *path, const char *ext);

#endif
