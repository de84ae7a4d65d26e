/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making a mixture from parts already known to be right. Internal to analytic/. */
#ifndef FK_ANALYTIC_MIXTURE_PARTS_H
#define FK_ANALYTIC_MIXTURE_PARTS_H

#include "analytic/mixture.h"
#include "core/json.h"

/* A mixture with all arrays of its kind, zeroed, for the caller to fill. */
fk_mixture *fk_mixture_alloc(const char *name, size_t dim, size_t k, fk_covariance kind);

/* From a JSON file (analytic/mixture_read.c): what fk_mixture_read does with a spec that names no
 * built-in. */
int fk_mixture_read_json(const char *path, fk_mixture **mixture, fk_error *err) FK_CHECKED;
/* The {"points": ..} form of it (analytic/mixture_points.c). */
int fk_mixture_read_points(const char *path, json_t *json, fk_mixture **mixture,
                           fk_error *err) FK_CHECKED;

/* Fields (analytic/mixture_fields.c). `where` begins the message: "three.json: component 2". */
/* Refuse any key that is not in `known`, which NULL ends. */
int fk_json_check_keys(const char *where, json_t *object, const char *const *known,
                       fk_error *err) FK_CHECKED;
int fk_json_get_real(const char *where, const char *key, json_t *value, double *x,
                     fk_error *err) FK_CHECKED;
/* An array of exactly n numbers. */
int fk_json_get_reals(const char *where, const char *key, json_t *value, size_t n, double *x,
                      fk_error *err) FK_CHECKED;
/* "std" or "var", not negative: a number is meant for every axis, an array gives one for each. */
int fk_json_get_spread(const char *where, const char *key, json_t *value, size_t n, double *x,
                       fk_error *err) FK_CHECKED;

#endif
