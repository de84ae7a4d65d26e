/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error of sampling with the network, by cause. In 1-D from the exact laws of all the runs; in
 * 2-D by draws: runs share their starts, and the exact flow from the exact marginal, whose law is
 * known, takes away most of what is left of chance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/pushforward.h"
#include "core/cli.h"
#include "core/observe.h"
#include "core/source.h"
#include "experiments/score-net_lab.h"
#include "registry.h"

static const char *const SCHEME = "dpmpp-2m";
/* The exact flow: wrong by 1e-8 or so. */
static const char *const FLOW = "rk4";
enum { FLOW_STEPS = 400, CELLS = 2000, SHOWN_STEPS = 50 };

static int plan_of(const score_net *q, const char *spec, size_t steps, fk_axis *axis, fk_plan *plan,
                   fk_error *err)
{
    fk_scheme scheme;
    int code = fk_registry_parse_scheme(spec, &scheme, err);
    if (!code)
        code = fk_axis_on_schedule(&q->schedule, "lambda", steps, q->schedule.t_max, q->t_end, axis,
                                   err);
    if (code) return code;
    code = fk_plan_new(axis, &scheme, plan, err);
    if (code) fk_axis_free(axis);
    return code;
}

/* ---- laws in 1-D -------------------------------------------------------------------------------
 */

typedef struct {
    fk_marginal *data, *start, *end;
    fk_functionals functionals; /* of the data */
} line;

/* A law, and its sixteen errors and its distance against the data. */
typedef struct {
    fk_curve curve;
    fk_law_record record;
    size_t evaluations;
} law;

/* By `steps` steps from the prior; 0: the marginal `of` itself. */
static int law_of(const score_net *q, const line *on, const fk_marginal *of, const fk_field *field,
                  const char *spec, size_t steps, law *out, fk_error *err)
{
    fk_axis axis = {0};
    fk_plan plan = {0};
    int code = steps > 0 ? plan_of(q, spec, steps, &axis, &plan, err) : FK_OK;
    if (code) return code;
    const fk_start_law prior = {on->start, q->prior}, itself = {of, 0};
    const fk_pushforward push = {.step = plan.step,
                                 .n_steps = plan.n_steps,
                                 .field = field,
                                 .start = steps > 0 ? prior : itself,
                                 .end = of,
                                 .cells = q->quick ? CELLS / 4 : CELLS,
                                 .threads = q->threads};
    code = fk_pushforward_run(&push, &out->curve, err);
    if (!code) out->record = fk_curve_compare(&out->curve, on->data, &on->functionals);
    out->evaluations = plan.evaluations;
    fk_plan_free(&plan), fk_axis_free(&axis);
    return code;
}

/* Parts by the functional whose total is the largest; by[0] is the data. All distances are between
 * curves: between the same interpolants, so that the triangle inequality holds for what is
 * computed. */
static void spend_line(law *const by[LINKS + 1], net_spending *out)
{
    const double *error = by[LINKS]->record.error;
    size_t worst = FK_CDF;
    for (size_t j = FK_CDF; j < FK_N_FUNCTIONALS; j++)
        if (fabs(error[j]) > fabs(error[worst])) worst = j;
    out->total = error[worst];
    out->distance = fk_curve_w1(&by[0]->curve, &by[LINKS]->curve);
    for (size_t i = 0; i < LINKS; i++) {
        const double before = i > 0 ? by[i]->record.error[worst] : 0;
        out->part[i] = by[i + 1]->record.error[worst] - before;
        out->link[i] = fk_curve_w1(&by[i]->curve, &by[i + 1]->curve);
    }
}

