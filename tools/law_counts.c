/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/law_counts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/table.h"

enum { AXIS, FROM, TO, COUNT, COLUMNS };

static int read_bins(const char *path, fk_table *table, fk_error *err)
{
    int code = fk_table_read(path, table, err);
    if (code) return code;
    const size_t rows = table->shape[0];
    bool right = table->n_axes == 2 && table->shape[1] == COLUMNS && rows >= 3;
    for (size_t b = 0; right && b < rows; b++) {
        const double *row = table->x + b * COLUMNS;
        right = row[AXIS] == 0 && row[TO] > row[FROM] &&
                row[FROM] == (b == 0 ? -INFINITY : row[TO - (int)COLUMNS]);
    }
    if (!right || table->x[rows * COLUMNS - COLUMNS + TO] != INFINITY)
        return fk_fail(
            err, FK_USAGE,
            "--sampled %s: it is not what fokker sample --histogram writes of samples in 1-D",
            path);
    for (size_t b = 0; b < rows; b++) {
        const double count = table->x[b * COLUMNS + COUNT];
        if (!(count >= 0 && count <= 0x1p53 && count == floor(count)))
            return fk_fail(err, FK_USAGE,
                           "--sampled %s: the bin to %g counts %.17g; it would be a whole number, "
                           "0 to 2^53",
                           path, table->x[b * COLUMNS + TO], count);
    }
    return FK_OK;
}

/* The value of an option in a command, the last one given; NULL where it is not. */
static const char *given(const char *command, const char *option)
{
    char word[40];
    snprintf(word, sizeof word, " --%s ", option);
    const char *value = NULL;
    for (const char *at = command; (at = strstr(at, word)); value = at) at += strlen(word);
    return value;
}

/* Settings are those of the command, where it gives them. */
static int check_command(const char *file, const char *command, const json_t *record, fk_error *err)
{
    static const char *const name[] = {"mixture", "schedule", "chain", "scheme", "score", "grid",
                                       "steps",   "n",        "seed",  "prior",  "final"};
    if (strncmp(command, "fokker sample ", 14) != 0)
        return fk_fail(err, FK_USAGE, "%s: the \"command\" would be fokker sample, not %.60s", file,
                       command);
    const bool own_start = json_is_null(json_object_get(record, "start"));
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        const char *word = given(command, name[i]);
        const json_t *value = json_object_get(record, name[i]);
        const bool start = strcmp(name[i], "n") == 0 || strcmp(name[i], "prior") == 0;
        if (!word || (start && !own_start)) continue; /* --start sets these */
        const size_t length = strcspn(word, " ");
        bool same = json_is_integer(value) && strtod(word, NULL) == json_number_value(value);
        if (json_is_string(value)) {
            char *quoted = fk_shell_word(json_string_value(value));
            same = strncmp(word, quoted, strlen(quoted)) == 0 && strchr(" ", word[strlen(quoted)]);
            free(quoted);
        }
        if (same) continue;
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
        fk_fail(err, FK_USAGE, "%s: \"%s\" is %.80s, and --%s %.*s in its \"command\"", file,
                name[i], text ? text : "missing", name[i], (int)length, word);
        free(text);
        return err->code;
    }
    return FK_OK;
}

static int read_record(const char *file, law_counts *c, fk_error *err)
{
    int code = fk_json_read(file, &c->record, err);
    if (code) return code;
    json_error_t what;
    json_int_t n, steps, dim;
    const char *command;
    const json_t *var;
    if (json_unpack_ex(c->record, &what, 0, "{s:s, s:I, s:I, s:I, s:[{s:F, s:o}]}", "command",
                       &command, "n", &n, "steps", &steps, "dim", &dim, "moments", "mean", &c->mean,
                       "var", &var) != 0)
        return fk_fail(err, FK_USAGE, "%s: it is not the record of fokker sample --histogram: %s",
                       file, what.text);
    if (n < 1 || steps < 1 || dim != 1)
        return fk_fail(err, FK_USAGE,
                       "%s: n %lld, steps %lld, dim %lld; the first two would be 1 or more, and "
                       "dim 1",
                       file, (long long)n, (long long)steps, (long long)dim);
    if (n == 1 || !json_is_number(var))
        return fk_fail(err, FK_USAGE, "%s: \"var\" would be a number; of one sample there is none",
                       file);
    c->n = (double)n, c->var = json_number_value(var);
    return check_command(file, command, c->record, err);
}

