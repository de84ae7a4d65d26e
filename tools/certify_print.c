/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "tools/certify.h"

static void print_order(FILE *out, const char *format, double p)
{
    char text[16];
    if (isnan(p))
        snprintf(text, sizeof text, "-");
    else if (isinf(p))
        snprintf(text, sizeof text, "exact");
    else
        snprintf(text, sizeof text, "%.3f", fabs(p) < 5e-4 ? 0 : p); /* no -0.000 */
    fprintf(out, format, text);
}

/* `own`: no paper's, but this lab's. */
static void print_claim(FILE *out, double claim, bool own)
{
    if (isnan(claim))
        fprintf(out, "  %5s ", "-");
    else
        fprintf(out, "  %5.3g%c", claim, own ? '*' : ' ');
}

static const char *status_name(const fk_certified *c)
{
    if (c->status != FK_TEXT) return fk_status_name(c->status);
    return c->worst ? "reported" : "-";
}

static void print_certified(FILE *out, const fk_certified *c, bool own)
{
    print_claim(out, c->claim, own);
    print_order(out, " %7s", c->order);
    fprintf(out, "  %-9s", status_name(c));
}

/* Whether laws on a mixture would decide, and none of them takes the scheme. */
static bool lacks_mixture(const certificate *c)
{
    bool asked = false;
    for (size_t k = 0; k < fk_n_parts; k++) {
        const fk_finding *f = &c->finding[k];
        if (!f->applies || f->part->kind != FK_WEAK_ORDER || f->part->role != FK_DECIDES ||
            strcmp(f->part->name, "mixture") != 0)
            continue;
        if (f->ran) return false;
        asked = true;
    }
    return asked;
}

/* What the verdict on the weak order comes from; of one that stands, the worst error. */
static void print_worst(FILE *out, const fk_certified *c, bool no_mixture)
{
    if (!c->worst) return;
    const fk_finding *f = c->worst;
    if (f->part->algebra) {
        fprintf(out, " residual of its conditions %.1e", f->order.error);
        return;
    }
    fprintf(out, " %s %s, %s: %+.2g at %zu steps", f->part->name, f->functional,
            f->part->place.schedule, f->order.error, f->steps);
    if (f->bias != 0) fprintf(out, ", off a limit whose bias is %+.2g", f->bias);
    if (no_mixture) fprintf(out, "; no law on a mixture takes it");
}

static const char *part_status(const fk_finding *f)
{
    if (f->part->role == FK_REPORTED || f->status == FK_TEXT) return "reported";
    if (f->status != FK_HOLDS) return fk_status_name(f->status);
    if (f->order.state == FK_ORDER_VANISHED) return "exact here";
    return f->is_above ? "above the claim" : "HOLDS";
}

static void print_part(FILE *out, const fk_finding *f)
{
    static const char *const kinds[] = {"weak", "strong", "start"};
    const fk_part *p = f->part;
    char place[64], from[24] = "t_max";
    if (!isnan(p->place.lambda)) snprintf(from, sizeof from, "lambda %g", p->place.lambda);
    if (p->algebra)
        snprintf(place, sizeof place, "conditions of its %s",
                 p->role == FK_PROVES ? "weights" : "tableau");
    else
        snprintf(place, sizeof place, "%s, %s from %s", p->place.schedule, p->place.grid, from);
    fprintf(out, "    %-6s %-14s %-42s %-4s ", kinds[p->kind], p->name, place,
            p->algebra || p->start == FK_EXACT_START ? "" : "self");
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
    fprintf(out, "  slopes %6.3f %6.3f  misfit %7.1e  %-10s %+9.2e at %-5zu %s", f->order.slope[0],
            f->order.slope[1], f->order.residual, f->functional, f->order.error, f->steps,
            part_status(f));
    if (f->bias != 0) fprintf(out, "; the limit's bias is %+.2e", f->bias);
    fprintf(out, "\n");
}

static void print_parts(FILE *out, const certificate *c)
{
    for (size_t k = 0; k < fk_n_parts; k++)
        if (c->finding[k].applies) print_part(out, &c->finding[k]);
}