static int budget_line(score_net *q, fk_error *err)
{
    const fk_coeffs from = score_net_at(q, q->schedule.t_max), to = score_net_at(q, q->t_end);
    const fk_field exact = fk_mixture_field(q->mixture), learnt = fk_model_field(q->network);
    line on = {.data = fk_marginal_new(q->mixture, 1, 0),
               .start = fk_marginal_new(q->mixture, from.s, from.sigma),
               .end = fk_marginal_new(q->mixture, to.s, to.sigma)};
    on.functionals = fk_functionals_new(on.data);
    law data = {0}, end = {0}, flow = {0};
    int code = law_of(q, &on, on.data, &exact, FLOW, 0, &data, err);
    if (!code) code = law_of(q, &on, on.end, &exact, FLOW, 0, &end, err);
    if (!code) code = law_of(q, &on, on.end, &exact, FLOW, FLOW_STEPS, &flow, err);
    for (size_t i = 0; i < q->runs && !code; i++) {
        law steps = {0}, score = {0};
        net_spending *out = &q->run[i];
        code = law_of(q, &on, on.end, &exact, SCHEME, out->steps, &steps, err);
        if (!code) code = law_of(q, &on, on.end, &learnt, SCHEME, out->steps, &score, err);
        out->evaluations = steps.evaluations;
        if (!code) spend_line((law *const[LINKS + 1]){&data, &end, &flow, &steps, &score}, out);
        fk_curve_free(&steps.curve), fk_curve_free(&score.curve);
    }
    fk_curve_free(&data.curve), fk_curve_free(&end.curve), fk_curve_free(&flow.curve);
    fk_marginal_free(on.data), fk_marginal_free(on.start), fk_marginal_free(on.end);
    return code;
}

/* ---- draws in 2-D ------------------------------------------------------------------------------
 */

int score_net_sample(const score_net *q, const fk_field *field, const char *scheme, size_t steps,
                     bool exact_start, size_t n, double **out, fk_error *err)
{
    fk_axis axis;
    fk_plan plan;
    *out = NULL;
    int code = plan_of(q, scheme, steps, &axis, &plan, err);
    if (code) return code;
    const fk_marginal_start marginal = {q->mixture, axis.node[0].s, axis.node[0].sigma, q->seed};
    const fk_gaussian_start prior = {q->seed, 0, q->prior};
    fk_snapshots *seen = fk_snapshots_new(1, n, q->mixture->dim);
    const fk_observer observer = fk_observe_snapshots(seen);
    const fk_key key = {q->seed, FK_STREAM_STEPS};
    const fk_run run = {.step = plan.step,
                        .n_steps = plan.n_steps,
                        .field = field,
                        .start = exact_start ? fk_source_marginal(&marginal)
                                             : fk_source_gaussian(&prior),
                        .noise = fk_noise_independent(&key, q->mixture->dim),
                        .n = n,
                        .observe_at = &plan.n_steps,
                        .n_observe = 1,
                        .observer = &observer,
                        .n_observers = 1,
                        .threads = q->threads};
    code = fk_integrate(&run, err);
    if (!code) {
        *out = fk_alloc(n * q->mixture->dim, sizeof **out);
        memcpy(*out, seen->x, n * q->mixture->dim * sizeof **out);
    }
    fk_snapshots_free(seen);
    fk_plan_free(&plan), fk_axis_free(&axis);
    return code;
}

