/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/law_sampled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/table.h"

/* Of a bin, or of several together, so that its number is nearly normal. */
static const double enough = 100;

enum { AXIS, FROM, TO, COUNT, COLUMNS };

static int read_counts(const char *path, fk_table *table, fk_error *err)
{
    int code = fk_table_read(path, table, err);
    if (code) return code;
    const size_t rows = table->shape[0];
    bool right = table->n_axes == 2 && table->shape[1] == COLUMNS && rows >= 3;
    for (size_t b = 0; right && b < rows; b++) {
        const double *row = table->x + b * COLUMNS;
        right = row[AXIS] == 0 && row[COUNT] >= 0 && row[TO] > row[FROM] &&
                row[FROM] == (b == 0 ? -INFINITY : row[TO - (int)COLUMNS]);
    }
    if (right && table->x[rows * COLUMNS - COLUMNS + TO] == INFINITY) return FK_OK;
    fk_table_free(table);
    return fk_fail(
        err, FK_USAGE,
        "--sampled %s: it is not what fokker sample --histogram writes of samples in 1-D", path);
}

static int read_moments(const char *path, double *mean, double *var, fk_error *err)
{
    if (!fk_path_has_ending(path, "csv"))
        return fk_fail(err, FK_USAGE, "--sampled %s: it ends in .csv", path);
    const size_t stem = strlen(path) - strlen("csv");
    char *name = fk_alloc(stem + sizeof "json", 1);
    memcpy(name, path, stem);
    strcpy(name + stem, "json");
    json_t *record = NULL;
    int code = fk_json_read(name, &record, err);
    if (!code && json_unpack(record, "{s:[{s:F, s:F}]}", "moments", "mean", mean, "var", var) != 0)
        code = fk_fail(err, FK_USAGE, "%s: there are no \"moments\"", name);
    json_decref(record);
    free(name);
    return code;
}

static double deviation(double count, double n, double p)
{
    return fabs(count - n * p) / sqrt(n * p * (1 - p));
}

/* F: at the upper ends of all bins but the last. */
static double worst_count(const fk_table *t, double n, const double *F)
{
    const size_t rows = t->shape[0];
    double worst = 0, count = 0, p = 0, last_count = 0, last_p = 0;
    for (size_t b = 0; b < rows; b++) {
        count += t->x[b * COLUMNS + COUNT];
        p += (b + 1 < rows ? F[b] : 1) - (b > 0 ? F[b - 1] : 0);
        if (!(n * p >= enough)) continue;
        if (n * (1 - p) >= enough) fk_worst(&worst, deviation(count, n, p));
        last_count = count, last_p = p, count = p = 0;
    }
    /* what is left at the end goes with its neighbours */
    if (last_p > 0 && n * (1 - last_p - p) >= enough)
        fk_worst(&worst, deviation(last_count + count, n, last_p + p));
    return worst;
}

/* E (x - mean)^4, for a standard error: bins as masses in their middles. */
static double fourth_moment(const fk_table *t, double n, double mean)
{
    double sum = 0;
    for (size_t b = 1; b + 1 < t->shape[0]; b++) {
        const double *row = t->x + b * COLUMNS, off = (row[FROM] + row[TO]) / 2 - mean;
        sum += row[COUNT] * off * off * off * off;
    }
    return sum / n;
}

int law_sampled(const char *path, const fk_law_problem *p, const fk_law_record *law,
                law_deviation *d, fk_error *err)
{
    fk_table t;
    double mean, var;
    int code = read_moments(path, &mean, &var, err);
    if (!code) code = read_counts(path, &t, err);
    if (code) return code;

    const size_t edges = t.shape[0] - 1;
    double *edge = fk_alloc(2 * edges, sizeof *edge), *F = edge + edges;
    for (size_t b = 0; b < edges; b++) edge[b] = t.x[b * COLUMNS + TO];
    code = fk_law_cdf(p, edges, edge, F, err);
    if (!code) {
        double n = 0;
        for (size_t b = 0; b < t.shape[0]; b++) n += t.x[b * COLUMNS + COUNT];
        const double fourth = fourth_moment(&t, n, law->mean);
        *d = (law_deviation){.n = n,
                             .mean = fabs(mean - law->mean) / sqrt(law->var / n),
                             .var = fabs(var - law->var) / sqrt((fourth - law->var * law->var) / n),
                             .count = worst_count(&t, n, F)};
    }
    free(edge);
    fk_table_free(&t);
    return code;
}
