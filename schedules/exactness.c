/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedules/exactness.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

/* One more power than any formula here integrates. */
enum { POWERS = 6, STEPS = 3, MOST_NODES = FK_MAX_HISTORY + STEPS + 1 };

/* Exactness is read at the first step size, how what is not exact vanishes from the other two. */
enum { COARSE, FINE, FINEST, SIZES };
static const double size[SIZES] = {0.385, 1. / 64, 1. / 128};

/* Conditions of a combination: the state's factor, what its own output is, its noise, theta^k. */
enum { STATE, OUTPUT, NOISE, POWER, CONDITIONS = POWER + POWERS };

/* Weights of up to 9 times theta^3 of up to 100 (four nodes, on these steps), to rounding. */
#define HOLDS_WITHIN 1e-13
/* Slopes are wrong by a few times h. */
#define SLOPE_WITHIN 0.05

typedef enum { IN_LAMBDA, IN_RHO, IN_T, VARIABLES } variable;

typedef struct {
    const fk_scheme *scheme;
    const fk_schedule *schedule;
    double eta2;
    variable in;
    const fk_coeffs *node; /* that the step leaves */
    const fk_step *step;
} setting;

bool fk_is_exponential(const fk_scheme *scheme)
{
    return !scheme->adaptive && (scheme->output == FK_EPS || scheme->output == FK_X0);
}

static double coordinate(const setting *s, double lambda)
{
    switch (s->in) {
    case IN_RHO:
        return exp(-lambda);
    case IN_T:
        return s->schedule->time_of(s->schedule, lambda);
    default:
        return lambda;
    }
}

static double theta(const setting *s, double lambda)
{
    const double from = coordinate(s, s->node[0].lambda), to = coordinate(s, s->node[1].lambda);
    return (coordinate(s, lambda) - from) / (to - from);
}

/* K theta^k, up to a point whose marginal is (s, sigma). */
typedef struct {
    const setting *of;
    double s, sigma, lambda;
    int k;
} integrand;

static double at_lambda(double lambda, void *self)
{
    const integrand *f = self;
    const double eta2 = f->of->eta2, power = pow(theta(f->of, lambda), f->k);
    if (f->of->scheme->output == FK_EPS) return -(1 + eta2) * f->s * exp(-lambda) * power;
    return (1 + eta2) * f->sigma * exp(lambda - eta2 * (f->lambda - lambda)) * power;
}

/* 61 points of Gauss and Kronrod: the integrands are analytic at a distance of pi/2 about a step of
 * 0.5 and less. */
static double integral(const setting *s, const fk_coeffs *to, int k)
{
    integrand f = {s, to->s, to->sigma, to->lambda, k};
    const gsl_function g = {at_lambda, &f};
    double value, error, magnitude, spread;
    if (to->lambda == s->node[0].lambda) return 0;
    gsl_integration_qk61(&g, s->node[0].lambda, to->lambda, &value, &error, &magnitude, &spread);
    return value;
}

static double ratio(const setting *s, const fk_coeffs *to)
{
    const fk_coeffs *from = s->node;
    if (s->scheme->output == FK_EPS) return to->s / from->s;
    return to->sigma / from->sigma * exp(-s->eta2 * (to->lambda - from->lambda));
}

/* The variance of the noise from the step's first node to its last. */
static double variance(const setting *s)
{
    const fk_coeffs *t = s->node, *u = t + 1;
    const double h = u->lambda - t->lambda;
    if (s->scheme->output == FK_X0) return u->sigma * u->sigma * -expm1(-2 * s->eta2 * h);
    const double start = u->s * t->sigma / t->s;
    return s->eta2 * start * start * -expm1(-2 * h);
}

/* The marginal of a stage; one that lies at a node is that node. */
static fk_coeffs place_of(const setting *s, const fk_stage *stage)
{
    for (size_t i = 0; i < 2; i++)
        if (stage->s == s->node[i].s && stage->sigma == s->node[i].sigma) return s->node[i];
    return (fk_coeffs){
        .s = stage->s, .sigma = stage->sigma, .lambda = log(stage->s / stage->sigma)};
}

