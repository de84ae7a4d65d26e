/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of numbers: CSV and NPY, reading and writing. */
#ifndef FK_CORE_TABLE_H
#define FK_CORE_TABLE_H

#include "core/file.h"

/* Rows of numbers, or an array of any shape; owns its values. */
typedef struct {
    double *x;       /* C order */
    size_t n_axes;   /* CSV: 2 */
    size_t shape[6]; /* CSV: rows, columns */
} fk_table;
void fk_table_free(fk_table *);

/* Read a CSV (one row a line, commas or blanks between, `#` comments, one header line allowed) or,
 * by its ending .npy, an NPY file (version 1.x or 2.0, little-endian f8, C order). A ragged row, a
 * word where a number should be, a truncated file: FK_USAGE, with file and line. */
int fk_table_read(const char *path, fk_table *table, fk_error *err) FK_CHECKED;

/* Read points (n, dim): as fk_table_read, checking the number of columns; 1-D arrays are one
 * column. */
int fk_points_read(const char *path, size_t dim, fk_table *table, fk_error *err) FK_CHECKED;

/* CSV writer: `#` lines with command, version and seed, a header line, numbers as %.17g. */
typedef struct fk_csv fk_csv;
/* `header` is the line of names. comment: extra text for a # line, or NULL. */
int fk_csv_create(const char *path, const char *header, const char *comment, fk_csv **csv,
                  fk_error *err) FK_CHECKED;
void fk_csv_row(fk_csv *, const double *value, size_t n); /* NaN marks "not defined": left empty */
void fk_csv_block(fk_csv *); /* a blank line: gnuplot's block separator */
int fk_csv_commit(fk_csv *, fk_error *err) FK_CHECKED;
void fk_csv_abandon(fk_csv *);

/* NPY version 1.0, little-endian f8, C order. */
int fk_npy_write(const char *path, const double *x, size_t n_axes, const size_t *shape,
                 fk_error *err) FK_CHECKED;

/* Points (n, dim) as NPY or CSV (columns x0, x1, ..), by the file's ending; any other ending:
 * FK_USAGE. */
int fk_points_write(const char *path, const double *x, size_t n, size_t dim, const char *comment,
                    fk_error *err) FK_CHECKED;

#endif
