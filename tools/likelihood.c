/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker likelihood: log-likelihoods by the probability-flow ODE, and what is wrong with them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_json.h"
#include "claims/likelihood.h"
#include "core/cli.h"
#include "core/table.h"
#include "learn/stand_in.h"
#include "ode/schemes.h"
#include "registry.h"
#include "tools/common_points.h"

typedef struct {
    given in;
    const char *prior, *scheme, *score, *out;
    fk_model *network; /* of the file `score`, or NULL */
    fk_adaptive_options options;
    fk_cli cli;
} request;

static const char COLUMNS[] = "log_p,exact,truncation,prior,integration,score";
enum { PARTS = 6 };

/* One row a point: the point, the computed value, its parts. */
static int write_rows(const request *r, size_t dim, const fk_table *points,
                      const fk_likelihood *found, const fk_likelihood *learnt, fk_error *err)
{
    const size_t parts = learnt ? PARTS : PARTS - 1;
    size_t room = dim * 24 + sizeof COLUMNS, used = 0;
    char *names = fk_alloc(room, 1);
    for (size_t i = 0; i < dim; i++)
        used += (size_t)snprintf(names + used, room - used, "x%zu,", i);
    snprintf(names + used, room - used, "%.*s",
             (int)(sizeof COLUMNS - 1 - (learnt ? 0 : strlen(",score"))), COLUMNS);
    fk_csv *csv;
    int status = fk_csv_create(
        r->out, names,
        learnt ? "nats; log_p = exact + truncation + prior + integration + score, of which "
                 "integration is that of the exact score, and score what the network changes"
               : "nats; log_p = exact + truncation + prior + integration",
        &csv, err);
    free(names);
    if (status) return status;
    double *row = fk_alloc(dim + PARTS, sizeof *row);
    for (size_t p = 0; p < points->shape[0]; p++) {
        const fk_likelihood *l = &found[p];
        const double value = learnt ? learnt[p].computed : l->computed;
        const double part[PARTS] = {value,    l->exact,       l->truncation,
                                    l->prior, l->integration, value - l->computed};
        memcpy(row, points->x + p * dim, dim * sizeof *row);
        memcpy(row + dim, part, sizeof part);
        fk_csv_row(csv, row, dim + parts);
    }
    free(row);
    return fk_csv_commit(csv, err);
}

static int check_ends(const request *r, const fk_schedule *schedule, fk_error *err)
{
    int status = fk_schedule_check_usable(schedule, "--t-start", r->in.t_start, err);
    if (!status) status = fk_schedule_check_usable(schedule, "--t-end", r->in.t_end, err);
    if (!status && !(r->in.t_end < r->in.t_start))
        status = fk_fail(err, FK_USAGE, "--t-end %g is not below --t-start %g", r->in.t_end,
                         r->in.t_start);
    return status;
}

/* The standard deviation of the prior; 0: the marginal itself. */
static int read_prior(const request *r, const fk_schedule *schedule, double *std, fk_error *err)
{
    const bool exact = strcmp(r->prior, "exact") == 0, normal = strcmp(r->prior, "normal") == 0;
    if (!exact && !normal && strcmp(r->prior, "standard") != 0)
        return fk_fail(err, FK_USAGE, "--prior is exact, normal or standard, not '%.60s'",
                       r->prior);
    *std = exact                           ? 0
           : normal && schedule->exploding ? fk_schedule_at(schedule, r->in.t_start).sigma
                                           : 1;
    return FK_OK;
}

static int read_scheme(const request *r, fk_scheme *scheme, fk_error *err)
{
    int status = fk_registry_parse_scheme(r->scheme, scheme, err);
    if (!status && !scheme->adaptive)
        status = fk_fail(err, FK_USAGE,
                         "--scheme %.60s has fixed steps; take dopri5, rk45 or rk8pd", r->scheme);
    return status;
}

static int read_input(request *r, fk_error *err)
{
    given *in = &r->in;
    int status = given_read_data(in, err);
    if (!status && r->score)
        status = fk_stand_in_read(r->score, in->mixture_spec, in->mixture->dim, &r->network, err);
    in->schedule_spec = fk_stand_in_schedule(in->schedule_spec, r->network);
    return status ? status : given_read_schedule(in, err);
}

