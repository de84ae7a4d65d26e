/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker flow: the probability-flow ODE's map between two times. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "core/cli.h"
#include "core/table.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "tools/common_points.h"

typedef struct {
    given in;
    const char *out;
    fk_cli cli;
} request;

static const char REFERENCE[] =
    "no closed form for this mixture: a reference by rk8pd with tolerance 1e-13 a step";

static char *header(size_t dim)
{
    size_t room = 2 * dim * 24 + 1, used = 0;
    char *text = fk_alloc(room, 1);
    for (size_t i = 0; i < 2 * dim; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%c%zu", i ? "," : "",
                                 i < dim ? 'x' : 'y', i % dim);
    return text;
}

/* y (n, dim) by closed form where there is one. */
static int flow_exactly(const request *r, const fk_mixture *m, const fk_schedule *schedule,
                        const fk_table *points, double *y, fk_error *err)
{
    int status = fk_schedule_check_domain(schedule, "--t-start", r->in.t_start, err);
    if (!status) status = fk_schedule_check_domain(schedule, "--t-end", r->in.t_end, err);
    if (status) return status;
    fk_coeffs from = fk_schedule_at(schedule, r->in.t_start),
              to = fk_schedule_at(schedule, r->in.t_end);
    fk_marginal *g = fk_marginal_new(m, from.s, from.sigma);
    bool singular = g->singular;
    fk_marginal_free(g);
    if (singular)
        return fk_fail(err, FK_USAGE,
                       "--t-start %g: sigma is 0 there, and from a zero variance (%s) no flow "
                       "leads on: take a larger t",
                       r->in.t_start, m->name);
    fk_flow(m, &from, &to, points->shape[0], points->x, y, NULL);
    return FK_OK;
}

static int flow_by_reference(const request *r, const fk_mixture *m, const fk_schedule *schedule,
                             const fk_table *points, double *y, fk_error *err)
{
    size_t size = points->shape[0] * m->dim;
    int status = fk_schedule_check_usable(schedule, "--t-start", r->in.t_start, err);
    if (!status) status = fk_schedule_check_usable(schedule, "--t-end", r->in.t_end, err);
    if (status) return status;
    fk_cli_remark("%s", REFERENCE);
    memcpy(y, points->x, size * sizeof *y);
    if (r->in.t_start == r->in.t_end) return FK_OK;
    double *path = fk_alloc(2 * size, sizeof *path), t[2] = {r->in.t_start, r->in.t_end};
    memcpy(path, points->x, size * sizeof *path);
    fk_field field = fk_mixture_field(m);
    fk_adaptive_options options = {.rtol = 1e-13, .atol = 1e-13, .threads = r->cli.threads};
    status =
        fk_adaptive_solve(&fk_rk8pd, schedule, &field, t, 2, points->shape[0], path, &options, err);
    memcpy(y, path + size, size * sizeof *y);
    free(path);
    return status;
}

static int write_rows(const request *r, const fk_mixture *m, const fk_table *points,
                      const double *y, fk_error *err)
{
    size_t n = m->dim;
    char *names = header(n);
    fk_csv *csv;
    int status = fk_csv_create(r->out, names, fk_flow_is_exact(m) ? NULL : REFERENCE, &csv, err);
    free(names);
    if (status) return status;
    double *row = fk_alloc(2 * n, sizeof *row);
    for (size_t p = 0; p < points->shape[0]; p++) {
        memcpy(row, points->x + p * n, n * sizeof *row);
        memcpy(row + n, y + p * n, n * sizeof *row);
        fk_csv_row(csv, row, 2 * n);
    }
    free(row);
    return fk_csv_commit(csv, err);
}

static int run(const request *r, fk_error *err)
{
    const fk_mixture *m = r->in.mixture;
    double *y = fk_alloc(r->in.points.shape[0] * m->dim, sizeof *y);
    int status = (fk_flow_is_exact(m) ? flow_exactly : flow_by_reference)(r, m, &r->in.schedule,
                                                                          &r->in.points, y, err);
    if (!status) status = write_rows(r, m, &r->in.points, y, err);
    free(y);
    return status;
}

int main(int argc, char **argv)
{
    request r = {.in = given_default(), .out = "-"};
    const fk_option option[] = {{"mixture", "M", "a built-in mixture or a JSON file", FK_OPT_TEXT,
                                 &r.in.mixture_spec, true},
                                {"schedule", "S", "the schedule (default vp-linear)", FK_OPT_TEXT,
                                 &r.in.schedule_spec, false},
                                {"t-start", "T", "from this time (default: the schedule's t_max)",
                                 FK_OPT_REAL, &r.in.t_start, false},
                                {"t-end", "T",
                                 "to this time, either way (default: the schedule's t_min)",
                                 FK_OPT_REAL, &r.in.t_end, false},
                                {"points", "F", "where to start, one point a row: CSV or NPY",
                                 FK_OPT_TEXT, &r.in.file, true},
                                {"out", "F", "write to this CSV file (default: standard output)",
                                 FK_OPT_TEXT, &r.out, false},
                                {NULL, NULL, NULL, FK_OPT_FLAG, NULL, false}};
    const fk_command command = {
        "flow",
        "Where the probability-flow ODE carries points from one time to another: exact for a 1-D "
        "mixture and for one Gaussian in any dimension, else a reference, and it says so.",
        "fokker flow --mixture three-1d --t-start 1 --t-end 0.001 --points examples/points-1d.csv",
        NULL, option};
    r.cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {.code = FK_OK};
    int status = given_read(&r.in, &err);
    if (!status) status = run(&r, &err);
    given_free(&r.in);
    return status ? fk_cli_report(&err) : FK_OK;
}
