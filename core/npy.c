/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NPY files (core/table.h), after NumPy's "NPY format": the magic, a version, the length of a
 * header that is a Python dictionary, then the numbers. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/table_format.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "NPY is read and written as it lies");

static const char magic[] = "\x93NUMPY";
enum { MAX_AXES = 6, MAX_HEADER = 65536 };

typedef struct {
    char type[4]; /* "<f8", "<f4", "<i8" */
    size_t item;  /* bytes of one number */
    size_t n;     /* numbers */
    size_t n_axes, shape[MAX_AXES];
} layout;

/* What follows 'key': in the header, or NULL. */
static const char *entry(const char *header, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s'", key);
    const char *at = strstr(header, quoted);
    if (!at) return NULL;
    at += strlen(quoted);
    at += strspn(at, " ");
    if (*at != ':') return NULL;
    at++;
    return at + strspn(at, " ");
}

static int parse_shape(const char *path, const char *text, layout *l, fk_error *err)
{
    l->n = 1;
    for (text += strspn(text, "( "); *text != ')'; text += strspn(text, ", ")) {
        char *end;
        errno = 0;
        unsigned long long length = strtoull(text, &end, 10);
        if (end == text || *text == '-' || *text == '+')
            return fk_fail(err, FK_USAGE, "%s: its header has no readable shape", path);
        text = end;
        if (l->n_axes == MAX_AXES)
            return fk_fail(err, FK_USAGE, "%s: more than %d axes", path, MAX_AXES);
        size_t n = l->n * (size_t)length;
        if (errno || length > SIZE_MAX || (length && n / length != l->n) || n > SIZE_MAX / 16)
            return fk_fail(err, FK_USAGE, "%s: its shape asks for more numbers than memory counts",
                           path);
        l->n = n;
        l->shape[l->n_axes++] = (size_t)length;
    }
    if (l->n_axes == 0 || l->n == 0)
        return fk_fail(err, FK_USAGE, "%s: holds no row of numbers", path);
    return FK_OK;
}

static int parse_header(const char *path, const char *header, layout *l, fk_error *err)
{
    const char *descr = entry(header, "descr"), *order = entry(header, "fortran_order"),
               *shape = entry(header, "shape");
    if (!descr || !order || !shape || *shape != '(' || !strchr(shape, ')'))
        return fk_fail(err, FK_USAGE, "%s: its header lacks descr, fortran_order or shape", path);
    static const char *const known[] = {"'<f8'", "'<f4'", "'<i8'"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(descr, known[i], 5) == 0) {
            snprintf(l->type, sizeof l->type, "%.3s", known[i] + 1);
            l->item = (size_t)(known[i][3] - '0');
        }
    int length = (int)strcspn(descr, ",}");
    if (l->item == 0)
        return fk_fail(err, FK_USAGE, "%s: numbers of type %.*s; would be right: '<f8' (float64)",
                       path, length < 40 ? length : 40, descr);
    if (strncmp(order, "False", 5) != 0)
        return fk_fail(err, FK_USAGE,
                       "%s: in Fortran order; would be right: C order (numpy.ascontiguousarray)",
                       path);
    return parse_shape(path, shape, l, err);
}

/* Magic, version, header; leaves the stream at the numbers. */
static int read_layout(const char *path, FILE *in, layout *l, size_t *start, fk_error *err)
{
    unsigned char head[12] = {0};
    if (fread(head, 1, 10, in) != 10 || memcmp(head, magic, 6) != 0)
        return fk_fail(err, FK_USAGE, "%s: not an NPY file", path);
    size_t length = head[8] | (size_t)head[9] << 8;
    *start = 10;
    if (head[6] == 2) {
        if (fread(head + 10, 1, 2, in) != 2)
            return fk_fail(err, FK_USAGE, "%s: ends within its header", path);
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
        *start = 12;
    } else if (head[6] != 1) {
        return fk_fail(err, FK_USAGE, "%s: NPY version %d; would be right: 1 or 2", path, head[6]);
    }
    *start += length;
    if (length > MAX_HEADER)
        return fk_fail(err, FK_USAGE, "%s: a header of %zu bytes is none", path, length);
    char *header = fk_alloc(length + 1, 1);
    int status = fread(header, 1, length, in) == length
                     ? parse_header(path, header, l, err)
                     : fk_fail(err, FK_USAGE, "%s: ends within its header", path);
    free(header);
    return status;
}

