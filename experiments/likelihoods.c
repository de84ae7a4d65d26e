/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: how good are log-likelihoods by the probability-flow ODE, and what is wrong with them?
 *
 * Setting: points drawn from the data; from each the ODE runs from t_end to t_start with the exact
 * divergence, log q(x) = log pi(x_T) + int div v dt (Chen et al. 2018; Song et al. 2021, sec. 4.3).
 * Of a mixture everything is known, so that log q splits into four parts, each a change of one
 * thing: the exact log p_0(x), truncation at t_end, prior mismatch, integration error
 * (claims/likelihood.h).
 *
 * Measured, in nats: integration error against the tolerance and against evaluations, with slopes;
 * all parts against t_end; prior mismatch of six schedules against s/sigma at t_start. In bits/dim:
 * what a paper would print, for every schedule.
 *
 * It would be refuted by an integration error that does not fall with the tolerance, or by a
 * truncation or prior part that is not what the score and the moments of the data predict. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "claims/setting.h"
#include "core/noise.h"
#include "experiments/common.h"
#include "experiments/likelihoods_lab.h"
#include "ode/schemes.h"

/* ---- claims ------------------------------------------------------------------------------------
 */

enum { RIGHT, SCORE, DIVERGENCE, TIMES, NO_SPREAD, NO_SIZE };

static mistake of(const fk_variant *v)
{
    return (mistake){v->which == SCORE ? v->param : 1, v->which == DIVERGENCE ? v->param : 1};
}

static fk_verdict check_exact(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    double worst;
    fk_error err;
    int status = likelihoods_exact(env->context, of(variant), &worst, &err);
    return fk_measured(status ? NAN : worst, 0);
}

static fk_verdict check_slope(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const likelihoods *q = env->context;
    solver again;
    fk_error err;
    if (variant->which == RIGHT) return fk_measured(q->solver[0].slope, 1);
    int status =
        likelihoods_solver(q, q->solver[0].scheme, q->solver[0].n, of(variant), &again, &err);
    return fk_measured(status ? NAN : again.slope, 1);
}

static fk_verdict check_truncation(const fk_claim_env *env, const fk_claim *claim,
                                   const fk_variant *variant)
{
    (void)claim;
    const likelihoods *q = env->context;
    return fk_measured(
        likelihoods_leading(q, q->t_small, variant->which == TIMES ? variant->param : 1, NULL), 0);
}

static fk_verdict check_prior(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const likelihoods *q = env->context;
    double worst = 0;
    for (size_t i = 0; i < q->n_of; i++)
        fk_worst(&worst, likelihoods_cumulants(q, &q->of[i], variant->which == NO_SPREAD ? 0 : 1,
                                               variant->which == NO_SIZE ? 0 : 1));
    return fk_measured(worst, 0);
}

