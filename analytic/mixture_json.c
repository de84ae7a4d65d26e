/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/mixture_json.h"

#include <stdlib.h>

#include "core/json.h"

static json_t *numbers(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, fk_json_real(x[i]));
    return list;
}

/* A component is diagonal where its axes are the coordinates'. */
static bool is_diagonal(const fk_mixture *m, size_t k)
{
    size_t n = m->dim;
    for (size_t i = 0; i < n * n && m->kind == FK_FULL; i++)
        if (i / n != i % n && m->axes[k * n * n + i] != 0) return false;
    return true;
}

json_t *fk_mixture_json(const fk_mixture *m)
{
    size_t n = m->dim;
    json_t *list = json_array();
    double *cov = fk_alloc(n * n, sizeof *cov);
    for (size_t k = 0; k < m->k; k++) {
        json_t *component =
            json_pack("{s:f,s:o}", "weight", m->weight[k], "mean", numbers(m->mean + k * n, n));
        json_array_append_new(list, component);
        if (is_diagonal(m, k)) {
            json_object_set_new(component, "var", numbers(m->var + k * n, n));
            continue;
        }
        json_t *rows = json_array();
        fk_mixture_covariance(m, k, cov);
        for (size_t i = 0; i < n; i++) json_array_append_new(rows, numbers(cov + i * n, n));
        json_object_set_new(component, "cov", rows);
    }
    free(cov);
    return json_pack("{s:I,s:o}", "dim", (json_int_t)n, "components", list);
}
