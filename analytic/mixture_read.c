/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mixtures from JSON files. Every complaint is "FILE: [component N:] what is wrong". */
#include <stdio.h>
#include <stdlib.h>

#include "analytic/mixture_parts.h"

enum { MAX_DIM = 4096, WHERE = 300 };

static int get_cov(const char *where, json_t *value, size_t n, double *cov, fk_error *err)
{
    if (!json_is_array(value) || json_array_size(value) != n)
        return fk_fail(err, FK_USAGE, "%s: \"cov\" must be an array of %zu rows", where, n);
    int status = FK_OK;
    for (size_t i = 0; i < n && !status; i++) {
        char row[40];
        snprintf(row, sizeof row, "cov row %zu", i + 1);
        status = fk_json_get_reals(where, row, json_array_get(value, i), n, cov + i * n, err);
    }
    size_t zeros = 0, others = 0;
    for (size_t i = 0; i < n * n && !status; i++) {
        zeros += i / n == i % n && cov[i] == 0;
        others += cov[i] != 0;
    }
    if (zeros && others) /* meant so, it would be a "var" */
        return fk_fail(err, FK_USAGE,
                       "%s: \"cov\" is not positive definite (a variance of 0 beside others)",
                       where);
    return status;
}

/* One component: weight, mean (dim), cov (dim, dim). */
static int read_component(const char *where, json_t *object, size_t n, double *weight, double *mean,
                          double *cov, fk_error *err)
{
    static const char *const known[] = {"weight", "mean", "cov", "var", "std", NULL};
    if (!json_is_object(object))
        return fk_fail(err, FK_USAGE,
                       "%s: must be an object with \"weight\", \"mean\" and one of "
                       "\"cov\", \"var\", \"std\"",
                       where);
    int status = fk_json_check_keys(where, object, known, err);
    if (status) return status;
    for (size_t i = 0; i < 2; i++)
        if (!json_object_get(object, known[i]))
            return fk_fail(err, FK_USAGE, "%s: the key \"%s\" is missing", where, known[i]);
    json_t *full = json_object_get(object, "cov"), *var = json_object_get(object, "var"),
           *std = json_object_get(object, "std");
    if (!full + !var + !std != 2)
        return fk_fail(err, FK_USAGE, "%s: needs exactly one of \"cov\", \"var\" and \"std\"",
                       where);
    status = fk_json_get_real(where, "weight", json_object_get(object, "weight"), weight, err);
    if (!status)
        status = fk_json_get_reals(where, "mean", json_object_get(object, "mean"), n, mean, err);
    if (status) return status;
    if (full) return get_cov(where, full, n, cov, err);

    double *spread = fk_alloc(n, sizeof *spread);
    status = fk_json_get_spread(where, var ? "var" : "std", var ? var : std, n, spread, err);
    for (size_t i = 0; i < n; i++) cov[i * n + i] = var ? spread[i] : spread[i] * spread[i];
    free(spread);
    return status;
}

static int read_components(const char *path, json_t *json, fk_mixture **mixture, fk_error *err)
{
    static const char *const known[] = {"dim", "components", NULL};
    int status = fk_json_check_keys(path, json, known, err);
    if (status) return status;
    json_t *dim = json_object_get(json, "dim"), *list = json_object_get(json, "components");
    if (!dim || !list)
        return fk_fail(err, FK_USAGE, "%s: the key \"%s\" is missing%s", path,
                       dim ? "components" : "dim",
                       dim || list ? "" : " (and there is no \"points\" either)");
    if (!json_is_integer(dim) || json_integer_value(dim) < 1 || json_integer_value(dim) > MAX_DIM)
        return fk_fail(err, FK_USAGE, "%s: \"dim\" must be an integer from 1 to %d", path, MAX_DIM);
    if (!json_is_array(list) || json_array_size(list) == 0)
        return fk_fail(err, FK_USAGE, "%s: \"components\" must be an array of at least one", path);

    size_t n = (size_t)json_integer_value(dim), k = json_array_size(list);
    double *weight = fk_alloc(k * (1 + n + n * n), sizeof *weight), *mean = weight + k,
           *cov = mean + k * n;
    for (size_t c = 0; c < k && !status; c++) {
        char where[WHERE];
        snprintf(where, sizeof where, "%s: component %zu", path, c + 1);
        status = read_component(where, json_array_get(list, c), n, weight + c, mean + c * n,
                                cov + c * n * n, err);
    }
    if (!status) status = fk_mixture_new(path, n, k, weight, mean, cov, mixture, err);
    free(weight);
    return status;
}

int fk_mixture_read_json(const char *path, fk_mixture **mixture, fk_error *err)
{
    json_t *json;
    int status = fk_json_read(path, &json, err);
    if (status) return status;
    if (!json_is_object(json))
        status = fk_fail(err, FK_USAGE,
                         "%s: must be an object with \"dim\" and \"components\", or "
                         "with \"points\"",
                         path);
    else if (json_object_get(json, "points"))
        status = fk_mixture_read_points(path, json, mixture, err);
    else
        status = read_components(path, json, mixture, err);
    json_decref(json);
    return status;
}