/* |is - should|, relative to should where that is not 0. */
static double off(double is, double should)
{
    return fabs(is - should) / (should != 0 ? fabs(should) : 1);
}

/* What is wrong with a combination that leads to a point; integrals in units of the whole step's of
 * M = 1, which is O(h). */
static void combination(const setting *s, const fk_combination *y, const fk_coeffs *to,
                        double *wrong)
{
    const fk_step *step = s->step;
    const double whole = fabs(integral(s, s->node + 1, 0));
    double sum[POWERS] = {0};
    for (size_t j = 0; j < step->stages + step->history; j++) {
        const bool old = j >= step->stages;
        const size_t h = j - step->stages;
        const double w = old ? y->d[h] : y->b[j];
        if (w == 0) continue;
        const fk_coeffs at =
            old ? s->node[-(long)(s->scheme->lag + h)] : place_of(s, &step->stage[j]);
        const double x = theta(s, at.lambda);
        double power = w;
        for (int k = 0; k < POWERS; k++, power *= x) sum[k] += power;
    }
    wrong[STATE] = off(y->a, ratio(s, to));
    wrong[OUTPUT] = wrong[NOISE] = 0;
    for (int k = 0; k < POWERS; k++) wrong[POWER + k] = fabs(sum[k] - integral(s, to, k)) / whole;
}

static void stage_wrong(const setting *s, size_t i, double *wrong)
{
    const fk_stage *stage = &s->step->stage[i];
    const fk_coeffs at = place_of(s, stage);
    const bool eps = s->scheme->output == FK_EPS;
    combination(s, &stage->y, &at, wrong);
    wrong[OUTPUT] = off(stage->p, eps ? 0 : 1 / at.s) +
                    off(stage->q, eps ? -at.sigma : at.sigma * at.sigma / at.s);
    const double pushed = s->node[1 - (long)s->scheme->lag].lambda;
    if (stage->push && !(fabs(at.lambda - pushed) < HOLDS_WITHIN)) wrong[OUTPUT] = 1;
    for (size_t l = 0; l < s->step->normals; l++)
        if (stage->y.c[l] != 0) wrong[NOISE] = 1; /* not in the formulas above */
}

static void result_wrong(const setting *s, double *wrong)
{
    const fk_combination *y = &s->step->result;
    combination(s, y, s->node + 1, wrong);
    double noise = 0;
    for (size_t l = 0; l < s->step->normals; l++) noise += y->c[l] * y->c[l];
    wrong[NOISE] = off(noise, variance(s));
}

/* What is wrong at one step of the axis; of its combinations the result comes last. */
typedef struct {
    double wrong[FK_MAX_STAGES + 1][CONDITIONS][SIZES];
    fk_step table; /* at any size: which outputs are used */
} trial;

static int try_size(setting *s, int i, double *t, fk_coeffs *node, size_t past, trial *out,
                    fk_error *err)
{
    const fk_axis axis = {
        .schedule = s->schedule, .n_steps = STEPS, .t = t, .node = node, .past = past};
    fk_plan plan;
    int status = fk_plan_new(&axis, s->scheme, &plan, err);
    if (status != FK_OK) return status;
    for (size_t n = 0; n < STEPS; n++) {
        out[n].table = plan.step[n];
        s->node = node + n, s->step = &out[n].table;
        for (size_t c = 0; c <= s->step->stages; c++) {
            double wrong[CONDITIONS];
            if (c < s->step->stages)
                stage_wrong(s, c, wrong);
            else
                result_wrong(s, wrong);
            for (int k = 0; k < CONDITIONS; k++) out[n].wrong[c][k][i] = wrong[k];
        }
    }
    fk_plan_free(&plan);
    return FK_OK;
}

