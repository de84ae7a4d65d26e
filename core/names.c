/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"

enum { LONGEST = 48 }; /* names are compared up to this many characters */

/* Edits (insert, delete, replace, swap of neighbours) from a to b: the restricted
 * Damerau-Levenshtein distance, case ignored. */
static size_t distance(const char *a, const char *b)
{
    size_t d[LONGEST + 1][LONGEST + 1];
    size_t n = strnlen(a, LONGEST), m = strnlen(b, LONGEST);
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            int ai = tolower((unsigned char)a[i - 1]), bj = tolower((unsigned char)b[j - 1]);
            size_t least = d[i - 1][j - 1] + (ai != bj);
            if (d[i - 1][j] + 1 < least) least = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < least) least = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && ai == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == bj && d[i - 2][j - 2] + 1 < least)
                least = d[i - 2][j - 2] + 1;
            d[i][j] = least;
        }
    }
    return d[n][m];
}

/* Near: the beginning of the known name, or few edits for its length. */
static bool near(const char *name, const char *known)
{
    size_t n = strlen(name), m = strlen(known), least = n < m ? n : m;
    if (n >= 2 && strncmp(name, known, n) == 0) return true;
    size_t edits = distance(name, known);
    return edits <= (n < 6 ? 1 : n / 3) && edits < least;
}

/* Append as much as fits whole; returns whether it did. */
static bool append(char *text, size_t size, const char *more)
{
    size_t used = strlen(text), n = strlen(more);
    if (used + n + 1 > size) return false;
    memcpy(text + used, more, n + 1);
    return true;
}

void fk_near_names(const char *name, const char *const *known, size_t n, char *text, size_t size)
{
    enum { MANY = 24 }; /* of names of which none is near, no more are listed */
    size_t picked = 0, same = 0, seen = 0;
    for (size_t i = 0; i < n; i++) {
        picked += near(name, known[i]);
        same += distance(name, known[i]) == 0;
    }
    const size_t total = same ? same : picked ? picked : n;
    *text = '\0';
    for (size_t i = 0; i < n; i++) {
        if (same ? distance(name, known[i]) != 0 : picked && !near(name, known[i])) continue;
        const char *join = seen == 0 ? "" : seen + 1 == total ? " or " : ", ";
        seen++;
        /* keep room for the dots that tell that the list was cut */
        if ((!picked && !same && seen > MANY) || !append(text, size > 8 ? size - 8 : 0, join) ||
            !append(text, size > 8 ? size - 8 : 0, known[i])) {
            append(text, size, " ...");
            return;
        }
    }
}

/* The one line about a name that is not in the list. */
static int unknown(const char *what, const char *name, const char *const *known, size_t n,
                   fk_error *err)
{
    char list[360];
    fk_near_names(name, known, n, list, sizeof list);
    return fk_fail(err, FK_USAGE, "no %s '%.60s'; try %s", what, name, list);
}

long fk_row_find(const char *spec, const char *what, const fk_row *row, size_t n, fk_error *err)
{
    size_t length = strcspn(spec, ":");
    for (size_t i = 0; i < n; i++)
        if (strlen(row[i].name) == length && strncmp(spec, row[i].name, length) == 0)
            return (long)i;

    char name[LONGEST + 13];
    snprintf(name, sizeof name, "%.*s", (int)(length < LONGEST + 12 ? length : LONGEST + 12), spec);
    const char **known = fk_alloc(n, sizeof *known);
    for (size_t i = 0; i < n; i++) known[i] = row[i].name;
    unknown(what, name, known, n, err);
    free(known);
    return -1;
}

/* The index of a word in "bh1|bh2", or -1. */
static long choice(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (long i = 0;; i++) {
        size_t length = strcspn(choices, "|");
        if (length == n && strncmp(choices, word, n) == 0) return i;
        if (choices[length] == '\0') return -1;
        choices += length + 1;
    }
}

static int set_param(const char *item, const char *name, const char *what, const fk_param *param,
                     size_t n, double *value, bool *given, fk_error *err)
{
    char key[LONGEST + 1];
    size_t length = strcspn(item, "=");
    snprintf(key, sizeof key, "%.*s", (int)(length < LONGEST ? length : LONGEST), item);
    if (item[length] != '=' || length == 0)
        return fk_fail(err, FK_USAGE, "%s '%s': expected key=value, found '%.60s'", what, name,
                       item);

    const char *known[FK_MAX_PARAMS], *text = item + length + 1;
    for (size_t i = 0; i < n; i++) {
        known[i] = param[i].key;
        if (strcmp(key, param[i].key) != 0) continue;
        if (given[i])
            return fk_fail(err, FK_USAGE, "%s '%s': '%s' is given twice", what, name, key);
        given[i] = true;
        if (param[i].choices) {
            long index = choice(param[i].choices, text);
            if (index < 0)
                return fk_fail(err, FK_USAGE, "%s '%s': %s is one of %s, not '%.60s'", what, name,
                               key, param[i].choices, text);
            value[i] = (double)index;
        } else if (!fk_read_real(text, &value[i])) {
            return fk_fail(err, FK_USAGE, "%s '%s': %s is a number, not '%.60s'", what, name, key,
                           text);
        }
        return FK_OK;
    }
    char kind[120];
    snprintf(kind, sizeof kind, "parameter of %s '%s'", what, name);
    return unknown(kind, key, known, n, err);
}

int fk_spec_params(const char *spec, const char *what, const fk_param *param, double *value,
                   fk_error *err)
{
    size_t n = 0, length = strcspn(spec, ":");
    for (; param && param[n].key; n++) value[n] = param[n].value;
    if (spec[length] == '\0') return FK_OK;

    bool given[FK_MAX_PARAMS] = {false};
    char *copy = fk_strdup(spec), *item = copy + length + 1;
    copy[length] = '\0';
    int status = FK_OK;
    if (n == 0)
        status = fk_fail(err, FK_USAGE, "%s '%s' has no parameters, yet '%.60s' follows it", what,
                         copy, item);
    while (status == FK_OK && item) {
        char *comma = strchr(item, ',');
        if (comma) *comma = '\0';
        status = set_param(item, copy, what, param, n, value, given, err);
        item = comma ? comma + 1 : NULL;
    }
    free(copy);
    return status;
}
