/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"
#include "tools/report.h"

static void make_room(report_text *t, size_t more)
{
    if (t->n + more < t->room) return;
    size_t room = 2 * (t->n + more) + 256;
    char *at = fk_alloc(room, 1);
    if (t->n) memcpy(at, t->at, t->n);
    free(t->at);
    t->at = at;
    t->room = room;
}

void report_add_bytes(report_text *t, const char *bytes, size_t n)
{
    make_room(t, n + 1);
    if (n) memcpy(t->at + t->n, bytes, n);
    t->at[t->n += n] = '\0';
}

void report_add(report_text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    assert(n >= 0);
    make_room(t, (size_t)n + 1);
    vsnprintf(t->at + t->n, (size_t)n + 1, format, again);
    t->n += (size_t)n;
    va_end(again);
    va_end(args);
}

void report_add_escaped(report_text *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        switch (bytes[i]) {
        case '&':
            report_add(t, "&amp;");
            break;
        case '<':
            report_add(t, "&lt;");
            break;
        case '>':
            report_add(t, "&gt;");
            break;
        case '"':
            report_add(t, "&quot;");
            break;
        default:
            report_add_bytes(t, bytes + i, 1);
        }
    }
}

void report_insert(report_text *t, size_t where, const char *words)
{
    size_t n = strlen(words);
    assert(where <= t->n);
    make_room(t, n + 1);
    memmove(t->at + where + n, t->at + where, t->n - where);
    memcpy(t->at + where, words, n);
    t->at[t->n += n] = '\0';
}

int report_read(const char *path, report_text *t, fk_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file) return fk_fail(err, FK_FILE, "%s: %s", path, strerror(errno));
    char block[1 << 14];
    size_t n;
    report_add_bytes(t, "", 0);
    while ((n = fread(block, 1, sizeof block, file)) > 0) report_add_bytes(t, block, n);
    bool failed = ferror(file);
    fclose(file);
    if (failed) return fk_fail(err, FK_FILE, "%s: cannot be read", path);
    return FK_OK;
}
