/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/certificate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

fk_subject fk_subject_of(const fk_scheme *scheme)
{
    fk_subject out = {*scheme, scheme->weak_order, scheme->strong_order, NAN};
    if (scheme->depth > 0 && scheme->start_order > 0)
        out.start = fmin(scheme->weak_order, scheme->start_order + 1);
    return out;
}

/* What settles the matter first: a status that is no number, then one that refutes, then one that
 * is open. */
static int weight(fk_status status)
{
    switch (status) {
    case FK_VOID:
        return 3;
    case FK_FAILS:
        return 2;
    case FK_UNDECIDED:
        return 1;
    default:
        return 0;
    }
}

/* Whether one order makes a worse case than another of the same status: the lower one, and of those
 * that have not settled the greater error. One that vanished says nothing against the scheme. */
static bool is_lower(const fk_order *a, const fk_order *b)
{
    if (a->state == FK_ORDER_UNSETTLED && b->state == FK_ORDER_UNSETTLED)
        return fabs(a->error) > fabs(b->error);
    if (a->state == FK_ORDER_UNSETTLED || b->state == FK_ORDER_UNSETTLED)
        return a->state == FK_ORDER_UNSETTLED;
    return a->p < b->p;
}

/* The orders that smooth functionals and strong errors can have: whole and half ones. */
static bool is_an_order(fk_order_kind kind, double p, double margin)
{
    const double unit = kind == FK_STRONG_ORDER ? 0.5 : 1;
    return fabs(p - unit * rint(p / unit)) <= margin;
}

static bool lies_above(const fk_order *order, double claim, double margin)
{
    return order->state != FK_ORDER_UNSETTLED && order->p > claim + margin;
}

static fk_status judge(fk_order_kind kind, const fk_order *order, double claim, double margin)
{
    if (isnan(claim)) return FK_TEXT;
    if (isnan(order->error)) return FK_VOID;
    if (order->state == FK_ORDER_UNSETTLED) return FK_UNDECIDED;
    if (order->state == FK_ORDER_VANISHED) return FK_HOLDS;
    if (order->p < claim - margin) return FK_FAILS;
    if (order->p > claim + margin && !is_an_order(kind, order->p, margin)) return FK_UNDECIDED;
    return FK_HOLDS;
}

/* Which functional speaks for the scheme. One that refutes the claim does, whatever others do; then
 * one that is open, but for those that show no lower order and are smaller, at the same steps, than
 * one that holds: a small leading term takes more steps to come out. Else the one of lowest order.
 */
static bool is_passed_over(const fk_finding *finding, const fk_order *order, size_t f)
{
    const fk_series *s = &finding->series;
    const fk_order_kind kind = finding->part->kind;
    const double claim = finding->claim, margin = finding->margin;
    const bool open = isnan(claim) ? order[f].state == FK_ORDER_UNSETTLED
                                   : judge(kind, &order[f], claim, margin) == FK_UNDECIDED;
    if (!open || order[f].slope[1] < claim - margin) return false;
    const size_t level = order[f].level;
    for (size_t g = 0; g < s->functionals; g++)
        if (order[g].state == FK_ORDER_SETTLED &&
            (isnan(claim) || judge(kind, &order[g], claim, margin) == FK_HOLDS) &&
            fabs(s->error[f][level]) < fabs(s->error[g][level]))
            return true;
    return false;
}

static void read_series(fk_finding *out)
{
    const fk_series *s = &out->series;
    const fk_order_kind kind = out->part->kind;
    const double misfit = fmin(out->margin, out->part->misfit);
    fk_order order[FK_MAX_FUNCTIONALS];
    for (size_t f = 0; f < s->functionals; f++)
        order[f] = fk_order_read_within(s->error[f], s->noise[f], s->levels, out->margin, misfit);
    assert(s->functionals > 0);
    size_t worst = s->functionals; /* none yet; a settled one is never passed over */
    for (size_t f = 0; f < s->functionals; f++) {
        if (is_passed_over(out, order, f)) continue;
        if (worst < s->functionals) {
            const int this = weight(judge(kind, &order[f], out->claim, out->margin));
            const int that = weight(judge(kind, &order[worst], out->claim, out->margin));
            if (this < that || (this == that && !is_lower(&order[f], &order[worst]))) continue;
        }
        worst = f;
    }
    assert(worst < s->functionals);
    out->order = order[worst];
    out->steps = s->steps[out->order.level];
    snprintf(out->functional, sizeof out->functional, "%s", s->name[worst]);
    out->bias = s->bias[worst];
    out->is_above = lies_above(&out->order, out->claim, out->margin);
    out->status = judge(kind, &out->order, out->claim, out->margin);
}

/* Whether the error is h (C log(1/h) + D + E h): as h halves the quotient by h grows by C log 2
 * each time, less what halves with h. Extrapolating two growths removes that; what is left must be
 * most of the last growth (of a power it is nothing), and stay from level to level. */
