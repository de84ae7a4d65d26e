/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedules/axis.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/table.h"

static const fk_param karras_params[] = {{"rho", 7, NULL}, {NULL, 0, NULL}};

/* file is the last of the grids on a schedule and the first of those on a chain */
enum { UNIFORM, QUADRATIC, LAMBDA, KARRAS, FROM_FILE, LEADING, TRAILING, LINSPACE, QUAD, N_GRIDS };
const fk_row fk_grid_rows[] = {
    [UNIFORM] = {"uniform", "t uniform", "Song et al. 2021", NULL},
    [QUADRATIC] = {"quadratic", "sqrt(t) uniform", "Song, Meng and Ermon 2021, appendix D.2", NULL},
    [LAMBDA] = {"lambda", "log(s/sigma) uniform", "Lu et al. 2022 (DPM-Solver)", NULL},
    [KARRAS] = {"karras", "(sigma/s)^(1/rho) uniform", "Karras et al. 2022, eq. 5", karras_params},
    [FROM_FILE] = {"file", "file:PATH, one t a line (on a chain: one index), decreasing", "", NULL},
    [LEADING] = {"leading", "chain indices k floor(T/N)", "Lin et al. 2024, table 2", NULL},
    [TRAILING] = {"trailing", "chain indices T - k T/N - 1", "Lin et al. 2024, table 2", NULL},
    [LINSPACE] = {"linspace", "chain indices from T - 1 to 0, evenly", "Lin et al. 2024, table 2",
                  NULL},
    [QUAD] = {"quad", "squares of evenly spaced numbers up to sqrt(0.8 T)",
              "Song, Meng and Ermon 2021, appendix D.2", NULL},
};
const size_t fk_n_grid_rows = N_GRIDS;

/* The grid named by `spec` among rows first..last. A file's path may hold anything, ':' too. */
static int grid_find(const char *spec, int first, int last, int *grid, double *value, fk_error *err)
{
    if (strncmp(spec, "file:", 5) == 0) {
        *grid = FROM_FILE;
        return FK_OK;
    }
    if (strcmp(spec, "file") == 0) return fk_fail(err, FK_USAGE, "grid 'file': which? file:PATH");
    long i = fk_row_find(spec, "grid", fk_grid_rows + first, (size_t)(last - first + 1), err);
    if (i < 0) {
        fk_error ignored;
        if (fk_row_find(spec, "grid", fk_grid_rows, N_GRIDS, &ignored) < 0) return FK_USAGE;
        return fk_fail(
            err, FK_USAGE, "grid '%s' is for %s", spec,
            first == UNIFORM
                ? "chains; on a schedule: uniform, quadratic, lambda, karras or file:PATH"
                : "schedules; on a chain: leading, trailing, linspace, quad or file:PATH");
    }
    *grid = first + (int)i;
    return fk_spec_params(spec, "grid", fk_grid_rows[*grid].param, value, err);
}

static void axis_new(fk_axis *axis, const fk_schedule *schedule, size_t n_steps)
{
    *axis = (fk_axis){.schedule = schedule, .n_steps = n_steps};
    axis->t = fk_alloc(n_steps + 1, sizeof *axis->t);
    axis->node = fk_alloc(n_steps + 1, sizeof *axis->node);
}

int fk_axis_extend(fk_axis *axis, size_t past, fk_error *err)
{
    if (!axis->schedule)
        return fk_fail(err, FK_USAGE, "a chain has no nodes before its first: no exact history");
    assert(axis->past == 0);
    fk_axis longer;
    axis_new(&longer, axis->schedule, axis->n_steps + past);
    memcpy(longer.t + past, axis->t, (axis->n_steps + 1) * sizeof *axis->t);
    memcpy(longer.node + past, axis->node, (axis->n_steps + 1) * sizeof *axis->node);
    double first = axis->node[0].lambda, h = axis->node[1].lambda - first;
    int status = FK_OK;
    for (size_t k = 1; k <= past && status == FK_OK; k++) {
        double t = axis->schedule->time_of(axis->schedule, first - (double)k * h);
        status = fk_schedule_check_usable(axis->schedule, "exact history at", t, err);
        if (status != FK_OK) break;
        longer.t[past - k] = t;
        longer.node[past - k] = fk_schedule_at(axis->schedule, t);
    }
    if (status != FK_OK) {
        fk_axis_free(&longer);
        return status;
    }
    longer.t += past, longer.node += past, longer.past = past, longer.n_steps = axis->n_steps;
    longer.facts = axis->facts;
    fk_axis_free(axis);
    *axis = longer;
    return FK_OK;
}