static int check_network(const request *r, fk_error *err)
{
    const given *in = &r->in;
    if (!r->network) return FK_OK;
    int status =
        fk_stand_in_times(r->score, r->network, &in->schedule, in->t_start, in->t_end, err);
    if (status) return status;
    fk_stand_in_is_on(r->score, r->network, &in->schedule, in->schedule_spec);
    fk_stand_in_is_of(r->score, r->network, in->mixture_spec, fk_mixture_json(in->mixture));
    return FK_OK;
}

/* By the exact score, and where there is a network by that as well. */
static int compute(request *r, fk_likelihood_model *model, fk_likelihood *found,
                   fk_likelihood *learnt, fk_error *err)
{
    const size_t n = r->in.points.shape[0];
    r->options.threads = r->cli.threads;
    int status = fk_likelihood_of(model, n, r->in.points.x, found, &r->options, err);
    if (status || !learnt) return status;
    const fk_field field = fk_model_field(r->network);
    model->field = &field;
    return fk_likelihood_of(model, n, r->in.points.x, learnt, &r->options, err);
}

static int run(request *r, fk_error *err)
{
    const given *in = &r->in;
    const size_t n = in->points.shape[0], dim = in->mixture->dim;
    fk_scheme scheme;
    fk_likelihood_model model = {in->mixture, &in->schedule, in->t_start, in->t_end,
                                 0,           &scheme,       NULL};
    int status = check_ends(r, &in->schedule, err);
    if (!status) status = read_prior(r, &in->schedule, &model.prior_std, err);
    if (!status) status = read_scheme(r, &scheme, err);
    if (!status) status = check_network(r, err);
    if (status) return status;
    fk_likelihood *found = fk_alloc(n, sizeof *found);
    fk_likelihood *learnt = r->network ? fk_alloc(n, sizeof *learnt) : NULL;
    status = compute(r, &model, found, learnt, err);
    if (!status) status = write_rows(r, dim, &in->points, found, learnt, err);
    if (!status)
        fk_cli_remark("%.1f score evaluations a point", (double)r->options.evaluations / (double)n);
    free(found), free(learnt);
    return status;
}

int main(int argc, char **argv)
{
    request r = {.in = given_default(),
                 .prior = "normal",
                 .scheme = "rk45",
                 .out = "-",
                 .options = {.rtol = 1e-6, .atol = 1e-6}};
    const fk_option option[] = {
        {"mixture", "M", "a built-in mixture or a JSON file", FK_OPT_TEXT, &r.in.mixture_spec,
         true},
        {"schedule", "S", "the schedule (default: that of --score, or vp-linear)", FK_OPT_TEXT,
         &r.in.schedule_spec, false},
        {"points", "F", "where, one point a row: CSV or NPY", FK_OPT_TEXT, &r.in.file, true},
        {"prior", "P", "the model's law at t-start: normal (default), standard or exact",
         FK_OPT_TEXT, &r.prior, false},
        {"scheme", "K", "rk45 (default), rk8pd or dopri5", FK_OPT_TEXT, &r.scheme, false},
        {"rtol", "R", "relative tolerance a step (default 1e-6)", FK_OPT_REAL, &r.options.rtol,
         false},
        {"atol", "A", "absolute tolerance a step (default 1e-6)", FK_OPT_REAL, &r.options.atol,
         false},
        {"t-start", "T", "the noise end (default: the schedule's t_max)", FK_OPT_REAL,
         &r.in.t_start, false},
        {"t-end", "T", "the data end (default: the schedule's t_min)", FK_OPT_REAL, &r.in.t_end,
         false},
        {"score", "W",
         "weights of fokker train: its score in place of the exact one, asked by noise level",
         FK_OPT_TEXT, &r.score, false},
        {"out", "F", "write to this CSV file (default: standard output)", FK_OPT_TEXT, &r.out,
         false},
        {NULL, NULL, NULL, FK_OPT_FLAG, NULL, false}};
    const fk_command command = {
        "likelihood",
        "The log-likelihood of points by the probability-flow ODE with the exact divergence, in "
        "nats, and its parts: the data's exact log-density, truncation at t_end, prior mismatch, "
        "integration error; with --score the score's. The parts sum to the computed value.",
        "fokker likelihood --mixture three-1d --schedule vp-linear --points examples/points-1d.csv",
        NULL, option};
    r.in.schedule_spec = NULL; /* as the network has it */
    r.cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {.code = FK_OK};
    int status = read_input(&r, &err);
    if (!status) status = run(&r, &err);
    given_free(&r.in);
    fk_model_free(r.network);
    return status ? fk_cli_report(&err) : FK_OK;
}
