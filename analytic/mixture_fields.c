/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields of a mixture's JSON file. */
#include <stdio.h>
#include <string.h>

#include "analytic/mixture_parts.h"
#include "core/names.h"

int fk_json_check_keys(const char *where, json_t *object, const char *const *known, fk_error *err)
{
    const char *key;
    json_t *value;
    size_t n = 0;
    while (known[n]) n++;
    json_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (i < n && strcmp(key, known[i])) i++;
        if (i < n) continue;
        char near[160];
        fk_near_names(key, known, n, near, sizeof near);
        return fk_fail(err, FK_USAGE, "%s: unknown key \"%s\"; near are %s", where, key, near);
    }
    return FK_OK;
}

int fk_json_get_real(const char *where, const char *key, json_t *value, double *x, fk_error *err)
{
    if (!json_is_number(value))
        return fk_fail(err, FK_USAGE, "%s: \"%s\" must be a number", where, key);
    *x = json_number_value(value);
    return FK_OK;
}

int fk_json_get_reals(const char *where, const char *key, json_t *value, size_t n, double *x,
                      fk_error *err)
{
    if (!json_is_array(value) || json_array_size(value) != n) {
        char found[40] = "something else";
        if (json_is_array(value)) snprintf(found, sizeof found, "%zu", json_array_size(value));
        return fk_fail(err, FK_USAGE, "%s: \"%s\" must be an array of length %zu, not %s", where,
                       key, n, found);
    }
    int status = FK_OK;
    for (size_t i = 0; i < n && !status; i++)
        status = fk_json_get_real(where, key, json_array_get(value, i), x + i, err);
    return status;
}

int fk_json_get_spread(const char *where, const char *key, json_t *value, size_t n, double *x,
                       fk_error *err)
{
    int status = FK_OK;
    if (json_is_number(value))
        for (size_t i = 0; i < n; i++) x[i] = json_number_value(value);
    else if (json_is_array(value))
        status = fk_json_get_reals(where, key, value, n, x, err);
    else
        status = fk_fail(err, FK_USAGE, "%s: \"%s\" must be a number or an array of length %zu",
                         where, key, n);
    for (size_t i = 0; i < n && !status; i++)
        if (!(x[i] >= 0))
            status =
                fk_fail(err, FK_USAGE, "%s: \"%s\" is %g: must not be negative", where, key, x[i]);
    return status;
}