static double number_at(const void *raw, const layout *l, size_t i)
{
    if (strcmp(l->type, "<f4") == 0) return (double)((const float *)raw)[i];
    if (strcmp(l->type, "<i8") == 0) return (double)((const int64_t *)raw)[i];
    return ((const double *)raw)[i];
}

static int read_numbers(const char *path, FILE *in, const layout *l, bool finite, double *x,
                        fk_error *err)
{
    bool direct = strcmp(l->type, "<f8") == 0;
    void *raw = direct ? x : fk_alloc(l->n, l->item);
    size_t got = fread(raw, l->item, l->n, in);
    for (size_t i = 0; !direct && i < got; i++) x[i] = number_at(raw, l, i);
    if (!direct) free(raw);
    if (got != l->n) return fk_fail(err, FK_FILE, "%s: cannot read: %s", path, strerror(errno));
    for (size_t i = 0; finite && i < l->n; i++)
        if (!isfinite(x[i]))
            return fk_fail(err, FK_USAGE, "%s: row %zu (from 0) is not finite", path,
                           i / (l->n / l->shape[0]));
    return FK_OK;
}

static int read_stream(const char *path, FILE *in, bool finite, fk_table *table, fk_error *err)
{
    struct stat st;
    if (fstat(fileno(in), &st) != 0 || !S_ISREG(st.st_mode))
        return fk_fail(err, FK_FILE, "%s: cannot read: it is no plain file", path);
    layout l = {.n = 0};
    size_t start = 0;
    int status = read_layout(path, in, &l, &start, err);
    if (status) return status;
    /* before anything is allocated: the header must not promise more than there is */
    size_t expected = start + l.n * l.item, found = (size_t)st.st_size;
    if (found != expected)
        return fk_fail(err, FK_USAGE, "%s: %s: its header promises %zu bytes, there are %zu", path,
                       found < expected ? "truncated" : "too long", expected, found);
    double *x = fk_alloc(l.n, sizeof *x);
    status = read_numbers(path, in, &l, finite, x, err);
    if (status) {
        free(x);
        return status;
    }
    *table = (fk_table){.x = x, .n_axes = l.n_axes};
    memcpy(table->shape, l.shape, sizeof l.shape);
    return FK_OK;
}

int fk_npy_read(const char *path, bool finite, fk_table *table, fk_error *err)
{
    FILE *in = fopen(path, "re");
    if (!in) return fk_fail(err, FK_FILE, "%s: cannot read: %s", path, strerror(errno));
    int status = read_stream(path, in, finite, table, err);
    fclose(in);
    return status;
}

int fk_npy_write(const char *path, const double *x, size_t n_axes, const size_t *shape,
                 fk_error *err)
{
    assert(n_axes >= 1 && n_axes <= MAX_AXES);
    char header[256] = "{'descr': '<f8', 'fortran_order': False, 'shape': (";
    size_t used = strlen(header), n = 1;
    for (size_t i = 0; i < n_axes; i++) {
        used +=
            (size_t)snprintf(header + used, sizeof header - used, i ? " %zu," : "%zu,", shape[i]);
        n *= shape[i];
    }
    if (n_axes > 1) used--; /* Python's (3, 2), and (3,) */
    used += (size_t)snprintf(header + used, sizeof header - used, "), }");
    while ((10 + used + 1) % 64) header[used++] = ' '; /* the numbers start on a multiple of 64 */
    header[used++] = '\n';

    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    FILE *out = fk_file_stream(file);
    const unsigned char head[4] = {1, 0, (unsigned char)(used & 255), (unsigned char)(used >> 8)};
    fwrite(magic, 1, 6, out);
    fwrite(head, 1, sizeof head, out);
    fwrite(header, 1, used, out);
    fwrite(x, sizeof *x, n, out);
    return fk_file_commit(file, err);
}
