/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: which map from noise to data does the probability-flow ODE draw, and is it optimal?
 *
 * Setting: the ODE from t_max to t_min on a mixture in 1-D and on one in the plane, by rk8pd with
 * the variational equation for the Jacobian.
 *
 * Measured: in 1-D the map against the monotone rearrangement F_0^-1(F_T(x)), its slope, and the
 * starts that part the modes; in the plane how far the Jacobian is from symmetric, as that of an
 * optimal map would be (Brenier 1991), over a grid of starts and along paths; in both the cost of
 * sending draws of p_T to their images against the least-cost assignment, and det J against
 * p_T(x)/p_0(y).
 *
 * It would be refuted by a map that is not the rearrangement in 1-D, by an assignment that beats it
 * there, by a symmetric Jacobian in the plane, or by a determinant that is not the ratio. */
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "claims/assignment.h"
#include "claims/setting.h"
#include "experiments/common.h"
#include "experiments/transport_lab.h"

/* ---- claims ------------------------------------------------------------------------------------
 */

enum { RIGHT, SCORE, IN_PLANE, EXCHANGED, INVERSE, VOLUME, ON_LINE };

static fk_verdict check_monotone(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    return fk_measured(transport_gap(env->context, variant->which == SCORE ? variant->param : 1),
                       0);
}

static fk_verdict check_optimal(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)claim;
    const transport *q = env->context;
    if (variant->which == IN_PLANE) return fk_measured(q->excess, 0);
    if (variant->which == RIGHT) return fk_measured(q->excess_1, 0);
    /* the first and the last of the images exchanged */
    size_t lo = 0, hi = 0;
    for (size_t i = 0; i < q->n_pairs; i++) {
        if (q->end_1[i] < q->end_1[lo]) lo = i;
        if (q->end_1[i] > q->end_1[hi]) hi = i;
    }
    double *y = fk_alloc(q->n_pairs, sizeof *y);
    for (size_t i = 0; i < q->n_pairs; i++) y[i] = q->end_1[i == lo ? hi : i == hi ? lo : i];
    const double excess = fk_transport_excess(q->n_pairs, 1, q->start_1, y, 2, NULL);
    free(y);
    return fk_measured(excess, 0);
}

static fk_verdict check_volume(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)claim;
    const transport *q = env->context;
    double worst = 0;
    for (size_t i = 0; i < q->n_line + q->side * q->side; i++) {
        const image *at = i < q->n_line ? &q->on_line[i] : &q->grid[i - q->n_line];
        const double expected = variant->which == INVERSE  ? 1 / at->ratio
                                : variant->which == VOLUME ? 1
                                                           : at->ratio;
        fk_worst(&worst, fabs(log(at->determinant / expected)));
    }
    return fk_measured(worst, 0);
}

/* The share of starts where the Jacobian is asymmetric by more than 1e-3. */
static fk_verdict check_gradient(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    const transport *q = env->context;
    const image *at = variant->which == ON_LINE ? q->on_line : q->grid;
    const size_t n = variant->which == ON_LINE ? q->n_line : q->side * q->side;
    double share = 0;
    for (size_t i = 0; i < n; i++) share += (double)(at[i].asymmetry > 1e-3) / (double)n;
    return fk_measured(share, 1);
}

static const fk_claim claims[] = {
    {.id = "transport-monotone",
     .says = "in 1-D the map is the monotone rearrangement F_0^-1(F_T(x))",
     .source = "Song et al. 2021, sec. 4.3; Villani 2003, theorem 2.18",
     .kind = FK_EXACT,
     .margin = 1e-5,
     .because = "over the slope of the map; local errors of 1e-9 over fewer than 1000 steps, "
                "expanded tenfold at most beyond that slope",
     .check = check_monotone,
     .right = {"g^2/2 score", RIGHT, 0},
     .control = {{"g^2 score", SCORE, 2}, {"1.01 g^2/2 score", SCORE, 1.01}}},
    {.id = "transport-optimal",
     .says = "in 1-D no assignment of draws to their images costs less than the map",
     .source = "Villani 2003, theorem 2.18",
     .kind = FK_EXACT,
     .margin = 1e-12,
     .because = "the least of all assignments, exact but for rounding",
     .check = check_optimal,
     .right = {"the map", RIGHT, 0},
     .control = {{"two images exchanged", EXCHANGED, 0}}},
    {.id = "transport-volume",
     .says = "in 1-D and in the plane det J is p_T(x)/p_0(y)",
     .source = "Chen et al. 2018, theorem 1",
     .kind = FK_EXACT,
     .margin = 1e-4,
     .because = "of the logarithm; local errors of 1e-9 over fewer than 1000 steps, times "
                "|score| dy, of some ten at slopes of several hundred",
     .check = check_volume,
     .right = {"p_T(x)/p_0(y)", RIGHT, 0},
     .control = {{"p_0(y)/p_T(x)", INVERSE, 0}, {"1: volumes kept", VOLUME, 0}}},
    {.id = "transport-gradient",
     .says =
         "in the plane the map is no gradient: J is asymmetric by more than 1e-3 at most starts",
     .source = "Brenier 1991; Lavenant and Santambrogio 2022",
     .kind = FK_EXACT,
     .margin = 0.5,
     .because =
         "most: more than half of a grid of starts; the solver's own asymmetry is below 1e-6",
     .check = check_gradient,
     .right = {"in the plane", RIGHT, 0},
     .control = {{"on the line", ON_LINE, 0}}},
};