/* Samples of the counts in their bins have such moments: about the mean, (n - 1) var is the sum of
 * squares. Both to the rounding of the record. */
static int check_moments(const char *path, const char *file, const fk_table *t, const law_counts *c,
                         fk_error *err)
{
    double n = 0, low = 0, high = 0, least = 0, most = 0;
    for (size_t b = 0; b < c->bins; b++) {
        const double *row = t->x + b * COLUMNS, count = row[COUNT];
        if (count == 0) continue;
        const double from = row[FROM] - c->mean, to = row[TO] - c->mean;
        const double near = fmax(0, fmax(from, -to)), far = fmax(-from, to);
        n += count;
        low += count * row[FROM], high += count * row[TO];
        least += count * near * near, most += count * far * far;
    }
    if (n != c->n)
        return fk_fail(err, FK_USAGE,
                       "--sampled %s: it counts %.17g samples, and %s has n %.17g: they would be "
                       "the same",
                       path, n, file, c->n);
    const double little = 1e-9, off = little * fabs(c->mean);
    if (!(c->mean >= low / n - off && c->mean <= high / n + off))
        return fk_fail(err, FK_USAGE,
                       "%s: the mean %.17g cannot be of these bins: by %s it is from %.9g to %.9g",
                       file, c->mean, path, low / n, high / n);
    const double squares = c->var * (n - 1), slack = little * (c->mean * c->mean * n + least);
    if (!(squares >= least - slack && squares <= most + slack))
        return fk_fail(err, FK_USAGE,
                       "%s: the variance %.17g cannot be of these bins: by %s it is from %.9g to "
                       "%.9g",
                       file, c->var, path, least / (n - 1), most / (n - 1));
    return FK_OK;
}

static int read_both(const char *path, const char *file, fk_table *t, law_counts *c, fk_error *err)
{
    int code = read_record(file, c, err);
    if (!code) code = read_bins(path, t, err);
    if (code) return code;
    c->bins = t->shape[0];
    code = check_moments(path, file, t, c, err);
    if (code) return code;
    c->to = fk_alloc(2 * c->bins, sizeof *c->to), c->count = c->to + c->bins;
    for (size_t b = 0; b < c->bins; b++) {
        c->to[b] = t->x[b * COLUMNS + TO];
        c->count[b] = t->x[b * COLUMNS + COUNT];
    }
    return FK_OK;
}

int law_counts_read(const char *path, law_counts *c, fk_error *err)
{
    *c = (law_counts){.n = 0};
    if (!fk_path_has_ending(path, "csv"))
        return fk_fail(err, FK_USAGE, "--sampled %s: it ends in .csv", path);
    const size_t stem = strlen(path) - strlen("csv");
    char *file = fk_alloc(stem + sizeof "json", 1);
    memcpy(file, path, stem);
    strcpy(file + stem, "json");
    fk_table t = {0};
    int code = read_both(path, file, &t, c, err);
    fk_table_free(&t);
    free(file);
    return code;
}

void law_counts_free(law_counts *c)
{
    free(c->to);
    json_decref(c->record);
}

static void add(FILE *text, const char *name, const json_t *value)
{
    if (!value || json_is_null(value)) return;
    char *word = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    fprintf(text, "%s%s %s", ftell(text) ? ", " : "", name, word);
    free(word);
}

void law_counts_remark(const char *path, const law_counts *c, const setup *s)
{
    static const char *const name[] = {"mixture", "schedule", "chain",   "scheme", "score",
                                       "grid",    "steps",    "t_start", "t_end",  "prior",
                                       "final",   "start",    "noise"};
    json_t *own = json_object();
    setup_record(s, own);
    char *text[2];
    size_t size[2];
    FILE *file[2] = {open_memstream(&text[0], &size[0]), open_memstream(&text[1], &size[1])};
    bool other = false;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        const char *key = i == 0 ? "mixture_definition" : name[i]; /* whatever it is called */
        const json_t *a = json_object_get(c->record, key), *b = json_object_get(own, key);
        const bool none = !a || json_is_null(a), no = !b || json_is_null(b);
        if (none || no ? none && no : json_equal(a, b)) continue;
        add(file[0], name[i], json_object_get(c->record, name[i]));
        add(file[1], name[i], json_object_get(own, name[i]));
        other = true;
    }
    fclose(file[0]), fclose(file[1]);
    if (other)
        fk_cli_remark("%s is of another run (%s): held against the law asked for (%s)", path,
                      text[0], text[1]);
    free(text[0]), free(text[1]);
    json_decref(own);
}
