/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/certificate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How near an order must come: two-term fits on errors that are exact to rounding err by less than
 * 0.001; higher orders leave fewer errors above rounding, and those at larger steps. */
static double gaussian_margin(double claim)
{
    return claim <= 2 ? 0.02 : claim <= 3 ? 0.05 : 0.15;
}

static double mixture_margin(double claim)
{
    return claim <= 3 ? 0.1 : 0.2;
}

static double strong_margin(double claim)
{
    (void)claim;
    return 0.1;
}

static bool always(const fk_scheme *scheme)
{
    (void)scheme;
    return true;
}

/* Errors of higher orders are rounding before they settle, except over the whole way. */
static bool has_low_order(const fk_scheme *scheme)
{
    return !(scheme->weak_order > 4);
}

static bool has_high_order(const fk_scheme *scheme)
{
    return scheme->weak_order > 4;
}

static bool is_multistep(const fk_scheme *scheme)
{
    return scheme->depth > 0;
}

static bool draws_noise(const fk_scheme *scheme)
{
    const fk_place place = {"vp-linear", "lambda", -1, 0.1};
    const fk_mixture any = {.dim = 1, .k = 1, .var = (double[]){1}};
    fk_trial trial;
    fk_error err;
    if (fk_trial_new(scheme, &place, FK_SELF_START, 2, &any, &trial, &err) != FK_OK) return true;
    bool draws = trial.plan.normals > 0;
    fk_trial_free(&trial);
    return draws;
}

/* Uniform log(s/sigma) and Karras' nodes decide. They start where there is room for an exact
 * history, and end where the data still matter to the score: over the whole way from noise to data
 * with equal steps the leading errors of some schemes (exp-euler, dpmpp-3m) are a derivative
 * integrated between two ends at which it vanishes, and Gaussian data show an order that is too
 * high. That, and uniform t, where steps that are long against t hide the order, are reported. */
#define VP            "vp-linear", "lambda", -2, 0.05
#define FLOW          "flow", "lambda", -2, 0.1385
#define KARRAS        "edm", "karras", -2, 0.1385
#define FAR           "vp-linear", "lambda", -1, 1e-3
#define UNIFORM       "vp-linear", "uniform", -1, 1e-2
#define FROM_NOISE    "vp-linear", "lambda", NAN, 1e-3
#define VE            "ve", "lambda", NAN, 1e-3
#define VE_KARRAS     "ve", "karras:rho=20", NAN, 1e-3
#define EDM           "edm", "lambda", -0.1, 0.6385
#define EDM_UNIFORM   "edm", "uniform", -0.1, 0.6385
#define ONE_STEP_VP   "vp-linear", "one step", -0.2385, 0.05
#define ONE_STEP_FLOW "flow", "one step", -0.2385, 0.1385
#define FROM_NEAR     "vp-linear", "lambda", -1, 1e-3

/* 6 to 6144 steps. */
#define GAUSSIAN(place, start, role, applies)                                                      \
    {                                                                                              \
        "gaussian", FK_WEAK_ORDER, role, {place}, start, applies, fk_series_gaussian, 6, 11,       \
            gaussian_margin                                                                        \
    }
#define PATH_GAUSSIAN(place)                                                                       \
    {                                                                                              \
        "path-gaussian", FK_STRONG_ORDER, FK_BOUNDS, {place}, FK_EXACT_START, draws_noise,         \
            fk_series_strong_gaussian, 12, 9, strong_margin                                        \
    }

/* 10 to 640 steps. */
#define MIXTURE(place, role, applies)                                                              \
    {                                                                                              \
        "mixture", FK_WEAK_ORDER, role, {place}, FK_EXACT_START, applies, fk_series_mixture, 10,   \
            7, mixture_margin                                                                      \
    }

/* Steps of t/5 to t/5120. */
#define LOCAL(place)                                                                               \
    {                                                                                              \
        "local", FK_STRONG_ORDER, FK_DECIDES, {place}, FK_EXACT_START, draws_noise,                \
            fk_series_local, 5, 11, strong_margin                                                  \
    }

/* 8 to 128 steps. */
#define PATHS(place)                                                                               \
    {                                                                                              \
        "paths", FK_STRONG_ORDER, FK_DECIDES, {place}, FK_SELF_START, draws_noise,                 \
            fk_series_paths, 8, 5, strong_margin                                                   \
    }

