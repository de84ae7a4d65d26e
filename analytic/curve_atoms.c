/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances of a law on the line from point masses a_1 < a_2 < .. of weights w_j. With y(p) the
 * law's quantile function and P_j = w_1 + .. + w_j
 *     W1 = sum_j int |y - a_j| dp     W2^2 = sum_j int (y - a_j)^2 dp     over p in [P_(j-1), P_j]
 * and KS is attained at a mass, on one side of it or the other. Between nodes y is linear in p: a
 * law that was carried into point masses has many nodes at the same place, and a map may turn the
 * line round. What that loses is h^2/6 of the density's peaks. */
#include <math.h>
#include <stdlib.h>

#include "analytic/curve_cells.h"

/* What is nearer than this to a mass, relatively, has been carried there but for rounding, which a
 * score of size 1/sigma^2 magnifies. */
static const double SAME = 1e-9;

typedef struct {
    double place, weight;
} atom;

static int by_place(const void *x, const void *y)
{
    const atom *a = x, *b = y;
    return (a->place > b->place) - (a->place < b->place);
}

/* A stretch of mass, uniform over [from, to]. */
typedef struct {
    double mass, from, to;
} stretch;

static int by_middle(const void *x, const void *y)
{
    const stretch *a = x, *b = y;
    const double s = a->from + a->to, t = b->from + b->to;
    return (s > t) - (s < t);
}

/* The n + 1 stretches before the first node, between nodes, and behind the last, in order. Where a
 * map did not keep the order of the line they overlap, by less than their own widths once sorted.
 */
static stretch *stretches_of(const fk_curve *law)
{
    const double *y = law->y, *below = law->below, *above = law->above;
    const size_t n = law->n;
    stretch *s = fk_alloc(n + 1, sizeof *s);
    s[0] = (stretch){below[0], y[0], y[0]};
    s[n] = (stretch){above[n - 1], y[n - 1], y[n - 1]};
    for (size_t i = 1; i < n; i++)
        s[i] = (stretch){above[i - 1] < 0.5 ? above[i - 1] - above[i] : below[i] - below[i - 1],
                         fmin(y[i - 1], y[i]), fmax(y[i - 1], y[i])};
    qsort(s, n + 1, sizeof *s, by_middle);
    return s;
}

/* Mass of n stretches below `place`. */
static double mass_below(const stretch *s, size_t n, double place)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i].from < place)
            sum += s[i].to <= place ? s[i].mass
                                    : s[i].mass * (place - s[i].from) / (s[i].to - s[i].from);
    return sum;
}

static double ks_of(const stretch *s, size_t n, const atom *a, size_t k)
{
    double P = 0, ks = 0;
    for (size_t j = 0; j < k; j++) {
        const double slack = SAME * (1 + fabs(a[j].place));
        ks = fmax(ks, fabs(mass_below(s, n, a[j].place - slack) - P));
        P += a[j].weight;
        ks = fmax(ks, fabs(mass_below(s, n, a[j].place + slack) - P));
    }
    return ks;
}

/* int |y - a| dp and int (y - a)^2 dp over a stretch, y linear in p. */
static void add(const stretch *s, double a, double *w1, double *w2)
{
    const double d = s->from - a, e = s->to - a;
    const double both = fabs(d) + fabs(e);
    if (both > 0) *w1 += s->mass * (d * e >= 0 ? both : (d * d + e * e) / both) / 2;
    *w2 += s->mass * (d * d + d * e + e * e) / 3;
}

static void set_w1_and_w2(const stretch *of, size_t n, const atom *a, size_t k, fk_law_record *r)
{
    double w1 = 0, w2 = 0, room = a[0].weight;
    for (size_t i = 0, j = 0; i < n; i++) {
        stretch s = of[i];
        for (; j + 1 < k && s.mass > room; room = a[++j].weight) {
            stretch part = s;
            part.to = s.from + (s.to - s.from) * (room / s.mass), part.mass = room;
            add(&part, a[j].place, &w1, &w2);
            s.from = part.to, s.mass -= room;
        }
        add(&s, a[j].place, &w1, &w2);
        room -= s.mass;
    }
    r->w1 = w1, r->w2 = sqrt(w2);
}

void fk_curve_atoms(const fk_curve *law, const fk_marginal *exact, fk_law_record *r)
{
    const size_t k = exact->mixture->k;
    for (size_t j = 0; j < k; j++)
        if (exact->var[j] > 0) return;
    atom *a = fk_alloc(k, sizeof *a);
    for (size_t j = 0; j < k; j++) a[j] = (atom){exact->mean[j], exact->mixture->weight[j]};
    qsort(a, k, sizeof *a, by_place);
    stretch *s = stretches_of(law);
    r->ks = ks_of(s, law->n + 1, a, k);
    set_w1_and_w2(s, law->n + 1, a, k, r);
    free(a), free(s);
}
