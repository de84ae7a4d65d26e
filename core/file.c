/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700 /* realpath */

#include "core/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/interrupt.h"
#include "core/ranks.h"

struct fk_file {
    FILE *stream;
    char *path;      /* as the caller named it, for messages */
    char *target;    /* where the temporary goes on commit; NULL: written in place */
    char *temporary; /* NULL: written in place */
    bool named;      /* the temporary's name is the target's, made over */
    int slot;
};

/* Why `path` cannot be created: the first thing on its way that is missing or is no folder. */
static int cannot_create(const char *path, int why, fk_error *err)
{
    char *folder = fk_path_folder(path);
    struct stat st;
    if (why == ENOENT && stat(folder, &st) != 0) {
        fk_fail(err, FK_FILE, "%s: there is no folder '%s'; make it first", path, folder);
    } else if (why == ENOTDIR) {
        char *up = fk_strdup(folder); /* climb to what is a plain file */
        while (stat(up, &st) != 0 && errno == ENOTDIR) {
            char *next = fk_path_folder(up);
            free(up);
            up = next;
        }
        fk_fail(err, FK_FILE, "%s: '%s' is a file, not a folder", path, up);
        free(up);
    } else {
        fk_fail(err, FK_FILE, "%s: cannot write: %s", path, strerror(why));
    }
    free(folder);
    return FK_FILE;
}

/* A name beside the target: one that no other process or thread uses, or one of the target's own.
 */
static char *temporary_name(const fk_file *f)
{
    static atomic_uint count; /* makes names differ between threads */
    const char *slash = strrchr(f->target, '/'), *target = slash ? slash + 1 : f->target;
    char *folder = fk_path_folder(f->target), *name = fk_alloc(strlen(target) + 64, 1);
    if (f->named)
        sprintf(name, ".%s.fokker-tmp", target);
    else
        sprintf(name, ".fokker-%ld-%u.tmp", (long)getpid(), atomic_fetch_add(&count, 1));
    char *path = fk_path_join(folder, name);
    free(folder);
    free(name);
    return path;
}

/* A new file, always: one of this name is another's, or what is left of a process that was killed;
 * whoever writes it still goes on with a file that has no name. */
static int open_temporary(fk_file *f, fk_error *err)
{
    int fd = -1, why = 0;
    do {
        free(f->temporary);
        f->temporary = temporary_name(f);
        if (strlen(f->temporary) >= PATH_MAX) {
            why = ENAMETOOLONG;
            break;
        }
        if (f->named) unlink(f->temporary);
        f->slot = fk_interrupt_remove(f->temporary);
        assert(f->slot >= 0);
        fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) break;
        why = errno;
        fk_interrupt_keep(f->slot);
    } while (why == EEXIST);
    if (fd < 0) return cannot_create(f->path, why, err);
    f->stream = fdopen(fd, "w");
    assert(f->stream);
    return FK_OK;
}

/* Whether the temporary is still the file that is open. */
static bool has_name(const fk_file *f)
{
    struct stat open, named;
    return fstat(fileno(f->stream), &open) == 0 && stat(f->temporary, &named) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

static void release(fk_file *f)
{
    free(f->path);
    free(f->target);
    free(f->temporary);
    free(f);
}

static int create(const char *path, bool named, fk_file **file, fk_error *err)
{
    fk_file *f = fk_alloc(1, sizeof *f);
    f->path = fk_strdup(path);
    f->named = named;
    f->slot = -1;
    *file = NULL;

    struct stat st;
    int status = FK_OK;
    bool exists = stat(path, &st) == 0;
    if (strcmp(path, "-") == 0) {
        f->path[0] = '\0';
        f->stream = stdout;
    } else if (*path == '\0' || path[strlen(path) - 1] == '/' || (exists && S_ISDIR(st.st_mode))) {
        status = fk_fail(err, FK_FILE, "'%s' is a folder, not a file", path);
    } else if (exists && !S_ISREG(st.st_mode)) { /* a device or a pipe: never renamed over */
        f->stream = fopen(path, "we");
        if (!f->stream) status = cannot_create(path, errno, err);
    } else {
        char *real = exists ? realpath(path, NULL) : NULL; /* write through a link, not over it */
        f->target = real ? real : fk_strdup(path);
        if (exists && access(path, W_OK) != 0)
            status = cannot_create(path, errno, err);
        else
            status = open_temporary(f, err);
    }
    if (status)
        release(f);
    else
        *file = f;
    return status;
}

static int create_by_ranks(const char *path, bool named, fk_file **file, fk_error *err)
{
    const bool here = fk_ranks_writes() || strcmp(path, "-") == 0;
    const int own = create(here ? path : "/dev/null", named, file, err),
              status = fk_ranks_agree(own, err);
    if (status != FK_OK && own == FK_OK) fk_file_abandon(*file), *file = NULL;
    return status;
}

int fk_file_create(const char *path, fk_file **file, fk_error *err)
{
    return create_by_ranks(path, false, file, err);
}

int fk_file_rewrite(const char *path, fk_file **file, fk_error *err)
{
    return create_by_ranks(path, true, file, err);
}

int fk_file_open(const char *path, FILE **stream, size_t *size, fk_error *err)
{
    struct stat st;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for a pipe */
    if (file >= 0 && fstat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
        close(file);
        return fk_fail(err, FK_USAGE, "%s: it is no plain file: name one that is", path);
    }
    *stream = file >= 0 ? fdopen(file, "r") : NULL;
    if (!*stream) return fk_fail(err, FK_FILE, "%s: cannot read: %s", path, strerror(errno));
    *size = (size_t)st.st_size;
    return FK_OK;
}

FILE *fk_file_stream(fk_file *f)
{
    return f->stream;
}

int fk_file_commit(fk_file *f, fk_error *err)
{
    errno = 0;
    bool ok = fflush(f->stream) == 0;
    int why = errno;
    if (ferror(f->stream)) ok = false;
    if (!ok && !why && f->temporary && write(fileno(f->stream), "", 1) < 0)
        why = errno; /* a write failed long ago; this one does for the same reason */
    const bool ours = !f->temporary || has_name(f);
    if (f->stream != stdout && fclose(f->stream) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && ours && f->temporary && rename(f->temporary, f->target) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok && ours && f->temporary) unlink(f->temporary);
    fk_interrupt_keep(f->slot);
    if (!ours)
        fk_fail(err, FK_FILE,
                "%s: its temporary file was taken away: let one process alone write it", f->path);
    else if (!ok)
        fk_fail(err, FK_FILE, "%s: could not be written whole: %s",
                *f->path ? f->path : "standard output", why ? strerror(why) : "a write failed");
    release(f);
    return fk_ranks_agree(ok && ours ? FK_OK : FK_FILE, err);
}

void fk_file_abandon(fk_file *f)
{
    if (!f) return;
    if (f->stream != stdout) fclose(f->stream);
    if (f->temporary) unlink(f->temporary);
    fk_interrupt_keep(f->slot);
    release(f);
}

int fk_file_probe(const char *path, fk_error *err)
{
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status == FK_OK) fk_file_abandon(file);
    return status;
}
