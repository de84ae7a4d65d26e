/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel densities and empirical distributions: one component for each point of a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analytic/mixture_parts.h"
#include "core/table.h"

/* The file named in a JSON file: beside it, else in the working directory. Newly allocated. */
static char *find_beside(const char *path, const char *file)
{
    const char *slash = strrchr(path, '/');
    if (!slash || file[0] == '/') return fk_strdup(file);
    char *folder = fk_strdup(path);
    folder[slash - path] = '\0';
    char *beside = fk_path_join(*folder ? folder : "/", file);
    free(folder);
    if (access(beside, F_OK) == 0 || access(file, F_OK) != 0) return beside;
    free(beside);
    return fk_strdup(file);
}

/* Whether column number i of the list stands in it before. */
static bool is_repeated(const size_t *column, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (column[j] == column[i]) return true;
    return false;
}

/* The columns asked for, or all of them: `column` (n) newly allocated. */
static int read_columns(const char *path, const char *file, json_t *value, size_t available,
                        size_t **column, size_t *n, fk_error *err)
{
    if (value && (!json_is_array(value) || json_array_size(value) == 0))
        return fk_fail(err, FK_USAGE, "%s: \"columns\" must be an array of column numbers from 0",
                       path);
    *n = value ? json_array_size(value) : available;
    *column = fk_alloc(*n, sizeof **column);
    for (size_t i = 0; i < *n; i++) {
        json_t *entry = value ? json_array_get(value, i) : NULL;
        (*column)[i] = entry ? (size_t)json_integer_value(entry) : i;
        if (entry && (!json_is_integer(entry) || json_integer_value(entry) < 0 ||
                      (*column)[i] >= available)) {
            free(*column);
            return fk_fail(err, FK_USAGE,
                           "%s: \"columns\" must be whole numbers from 0 to %zu: %s has %zu "
                           "column%s",
                           path, available - 1, file, available, available == 1 ? "" : "s");
        }
        if (is_repeated(*column, i)) {
            size_t twice = (*column)[i];
            free(*column);
            return fk_fail(err, FK_USAGE,
                           "%s: \"columns\" has column %zu twice: each may stand there once", path,
                           twice);
        }
    }
    return FK_OK;
}

/* Each column of x (rows, n) to mean 0 and variance 1 (over the number of rows). */
static int standardise(const char *path, size_t rows, size_t n, double *x, fk_error *err)
{
    for (size_t j = 0; j < n; j++) {
        double mean = 0, var = 0;
        for (size_t i = 0; i < rows; i++) mean += x[i * n + j] / (double)rows;
        for (size_t i = 0; i < rows; i++)
            var += (x[i * n + j] - mean) * (x[i * n + j] - mean) / (double)rows;
        if (!(var > 0))
            return fk_fail(err, FK_USAGE,
                           "%s: \"standardise\": column %zu of \"columns\" is constant", path, j);
        for (size_t i = 0; i < rows; i++) x[i * n + j] = (x[i * n + j] - mean) / sqrt(var);
    }
    return FK_OK;
}

static int build_kernel_density(const char *path, const char *file, json_t *json,
                                const fk_table *table, fk_mixture **mixture, fk_error *err)
{
    size_t rows = table->shape[0], available = table->n_axes > 1 ? table->shape[1] : 1;
    json_t *std = json_object_get(json, "std"), *scale = json_object_get(json, "standardise");
    size_t n = 0, *column = NULL;
    if (scale && !json_is_boolean(scale))
        return fk_fail(err, FK_USAGE, "%s: \"standardise\" must be true or false", path);
    if (table->n_axes > 2 || rows == 0)
        return fk_fail(err, FK_USAGE, "%s: %s holds no points (one a row)", path, file);
    int status =
        read_columns(path, file, json_object_get(json, "columns"), available, &column, &n, err);
    if (status) return status;

    double *weight = fk_alloc(rows * (1 + 2 * n) + n, sizeof *weight), *mean = weight + rows,
           *var = mean + rows * n, *spread = var + rows * n;
    if (std) status = fk_json_get_spread(path, "std", std, n, spread, err);
    for (size_t i = 0; i < rows && !status; i++)
        for (size_t j = 0; j < n && !status; j++) {
            mean[i * n + j] = table->x[i * available + column[j]];
            var[i * n + j] = spread[j] * spread[j];
            weight[i] = 1 / (double)rows;
            if (!isfinite(mean[i * n + j]))
                status =
                    fk_fail(err, FK_USAGE, "%s: %s: point %zu is not finite", path, file, i + 1);
        }
    if (!status && json_is_true(scale)) status = standardise(path, rows, n, mean, err);
    if (!status) status = fk_mixture_new_diagonal(path, n, rows, weight, mean, var, mixture, err);
    free(weight);
    free(column);
    return status;
}

int fk_mixture_read_points(const char *path, json_t *json, fk_mixture **mixture, fk_error *err)
{
    static const char *const known[] = {"points", "columns", "std", "standardise", NULL};
    int status = fk_json_check_keys(path, json, known, err);
    if (status) return status;
    const char *file = json_string_value(json_object_get(json, "points"));
    if (!file)
        return fk_fail(err, FK_USAGE, "%s: \"points\" must be the name of a CSV or NPY file", path);
    char *found = find_beside(path, file);
    fk_table table;
    fk_error why;
    if (fk_table_read(found, &table, &why))
        status = fk_fail(err, why.code, "%s: \"points\": %s", path, why.text);
    else {
        status = build_kernel_density(path, found, json, &table, mixture, err);
        fk_table_free(&table);
    }
    free(found);
    return status;
}
