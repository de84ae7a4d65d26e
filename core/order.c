/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/order.h"

#include <math.h>

enum { FIT = 3, SEEN = FIT + 1 };

/* e_i = C h_i^p (1 + x_i), x_i = x 2^-i. Eliminating C and p leaves for x
 *     e_0 e_2 / e_1^2 = R = (1 + x)(1 + x/4)/(1 + x/2)^2,
 * a quadratic (1 - R)(1 + x^2/4) + (5/4 - R) x = 0: its roots multiply to 4, and the lesser
 * is meant, the second term at most twice the first. Where it is larger still, fits to successive
 * errors differ and the order has not settled. */
static double fit(const double *e, double *x)
{
    double R = e[0] * e[2] / (e[1] * e[1]), half = 1.25 - R;
    double root = sqrt(half * half - (1 - R) * (1 - R));
    *x = -2 * (1 - R) / (half + copysign(root, half));
    if (!(*x > -1)) return NAN;
    return log2(e[1] / e[2] * (1 + *x / 4) / (1 + *x / 2));
}

static bool usable(const double *error, const double *noise, double clear)
{
    for (size_t i = 0; i < SEEN; i++)
        if (!(isfinite(error[i]) && fabs(error[i]) > clear * noise[i] &&
              (error[i] > 0) == (error[0] > 0)))
            return false;
    return true;
}

fk_order fk_order_read(const double *error, const double *noise, size_t n, double tolerance)
{
    return fk_order_read_within(error, noise, n, tolerance, tolerance);
}

fk_order fk_order_read_within(const double *error, const double *noise, size_t n, double tolerance,
                              double misfit)
{
    fk_order out = {FK_ORDER_VANISHED, INFINITY, {NAN, NAN}, NAN, n ? error[n - 1] : NAN, n - 1};
    const double clear = FK_ORDER_CLEAR / tolerance;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(error[i]) <= clear * noise[i])) out.state = FK_ORDER_UNSETTLED;
    if (out.state == FK_ORDER_VANISHED) return out;

    out.p = NAN;
    size_t last = n;
    while (last >= SEEN && !usable(error + last - SEEN, noise + last - SEEN, clear)) last--;
    if (last < SEEN) return out;
    const double *e = error + last - SEEN;
    double x, x_before, before = fit(e, &x_before);
    out.p = fit(e + 1, &x);
    out.slope[0] = log2(e[1] / e[2]);
    out.slope[1] = log2(e[2] / e[3]);
    out.residual = fabs(1 + 2 * x - e[0] / e[1] * (1 + x) / exp2(out.p));
    out.error = e[3];
    out.level = last - 1;
    bool fits_agree = fabs(out.p - before) <= tolerance;
    bool slopes_agree = fabs(out.slope[1] - out.slope[0]) <= tolerance / 2 &&
                        fabs(out.slope[1] - out.p) <= tolerance / 2;
    if ((fits_agree || slopes_agree) && out.residual <= misfit) out.state = FK_ORDER_SETTLED;
    return out;
}
