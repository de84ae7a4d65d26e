/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of files and folders (core/file.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/ranks.h"

char *fk_path_join(const char *folder, const char *name)
{
    size_t n = strlen(folder), m = strlen(name);
    bool slash = n > 0 && folder[n - 1] != '/';
    char *path = fk_alloc(n + slash + m + 1, 1);
    memcpy(path, folder, n);
    if (slash) path[n] = '/';
    memcpy(path + n + slash, name, m);
    return path;
}

char *fk_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return fk_strdup(".");
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    char *folder = fk_alloc(n + 1, 1);
    memcpy(folder, path, n);
    return folder;
}

bool fk_path_has_ending(const char *path, const char *ext)
{
    size_t n = strlen(path), m = strlen(ext);
    return n > m + 1 && path[n - m - 1] == '.' && strcmp(path + n - m, ext) == 0;
}

static int make_folder(const char *path, fk_error *err)
{
    if (*path == '\0') return fk_fail(err, FK_FILE, "a folder needs a name");
    char *part = fk_strdup(path);
    int status = FK_OK;
    struct stat st;
    for (char *c = part + 1; status == FK_OK; c++) {
        if (*c != '/' && *c != '\0') continue;
        char end = *c;
        *c = '\0';
        if (mkdir(part, 0777) != 0 && (errno != EEXIST || stat(part, &st) || !S_ISDIR(st.st_mode)))
            status = errno == EEXIST
                         ? fk_fail(err, FK_FILE, "%s: '%s' is a file, not a folder", path, part)
                         : fk_fail(err, FK_FILE, "%s: cannot make the folder '%s': %s", path, part,
                                   strerror(errno));
        *c = end;
        if (end == '\0') break;
    }
    free(part);
    return status;
}

int fk_make_folder(const char *path, fk_error *err)
{
    return fk_ranks_agree(fk_ranks_writes() ? make_folder(path, err) : FK_OK, err);
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool fk_file_same(const char *a, const char *b)
{
    struct stat one, other;
    const bool here = stat(a, &one) == 0, there = stat(b, &other) == 0;
    if (here || there) return here && there && same(&one, &other);
    char *folder[2] = {fk_path_folder(a), fk_path_folder(b)};
    const bool together = stat(folder[0], &one) == 0 && stat(folder[1], &other) == 0;
    free(folder[0]), free(folder[1]);
    return together && same(&one, &other) && strcmp(last_part(a), last_part(b)) == 0;
}