static bool is_h_log_h(const fk_series *s, const char *functional)
{
    size_t f = 0;
    while (f < s->functionals && strcmp(s->name[f], functional) != 0) f++;
    if (f == s->functionals || s->levels < 4) return false;
    double quotient[4], growth[3];
    for (size_t i = 0; i < 4; i++) {
        const size_t level = s->levels - 4 + i;
        quotient[i] = s->error[f][level] * (double)s->steps[level];
    }
    for (size_t i = 0; i < 3; i++) growth[i] = quotient[i + 1] - quotient[i];
    const double before = 2 * growth[1] - growth[0], last = 2 * growth[2] - growth[1];
    return last / growth[2] > 0.7 && fabs(last - before) < 0.15 * fabs(last);
}

static void read_algebra(const fk_part *part, const fk_scheme *scheme, fk_finding *out)
{
    double residual;
    out->order = (fk_order){.state = FK_ORDER_SETTLED, .slope = {NAN, NAN}, .residual = NAN};
    out->order.p = part->algebra(scheme, out->claim, &residual);
    out->order.error = residual;
    snprintf(out->functional, sizeof out->functional, "residual");
    out->is_above = lies_above(&out->order, out->claim, 0);
    out->status = judge(part->kind, &out->order, out->claim, 0);
    if (part->role == FK_PROVES && out->status == FK_FAILS) out->status = FK_UNDECIDED;
}

static double claim_of(const fk_part *part, const fk_subject *subject)
{
    switch (part->kind) {
    case FK_STRONG_ORDER:
        return subject->strong;
    case FK_START_ORDER:
        return subject->start;
    default:
        return part->to_limit ? 1 : subject->weak;
    }
}

void fk_part_run(const fk_part *part, const fk_subject *subject, fk_finding *out)
{
    const double claim = claim_of(part, subject);
    *out = (fk_finding){.part = part, .claim = claim, .status = FK_TEXT};
    out->margin = part->margin(isnan(claim) ? 1 : claim);
    fk_scheme claimed = subject->scheme; /* what applies follows from the claim, if there is one */
    if (!isnan(subject->weak)) claimed.weak_order = subject->weak;
    out->applies = !claimed.adaptive && part->applies(&claimed) &&
                   !(part->kind == FK_START_ORDER && isnan(claim));
    if (!out->applies) return;
    if (part->algebra) {
        out->ran = true;
        read_algebra(part, &subject->scheme, out);
        return;
    }
    fk_error err = {0};
    out->ran = part->series(&subject->scheme, &part->place, part->start, part->coarsest,
                            part->levels, &out->series, &err) == FK_OK;
    snprintf(out->why, sizeof out->why, "%.190s", err.text);
    if (!out->ran) return;
    read_series(out);
    out->is_h_log_h = out->order.state != FK_ORDER_VANISHED && fabs(out->order.p - 1) < 0.1 &&
                      is_h_log_h(&out->series, out->functional);
}

/* The finding that the verdict comes from: of the gravest status, and of those the lowest order. A
 * part that bounds speaks where it refutes, or alone. */
static const fk_finding *worst_of(const fk_finding *finding, fk_order_kind kind)
{
    const fk_finding *worst = NULL;
    for (size_t i = 0; i < fk_n_parts; i++) {
        const fk_finding *f = &finding[i];
        if (!f->ran || f->part->kind != kind || f->part->role == FK_REPORTED) continue;
        if (!worst) {
            worst = f;
            continue;
        }
        const bool bounds = f->part->role == FK_BOUNDS, bounded = worst->part->role == FK_BOUNDS;
        const int this = weight(f->status), that = weight(worst->status);
        if (this != that        ? this > that
            : bounds != bounded ? bounded
                                : is_lower(&f->order, &worst->order))
            worst = f;
    }
    return worst;
}

/* Whether one that decides does so at the claim: a limit may be reached faster than that. */
static bool is_reached(const fk_finding *finding, fk_order_kind kind)
{
    for (size_t i = 0; i < fk_n_parts; i++)
        if (finding[i].ran && finding[i].part->kind == kind &&
            finding[i].part->role == FK_DECIDES && finding[i].status == FK_HOLDS &&
            (!finding[i].is_above || finding[i].part->to_limit))
            return true;
    return false;
}

/* Whether a part that decides applies and could not run: then no part decided. */
static bool is_refused(const fk_finding *finding, fk_order_kind kind)
{
    for (size_t i = 0; i < fk_n_parts; i++)
        if (finding[i].applies && !finding[i].ran && finding[i].part->kind == kind &&
            finding[i].part->role == FK_DECIDES)
            return true;
    return false;
}

fk_certified fk_certify(const fk_finding *finding, fk_order_kind kind, double claim)
{
    fk_certified out = {.claim = claim, .order = NAN, .status = FK_TEXT};
    out.worst = worst_of(finding, kind);
    if (!out.worst) {
        if (!isnan(claim) && is_refused(finding, kind)) out.status = FK_UNDECIDED;
        return out;
    }
    out.order = out.worst->order.p;
    if (isnan(claim)) return out;
    out.status = out.worst->status;
    if (out.status == FK_HOLDS && !is_reached(finding, kind)) out.status = FK_UNDECIDED;
    /* the law stays off the data's by its limit's bias */
    if (out.status == FK_HOLDS && out.worst->part->to_limit) out.order = 0;
    return out;
}