/* All sizes, near one lambda, on steps of unequal length. */
static int try_all(setting *s, trial *out, fk_error *err)
{
    static const double length[MOST_NODES - 1] = {1.385,  0.6385, 1.1385, 0.8385,
                                                  1.2385, 0.9385, 1.4385};
    const size_t past = s->scheme->depth;
    int status = FK_OK;
    assert(past <= FK_MAX_HISTORY);
    for (int i = 0; i < SIZES && status == FK_OK; i++) {
        double t[MOST_NODES], lambda = -0.2385;
        fk_coeffs node[MOST_NODES];
        for (size_t n = FK_MAX_HISTORY; n > FK_MAX_HISTORY - past; n--)
            lambda -= size[i] * length[n - 1];
        for (size_t n = FK_MAX_HISTORY - past; n < MOST_NODES; n++) {
            t[n] = s->schedule->time_of(s->schedule, lambda);
            node[n] = fk_schedule_at(s->schedule, t[n]);
            if (n + 1 < MOST_NODES) lambda += size[i] * length[n];
        }
        status = try_size(s, i, t + FK_MAX_HISTORY, node + FK_MAX_HISTORY, past, out, err);
    }
    return status;
}

/* The lesser; NaN is least. */
static double least(double a, double b)
{
    return isnan(a) || a <= b ? a : b;
}

/* The order that a condition leaves to its combination: y with an error O(h^(p + 1)) has order p.
 */
static double order_left(int condition, bool is_result, const double wrong[SIZES])
{
    double base = condition < POWER ? -1 : condition - POWER;
    if (condition == NOISE && is_result) base = 0; /* the variance's error is relative */
    if (wrong[COARSE] <= HOLDS_WITHIN) return INFINITY;
    const double slope = log2((wrong[FINE] + HOLDS_WITHIN) / (wrong[FINEST] + HOLDS_WITHIN));
    return base + floor(slope + SLOPE_WITHIN);
}

/* Whether output j enters combination c; what is kept enters the results of later steps. */
static bool is_used(const fk_step *step, size_t j, size_t c)
{
    if (c == step->stages) return step->result.b[j] != 0 || step->stage[j].push;
    return j < c && step->stage[c].y.b[j] != 0;
}

/* The order of a step's result, and the worst of what is asked for the claim. An output is as wrong
 * as the point at which it was taken, and enters times h. */
static double order_of(const trial *of, double claim, double *residual)
{
    const fk_step *step = &of->table;
    const size_t result = step->stages;
    double asked[FK_MAX_STAGES + 1], order[FK_MAX_STAGES + 1];
    for (size_t c = 0; c <= result; c++) asked[c] = c == result ? claim : -INFINITY;
    for (size_t c = result + 1; c-- > 0;)
        for (size_t j = 0; j < result; j++)
            if (is_used(step, j, c)) asked[j] = fmax(asked[j], asked[c] - 1);
    for (size_t c = 0; c <= result; c++) {
        order[c] = INFINITY;
        for (int k = 0; k < CONDITIONS; k++) {
            const double left = order_left(k, c == result, of->wrong[c][k]);
            order[c] = least(order[c], left);
            if (k - POWER < asked[c] && (isinf(left) || !(left >= asked[c])))
                *residual = -least(-*residual, -of->wrong[c][k][COARSE]);
        }
        for (size_t j = 0; j < result; j++)
            if (is_used(step, j, c)) order[c] = least(order[c], order[j] + 1);
    }
    return order[result];
}

/* How many powers the middle step's result integrates exactly. */
static int exact_powers(const trial *of)
{
    int k = 0;
    while (k < POWERS && of->wrong[of->table.stages][POWER + k][COARSE] <= HOLDS_WITHIN) k++;
    return k;
}

int fk_exactness_of(const fk_scheme *scheme, const fk_schedule *schedule, double eta, double claim,
                    fk_exactness *out, fk_error *err)
{
    assert(fk_is_exponential(scheme));
    int most = -1;
    trial *of = fk_alloc(STEPS, sizeof *of);
    int status = FK_OK;
    for (int in = 0; in < VARIABLES && status == FK_OK; in++) {
        setting s = {scheme, schedule, eta * eta, (variable)in, NULL, NULL};
        status = try_all(&s, of, err);
        if (status != FK_OK || exact_powers(&of[1]) <= most) continue;
        most = exact_powers(&of[1]);
        double residual = 0, once = 0;
        out->order = order_of(&of[1], claim, &residual);
        out->order = least(out->order, order_of(&of[0], claim - 1, &once) + 1);
        out->order = least(out->order, order_of(&of[STEPS - 1], claim - 1, &once) + 1);
        out->residual = residual;
    }
    free(of);
    return status;
}
