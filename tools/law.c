/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker law: the law of a scheme's output, computed from its step tables without a sample. In 1-D
 * on any mixture that some interpretation covers (analytic/law.h); in more dimensions for one
 * Gaussian, a row for each principal axis. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/law.h"
#include "core/table.h"
#include "tools/common_setup.h"
#include "tools/law_sampled.h"

typedef struct {
    setup s;
    fk_indices steps;
    const char *against, *sampled, *out;
    size_t cells;
    int threads;
    law_counts counts; /* of `sampled` */
    law_deviation off;
} run;

/* Below this no law is on its way to converge. */
enum { MIN_CELLS = 16 };

static int check(const run *r, fk_error *err)
{
    if (strcmp(r->against, "marginal") != 0 && strcmp(r->against, "data") != 0)
        return fk_fail(err, FK_USAGE, "--against %s: it is marginal or data", r->against);
    for (size_t i = 0; i < r->steps.n; i++)
        if (r->steps.i[i] == 0) return fk_fail(err, FK_USAGE, "--steps: 0 steps; take 1 or more");
    if (r->sampled && r->steps.n > 1)
        return fk_fail(err, FK_USAGE, "--sampled: samples are of one number of --steps");
    if (r->cells > 0 && r->cells < MIN_CELLS)
        return fk_fail(err, FK_USAGE, "--cells %zu: take %d or more", r->cells, (int)MIN_CELLS);
    return FK_OK;
}

static int check_setup(const run *r, fk_error *err)
{
    const fk_mixture *m = r->s.mixture;
    if (m->dim > 1 && r->sampled)
        return fk_fail(err, FK_USAGE,
                       "--sampled: counts are held against laws in 1-D, and %s has "
                       "%zu dimensions",
                       r->s.mixture_spec, m->dim);
    if (m->dim > 1 && r->s.network)
        return fk_fail(err, FK_USAGE,
                       "--score %s: the law of a sampler driven by a network is known in 1-D, and "
                       "%s has %zu dimensions",
                       r->s.score_file, r->s.mixture_spec, m->dim);
    if (m->dim > 1 && m->k > 1)
        return fk_fail(
            err, FK_USAGE,
            "%s has %zu components in %zu dimensions; laws are exact in 1-D, and for one "
            "Gaussian in any dimension",
            r->s.mixture_spec, m->k, m->dim);
    return FK_OK;
}

/* The data along one axis: all of them in 1-D, else the marginal of the Gaussian on that axis. */
static int mixture_along(const fk_mixture *m, size_t axis, fk_mixture **along, fk_error *err)
{
    if (m->dim == 1)
        return fk_mixture_new_diagonal(m->name, 1, m->k, m->weight, m->mean, m->var, along, err);
    const double one = 1;
    double mean = m->mean[axis];
    if (m->kind == FK_FULL) {
        mean = 0;
        for (size_t i = 0; i < m->dim; i++) mean += m->axes[axis * m->dim + i] * m->mean[i];
    }
    return fk_mixture_new_diagonal(m->name, 1, 1, &one, &mean, &m->var[axis], along, err);
}

static int law_along(run *r, size_t axis, fk_law_record *record, fk_error *err)
{
    const setup *s = &r->s;
    const bool data = strcmp(r->against, "data") == 0;
    fk_mixture *m;
    int code = mixture_along(s->mixture, axis, &m, err);
    if (code) return code;
    size_t n;
    fk_step *step = setup_steps(s, &n);
    const fk_field field = setup_field(s, m);
    fk_marginal *from = fk_marginal_new(m, s->from.s, s->from.sigma);
    fk_marginal *to = data ? fk_marginal_new(m, 1, 0) : fk_marginal_new(m, s->to.s, s->to.sigma);
    const fk_law_problem problem = {.step = step,
                                    .n_steps = n,
                                    .field = &field,
                                    .own_score = !s->network,
                                    .start = {from, setup_start_std(s)},
                                    .end = to,
                                    .cells = r->cells,
                                    .threads = r->threads};
    code = fk_law_of(&problem, record, err);
    if (!code && r->sampled) code = law_sampled(&r->counts, &problem, record, &r->off, err);
    fk_marginal_free(from), fk_marginal_free(to);
    fk_mixture_free(m);
    free(step);
    return code;
}

/* In 1-D there is but one axis; and samples are in 1-D. */
enum { COMMON = 13, COLUMNS = COMMON + 4 };
#define HEADER "steps,nfe,mass,mean,var,mean_error,var_error,worst_cdf,kl,tv,ks,w1,w2"
static const char *const header_1d = HEADER, *const header_axes = HEADER ",axis",
                         *const header_sampled = HEADER ",samples,mean_se,var_se,count_se";

