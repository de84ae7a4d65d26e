/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/likelihoods_lab.h"

#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "claims/quadrature.h"
#include "claims/sampling.h"
#include "claims/setting.h"
#include "ode/schemes.h"

/* rk45 as it is used where nobody asks for more (Song et al. 2021, appendix D.2). */
#define USUAL 1e-5

static double root_mean_square(const fk_likelihood *l, size_t n, size_t offset)
{
    double sum = 0;
    for (size_t p = 0; p < n; p++) {
        const double part = *(const double *)((const char *)&l[p] + offset);
        sum += part * part;
    }
    return sqrt(sum / (double)n);
}
#define RMS(l, n, part) root_mean_square(l, n, offsetof(fk_likelihood, part))

/* All points from t_end to t_start at one tolerance. */
static int solve(const likelihoods *q, fk_likelihood_model model, mistake wrong, double tolerance,
                 fk_likelihood *out, double *evaluations, fk_error *err)
{
    const fk_field exact = fk_mixture_field(q->mixture);
    const fk_scaled scaled = {&exact, wrong.score};
    const fk_field used = fk_scaled_field(&scaled);
    const fk_misjudged misjudged = {&used, wrong.divergence};
    const fk_field field = fk_misjudged_field(&misjudged);
    model.field = &field;
    fk_adaptive_options options = {.rtol = tolerance, .atol = tolerance, .threads = q->threads};
    int status = fk_likelihood_of(&model, q->n, q->x, out, &options, err);
    *evaluations = (double)options.evaluations / (double)q->n;
    return status;
}

static fk_likelihood_model whole(const likelihoods *q, const fk_schedule *schedule, double std,
                                 const fk_scheme *scheme)
{
    return (fk_likelihood_model){q->mixture, schedule, schedule->t_max, schedule->t_min, std,
                                 scheme,     NULL};
}

/* ---- tolerance ---------------------------------------------------------------------------------
 */

static double slope_of(const double *x, const double *y, size_t n)
{
    double c0, slope, c00, c01, c11, square;
    if (n < 3) return NAN;
    gsl_fit_linear(x, 1, y, 1, n, &c0, &slope, &c00, &c01, &c11, &square);
    return slope;
}

static void fit(solver *s)
{
    double tolerance[MAX_LEVELS], evaluations[MAX_LEVELS], error[MAX_LEVELS];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->evaluations[i] < s->evaluations[0] * 1.2 || !(s->rms[i] > 1e-13)) continue;
        tolerance[n] = log(s->tolerance[i]);
        evaluations[n] = log(s->evaluations[i]);
        error[n++] = log(s->rms[i]);
    }
    s->slope = slope_of(tolerance, error, n);
    s->order = n < 3 ? NAN : -slope_of(evaluations + n - 3, error + n - 3, 3);
}

int likelihoods_solver(const likelihoods *q, const fk_scheme *scheme, size_t n, mistake wrong,
                       solver *s, fk_error *err)
{
    fk_likelihood *l = fk_alloc(q->n, sizeof *l);
    const fk_likelihood_model model = whole(q, &q->schedule, 0, scheme);
    *s = (solver){.scheme = scheme, .n = n};
    int status = FK_OK;
    for (size_t i = 0; i < n && !status; i++) {
        s->tolerance[i] = pow(10, -3 - (double)i);
        status = solve(q, model, wrong, s->tolerance[i], l, &s->evaluations[i], err);
        s->rms[i] = RMS(l, q->n, integration);
        for (size_t p = 0; p < q->n; p++) fk_worst(&s->worst[i], fabs(l[p].integration));
    }
    free(l);
    if (!status) fit(s);
    return status;
}

int likelihoods_exact(const likelihoods *q, mistake wrong, double *worst, fk_error *err)
{
    fk_likelihood *l = fk_alloc(q->n, sizeof *l);
    double evaluations;
    int status = solve(q, whole(q, &q->schedule, 0, &fk_rk8pd), wrong, 1e-11, l, &evaluations, err);
    *worst = 0;
    for (size_t p = 0; p < q->n; p++) fk_worst(worst, fabs(l[p].integration));
    free(l);
    return status;
}

