/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/file.h"

/* A byte-order mark, which some editors put before UTF-8, is no part of the text. */
static void skip_mark(FILE *in)
{
    const int first = getc(in);
    if (first != 0xEF)
        ungetc(first, in);
    else if (getc(in) != 0xBB || getc(in) != 0xBF)
        rewind(in);
}

int fk_json_read(const char *path, json_t **json, fk_error *err)
{
    *json = NULL;
    FILE *in = fopen(path, "re");
    if (!in) return fk_fail(err, FK_FILE, "%s: cannot read: %s", path, strerror(errno));
    json_error_t what;
    skip_mark(in);
    *json = json_loadf(in, JSON_REJECT_DUPLICATES, &what);
    bool broken = ferror(in);
    fclose(in);
    if (broken) {
        json_decref(*json);
        *json = NULL;
        return fk_fail(err, FK_FILE, "%s: cannot read: it is no plain file", path);
    }
    if (!*json)
        return fk_fail(err, FK_USAGE, "%s:%d:%d: not JSON: %.200s", path, what.line, what.column,
                       what.text);
    return FK_OK;
}

int fk_json_write(const char *path, const json_t *json, fk_error *err)
{
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    FILE *out = fk_file_stream(file);
    size_t how = JSON_INDENT(2) | JSON_REAL_PRECISION(17) | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY;
    if (json_dumpf(json, out, how) != 0 && !ferror(out)) {
        fk_file_abandon(file);
        return fk_fail(err, FK_FILE, "%s: these values cannot be written as JSON", path);
    }
    fputc('\n', out);
    return fk_file_commit(file, err);
}

json_t *fk_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
