/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/gaussian_record.h"

#include <assert.h>
#include <math.h>

static double Phi(double z)
{
    return 0.5 * erfc(-z * FK_SQRT1_2);
}

/* With y in units of the exact law, the other is N(delta, ratio^2). */
typedef struct {
    double delta, ratio, ratio_less; /* ratio - 1 */
} shape;

/* F - G at y, from the smaller tails. */
static double gap(const shape *s, double y)
{
    double z = (y - s->delta) / s->ratio;
    return y > 0 ? Phi(-y) - Phi(-z) : Phi(z) - Phi(y);
}

/* Densities cross where (1 - r^2) y^2 - 2 delta y + delta^2 + 2 r^2 log r = 0, and |F - G| is
 * extreme there: KS is its greatest value, TV half its variation. */
static void set_ks_and_tv(const shape *s, fk_law_record *r)
{
    double A = -s->ratio_less * (s->ratio + 1), half_B = -s->delta;
    double C = s->delta * s->delta + 2 * s->ratio * s->ratio * log1p(s->ratio_less);
    double root = sqrt(fmax(0, half_B * half_B - A * C));
    double q = -(half_B + (half_B < 0 ? -root : root)), D[2] = {0, 0};
    if (A != 0) D[0] = gap(s, q / A);
    if (q != 0) D[1] = gap(s, C / q);
    r->ks = fmax(fabs(D[0]), fabs(D[1]));
    r->tv = D[0] * D[1] > 0 ? r->ks : fabs(D[0]) + fabs(D[1]);
}

/* E (N(m, 1) - c)^+ */
static double call(double m, double c)
{
    double d = m - c;
    return d * Phi(d) + exp(-0.5 * (d * d + FK_LOG_2PI));
}

/* int |F - G| dy: F and G cross once, at y = delta / (1 - ratio), and the two sides are
 * expectations of (Y - c)^+ and (c - Y)^+. */
static double w1_of(const shape *s)
{
    double c = -s->delta / s->ratio_less; /* infinite where they do not cross */
    if (!(fabs(c) < 38)) return fabs(s->delta);
    double right = s->ratio * call(s->delta / s->ratio, c / s->ratio) - call(0, c);
    return fabs(right) + fabs(right - s->delta); /* E(Y - c) - E(X - c) = delta */
}

fk_law_record fk_gaussian_record(fk_gaussian law, const fk_marginal *exact, const fk_functionals *f)
{
    assert(exact->mixture->dim == 1 && exact->mixture->k == 1);
    fk_law_record r = fk_law_record_empty();
    const double sd = sqrt(law.var), exact_sd = sqrt(f->var);
    double error[FK_N_FUNCTIONALS];
    error[FK_MEAN] = law.mean - f->mean;
    error[FK_SQUARE] = law.var - f->var + error[FK_MEAN] * (law.mean + f->mean);
    error[FK_COS2] = exp(-2 * law.var) * cos(2 * law.mean) - f->exact[FK_COS2];
    for (int j = 0; j < FK_N_CDF; j++) {
        double z = (law.mean - f->centre[j]) / sqrt(law.var + 0.2 * 0.2);
        error[FK_CDF + j] = Phi(z) - f->exact[FK_CDF + j];
    }
    fk_law_record_set_errors(&r, f, 1, error);
    r.mean = law.mean, r.var = law.var;
    fk_normal_powers(0, law.var, r.central);
    r.w2 = hypot(law.mean - f->mean, sd - exact_sd);
    if (law.var > 0 && f->var == 0) {
        const double z = (law.mean - f->mean) / sd;
        r.w1 = sd * (call(z, 0) + call(-z, 0)); /* E |Y - a| */
        r.ks = Phi(fabs(z));
    }
    if (!(law.var > 0 && f->var > 0)) return r;
    shape s = {.delta = (law.mean - f->mean) / exact_sd,
               .ratio = sd / exact_sd,
               .ratio_less = (law.var - f->var) / (exact_sd * (sd + exact_sd))};
    double inverse = f->var / law.var, d = s.delta / s.ratio; /* KL(exact || law) */
    r.kl = 0.5 * (d * d + (inverse - 1) + 2 * log1p(s.ratio_less));
    r.w1 = exact_sd * w1_of(&s);
    set_ks_and_tv(&s, &r);
    return r;
}
