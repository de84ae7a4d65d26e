/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "tools/certify.h"

static void print_order(FILE *out, const char *format, double p)
{
    char text[16];
    if (isnan(p))
        snprintf(text, sizeof text, "-");
    else if (isinf(p))
        snprintf(text, sizeof text, "exact");
    else
        snprintf(text, sizeof text, "%.3f", p);
    fprintf(out, format, text);
}

static void print_claim(FILE *out, double claim)
{
    if (isnan(claim))
        fprintf(out, "  %5s", "-");
    else
        fprintf(out, "  %5.3g", claim);
}

static const char *status_name(const fk_certified *c)
{
    if (c->status != FK_TEXT) return fk_status_name(c->status);
    return c->worst ? "reported" : "-";
}

static void print_certified(FILE *out, const fk_certified *c)
{
    print_claim(out, c->claim);
    print_order(out, " %7s", c->order);
    fprintf(out, "  %-9s", status_name(c));
}

static void print_worst(FILE *out, const fk_certified *c)
{
    if (!c->worst) return;
    const fk_finding *f = c->worst;
    if (f->part->algebra) {
        fprintf(out, " residual of its conditions %.1e", f->order.error);
        return;
    }
    fprintf(out, " %s %s, %s: %+.2g at %zu steps", f->part->name, f->functional,
            f->part->place.schedule, f->order.error, f->steps);
}

static const char *part_status(const fk_finding *f)
{
    if (f->part->role == FK_REPORTED || f->status == FK_TEXT) return "reported";
    if (f->status != FK_HOLDS) return fk_status_name(f->status);
    if (f->order.state == FK_ORDER_VANISHED) return "HOLDS, exact here";
    return f->order.p > f->claim + f->margin ? "HOLDS, above the claim" : "HOLDS";
}

static void print_part(FILE *out, const fk_finding *f)
{
    const fk_part *p = f->part;
    char place[64], from[24] = "t_max";
    if (!isnan(p->place.lambda)) snprintf(from, sizeof from, "lambda %g", p->place.lambda);
    if (p->algebra)
        snprintf(place, sizeof place, "conditions of its tableau");
    else
        snprintf(place, sizeof place, "%s, %s from %s", p->place.schedule, p->place.grid, from);
    fprintf(out, "    %-6s %-14s %-42s %-4s ", p->kind == FK_WEAK_ORDER ? "weak" : "strong",
            p->name, place, p->start == FK_EXACT_START ? "" : "self");
    if (!f->ran) {
        fprintf(out, "not run: %s\n", f->why);
        return;
    }
    if (f->is_h_log_h)
        fprintf(out, "h log h");
    else
        print_order(out, "%7s", f->order.p);
    if (p->algebra) {
        fprintf(out, "  worst residual %.1e  %s\n", f->order.error, part_status(f));
        return;
    }
    fprintf(out, "  slopes %6.3f %6.3f  misfit %7.1e  %-10s %+9.2e at %-5zu %s\n",
            f->order.slope[0], f->order.slope[1], f->order.residual, f->functional, f->order.error,
            f->steps, part_status(f));
}

static void print_control(FILE *out, const certificate *c)
{
    fprintf(out, "%-24s", c->spec);
    print_claim(out, c->weak.claim);
    print_order(out, " %7s", c->weak.order);
    print_claim(out, c->strong.claim);
    print_order(out, " %7s", isnan(c->strong.claim) ? NAN : c->strong.order);
    fprintf(out, "  %-7s  %s\n", c->caught ? "caught" : "MISSED", c->wrong.mistake);
}

void certify_print(FILE *out, const certificate *list, size_t n, bool parts)
{
    size_t schemes = 0, good = 0, controls = 0, caught = 0;
    fprintf(out, "%-24s  %5s %7s  %-9s  %5s %7s  %-9s %s\n", "scheme", "weak", "found", "",
            "strong", "found", "", "worst weak error");
    for (size_t i = 0; i < n; i++) {
        const certificate *c = &list[i];
        if (c->is_control) {
            controls++, caught += c->caught;
            continue;
        }
        schemes++;
        good += (c->weak.status == FK_HOLDS || c->weak.status == FK_TEXT) &&
                (c->strong.status == FK_HOLDS || c->strong.status == FK_TEXT);
        fprintf(out, "%-24s", c->spec);
        print_certified(out, &c->weak);
        print_certified(out, &c->strong);
        print_worst(out, &c->weak);
        fprintf(out, "\n");
        for (size_t k = 0; parts && k < fk_n_parts; k++)
            if (c->finding[k].applies) print_part(out, &c->finding[k]);
    }
    fprintf(out, "%zu of %zu schemes have the orders that they claim\n", good, schemes);
    if (controls == 0) return;
    fprintf(out, "\n%-24s  %5s %7s  %5s %7s  %-7s  %s\n", "published mistakes", "weak", "found",
            "strong", "found", "", "");
    for (size_t i = 0; i < n; i++) {
        if (!list[i].is_control) continue;
        print_control(out, &list[i]);
        for (size_t k = 0; parts && k < fk_n_parts; k++)
            if (list[i].finding[k].applies) print_part(out, &list[i].finding[k]);
    }
    fprintf(out, "%zu of %zu mistakes caught at their true order\n", caught, controls);
}