static const fk_claim claims[] = {
    {.id = "likelihoods-exact",
     .says = "rk8pd at tolerance 1e-11 finds log p_e(x) at every point, to 1e-7 nats",
     .source = "Chen et al. 2018, theorem 1; Song et al. 2021, eq. 39",
     .kind = FK_EXACT,
     .margin = 1e-7,
     .because = "local errors of 1e-11 over some 500 steps, which the path's expansion multiplies "
                "by ten thousand at most",
     .check = check_exact,
     .right = {"div (f x - g^2/2 score)", RIGHT, 0},
     .control = {{"the score's divergence 1.001 times", DIVERGENCE, 1.001},
                 {"no divergence of the score", DIVERGENCE, 0},
                 {"g^2 score", SCORE, 2}}},
    {.id = "likelihoods-tolerance",
     .says = "the integration error of rk45 is proportional to the tolerance (slope where it "
             "controls the steps)",
     .source = "Hairer, Norsett and Wanner 1993, sec. II.4",
     .kind = FK_ORDER,
     .margin = 0.2,
     .because = "the local error of order 5 is held at the tolerance, the result is of order 5; "
                "over three decades and more the fit errs by a tenth",
     .check = check_slope,
     .right = {"div (f x - g^2/2 score)", RIGHT, 0},
     .control = {{"the score's divergence 1.001 times", DIVERGENCE, 1.001},
                 {"1.001 g^2/2 score", SCORE, 1.001}}},
    {.id = "likelihoods-truncation",
     .says = "for small noise the truncation part is (1 - s)(n + x.score) + sigma^2/2 (div score + "
             "|score|^2)",
     .source = "Song et al. 2021, eq. 29, and the heat equation",
     .kind = FK_EXACT,
     .margin = 0.1,
     .because = "relative; the next order is (sigma/sd)^2 of the narrowest component, at most "
                "0.0225, times some 4",
     .check = check_truncation,
     .right = {"first order in 1 - s and sigma^2", RIGHT, 0},
     .control = {{"twice that", TIMES, 2}, {"its negative", TIMES, -1}}},
    {.id = "likelihoods-prior",
     .says = "at t_max the prior part is that of the first two moments of the data, on every "
             "schedule",
     .source = "the cumulants of p_T; Song et al. 2021, appendix C",
     .kind = FK_EXACT,
     .margin = 1,
     .because = "in units of (s/sigma)^3 (E|x_0|^2)^(3/2): the third cumulant's term is that times "
                "E|y^3 - 3 y|/6, below 0.4 for a normal y, and a skewness, below 2 here",
     .check = check_prior,
     .right = {"m.y, y.C y and E|x_0|^2", RIGHT, 0},
     .control = {{"without y.C y", NO_SPREAD, 0}, {"without E|x_0|^2", NO_SIZE, 0}}},
};

/* ---- the run -----------------------------------------------------------------------------------
 */

static int check_schedule(const fk_schedule *schedule, fk_error *err)
{
    const double noisy = fk_schedule_at(schedule, schedule->t_max).lambda,
                 clean = fk_schedule_at(schedule, schedule->t_min).lambda;
    if (noisy < -1 && clean > 1) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "--schedule %s: log(s/sigma) runs from %.3g to %.3g; it must pass -1 and 1",
                   schedule->row.name, noisy, clean);
}

/* A time of so little noise that truncation is of first order, see likelihoods-truncation. */
static int find_small(likelihoods *q, fk_error *err)
{
    double narrowest = INFINITY;
    for (size_t i = 0; i < q->mixture->k * q->mixture->dim; i++)
        narrowest = fmin(narrowest, sqrt(q->mixture->var[i]));
    if (!(narrowest > 0))
        return fk_fail(err, FK_USAGE,
                       "--mixture '%s' has no density: give each component a std "
                       "above 0",
                       q->mixture->name);
    const fk_schedule *schedule = &q->schedule;
    const double wanted = -log(0.03 * narrowest), least = schedule->domain[0];
    const bool reached = fk_schedule_at(schedule, least).lambda > wanted;
    q->t_small = reached ? fmax(least, schedule->time_of(schedule, wanted)) : least;
    if (exp(-fk_schedule_at(schedule, q->t_small).lambda) <= 0.15 * narrowest) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "--mixture '%s': its narrowest standard deviation, %.3g, should be 7 times the "
                   "least sigma/s of the schedule, %.3g, or more",
                   q->mixture->name, narrowest, exp(-fk_schedule_at(schedule, q->t_small).lambda));
}

