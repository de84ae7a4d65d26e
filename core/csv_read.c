/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CSV reader of core/table.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/table_format.h"

typedef struct {
    const char *path;
    size_t line;        /* number of the one in hand, from 1 */
    bool header;        /* seen */
    bool finite;        /* refuse what is not */
    double *x;          /* (rows, columns), then what there is of the next row */
    size_t n, capacity; /* of x */
    size_t columns;     /* of every row, known after the first */
} reader;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next field of a line, or NULL at its end; the fields are cut apart in place. Between two
 * fields stand blanks, or one comma with blanks around it. An empty field is "". */
static char *next_field(char **rest, bool *after_comma)
{
    char *c = *rest;
    while (is_blank(*c)) c++;
    if (*c == '\0') {
        *rest = c;
        bool one_more = *after_comma; /* "1,2," has three fields */
        *after_comma = false;
        return one_more ? c : NULL;
    }
    char *field = c;
    while (*c != '\0' && *c != ',' && !is_blank(*c)) c++;
    char *end = c;
    while (is_blank(*c)) c++;
    *after_comma = *c == ',';
    *rest = *after_comma ? c + 1 : c;
    *end = '\0';
    return field;
}

/* A number, quoted or not; an empty field is "not defined", NaN. */
static bool read_number(char *field, double *x)
{
    size_t n = strlen(field);
    if (n >= 2 && field[0] == '"' && field[n - 1] == '"') {
        field[n - 1] = '\0';
        field++;
    }
    char *end = field;
    *x = *field ? strtod(field, &end) : NAN;
    return *end == '\0';
}

static void push(reader *r, double value)
{
    if (r->n == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 1024;
        double *x = fk_alloc(r->capacity, sizeof *x);
        if (r->n) memcpy(x, r->x, r->n * sizeof *x);
        free(r->x);
        r->x = x;
    }
    r->x[r->n++] = value;
}

/* One line of fields becomes the next row. The first line is a header where no field is a number.
 */
static int read_row(reader *r, char *text, fk_error *err)
{
    size_t n = 0, words = 0, start = r->n;
    bool after_comma = false, first = start == 0 && !r->header;
    char *field, word[64] = "";
    for (; (field = next_field(&text, &after_comma)); n++) {
        double value = NAN;
        if (!read_number(field, &value) && words++ == 0) snprintf(word, sizeof word, "%s", field);
        push(r, value);
    }
    if (first && words == n) {
        r->header = true;
        r->n = start;
        return FK_OK;
    }
    if (words)
        return fk_fail(err, FK_USAGE, "%s:%zu: '%s' is not a number", r->path, r->line, word);
    if (r->columns && n != r->columns)
        return fk_fail(err, FK_USAGE, "%s:%zu: %zu columns where the rows above have %zu", r->path,
                       r->line, n, r->columns);
    for (size_t i = 0; r->finite && i < n; i++)
        if (!isfinite(r->x[start + i]))
            return fk_fail(err, FK_USAGE, "%s:%zu: column %zu is not a finite number", r->path,
                           r->line, i + 1);
    r->columns = n;
    return FK_OK;
}

static int read_lines(reader *r, FILE *in, fk_error *err)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = FK_OK;
    errno = 0;
    while (status == FK_OK && (length = getline(&line, &size, in)) >= 0) {
        r->line++;
        char *text = line;
        if (strlen(line) != (size_t)length) {
            status = fk_fail(err, FK_USAGE, "%s:%zu: not a text file (it holds a zero byte)",
                             r->path, r->line);
            break;
        }
        if (r->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0) text += 3; /* byte-order mark */
        while (is_blank(*text)) text++;
        if (*text != '\0' && *text != '#') status = read_row(r, text, err);
    }
    if (status == FK_OK && ferror(in))
        status = fk_fail(err, FK_FILE, "%s: cannot read: %s", r->path, strerror(errno));
    free(line);
    return status;
}

int fk_csv_read(const char *path, bool finite, fk_table *table, fk_error *err)
{
    reader r = {.path = path, .finite = finite};
    FILE *in = fopen(path, "re");
    if (!in) return fk_fail(err, FK_FILE, "%s: cannot read: %s", path, strerror(errno));
    int status = read_lines(&r, in, err);
    fclose(in);
    if (status == FK_OK && r.n == 0)
        status = fk_fail(err, FK_USAGE, "%s: holds no row of numbers", path);
    if (status) {
        free(r.x);
        return status;
    }
    *table = (fk_table){.x = r.x, .n_axes = 2, .shape = {r.n / r.columns, r.columns}};
    return FK_OK;
}
