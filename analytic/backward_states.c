/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states (x, H) at which the backward expectation is taken. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_parts.h"
#include "analytic/exact.h"

/* Gauss-Hermite nodes for a start whose history comes from paths of the SDE. */
enum { PATHS = 40 };

/* The start's own history: y at the earlier time on the flow, or spread by the forward process. */
static void set_exact_history(const fk_backward_run *r, size_t stride, fk_states *s)
{
    const fk_backward_law *b = r->b;
    const fk_marginal *g = b->start.marginal;
    const fk_stage *entry = b->history->entry;
    const bool noisy = b->history->eta > 0;
    const fk_coeffs from = {.s = g->s, .sigma = g->sigma},
                    to = {.s = entry->s, .sigma = entry->sigma};
    double one = 1, zero = 0;
    fk_normal_rule rule = {1, &zero, &one};
    if (noisy) rule = fk_normal_hermite(PATHS);
    const double A = to.s / from.s,
                 spread = sqrt(fmax(to.sigma * to.sigma - A * A * from.sigma * from.sigma, 0));
    s->modes = rule.n;
    const size_t n = s->places * s->modes;
    s->x = fk_alloc(n, sizeof *s->x), s->h = fk_alloc(n, sizeof *s->h);
    s->weight = fk_alloc(rule.n, sizeof *s->weight);
    memcpy(s->weight, rule.weight, rule.n * sizeof *s->weight);
    for (size_t i = 0; i < s->places; i++)
        for (size_t j = 0; j < rule.n; j++) {
            size_t k = i * rule.n + j;
            s->x[k] = fk_backward_place(r, 0, i * stride);
            s->h[k] = A * s->x[k] + spread * rule.z[j];
        }
    if (noisy)
        fk_normal_rule_free(&rule);
    else
        fk_flow(g->mixture, &from, &to, n, s->x, s->h, NULL);
    fk_history_value(entry, b->field, n, s->h, s->h);
}

void fk_states_free(fk_states *s)
{
    free(s->x), free(s->h), free(s->weight);
    *s = (fk_states){0};
}

fk_states fk_states_new(const fk_backward_run *r, const fk_move *v, size_t n, size_t stride,
                        size_t modes)
{
    const bool reads = v->step->history > 0;
    fk_states s = {.places = (r->nodes - 1) / stride + 1, .modes = reads ? modes : 1};
    if (reads && n == 0) {
        set_exact_history(r, stride, &s);
        return s;
    }
    const size_t padded = fk_pad(s.places);
    double *x = fk_alloc(padded, sizeof *x);
    for (size_t i = 0; i < padded; i++)
        x[i] = fk_backward_place(r, n, (i < s.places ? i : s.places - 1) * stride);
    if (!reads) {
        s.x = x;
        return s;
    }
    double *own = fk_alloc(padded, sizeof *own);
    double *scratch = fk_alloc(fk_point_step_scratch(v->now, padded) + 3 * padded, sizeof *scratch);
    fk_push_of(v->now, padded, x, own, scratch);
    s.x = fk_alloc(s.places * s.modes, sizeof *s.x);
    s.h = fk_alloc(s.places * s.modes, sizeof *s.h);
    const fk_extent *at = &r->extent[n];
    const double middle = (at->e_lo + at->e_hi) / 2, half = (at->e_hi - at->e_lo) / 2;
    for (size_t i = 0; i < s.places; i++)
        for (size_t j = 0; j < s.modes; j++) {
            s.x[i * s.modes + j] = x[i];
            s.h[i * s.modes + j] = own[i] + middle + half * fk_spline_node(s.modes, j);
        }
    free(x), free(own), free(scratch);
    return s;
}