static int prepare(const fk_experiment *e, likelihoods *q, fk_mixture **mixture, fk_error *err)
{
    int status = fk_schedule_parse(e->schedule, &q->schedule, err);
    if (!status) status = check_schedule(&q->schedule, err);
    if (!status) status = fk_mixture_read(e->mixture, mixture, err);
    if (status) return status;
    q->mixture = *mixture;
    status = find_small(q, err);
    if (status) return status;
    const size_t dim = q->mixture->dim;
    /* elsewhere the exact ends of the paths are those of rk8pd at 1e-13 */
    q->n =
        fk_flow_is_exact(q->mixture) ? 256 : fk_experiment_samples(q->mixture, 512) / dim / dim / 4;
    if (q->n < 8) q->n = 8;
    if (e->quick) q->n = (q->n + 3) / 4;
    q->x = fk_alloc(q->n * dim, sizeof *q->x);
    q->m = fk_alloc(dim, sizeof *q->m);
    q->cov = fk_alloc(dim * dim, sizeof *q->cov);
    fk_mixture_moments(q->mixture, q->m, q->cov);
    for (size_t p = 0; p < q->n; p++)
        fk_mixture_draw(q->mixture, e->seed, FK_STREAM_DATA, p, q->x + p * dim);
    q->own = fk_n_schedules;
    for (size_t k = 0; k < fk_n_schedules; k++) {
        q->of[q->n_of++].schedule = fk_schedules[k];
        if (strcmp(fk_schedules[k].row.name, e->schedule) == 0) q->own = k;
    }
    if (q->own == fk_n_schedules) q->of[q->n_of++].schedule = q->schedule;
    return fk_make_folder(e->out, err);
}

static int measure(const fk_experiment *e, likelihoods *q, fk_error *err)
{
    static const fk_scheme *const scheme[SOLVERS] = {&fk_rk45, &fk_rk8pd};
    const size_t levels = 10, ends = e->quick ? 7 : fk_flow_is_exact(q->mixture) ? 31 : 13;
    int status = FK_OK;
    for (size_t k = 0; k < SOLVERS && !status; k++)
        status = likelihoods_solver(q, scheme[k], levels, (mistake){1, 1}, &q->solver[k], err);
    for (size_t k = 0; k < q->n_of && !status; k++)
        status = likelihoods_schedule(q, ends, &q->of[k], err);
    if (!status) status = likelihoods_ends(q, ends, err);
    return status ? status : likelihoods_write(q, e->out, err);
}

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/likelihoods", .seed = 1};
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule, false},
        {0}};
    const fk_command command = {
        .name = "likelihoods",
        .says = "Log-likelihoods by the probability-flow ODE against the exact ones: integration "
                "error against tolerance, truncation against t_end, prior mismatch by schedule.",
        .example = "fokker likelihoods --quick",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "likelihoods");

    fk_error err = {0};
    likelihoods q = {.threads = cli.threads};
    fk_mixture *mixture = NULL;
    int status = prepare(&e, &q, &mixture, &err);
    if (!status) status = measure(&e, &q, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &q};
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
            fk_claim_run(&claims[i], &env, &ledger);
        char remark[400], assignments[700], data[64], schedule[64];
        fk_figure_name(e.mixture, true, data, sizeof data);
        fk_figure_name(e.schedule, true, schedule, sizeof schedule);
        const fk_likelihood *mean = &q.of[q.own].mean;
        snprintf(
            remark, sizeof remark,
            "%zu points of %s on %s, rk45 at 1e-5, mean of log q in nats: %.6f computed = %.6f "
            "exact %+.1e truncation %+.1e prior %+.1e integration; %.6f bits/dim, "
            "-log2 q over dim\n",
            q.n, e.mixture, e.schedule, mean->computed, mean->exact, mean->truncation, mean->prior,
            mean->integration, -mean->computed / ((double)mixture->dim * log(2)));
        snprintf(assignments, sizeof assignments,
                 "mixture='%s'; schedule='%s'; own=%zu; dim=%zu; points=%zu; names='vp-linear "
                 "vp-cosine sub-vp ve edm flow %s'",
                 data, schedule, q.own + 1, mixture->dim, q.n, schedule);
        code = fk_experiment_end(&e, "likelihoods", assignments, remark, &cli, &ledger);
    }
    for (size_t k = 0; k < q.n_of; k++) free(q.of[k].far);
    free(q.cov);
    free(q.m);
    free(q.x);
    fk_mixture_free(mixture);
    return code;
}
