/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/table.h"

#include <stdlib.h>
#include <string.h>

#include "core/table_format.h"

void fk_table_free(fk_table *table)
{
    free(table->x);
    *table = (fk_table){0};
}

static int read_any(const char *path, bool finite, fk_table *table, fk_error *err)
{
    *table = (fk_table){0};
    if (fk_path_has_ending(path, "npy")) return fk_npy_read(path, finite, table, err);
    return fk_csv_read(path, finite, table, err);
}

int fk_table_read(const char *path, fk_table *table, fk_error *err)
{
    return read_any(path, false, table, err);
}

int fk_points_read(const char *path, size_t dim, fk_table *table, fk_error *err)
{
    int status = read_any(path, true, table, err);
    if (status) return status;
    if (table->n_axes == 1) {
        table->n_axes = 2;
        table->shape[1] = 1;
    }
    if (table->n_axes != 2)
        status = fk_fail(err, FK_USAGE, "%s: %zu axes; would be right: 2, one point a row", path,
                         table->n_axes);
    else if (table->shape[1] != dim)
        status = fk_fail(err, FK_USAGE, "%s: points of %zu coordinates; would be right: %zu", path,
                         table->shape[1], dim);
    if (status) fk_table_free(table);
    return status;
}

static int write_csv(const char *path, const double *x, size_t n, size_t dim, const char *comment,
                     fk_error *err)
{
    enum { WIDTH = 22 }; /* "x" and the digits of any size_t, and the comma */
    char *header = fk_alloc(dim * WIDTH + 1, 1), *end = header;
    for (size_t i = 0; i < dim; i++) end += sprintf(end, i ? ",x%zu" : "x%zu", i);
    fk_csv *csv;
    int status = fk_csv_create(path, header, comment, &csv, err);
    free(header);
    if (status) return status;
    for (size_t p = 0; p < n; p++) fk_csv_row(csv, x + p * dim, dim);
    return fk_csv_commit(csv, err);
}

int fk_points_write(const char *path, const double *x, size_t n, size_t dim, const char *comment,
                    fk_error *err)
{
    const size_t shape[2] = {n, dim};
    if (fk_path_has_ending(path, "npy")) return fk_npy_write(path, x, 2, shape, err);
    if (fk_path_has_ending(path, "csv")) return write_csv(path, x, n, dim, comment, err);
    return fk_fail(err, FK_USAGE, "%s: points are written as .npy or .csv, by the ending", path);
}
