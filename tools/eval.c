/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker eval: everything exact about a noised marginal at given points. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analytic/marginal.h"
#include "core/cli.h"
#include "core/table.h"
#include "schedules/schedule.h"

typedef struct {
    const char *mixture, *schedule, *points, *out;
    double t;
} request;

/* "x0,x1,logp,score0,score1,.." */
static char *header(size_t dim)
{
    static const char *const group[] = {"x", "logp", "score", "x0hat", "eps", "v"};
    size_t room = 60 + 5 * dim * 28, used = 0;
    char *text = fk_alloc(room, 1);
    for (size_t g = 0; g < sizeof group / sizeof *group; g++) {
        if (g == 1) used += (size_t)snprintf(text + used, room - used, "%s,", group[g]);
        for (size_t i = 0; i < dim && g != 1; i++)
            used += (size_t)snprintf(text + used, room - used, "%s%zu,", group[g], i);
    }
    snprintf(text + used, room - used, "divergence");
    return text;
}

/* x, logp, score, x0hat, eps = -sigma score, v = s eps - sigma x0hat, divergence; row (5 dim + 2).
 */
static void fill_row(const fk_marginal *g, const double *x, double *row)
{
    size_t n = g->mixture->dim;
    double *score = row + n + 1, *x0hat = score + n, *eps = x0hat + n, *v = eps + n;
    for (size_t i = 0; i < n; i++) row[i] = x[i];
    row[n] = fk_marginal_at(g, x, &(fk_point){.score = score, .x0hat = x0hat, .divergence = v + n});
    for (size_t i = 0; i < n; i++) {
        eps[i] = 0 - g->sigma * score[i]; /* not -0 where sigma is 0 */
        v[i] = g->s * eps[i] - g->sigma * x0hat[i];
    }
}

static int write_rows(const request *r, const fk_marginal *g, const fk_table *points, fk_error *err)
{
    size_t n = g->mixture->dim;
    char *names = header(n);
    fk_csv *csv;
    int status = fk_csv_create(r->out, names, NULL, &csv, err);
    free(names);
    if (status) return status;
    double *row = fk_alloc(5 * n + 2, sizeof *row);
    for (size_t p = 0; p < points->shape[0]; p++) {
        fill_row(g, points->x + p * n, row);
        fk_csv_row(csv, row, 5 * n + 2);
    }
    free(row);
    return fk_csv_commit(csv, err);
}

static int evaluate(const request *r, const fk_mixture *m, const fk_schedule *schedule,
                    fk_error *err)
{
    fk_coeffs c = fk_schedule_at(schedule, r->t);
    fk_marginal *g = fk_marginal_new(m, c.s, c.sigma);
    fk_table points;
    int status = FK_OK;
    if (!(c.sigma * c.sigma <= DBL_MAX))
        status = fk_fail(err, FK_USAGE, "--t %g: sigma^2 is beyond double precision there", r->t);
    else if (g->singular)
        status = fk_fail(err, FK_USAGE,
                         "--t %g: sigma^2 is 0 there in double precision, and a mixture with a "
                         "zero variance (%s) has no density without noise: take a larger t",
                         r->t, m->name);
    if (!status) status = fk_points_read(r->points, m->dim, &points, err);
    if (!status) {
        status = write_rows(r, g, &points, err);
        fk_table_free(&points);
    }
    fk_marginal_free(g);
    return status;
}

int main(int argc, char **argv)
{
    request r = {.schedule = "vp-linear", .out = "-"};
    const fk_option option[] = {
        {"mixture", "M", "a built-in mixture or a JSON file", FK_OPT_TEXT, &r.mixture, true},
        {"schedule", "S", "the schedule (default vp-linear)", FK_OPT_TEXT, &r.schedule, false},
        {"t", "T", "the time, anywhere in the schedule's domain", FK_OPT_REAL, &r.t, true},
        {"points", "F", "the points, one a row: CSV or NPY", FK_OPT_TEXT, &r.points, true},
        {"out", "F", "write to this CSV file (default: standard output)", FK_OPT_TEXT, &r.out,
         false},
        {NULL, NULL, NULL, FK_OPT_FLAG, NULL, false}};
    const fk_command command = {
        "eval",
        "All that is exact of a mixture noised to time T: log-density, score, denoiser x0hat = "
        "E[x_0 | x], eps = -sigma score, v = s eps - sigma x0hat, divergence of the score.",
        "fokker eval --mixture full-2d --t 0.3 --points examples/points-2d.csv", NULL, option};
    fk_cli_parse(&command, argc, argv);

    fk_error err = {.code = FK_OK};
    fk_schedule schedule;
    fk_mixture *m = NULL;
    int status = fk_schedule_parse(r.schedule, &schedule, &err);
    if (!status) status = fk_schedule_check_domain(&schedule, "--t", r.t, &err);
    if (!status) status = fk_mixture_read(r.mixture, &m, &err);
    if (!status) status = evaluate(&r, m, &schedule, &err);
    fk_mixture_free(m);
    return status ? fk_cli_report(&err) : FK_OK;
}