void fk_axis_free(fk_axis *axis)
{
    if (axis->t) free(axis->t - axis->past);
    if (axis->node) free(axis->node - axis->past);
    *axis = (fk_axis){.n_steps = 0};
}

/* The single column of a grid file; n its rows. */
static int read_column(const char *spec, fk_table *table, size_t *n, fk_error *err)
{
    const char *path = spec + 5;
    int status = fk_table_read(path, table, err);
    if (status != FK_OK) return status;
    size_t columns = 1;
    for (size_t a = 1; a < table->n_axes; a++) columns *= table->shape[a];
    *n = table->n_axes ? table->shape[0] : 0;
    if (columns == 1) return FK_OK;
    fk_table_free(table);
    return fk_fail(err, FK_USAGE, "%s: %zu columns, but a grid is one number a line", path,
                   columns);
}

/* Where u of the way from t_start to t_end lies on a grid that is uniform in some function of t. */
static double node_at(const fk_schedule *schedule, int grid, double rho, double u, double t_start,
                      double t_end, const fk_coeffs *start, const fk_coeffs *end)
{
    double a, b;
    switch (grid) {
    case UNIFORM:
        return (1 - u) * t_start + u * t_end;
    case QUADRATIC:
        a = (1 - u) * sqrt(t_start) + u * sqrt(t_end);
        return a * a;
    case LAMBDA:
        return schedule->time_of(schedule, (1 - u) * start->lambda + u * end->lambda);
    default: /* rho log of an average of (sigma/s)^(1/rho) = exp(-lambda/rho) */
        a = exp(-start->lambda / rho), b = exp(-end->lambda / rho);
        return schedule->time_of(schedule, -rho * log((1 - u) * a + u * b));
    }
}

static int fill_from_file(const fk_schedule *schedule, const char *spec, fk_axis *axis,
                          fk_error *err)
{
    fk_table table;
    size_t n = 0;
    int status = read_column(spec, &table, &n, err);
    if (status != FK_OK) return status;
    if (n >= 2) {
        axis_new(axis, schedule, n - 1);
        memcpy(axis->t, table.x, n * sizeof *axis->t);
    }
    fk_table_free(&table);
    if (n < 2)
        return fk_fail(err, FK_USAGE, "%s: a grid needs two times or more, one a line", spec + 5);
    for (size_t i = 0; status == FK_OK && i < n; i++)
        status = fk_schedule_check_usable(schedule, spec, axis->t[i], err);
    return status;
}

static int fill_from_grid(const fk_schedule *schedule, int grid, double rho, size_t n_steps,
                          double t_start, double t_end, fk_axis *axis, fk_error *err)
{
    int status = fk_schedule_check_usable(schedule, "--t-start", t_start, err);
    if (status == FK_OK) status = fk_schedule_check_usable(schedule, "--t-end", t_end, err);
    if (status != FK_OK) return status;
    if (!(t_start > t_end))
        return fk_fail(err, FK_USAGE,
                       "--t-start %g must be above --t-end %g: samplers run from "
                       "noise to data",
                       t_start, t_end);
    if (!(rho > 0 && isfinite(rho)))
        return fk_fail(err, FK_USAGE, "grid 'karras': rho = %g must be above 0", rho);

    axis_new(axis, schedule, n_steps);
    fk_coeffs start = fk_schedule_at(schedule, t_start), end = fk_schedule_at(schedule, t_end);
    axis->t[0] = t_start;
    for (size_t n = 1; n < n_steps; n++)
        axis->t[n] =
            node_at(schedule, grid, rho, (double)n / (double)n_steps, t_start, t_end, &start, &end);
    axis->t[n_steps] = t_end;
    return FK_OK;
}

int fk_axis_on_schedule(const fk_schedule *schedule, const char *spec, size_t n_steps,
                        double t_start, double t_end, fk_axis *axis, fk_error *err)
{
    assert(n_steps >= 1);
    *axis = (fk_axis){.n_steps = 0};
    int grid;
    double value[FK_MAX_PARAMS] = {7};
    int status = grid_find(spec, UNIFORM, FROM_FILE, &grid, value, err);
    if (status != FK_OK) return status;
    if (grid == FROM_FILE)
        status = fill_from_file(schedule, spec, axis, err);
    else
        status = fill_from_grid(schedule, grid, value[0], n_steps, t_start, t_end, axis, err);

    for (size_t n = 0; status == FK_OK && n < axis->n_steps; n++)
        if (!(axis->t[n] > axis->t[n + 1]))
            status = fk_fail(err, FK_USAGE,
                             "grid '%s': node %zu, t = %.17g, is not below the one "
                             "before it, t = %.17g",
                             spec, n + 1, axis->t[n + 1], axis->t[n]);
    for (size_t n = 0; status == FK_OK && n <= axis->n_steps; n++)
        axis->node[n] = fk_schedule_at(schedule, axis->t[n]);
    if (status != FK_OK) fk_axis_free(axis);
    return status;
}