/* ---- t_end -------------------------------------------------------------------------------------
 */

double likelihoods_leading(const likelihoods *q, double t, double factor, end *e)
{
    const size_t dim = q->mixture->dim;
    const fk_coeffs c = fk_schedule_at(&q->schedule, t);
    fk_marginal *data = fk_marginal_new(q->mixture, 1, 0),
                *noised = fk_marginal_new(q->mixture, c.s, c.sigma);
    double *score = fk_alloc(dim, sizeof *score), sum = 0, parts = 0, leads = 0, gaps = 0;
    for (size_t p = 0; p < q->n; p++) {
        const double *x = q->x + p * dim;
        double divergence, along = 0, norm = 0;
        const double log_p =
            fk_marginal_at(data, x, &(fk_point){.score = score, .divergence = &divergence});
        const double part = fk_marginal_at(noised, x, NULL) - log_p;
        for (size_t i = 0; i < dim; i++) {
            along += x[i] * score[i];
            norm += score[i] * score[i];
        }
        const double lead = factor * ((1 - c.s) * ((double)dim + along) +
                                      c.sigma * c.sigma / 2 * (divergence + norm));
        sum += part;
        parts += part * part;
        leads += lead * lead;
        gaps += (part - lead) * (part - lead);
    }
    if (e) {
        e->leading = sqrt(leads / (double)q->n);
        e->truncation = sqrt(parts / (double)q->n);
        e->mean = sum / (double)q->n;
        e->kl = dim == 1 ? fk_divergence(data, noised) : NAN;
    }
    free(score);
    fk_marginal_free(noised);
    fk_marginal_free(data);
    return sqrt(gaps / parts);
}

/* Ends at equal ratios of sigma/s, from t_min to where noise and signal are equal. */
int likelihoods_ends(likelihoods *q, size_t n, fk_error *err)
{
    fk_likelihood *l = fk_alloc(q->n, sizeof *l);
    const fk_schedule *schedule = &q->schedule;
    const double clean = fk_schedule_at(schedule, schedule->t_min).lambda;
    int status = FK_OK;
    for (size_t i = 0; i < n && !status; i++) {
        end *e = &q->end[i];
        e->t = i ? schedule->time_of(schedule, clean * (1 - (double)i / (double)(n - 1)))
                 : schedule->t_min;
        e->t = fmax(e->t, schedule->t_min);
        e->noise = exp(-fk_schedule_at(schedule, e->t).lambda);
        likelihoods_leading(q, e->t, 1, e);
        fk_likelihood_model model = whole(q, schedule, q->of[q->own].std, &fk_rk45);
        model.t_end = e->t;
        double evaluations;
        status = solve(q, model, (mistake){1, 1}, USUAL, l, &evaluations, err);
        e->prior = RMS(l, q->n, prior);
        e->integration = RMS(l, q->n, integration);
    }
    q->n_ends = n;
    free(l);
    return status;
}

/* ---- schedules ---------------------------------------------------------------------------------
 */

/* log N(x; 0, std^2 I) - log p(x) */
static double mismatch(const fk_marginal *g, const double *x, double std)
{
    const size_t dim = g->mixture->dim;
    double square = 0;
    for (size_t i = 0; i < dim; i++) square += x[i] / std * (x[i] / std);
    return -square / 2 - (double)dim * (log(std) + FK_LOG_2PI / 2) - fk_marginal_at(g, x, NULL);
}

double likelihoods_cumulants(const likelihoods *q, const of_schedule *o, double spread, double size)
{
    const size_t dim = q->mixture->dim;
    const fk_coeffs c = fk_schedule_at(&o->schedule, o->schedule.t_max);
    const double a = c.s / c.sigma, ratio = c.sigma / o->std;
    fk_marginal *g = fk_marginal_new(q->mixture, c.s, c.sigma);
    double square = 0, gaps = 0;
    for (size_t i = 0; i < dim; i++) square += q->m[i] * q->m[i] + q->cov[i * dim + i];
    for (size_t p = 0; p < q->n; p++) {
        const double *x = o->far + p * dim;
        double norm = 0, along = 0, form = 0;
        for (size_t i = 0; i < dim; i++) {
            const double y = x[i] / c.sigma;
            norm += y * y;
            along += q->m[i] * y;
            for (size_t j = 0; j < dim; j++) form += y * q->cov[i * dim + j] * x[j] / c.sigma;
        }
        const double predicted = norm / 2 * (1 - ratio * ratio) + (double)dim * log(ratio) -
                                 a * along - a * a / 2 * (spread * form - size * square);
        const double gap = mismatch(g, x, o->std) - predicted;
        gaps += gap * gap;
    }
    fk_marginal_free(g);
    return sqrt(gaps / (double)q->n) / (a * a * a * square * sqrt(square));
}

