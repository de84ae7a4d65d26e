/* SPDX-License-Identifier: GPL-3.0-or-later */
/* W1 between two laws that are known by their distribution functions alone. Monotone cubics between
 * the nodes of each (Steffen 1990): where a law has a gap its F is flat, and must not swing. */
#include <gsl/gsl_spline.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/curve.h"

enum { GAUSS = 3 };

static const double place[GAUSS] = {0.11270166537925831, 0.5, 0.88729833462074169};
static const double weight[GAUSS] = {5.0 / 18, 8.0 / 18, 5.0 / 18};

typedef struct {
    const fk_curve *c;
    gsl_spline *F;
    gsl_interp_accel *at;
} side;

static side side_new(const fk_curve *c)
{
    side s = {c, gsl_spline_alloc(gsl_interp_steffen, c->n), gsl_interp_accel_alloc()};
    gsl_spline_init(s.F, c->y, c->below, c->n);
    return s;
}

static void side_free(side *s)
{
    gsl_spline_free(s->F);
    gsl_interp_accel_free(s->at);
}

static double below(const side *s, double y)
{
    if (y <= s->c->y[0]) return 0;
    return y >= s->c->y[s->c->n - 1] ? 1 : gsl_spline_eval(s->F, y, s->at);
}

double fk_curve_w1(fk_curve *a, fk_curve *b)
{
    if (!fk_curve_trim(a) || !fk_curve_trim(b) || a->n < 3 || b->n < 3) return NAN;
    side p = side_new(a), q = side_new(b);
    double sum = 0, from = fmin(a->y[0], b->y[0]);
    for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
        const bool first = j == b->n || (i < a->n && a->y[i] <= b->y[j]);
        const double to = first ? a->y[i++] : b->y[j++];
        for (int k = 0; k < GAUSS; k++) {
            const double y = from + (to - from) * place[k];
            sum += weight[k] * (to - from) * fabs(below(&p, y) - below(&q, y));
        }
        from = to;
    }
    side_free(&p), side_free(&q);
    return sum;
}
