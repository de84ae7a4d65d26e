/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Double-double arithmetic: a number as an unevaluated sum hi + lo, |lo| <= ulp(hi)/2, which gives
 * 106 bits (Dekker 1971; Hida, Li and Bailey 2001). The error of an operation is a few 2^-104
 * relative; the first two are exact barring over- and underflow. They rest on round-to-nearest
 * without contraction, which the build fixes (-ffp-contract=off). Internal to analytic/. */
#ifndef FK_ANALYTIC_DD_H
#define FK_ANALYTIC_DD_H

#include <math.h>

typedef struct {
    double hi, lo;
} fk_dd;

static inline fk_dd fk_dd_sum(double a, double b) /* a + b, exactly */
{
    double s = a + b, t = s - a;
    return (fk_dd){s, (a - (s - t)) + (b - t)};
}

static inline fk_dd fk_dd_product(double a, double b) /* a b, exactly */
{
    double p = a * b;
    return (fk_dd){p, fma(a, b, -p)};
}

static inline fk_dd fk_dd_renormalise(double hi, double lo) /* |hi| >= |lo| */
{
    double s = hi + lo;
    return (fk_dd){s, lo - (s - hi)};
}

static inline fk_dd fk_dd_negate(fk_dd a)
{
    return (fk_dd){-a.hi, -a.lo};
}

static inline fk_dd fk_dd_add(fk_dd a, fk_dd b)
{
    fk_dd s = fk_dd_sum(a.hi, b.hi), t = fk_dd_sum(a.lo, b.lo);
    s = fk_dd_renormalise(s.hi, s.lo + t.hi);
    return fk_dd_renormalise(s.hi, s.lo + t.lo);
}

static inline fk_dd fk_dd_subtract(fk_dd a, fk_dd b)
{
    return fk_dd_add(a, fk_dd_negate(b));
}

static inline fk_dd fk_dd_multiply(fk_dd a, fk_dd b)
{
    fk_dd p = fk_dd_product(a.hi, b.hi);
    return fk_dd_renormalise(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline fk_dd fk_dd_divide(fk_dd a, fk_dd b)
{
    double q = a.hi / b.hi;
    fk_dd r = fk_dd_subtract(a, fk_dd_multiply(b, (fk_dd){q, 0}));
    double q2 = r.hi / b.hi;
    r = fk_dd_subtract(r, fk_dd_multiply(b, (fk_dd){q2, 0}));
    return fk_dd_add(fk_dd_renormalise(q, q2), (fk_dd){r.hi / b.hi, 0});
}

static inline fk_dd fk_dd_sqrt(fk_dd a) /* a > 0 */
{
    double x = sqrt(a.hi);
    fk_dd r = fk_dd_subtract(a, fk_dd_product(x, x));
    return fk_dd_sum(x, r.hi / (2 * x));
}

#endif
