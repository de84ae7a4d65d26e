/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error of sampling with the network, by cause. In 1-D from the exact laws of all the runs; in
 * 2-D by draws: runs share their starts, and the exact flow from the exact marginal, whose law is
 * known, takes away most of what is left of chance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "claims/sampling.h"
#include "core/cli.h"
#include "core/source.h"
#include "experiments/score-net_lab.h"
#include "ode/schemes.h"

enum { FLOW_STEPS = 100, PARTICLES = 16384, SHOWN_STEPS = 50 };

/* From the prior, or from the exact marginal: n draws x (n, dim), newly allocated. */
static int sample(const score_net *q, const fk_field *field, const fk_scheme *scheme, size_t steps,
                  bool exact_start, size_t n, uint64_t seed, double **x, fk_error *err)
{
    const fk_coeffs from = score_net_at(q, q->schedule.t_max);
    const fk_marginal_start marginal = {q->mixture, from.s, from.sigma, seed};
    const fk_gaussian_start prior = {seed, 0, q->prior};
    const fk_sampling run = {.schedule = &q->schedule,
                             .scheme = scheme,
                             .field = field,
                             .start = exact_start ? fk_source_marginal(&marginal)
                                                  : fk_source_gaussian(&prior),
                             .steps = steps,
                             .n = n,
                             .t_start = q->schedule.t_max,
                             .t_end = q->t_end};
    return fk_sample(&run, seed, q->threads, x, err);
}

int score_net_sample(const score_net *q, size_t steps, size_t n, uint64_t seed, double **x,
                     fk_error *err)
{
    const fk_field learnt = fk_model_field(q->network);
    return sample(q, &learnt, &fk_dpmpp_2m, steps, false, n, seed, x, err);
}

/* ---- laws in 1-D -------------------------------------------------------------------------------
 */

static int plan_of(const score_net *q, size_t steps, fk_plan *plan, fk_error *err)
{
    fk_axis axis;
    int code =
        fk_axis_on_schedule(&q->schedule, "lambda", steps, q->schedule.t_max, q->t_end, &axis, err);
    if (code) return code;
    code = fk_plan_new(&axis, &fk_dpmpp_2m, plan, err);
    fk_axis_free(&axis);
    return code;
}

static int spend_line(const score_net *q, fk_exact_laws *laws, net_spending *out, fk_error *err)
{
    const fk_field exact = fk_mixture_field(q->mixture), learnt = fk_model_field(q->network);
    fk_seen_law steps = {.mean = {0}}, score = steps;
    double again[FK_LAWS][FK_N_CDF], bound[FK_LAWS][FK_N_CDF];
    fk_plan plan;
    int code = plan_of(q, out->steps, &plan, err);
    if (code) return code;
    out->evaluations = plan.evaluations;
    code = fk_plan_law(laws, &plan, &exact, q->threads, &steps, err);
    if (!code) code = fk_plan_law(laws, &plan, &learnt, q->threads, &score, err);
    if (!code) {
        out->error = fk_causes_on_line(laws, FK_FLOW, steps.mean, score.mean, &out->which);
        out->w1 = fk_distances_on_line(laws, FK_FLOW, &steps.curve, &score.curve);
        code = fk_causes_by_particles(laws, &plan, &learnt, PARTICLES, q->threads, again, bound,
                                      &out->w1_again, err);
    }
    for (size_t k = 0; k < FK_LAWS && !code; k++)
        out->again[k] = again[k][out->which], out->bound[k] = bound[k][out->which];
    out->bound[FK_IN_STEPS] += steps.bound[out->which];
    out->bound[FK_BY_NETWORK] += score.bound[out->which];
    fk_seen_law_free(&steps), fk_seen_law_free(&score);
    fk_plan_free(&plan);
    return code;
}

static int budget_line(score_net *q, fk_error *err)
{
    const fk_coeffs from = score_net_at(q, q->schedule.t_max), to = score_net_at(q, q->t_end);
    fk_exact_laws laws;
    int code = fk_exact_laws_new(q->mixture, &from, &to, q->prior, &laws, err);
    if (code) return code;
    for (size_t i = 0; i < q->runs && !code; i++) code = spend_line(q, &laws, &q->run[i], err);
    fk_exact_laws_free(&laws);
    return code;
}

/* ---- draws in 2-D ------------------------------------------------------------------------------
 */

fk_mixture *score_net_coordinate(const score_net *q, size_t i)
{
    const fk_mixture *m = q->mixture;
    double *mean = fk_alloc(2 * m->k, sizeof *mean), *var = mean + m->k, cov[4];
    fk_mixture *one;
    fk_error err;
    for (size_t k = 0; k < m->k; k++) {
        fk_mixture_covariance(m, k, cov);
        mean[k] = m->mean[k * 2 + i], var[k] = cov[i * 2 + i];
    }
    if (fk_mixture_new_diagonal(m->name, 1, m->k, m->weight, mean, var, &one, &err)) abort();
    free(mean);
    return one;
}