/* A coordinate of the data, by itself. */
static fk_mixture *coordinate(const fk_mixture *m, size_t i)
{
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

/* Expectations of the sixteen of each coordinate: known ones, and means over draws less those over
 * the exact flow's. */
typedef struct {
    fk_functionals of[2];
    double truncation[2][FK_N_CDF];
    size_t n;
    double *anchor, *flow; /* (n, 2): exact flow from the exact marginal, and from the prior */
} plane;

static int plane_new(const score_net *q, plane *on, fk_error *err)
{
    const fk_coeffs to = score_net_at(q, q->t_end);
    const fk_field exact = fk_mixture_field(q->mixture);
    for (size_t i = 0; i < 2; i++) {
        fk_mixture *m = coordinate(q->mixture, i);
        fk_marginal *data = fk_marginal_new(m, 1, 0);
        fk_marginal *end = fk_marginal_new(m, to.s, hypot(to.sigma, 0.2));
        on->of[i] = fk_functionals_new(data);
        for (size_t j = 0; j < FK_N_CDF; j++)
            on->truncation[i][j] =
                fk_marginal_cdf(end, on->of[i].centre[j], true) - on->of[i].exact[FK_CDF + j];
        fk_marginal_free(data), fk_marginal_free(end);
        fk_mixture_free(m);
    }
    on->n = q->quick ? 2048 : 16384;
    int code = score_net_sample(q, &exact, FLOW, FLOW_STEPS, true, on->n, &on->anchor, err);
    if (!code) code = score_net_sample(q, &exact, FLOW, FLOW_STEPS, false, on->n, &on->flow, err);
    return code;
}

/* The mean difference of a functional of two sets of draws, with its standard error. */
static double difference(const plane *on, size_t i, size_t j, const double *x, const double *y,
                         double *se)
{
    double sum = 0, square = 0, a[FK_N_FUNCTIONALS], b[FK_N_FUNCTIONALS];
    const double n = (double)on->n;
    for (size_t p = 0; p < on->n; p++) {
        fk_functionals_at(&on->of[i], x[2 * p + i], a),
            fk_functionals_at(&on->of[i], y[2 * p + i], b);
        const double d = a[FK_CDF + j] - b[FK_CDF + j];
        sum += d, square += d * d;
    }
    if (se) *se = sqrt(fmax(square / n - sum / n * (sum / n), 0) / n);
    return sum / n;
}

static void spend_plane(const plane *on, const double *steps, const double *score,
                        net_spending *out)
{
    size_t at[2] = {0, 0};
    out->total = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < FK_N_CDF; j++) {
            const double all = on->truncation[i][j] + difference(on, i, j, score, on->anchor, NULL);
            if (fabs(all) > fabs(out->total)) out->total = all, at[0] = i, at[1] = j;
        }
    difference(on, at[0], at[1], score, on->anchor, &out->se);
    out->part[0] = on->truncation[at[0]][at[1]];
    out->part[1] = difference(on, at[0], at[1], on->flow, on->anchor, NULL);
    out->part[2] = difference(on, at[0], at[1], steps, on->flow, NULL);
    out->part[3] = difference(on, at[0], at[1], score, steps, NULL);
    for (size_t k = 0; k < LINKS; k++) out->link[k] = NAN;
    out->distance = NAN;
}

static int budget_plane(score_net *q, fk_error *err)
{
    const fk_field exact = fk_mixture_field(q->mixture), learnt = fk_model_field(q->network);
    plane on = {.anchor = NULL};
    int code = plane_new(q, &on, err);
    for (size_t i = 0; i < q->runs && !code; i++) {
        net_spending *out = &q->run[i];
        double *steps = NULL, *score = NULL;
        code = score_net_sample(q, &exact, SCHEME, out->steps, false, on.n, &steps, err);
        if (!code)
            code = score_net_sample(q, &learnt, SCHEME, out->steps, false, on.n, &score, err);
        out->evaluations = out->steps;
        if (!code) spend_plane(&on, steps, score, out);
        free(steps), free(score);
    }
    free(on.anchor), free(on.flow);
    return code;
}

int score_net_budget(score_net *q, fk_error *err)
{
    static const size_t steps[] = {5, 10, 20, 50, 100, 200}, few[] = {5, 20, 50};
    const fk_field learnt = fk_model_field(q->network);
    q->runs = q->quick ? 3 : 6;
    for (size_t i = 0; i < q->runs; i++)
        q->run[i] = (net_spending){.steps = q->quick ? few[i] : steps[i]};
    int code = q->mixture->dim == 1 ? budget_line(q, err) : budget_plane(q, err);
    q->samples = q->quick ? 2000 : 20000;
    if (!code)
        code =
            score_net_sample(q, &learnt, SCHEME, SHOWN_STEPS, false, q->samples, &q->sample, err);
    return code;
}