/* ---- the run -----------------------------------------------------------------------------------
 */

/* --mixture is the one on the line or the one in the plane, by its dimension. */
static int prepare(const fk_experiment *e, transport *q, fk_mixture *m[3], fk_error *err)
{
    int status = fk_schedule_parse(e->schedule, &q->schedule, err);
    if (!status) status = fk_mixture_read("three-1d", &m[0], err);
    if (!status) status = fk_mixture_read("full-2d", &m[1], err);
    if (!status && e->mixture) status = fk_mixture_read(e->mixture, &m[2], err);
    if (status) return status;
    if (m[2] && m[2]->dim > 2)
        return fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: it must be 1 or 2", e->mixture,
                       m[2]->dim);
    q->line = m[2] && m[2]->dim == 1 ? m[2] : m[0];
    q->plane = m[2] && m[2]->dim == 2 ? m[2] : m[1];
    q->from = q->schedule.t_max;
    q->to = q->schedule.t_min;
    return fk_make_folder(e->out, err);
}

int main(int argc, char **argv)
{
    fk_experiment e = {.schedule = "vp-linear", .out = "out/transport", .seed = 1};
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule, false},
        {0}};
    const fk_command command = {
        .name = "transport",
        .says =
            "The probability-flow ODE's map from noise to data: monotone and optimal on a line, "
            "neither a gradient nor optimal in the plane.",
        .example = "fokker transport --quick",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "transport");
    gsl_set_error_handler_off();

    fk_error err = {0};
    transport q = {.threads = cli.threads, .seed = e.seed};
    fk_mixture *m[3] = {NULL};
    int status = prepare(&e, &q, m, &err);
    if (!status) status = transport_line(&q, e.quick ? 121 : 601, &err);
    if (!status) status = transport_plane(&q, e.quick ? 15 : 61, e.quick ? 8 : 24, &err);
    if (!status) status = transport_pairs(&q, e.quick ? 240 : 320, &err);
    if (!status) status = transport_write(&q, e.out, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &q};
        /* the last is said of full-2d: a product of mixtures on lines has a gradient for a map */
        const size_t n_claims = sizeof claims / sizeof *claims - (q.plane != m[1]);
        for (size_t i = 0; i < n_claims; i++) fk_claim_run(&claims[i], &env, &ledger);
        char remark[500], assignments[700], line[64], plane[64], schedule[64];
        fk_figure_name(q.line->name, true, line, sizeof line);
        fk_figure_name(q.plane->name, true, plane, sizeof plane);
        fk_figure_name(e.schedule, true, schedule, sizeof schedule);
        snprintf(remark, sizeof remark,
                 "%zu draws: on the line (%s) the map costs %.2g of itself more than the best "
                 "assignment; in the plane (%s) %.2g, where %zu get another image; J there is %s\n",
                 q.n_pairs, q.line->name, q.excess_1, q.plane->name, q.excess, q.moved,
                 transport_odd(&q) > 1e-10 ? "asymmetric: no gradient"
                                           : "symmetric but for rounding: a gradient here");
        snprintf(assignments, sizeof assignments,
                 "line='%s'; plane='%s'; schedule='%s'; pairs=%zu; moved=%zu; cost=%.17g; "
                 "excess=%.17g; excess_1=%.17g; reach=%.17g; side=%zu; valleys=%zu",
                 line, plane, schedule, q.n_pairs, q.moved, q.cost, q.excess, q.excess_1, q.reach,
                 q.side, q.n_valleys);
        code = fk_experiment_end(&e, "transport", assignments, remark, &cli, &ledger);
    }
    transport_free(&q);
    for (size_t i = 0; i < 3; i++) fk_mixture_free(m[i]);
    return code;
}