enum { BOTH = 2 * FK_N_CDF }; /* the sixteen of each coordinate */

/* Their exact expectations, under the data and at the end; and draws of the exact flow, (n, 2)
 * each, from the exact marginal and from the prior. */
typedef struct {
    fk_functionals of[2];
    double data[BOTH], end[BOTH];
    size_t n;
    double *anchor, *flow;
} plane;

static int plane_new(const score_net *q, plane *on, fk_error *err)
{
    const fk_coeffs to = score_net_at(q, q->t_end);
    const fk_field exact = fk_mixture_field(q->mixture);
    for (size_t i = 0; i < 2; i++) {
        fk_mixture *m = score_net_coordinate(q, i);
        fk_marginal *data = fk_marginal_new(m, 1, 0);
        fk_marginal *end = fk_marginal_new(m, to.s, hypot(to.sigma, 0.2));
        on->of[i] = fk_functionals_new(data);
        memcpy(on->data + i * FK_N_CDF, on->of[i].exact + FK_CDF, FK_N_CDF * sizeof *on->data);
        for (size_t j = 0; j < FK_N_CDF; j++)
            on->end[i * FK_N_CDF + j] = fk_marginal_cdf(end, on->of[i].centre[j], true);
        fk_marginal_free(data), fk_marginal_free(end);
        fk_mixture_free(m);
    }
    on->n = q->quick ? 32768 : 65536;
    int code = sample(q, &exact, &fk_rk4, FLOW_STEPS, true, on->n, q->seed, &on->anchor, err);
    if (!code) code = sample(q, &exact, &fk_rk4, FLOW_STEPS, false, on->n, q->seed, &on->flow, err);
    return code;
}

/* Means of all over x (n, 2), that of the anchor known; and the standard errors, unless NULL. */
static void means(const plane *on, const double *x, double mean[BOTH], double *se)
{
    const double n = (double)on->n;
    double sum[BOTH] = {0}, square[BOTH] = {0};
    for (size_t p = 0; p < 2 * on->n; p++) {
        double a[FK_N_FUNCTIONALS], b[FK_N_FUNCTIONALS];
        fk_functionals_at(&on->of[p % 2], x[p], a);
        fk_functionals_at(&on->of[p % 2], on->anchor[p], b);
        for (size_t j = 0, k = p % 2 * FK_N_CDF; j < FK_N_CDF; j++, k++) {
            const double d = a[FK_CDF + j] - b[FK_CDF + j];
            sum[k] += d, square[k] += d * d;
        }
    }
    for (size_t k = 0; k < BOTH; k++) {
        mean[k] = on->end[k] + sum[k] / n;
        if (se) se[k] = sqrt(fmax(square[k] / n - sum[k] / n * (sum[k] / n), 0) / n);
    }
}

static int spend_plane(const score_net *q, const plane *on, net_spending *out, fk_error *err)
{
    const fk_field exact = fk_mixture_field(q->mixture);
    double *steps, *score, mean[FK_LAWS][BOTH], se[BOTH];
    size_t which;
    int code = sample(q, &exact, &fk_dpmpp_2m, out->steps, false, on->n, q->seed, &steps, err);
    if (code) return code;
    code = score_net_sample(q, out->steps, on->n, q->seed, &score, err);
    if (!code) {
        memcpy(mean[FK_OF_DATA], on->data, sizeof on->data);
        memcpy(mean[FK_AT_END], on->end, sizeof on->end);
        means(on, on->flow, mean[FK_FROM_PRIOR], NULL);
        means(on, steps, mean[FK_IN_STEPS], NULL);
        means(on, score, mean[FK_BY_NETWORK], se);
        out->evaluations = out->steps;
        out->error = fk_causes_of(BOTH, mean[0], &which);
        out->se = se[which], out->axis = which / FK_N_CDF, out->which = which % FK_N_CDF;
        for (size_t k = 0; k < FK_CAUSES; k++) out->w1.link[k] = NAN;
        out->w1.distance = NAN;
    }
    free(steps), free(score);
    return code;
}

static int budget_plane(score_net *q, fk_error *err)
{
    plane on = {.anchor = NULL};
    int code = plane_new(q, &on, err);
    for (size_t i = 0; i < q->runs && !code; i++) code = spend_plane(q, &on, &q->run[i], err);
    free(on.anchor), free(on.flow);
    return code;
}

int score_net_budget(score_net *q, fk_error *err)
{
    static const size_t steps[] = {5, 10, 20, 50, 100, 200}, few[] = {5, 20, 50};
    q->runs = q->quick ? 3 : 6;
    for (size_t i = 0; i < q->runs; i++)
        q->run[i] = (net_spending){.steps = q->quick ? few[i] : steps[i]};
    int code = q->mixture->dim == 1 ? budget_line(q, err) : budget_plane(q, err);
    q->samples = q->quick ? 2000 : 20000;
    if (!code) code = score_net_sample(q, SHOWN_STEPS, q->samples, q->seed, &q->sample, err);
    return code;
}
