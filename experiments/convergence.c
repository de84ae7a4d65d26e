/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: how fast does each scheme converge, and what does an evaluation of the score buy?
 *
 * Setting: every fixed-step scheme of the registry on the mixture, on grids uniform in
 * log(s/sigma), from -2 to 1.75: there the data shape the score all the way, and no leading error
 * happens to vanish. (Over the whole way from noise to data the leading error of some schemes is a
 * derivative integrated between two ends at which it is zero.) Multistep schemes start from exact
 * history, so that their formula is seen and not their start-up. A scheme that no law takes on a
 * mixture runs on the Gaussian of its mean and variance, and is marked. Strong errors are taken on
 * the stochastic logistic equation, along 16384 paths that are the same for all step counts.
 *
 * Measured: the worst error of sixteen smoothed distribution functions Phi((x - c_j)/0.2), c_j the
 * (j - 1/2)/16 quantiles, which every law yields; nothing is sampled but the strong errors. The
 * slope at a name is that of a two-term fit where it has settled, else the last local one.
 *
 * It would be refuted by a line that settles below the order that its scheme claims. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/certificate.h"
#include "experiments/common.h"
#include "experiments/convergence_tables.h"

/* ---- claims ------------------------------------------------------------------------------------
 */

enum { RIGHT = -1 };

/* A published mistake on three-1d, and how far below its claim it settles. */
static double shortfall_of_mistake(size_t which)
{
    const fk_subject subject = fk_wrong_scheme_at(which).subject;
    convergence c = {.place = {"vp-linear", "lambda", -2, 0.05},
                     .coarsest = 10,
                     .levels = 7,
                     .levels_backward = 6};
    line l = {.scheme = subject.scheme, .claim = subject.weak};
    fk_error err;
    if (fk_mixture_read("three-1d", &c.mixture, &err) != FK_OK) return NAN;
    int status = convergence_weak(&c, c.mixture, &l, &err);
    fk_mixture_free(c.mixture);
    return status == FK_OK && l.order.state == FK_ORDER_SETTLED ? l.claim - l.slope : NAN;
}

/* The most by which a line settles below its claim; 0 where none does. */
static fk_verdict check_orders(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)claim;
    const convergence *c = env->context;
    fk_verdict out = {.expected = 0};
    if (variant->which != RIGHT) {
        out.observed = shortfall_of_mistake((size_t)variant->which);
        return out;
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->line[i].ran && c->line[i].order.state == FK_ORDER_SETTLED)
            out.observed = fmax(out.observed, c->line[i].claim - c->line[i].slope);
    return out;
}

static const fk_claim claims[] = {
    {.id = "convergence-order",
     .says = "no line settles below the order that its scheme claims",
     .source = "the paper of each scheme; fokker list schemes",
     .kind = FK_ORDER,
     .margin = 0.2,
     .because = "what fokker certify allows above order 3; to order 3 the fits err by 0.03",
     .check = check_orders,
     .right = {"the schemes", RIGHT, 0},
     .control = {{"DPM-Solver++(3M) with half the second difference, as in several libraries", 0,
                  0}}},
};

/* ---- the run -----------------------------------------------------------------------------------
 */

/* From log(s/sigma) = -2 to 1.75, or as near as the schedule's usable interval comes. */
static int prepare(const fk_experiment *e, convergence *c, fk_error *err)
{
    fk_schedule schedule;
    int status = fk_mixture_read(e->mixture, &c->mixture, err);
    if (!status && c->mixture->dim != 1)
        status = fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: exact laws need dim 1",
                         e->mixture, c->mixture->dim);
    if (!status) status = fk_schedule_parse(e->schedule, &schedule, err);
    if (status) return status;
    double mean, var;
    fk_mixture_moments(c->mixture, &mean, &var);
    if (!(var > 0))
        return fk_fail(err, FK_USAGE, "--mixture '%s' is one point: give it a std above 0",
                       e->mixture);
    const double t_end = fmax(schedule.t_min, schedule.time_of(&schedule, 1.75));
    c->place = (fk_place){e->schedule, "lambda", -2, t_end};
    c->coarsest = 10;
    c->levels = e->quick ? 6 : 7;
    c->levels_backward = e->quick ? 4 : 6;
    status = fk_mixture_new_diagonal("its Gaussian", 1, 1, (double[]){1}, &mean, &var, &c->gaussian,
                                     err);
    return status ? status : fk_make_folder(e->out, err);
}

static size_t say(char *text, size_t size, size_t used, const line *l)
{
    if (used >= size) return used;
    return used + (size_t)snprintf(text + used, size - used, " %s%s (%.2f)", l->name,
                                   l->family == FK_STRONG ? ", strong" : "", l->slope);
}

/* How many lines settled, which did not and which could not be had. */
static void remark(const convergence *c, char *text, size_t size)
{
    size_t settled = 0, ran = 0, open = 0, absent = 0;
    char not_yet[400] = "", missing[600] = "";
    for (size_t i = 0; i < c->n; i++) {
        const line *l = &c->line[i];
        ran += l->ran;
        if (!l->ran && absent < sizeof missing)
            absent +=
                (size_t)snprintf(missing + absent, sizeof missing - absent, "\nnot drawn: %s%s: %s",
                                 l->name, l->family == FK_STRONG ? ", strong" : "", l->why);
        if (!l->ran) continue;
        settled += l->order.state != FK_ORDER_UNSETTLED;
        if (l->order.state == FK_ORDER_UNSETTLED) open = say(not_yet, sizeof not_yet, open, l);
    }
    snprintf(text, size, "%zu lines, %zu settled%s%s%s; adaptive schemes have no step count%s\n",
             ran, settled, open ? "; not settled, with the last local slope:" : "", not_yet, "",
             missing);
}

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/convergence", .seed = 1};
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule, false},
        {0}};
    const fk_command command = {.name = "convergence",
                                .says = "Errors of every scheme against steps and evaluations, "
                                        "from exact laws, with their slopes.",
                                .example = "fokker convergence --quick",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "convergence");

    fk_error err = {0};
    convergence c = {0};
    int status = prepare(&e, &c, &err);
    if (!status) {
        convergence_lines(&c);
        convergence_run(&c, cli.threads);
        status = convergence_write(&c, e.out, &err);
    }
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &c};
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
            fk_claim_run(&claims[i], &env, &ledger);
        char told[1400], data[64], schedule[64], tables[2400], assignments[3000];
        remark(&c, told, sizeof told);
        fk_figure_name(e.mixture, true, data, sizeof data);
        fk_figure_name(e.schedule, true, schedule, sizeof schedule);
        convergence_assign(&c, tables, sizeof tables);
        snprintf(assignments, sizeof assignments, "%s; mixture='%s'; schedule='%s'; t_end=%g",
                 tables, data, schedule, c.place.t_end);
        code = fk_experiment_end(&e, "convergence", assignments, told, &cli, &ledger);
    }
    free(c.line);
    fk_mixture_free(c.mixture);
    fk_mixture_free(c.gaussian);
    return code;
}
