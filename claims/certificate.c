/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/certificate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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
    if (order->state != FK_ORDER_UNSETTLED || !(fabs(error) < settled)) return false;
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
    assert(s->functionals > 0);
    size_t worst = s->functionals; /* none yet; the largest error is never passed over */
    for (size_t f = 0; f < s->functionals; f++) {
        if (is_passed_over(&order[f], s->error[f][s->levels - 1], settled, least)) continue;
        const bool refutes = judge(&order[f], out->claim, out->margin) == FK_FAILS;
        const bool refuted =
            worst < s->functionals && judge(&order[worst], out->claim, out->margin) == FK_FAILS;
        if (worst == s->functionals || refutes > refuted ||
            (refutes == refuted && is_worse(&order[f], &order[worst])))
            worst = f;
    }
    assert(worst < s->functionals);
    out->order = order[worst];
    out->steps = s->steps[out->order.level];
    snprintf(out->functional, sizeof out->functional, "%s", s->name[worst]);
    out->status = judge(&out->order, out->claim, out->margin);
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
    out->status = judge(&out->order, out->claim, 0);
}

void fk_part_run(const fk_part *part, const fk_subject *subject, fk_finding *out)
{
    const double claim = part->kind == FK_WEAK_ORDER ? subject->weak : subject->strong;
    *out = (fk_finding){.part = part, .claim = claim, .status = FK_TEXT};
    out->margin = part->margin(isnan(claim) ? 1 : claim);
    out->applies = !subject->scheme.adaptive && part->applies(&subject->scheme);
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

/* Whether a part that decides applies and could not run: then no part decided. */
static bool refused(const fk_finding *finding, fk_order_kind kind)
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
    out.worst = worst_of(finding, kind, FK_DECIDES);
    const fk_finding *bound = worst_of(finding, kind, FK_BOUNDS);
    if (!out.worst || (bound && bound->status == FK_FAILS)) out.worst = bound;
    if (!out.worst) {
        if (!isnan(claim) && refused(finding, kind)) out.status = FK_UNDECIDED;
        return out;
    }
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