/* floor(0.8 T (m/last)^2), m <= last: 4 T m^2 / (5 last^2) in whole numbers, one factor after the
 * other, since 4 T m^2 would not fit at T = 10^7. */
static size_t quad_index(size_t T, size_t m, size_t last)
{
    size_t a = 4 * T * m, b = 5 * last;
    return (a / b * m + a % b * m / b) / last;
}

/* Index number n of N on a chain of T, descending, m = N-1-n; linspace rounds halves to even, as
 * the libraries that it comes from do. */
static double index_at(int grid, size_t n, size_t N, size_t T)
{
    size_t m = N - 1 - n, last = N > 1 ? N - 1 : 1;
    switch (grid) {
    case LEADING:
        return (double)(m * (T / N));
    case TRAILING:
        return rint((double)T - (double)(n * T) / (double)N) - 1;
    case LINSPACE:
        return N > 1 ? rint((double)(m * (T - 1)) / (double)last) : (double)(T - 1);
    default:
        return N > 1 ? (double)quad_index(T, m, last) : (double)(4 * T / 5);
    }
}

static int indices_from_file(const char *spec, fk_axis *axis, fk_error *err)
{
    fk_table table;
    size_t n = 0;
    int status = read_column(spec, &table, &n, err);
    if (status != FK_OK) return status;
    axis_new(axis, NULL, n);
    if (n > 0) memcpy(axis->t, table.x, n * sizeof *axis->t);
    fk_table_free(&table);
    return n > 0 ? FK_OK : fk_fail(err, FK_USAGE, "%s: a grid needs one index or more", spec + 5);
}

static int indices_from_grid(const fk_chain *chain, int grid, size_t n_steps, fk_axis *axis,
                             fk_error *err)
{
    if (n_steps > chain->T)
        return fk_fail(err, FK_USAGE, "%zu steps on the chain '%s', which has %zu; take fewer",
                       n_steps, chain->spec, chain->T);
    axis_new(axis, NULL, n_steps);
    for (size_t n = 0; n < n_steps; n++) axis->t[n] = index_at(grid, n, n_steps, chain->T);
    return FK_OK;
}

/* Whether i may follow `above` (T at the start) as a node of an axis. */
static int check_index(const fk_chain *chain, const char *spec, double i, double above,
                       fk_error *err)
{
    if (!(i >= 0 && i < (double)chain->T && i == floor(i)))
        return fk_fail(err, FK_USAGE, "grid '%s': %g is no index of the chain '%s', 0 to %zu", spec,
                       i, chain->spec, chain->T - 1);
    if (!(i < above))
        return fk_fail(err, FK_USAGE,
                       "grid '%s': index %g follows %g, but indices must decrease; "
                       "take fewer steps",
                       spec, i, above);
    if (isinf(chain->log_alpha_bar[(size_t)i]))
        return fk_fail(
            err, FK_USAGE,
            "grid '%s': index %g of the chain '%s' has alpha_bar = 0, where "
            "no denoiser can be read off a score; start lower, or take the chain cosine, "
            "which is clipped",
            spec, i, chain->spec);
    return FK_OK;
}

int fk_axis_on_chain(const fk_chain *chain, const char *spec, size_t n_steps, fk_axis *axis,
                     fk_error *err)
{
    assert(n_steps >= 1);
    *axis = (fk_axis){.n_steps = 0};
    int grid;
    double value[FK_MAX_PARAMS] = {0};
    int status = grid_find(spec, FROM_FILE, QUAD, &grid, value, err);
    if (status != FK_OK) return status;
    if (grid == FROM_FILE)
        status = indices_from_file(spec, axis, err);
    else
        status = indices_from_grid(chain, grid, n_steps, axis, err);

    double above = (double)chain->T;
    for (size_t n = 0; status == FK_OK && n < axis->n_steps; n++) {
        status = check_index(chain, spec, axis->t[n], above, err);
        if (status == FK_OK) axis->node[n] = fk_chain_at(chain, (long)axis->t[n]);
        above = axis->t[n];
    }
    if (status == FK_OK) {
        axis->t[axis->n_steps] = -1;
        axis->node[axis->n_steps] = fk_chain_at(chain, -1);
    } else {
        fk_axis_free(axis);
    }
    return status;
}