/* Exact paths of all points from t_min through the times: path (1 + n, points, dim). */
static int paths(const likelihoods *q, const of_schedule *o, double *path, fk_error *err)
{
    const size_t size = q->n * q->mixture->dim;
    memcpy(path, q->x, size * sizeof *path);
    const fk_coeffs from = fk_schedule_at(&o->schedule, o->schedule.t_min);
    if (fk_flow_is_exact(q->mixture)) {
        for (size_t i = 0; i < o->n; i++) {
            const fk_coeffs to = fk_schedule_at(&o->schedule, o->at[i].t);
            fk_flow(q->mixture, &from, &to, q->n, q->x, path + (i + 1) * size, NULL);
        }
        return FK_OK;
    }
    double t[MAX_ENDS + 1] = {o->schedule.t_min};
    for (size_t i = 0; i < o->n; i++) t[i + 1] = o->at[i].t;
    const fk_field field = fk_mixture_field(q->mixture);
    fk_adaptive_options options = {.rtol = 1e-11, .atol = 1e-11, .threads = q->threads};
    return fk_adaptive_solve(&fk_rk8pd, &o->schedule, &field, t, o->n + 1, q->n, path, &options,
                             err);
}

static void prior_at(const likelihoods *q, const of_schedule *o, const double *x, start *at)
{
    const fk_coeffs c = fk_schedule_at(&o->schedule, at->t);
    fk_marginal *g = fk_marginal_new(q->mixture, c.s, c.sigma);
    double sum = 0;
    for (size_t p = 0; p < q->n; p++) {
        const double part =
            mismatch(g, x + p * q->mixture->dim, o->schedule.exploding ? c.sigma : 1);
        sum += part * part;
    }
    at->signal = c.s / c.sigma;
    at->prior = sqrt(sum / (double)q->n);
    fk_marginal_free(g);
}

/* Starts at equal ratios of s/sigma, from noise and signal equal to t_max. */
int likelihoods_schedule(const likelihoods *q, size_t n, of_schedule *o, fk_error *err)
{
    const fk_schedule *schedule = &o->schedule;
    const size_t size = q->n * q->mixture->dim;
    const double noisy = fk_schedule_at(schedule, schedule->t_max).lambda;
    o->n = n;
    o->std = schedule->exploding ? fk_schedule_at(schedule, schedule->t_max).sigma : 1;
    for (size_t i = 0; i < n; i++)
        o->at[i].t = i + 1 < n ? schedule->time_of(schedule, noisy * (double)i / (double)(n - 1))
                               : schedule->t_max;
    double *path = fk_alloc((n + 1) * size, sizeof *path);
    int status = paths(q, o, path, err);
    for (size_t i = 0; i < n && !status; i++) prior_at(q, o, path + (i + 1) * size, &o->at[i]);
    o->far = fk_alloc(size, sizeof *o->far);
    memcpy(o->far, path + n * size, size * sizeof *path);
    free(path);
    fk_likelihood *l = fk_alloc(q->n, sizeof *l);
    if (!status)
        status = solve(q, whole(q, schedule, o->std, &fk_rk45), (mistake){1, 1}, USUAL, l,
                       &o->evaluations, err);
    for (size_t p = 0; p < q->n && !status; p++) {
        o->mean.computed += l[p].computed / (double)q->n;
        o->mean.exact += l[p].exact / (double)q->n;
        o->mean.truncation += l[p].truncation / (double)q->n;
        o->mean.prior += l[p].prior / (double)q->n;
        o->mean.integration += l[p].integration / (double)q->n;
    }
    free(l);
    return status;
}