const fk_part fk_parts[] = {
    GAUSSIAN(VP, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(FLOW, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(KARRAS, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(VE_KARRAS, FK_SELF_START, FK_DECIDES, has_high_order),
    GAUSSIAN(VE, FK_SELF_START, FK_DECIDES, has_high_order),
    GAUSSIAN(FAR, FK_EXACT_START, FK_REPORTED, always),
    GAUSSIAN(UNIFORM, FK_EXACT_START, FK_REPORTED, always),
    GAUSSIAN(FROM_NOISE, FK_SELF_START, FK_REPORTED, is_multistep),
    GAUSSIAN(FROM_NEAR, FK_SELF_START, FK_REPORTED, is_multistep),
    MIXTURE(VP, FK_DECIDES, has_low_order),
    MIXTURE(FLOW, FK_DECIDES, has_low_order),
    MIXTURE(VE, FK_DECIDES, has_high_order),
    MIXTURE(VE_KARRAS, FK_DECIDES, has_high_order),
    PATH_GAUSSIAN(VP),
    PATH_GAUSSIAN(FLOW),
    LOCAL(ONE_STEP_VP),
    LOCAL(ONE_STEP_FLOW),
    PATHS(EDM),
    PATHS(EDM_UNIFORM),
};
const size_t fk_n_parts = sizeof fk_parts / sizeof *fk_parts;

/* Parameters at which nobody claims an order. Churn at a fixed gamma keeps putting in as much
 * noise a step, whatever the number of steps. */
const fk_lab_claim fk_lab_claims[] = {
    {"ddim:eta=1", 1, 1},
    {"euler-maruyama:eta=0.5", 1, 1},
    {"edm-churn:S_churn=1e9", 0, NAN},
};
const size_t fk_n_lab_claims = sizeof fk_lab_claims / sizeof *fk_lab_claims;

/* Whether functional f's order makes a worse case than the worst so far: not settled is worst, then
 * the lowest order; one that vanished says nothing against the scheme. */
static bool is_worse(const fk_order *a, const fk_order *b)
{
    if (a->state == FK_ORDER_UNSETTLED || b->state == FK_ORDER_UNSETTLED)
        return a->state == FK_ORDER_UNSETTLED &&
               (b->state != FK_ORDER_UNSETTLED || fabs(a->error) > fabs(b->error));
    return a->p < b->p;
}

static fk_status judge(const fk_order *order, double claim, double margin)
{
    if (isnan(claim)) return FK_TEXT;
    if (isnan(order->error)) return FK_VOID;
    if (order->state == FK_ORDER_UNSETTLED) return FK_UNDECIDED;
    return order->p >= claim - margin ? FK_HOLDS : FK_FAILS;
}

/* Which functional speaks for the scheme. One that refutes the claim does, whatever others do; then
 * one that has not settled, but for those that are smaller than a settled one and show no lower
 * order: a small leading term takes more steps to come out. Else the one of lowest order. */
static bool is_passed_over(const fk_order *order, double error, double settled, double least)
{
    if (order->state != FK_ORDER_UNSETTLED || fabs(error) > settled) return false;
    return !(order->slope[1] < least);
}

static void read_series(fk_finding *out)
{
    const fk_series *s = &out->series;
    const double least = isnan(out->claim) ? -INFINITY : out->claim - out->margin;
    fk_order order[FK_MAX_FUNCTIONALS];
    double settled = 0;
    for (size_t f = 0; f < s->functionals; f++) {
        order[f] = fk_order_read(s->error[f], s->noise[f], s->levels, out->margin);
        if (order[f].state == FK_ORDER_SETTLED)
            settled = fmax(settled, fabs(s->error[f][s->levels - 1]));
    }
    size_t worst = s->functionals;
    for (size_t f = 0; f < s->functionals; f++) {
        if (is_passed_over(&order[f], s->error[f][s->levels - 1], settled, least)) continue;
        const bool refutes = judge(&order[f], out->claim, out->margin) == FK_FAILS;
        const bool refuted =
            worst < s->functionals && judge(&order[worst], out->claim, out->margin) == FK_FAILS;
        if (worst == s->functionals || refutes > refuted ||
            (refutes == refuted && is_worse(&order[f], &order[worst])))
            worst = f;
    }
    out->order = order[worst];
    out->steps = s->steps[out->order.level];
    snprintf(out->functional, sizeof out->functional, "%s", s->name[worst]);
    out->status = judge(&out->order, out->claim, out->margin);
}

void fk_part_run(const fk_part *part, const fk_subject *subject, fk_finding *out)
{
    const double claim = part->kind == FK_WEAK_ORDER ? subject->weak : subject->strong;
    *out = (fk_finding){.part = part, .claim = claim, .status = FK_TEXT};
    out->margin = part->margin(isnan(claim) ? 1 : claim);
    out->applies = !subject->scheme.adaptive && part->applies(&subject->scheme);
    if (!out->applies) return;
    fk_error err = {0};
    out->ran = part->series(&subject->scheme, &part->place, part->start, part->coarsest,
                            part->levels, &out->series, &err) == FK_OK;
    snprintf(out->why, sizeof out->why, "%.190s", err.text);
    if (out->ran) read_series(out);
}

/* The least order of the parts in one role. */
static const fk_finding *worst_of(const fk_finding *finding, fk_order_kind kind, fk_part_role role)
{
    const fk_finding *worst = NULL;
    for (size_t i = 0; i < fk_n_parts; i++) {
        const fk_finding *f = &finding[i];
        if (!f->ran || f->part->kind != kind || f->part->role != role) continue;
        if (!worst || is_worse(&f->order, &worst->order)) worst = f;
    }
    return worst;
}

static bool any(const fk_finding *finding, fk_order_kind kind, fk_status status)
{
    for (size_t i = 0; i < fk_n_parts; i++)
        if (finding[i].ran && finding[i].part->kind == kind &&
            finding[i].part->role != FK_REPORTED && finding[i].status == status)
            return true;
    return false;
}

fk_certified fk_certify(const fk_finding *finding, fk_order_kind kind, double claim)
{
    fk_certified out = {.claim = claim, .order = NAN, .status = FK_TEXT};
    out.worst = worst_of(finding, kind, FK_DECIDES);
    const fk_finding *bound = worst_of(finding, kind, FK_BOUNDS);
    if (!out.worst || (bound && bound->status == FK_FAILS)) out.worst = bound;
    if (!out.worst) return out;
    out.order = out.worst->order.p;
    if (isnan(claim)) return out;
    const bool above = out.order > claim + out.worst->margin;
    if (any(finding, kind, FK_VOID))
        out.status = FK_VOID;
    else if (any(finding, kind, FK_FAILS))
        out.status = FK_FAILS;
    else
        out.status = above || any(finding, kind, FK_UNDECIDED) ? FK_UNDECIDED : FK_HOLDS;
    return out;
}