static void print_scheme(FILE *out, const certificate *c)
{
    const unsigned own = c->subject.scheme.own;
    fprintf(out, "%-24s", c->spec);
    print_certified(out, &c->order[FK_WEAK_ORDER], own & FK_OWN_WEAK);
    print_certified(out, &c->order[FK_START_ORDER], false);
    print_certified(out, &c->order[FK_STRONG_ORDER], own & FK_OWN_STRONG);
    print_worst(out, &c->order[FK_WEAK_ORDER], lacks_mixture(c));
    fprintf(out, "\n");
}

static void print_control(FILE *out, const certificate *c)
{
    const fk_certified *weak = &c->order[FK_WEAK_ORDER], *strong = &c->order[FK_STRONG_ORDER];
    fprintf(out, "%-24s", c->spec);
    print_claim(out, weak->claim, false);
    print_order(out, " %7s", weak->order);
    print_claim(out, strong->claim, false);
    print_order(out, " %7s", isnan(strong->claim) ? NAN : strong->order);
    fprintf(out, "  %-7s  %s\n", c->caught ? "caught" : "MISSED", c->wrong.mistake);
}

static void print_legend(FILE *out, bool parts)
{
    fprintf(
        out,
        "\nEach order: as claimed (* by this lab, where no paper does), as found, the verdict. "
        "weak: of the\nformula, a multistep scheme being given an exact history; self-started: "
        "of its run that makes\nits own, min(weak order, order of its first steps + 1); strong: "
        "along one Brownian path. A weak\nclaim of 0: the law tends to another one than the "
        "data's, which is known, and is held against that.\nfound: the lowest of the laws that "
        "decide, HOLDS only if all reach the claim and one stands at it;\nthen the error, "
        "numerical less exact, that it was read from. UNDECIDED: to tell takes more steps than "
        "these.\nThe last step of a chain, to clean data, is reported and not certified.\n");
    if (!parts) {
        fprintf(out, "--parts adds a line for each law and place.\n");
        return;
    }
    fprintf(
        out,
        "A part is one law of the scheme: algebra (conditions of a tableau), gaussian and mixture "
        "(its law on\nsuch data), limit (against its own limit law), fading (with snr ~ "
        "steps^-1/2), path-gaussian, local\n(one step) and paths (strong errors); its schedule and "
        "grid (uneven: steps of h, h, 2h, h, 2h in lambda)\nand the log(s/sigma) it starts from. "
        "self: "
        "it makes its own history. Then the order by a fit of\nC h^p + D h^(p+1), the last two "
        "slopes, the fit's misfit at the next coarser error over C h^p\n(more than half the "
        "tolerance: not settled), and the functional that speaks: mean, variance, x, x^2,\ncos 2x, "
        "cdf j: E Phi((x - c)/0.2), c the (j - 1/2)/16 quantile; rms, mean: of the strong error.\n"
        "reported: does not decide. exact here: no error above rounding. above the claim: a higher "
        "whole\norder, as linear fields can have; another part decides. h log h: the error is "
        "h (C log(1/h) + D),\nas of steps that end at clean data.\n");
}

void certify_print(FILE *out, const certificate *list, size_t n, bool parts)
{
    size_t schemes = 0, good = 0, controls = 0, caught = 0;
    fprintf(out, "%-24s  %6s %7s  %-9s  %6s %7s  %-9s  %6s %7s  %-9s %s\n", "scheme", "weak ",
            "found", "", "self- ", "started", "", "strong", "found", "", "from");
    for (size_t i = 0; i < n; i++) {
        const certificate *c = &list[i];
        if (c->is_control) {
            controls++, caught += c->caught;
            continue;
        }
        schemes++, good += certify_holds(c);
        print_scheme(out, c);
        if (parts) print_parts(out, c);
    }
    fprintf(out, "%zu of %zu schemes have the orders that they claim\n", good, schemes);
    if (controls > 0) {
        fprintf(out, "\n%-24s  %6s %7s  %6s %7s  %-7s  %s\n", "published mistakes", "weak ",
                "found", "strong", "found", "", "");
        for (size_t i = 0; i < n; i++) {
            if (!list[i].is_control) continue;
            print_control(out, &list[i]);
            if (parts) print_parts(out, &list[i]);
        }
        fprintf(out, "%zu of %zu mistakes caught at their true order\n", caught, controls);
    }
    print_legend(out, parts);
}