/* The rows of one number of steps, one for each axis. */
static int fill_rows(run *r, double row[][COLUMNS], fk_error *err)
{
    const setup *s = &r->s;
    const size_t nfe = s->plan.evaluations + (setup_denoises(s) && s->to.sigma > 0);
    for (size_t axis = 0; axis < s->mixture->dim; axis++) {
        fk_law_record q;
        int code = law_along(r, axis, &q, err);
        if (code) return code;
        const double all[COLUMNS] = {(double)s->plan.n_steps,
                                     (double)nfe,
                                     q.mass,
                                     q.mean,
                                     q.var,
                                     q.mean_error,
                                     q.var_error,
                                     q.worst_cdf,
                                     q.kl,
                                     q.tv,
                                     q.ks,
                                     q.w1,
                                     q.w2,
                                     r->sampled ? r->off.n : (double)axis,
                                     r->off.mean,
                                     r->off.var,
                                     r->off.count};
        memcpy(row[axis], all, sizeof all);
    }
    return FK_OK;
}

static int write_law(run *r, fk_error *err)
{
    const size_t dim = r->s.mixture->dim, runs = r->steps.n > 0 ? r->steps.n : 1;
    const size_t columns = r->sampled ? COLUMNS : dim > 1 ? COMMON + 1 : COMMON;
    const char *names = r->sampled ? header_sampled : dim > 1 ? header_axes : header_1d;
    double(*row)[COLUMNS] = fk_alloc(runs * dim, sizeof *row);
    int code = fill_rows(r, row, err);
    for (size_t i = 1; !code && i < runs; i++) {
        code = setup_remake(&r->s, r->steps.i[i], err);
        if (!code) code = fill_rows(r, row + i * dim, err);
    }
    fk_csv *csv = NULL;
    if (!code) code = fk_csv_create(r->out, names, NULL, &csv, err);
    for (size_t i = 0; !code && i < runs * dim; i++) fk_csv_row(csv, row[i], columns);
    if (!code) code = fk_csv_commit(csv, err);
    free(row);
    return code;
}

static int judge(const run *r, fk_error *err)
{
    const law_deviation *d = &r->off;
    if (!r->sampled ||
        (d->mean <= MOST_DEVIATION && d->var <= MOST_DEVIATION && d->count <= MOST_DEVIATION))
        return FK_OK;
    return fk_fail(err, FK_REFUTED,
                   "%s is off the law: by %.3g standard errors in the mean, %.3g in the variance, "
                   "%.3g in a count; %g are allowed",
                   r->sampled, d->mean, d->var, d->count, MOST_DEVIATION);
}

int main(int argc, char **argv)
{
    run r = {.s = setup_default(), .against = "marginal", .out = "-"};
    r.s.reads_tables = true;
    const fk_option table[] = {
        SETUP_OPTIONS(r.s),
        {"steps", "N,...", "numbers of steps, a row for each (default 50)", FK_OPT_INDICES,
         &r.steps, false},
        {"against", "A", "errors against the marginal at the end (default), or the data",
         FK_OPT_TEXT, &r.against, false},
        {"cells", "N", "cells of the grid (default: as many as the law asks for)", FK_OPT_COUNT,
         &r.cells, false},
        {"sampled", "F",
         "hold the law against what sample --histogram wrote: exit 1 where mean, variance or a "
         "count is off by more than 6 standard errors of the law, or of few samples by what is as "
         "unlikely (2e-9): by the skewness of mean and variance, and the exact binomial tail of a "
         "count; a file of another run is held against this law, and told",
         FK_OPT_TEXT, &r.sampled, false},
        {"out", "F", "write here (default: standard output)", FK_OPT_TEXT, &r.out, false},
        {0}};
    const fk_command command = {
        "law", "The law of a sampler's output, and its distance from the exact one; no samples.",
        "fokker law --mixture three-1d --scheme euler-maruyama --steps 25,50,100", NULL, table};
    fk_error err = {0};
    r.threads = fk_cli_parse(&command, argc, argv).threads;
    int code = check(&r, &err);
    if (!code && r.steps.n > 0) r.s.steps = r.steps.i[0];
    if (!code) code = setup_make(&r.s, &err);
    if (!code) code = check_setup(&r, &err);
    if (!code && r.sampled) code = law_counts_read(r.sampled, &r.counts, &err);
    if (!code) code = write_law(&r, &err);
    if (!code && r.sampled) law_counts_remark(r.sampled, &r.counts, &r.s);
    if (!code) code = judge(&r, &err);
    law_counts_free(&r.counts);
    setup_free(&r.s);
    free(r.steps.i);
    return code ? fk_cli_report(&err) : FK_OK;
}
