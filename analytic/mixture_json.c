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

json_t *fk_mixture_json(const fk_mixture *m)
{
    json_t *list = json_array();
    double *cov = fk_alloc(m->dim * m->dim, sizeof *cov);
    for (size_t k = 0; k < m->k; k++) {
        json_t *rows = json_array();
        fk_mixture_covariance(m, k, cov);
        for (size_t i = 0; i < m->dim; i++)
            json_array_append_new(rows, numbers(cov + i * m->dim, m->dim));
        json_array_append_new(list, json_pack("{s:f,s:o,s:o}", "weight", m->weight[k], "mean",
                                              numbers(m->mean + k * m->dim, m->dim), "cov", rows));
    }
    free(cov);
    return json_pack("{s:I,s:o}", "dim", (json_int_t)m->dim, "components", list);
}
