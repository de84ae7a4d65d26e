/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splines of degree 7 on an even grid, with modes in a second variable. */
#include <string.h>

#include "analytic/spline.h"
#include "tests/suite.h"

enum { POINTS = 48, WIDTH = FK_SPLINE_WIDTH };

static double bump(double x, double e, size_t f)
{
    return erf((x - 5.385 + 0.0385 * (double)f) / 0.5385) + e * e * cos(x * 0.7385) -
           e * exp(-0.0385 * x * x);
}

/* Straight in x, up to second order in e. */
static double plain(double x, double e, size_t f)
{
    return 2.385 - 0.7385 * x + e * x * (double)f - e * e;
}

static fk_spline spline_of(double (*of)(double, double, size_t), double dx, size_t n, size_t modes)
{
    fk_spline s = fk_spline_new(n, modes);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < modes; j++)
            for (size_t f = 0; f < WIDTH; f++)
                s.value[(i * modes + j) * WIDTH + f] =
                    of((double)i * dx, fk_spline_node(modes, j), f);
    fk_spline_fit(&s);
    return s;
}

/* One point through both kernels. */
static void at(const fk_spline *s, double xi, double e, double *out)
{
    _Alignas(FK_ALIGN) double place[FK_LANES], other[FK_LANES], weight[FK_LANES] = {0};
    for (size_t l = 0; l < FK_LANES; l++) place[l] = xi, other[l] = e;
    weight[7] = 1;
    size_t begin = xi < (double)(s->n - 2) ? (size_t)xi : s->n - 2;
    double row[FK_SPLINE_MODES * FK_SPLINE_TAPS] = {0};
    FK_CHOOSE_KERNEL(fk_spline_weigh)
    (s, FK_LANES, place, other, weight, begin, FK_SPLINE_TAPS, row);
    FK_CHOOSE_KERNEL(fk_spline_sum)(s, begin, FK_SPLINE_TAPS, row, out);
}

/* The worst error at places strewn over [lo, hi] of the range 0 .. 11.385. */
static double error_of(double (*of)(double, double, size_t), size_t n, size_t modes, double lo,
                       double hi)
{
    double dx = 11.385 / (double)(n - 1), worst = 0, out[WIDTH];
    fk_spline s = spline_of(of, dx, n, modes);
    for (size_t p = 0; p <= POINTS; p++) {
        double x = lo + (hi - lo) * (double)p / POINTS, e = modes > 1 ? cos(2.385 * (double)p) : 0;
        at(&s, x / dx, e, out);
        for (size_t f = 0; f < WIDTH; f++) worst = fk_worse(fabs(out[f] - of(x, e, f)), worst);
    }
    fk_spline_free(&s);
    return worst;
}

START_TEST(straight_lines_are_kept_up_to_the_ends)
{
    ck_assert(error_of(plain, 23, 3, 0, 11.385) <= 1e-12);
    ck_assert(error_of(plain, 16, 1, 0, 11.385) <= 1e-12);
    ck_assert(!(error_of(plain, 23, 2, 0, 11.385) <= 1e-12)); /* control: too few modes */
}
END_TEST

/* erf varies on L = 0.38, in units of which its eighth derivative reaches 30: at 240 cells the
 * error is 30 * 8e-7 (dx/L)^8 = 1.4e-12. */
START_TEST(the_error_falls_with_the_eighth_power)
{
    double coarse = error_of(bump, 121, 1, 4, 7), fine = error_of(bump, 241, 1, 4, 7);
    double order = log2(coarse / fine);
    ck_assert_msg(fabs(order - 8) <= 0.8, "%g to %g: order %g", coarse, fine, order);
    ck_assert(error_of(bump, 241, 3, 3, 8) <= 1e-11);
    ck_assert(!(error_of(bump, 241, 2, 3, 8) <= 1e-11)); /* control: too few modes */
}
END_TEST

START_TEST(nodes_are_met)
{
    fk_spline s = spline_of(bump, 0.385, 31, 4);
    double out[WIDTH];
    for (size_t i = 0; i < 31; i++)
        for (size_t j = 0; j < 4; j++) {
            double e = fk_spline_node(4, j);
            at(&s, (double)i, e, out);
            for (size_t f = 0; f < WIDTH; f++)
                fk_assert_near(out[f], bump(0.385 * (double)i, e, f), 1e-13);
        }
    fk_spline_free(&s);
}
END_TEST

/* Sources with fused operations written out give the same bits on every machine. */
START_TEST(kernels_agree_to_the_last_bit)
{
    fk_spline s = spline_of(bump, 0.385, 31, 4);
    enum { STRIDE = 31 + 2 * FK_SPLINE_MARGIN };
    _Alignas(FK_ALIGN) double xi[POINTS], e[POINTS], weight[POINTS];
    for (size_t p = 0; p < POINTS; p++) {
        xi[p] = 15 + 15 * sin(2.385 * (double)p), e[p] = cos(0.7385 * (double)p);
        weight[p] = 0.0385 * (double)(p % 5);
    }
    double row[2][4 * STRIDE], out[2][WIDTH];
    memset(row, 0, sizeof row);
    fk_spline_weigh_portable(&s, POINTS, xi, e, weight, 0, STRIDE, row[0]);
    FK_CHOOSE_KERNEL(fk_spline_weigh)(&s, POINTS, xi, e, weight, 0, STRIDE, row[1]);
    ck_assert(memcmp(row[0], row[1], sizeof row[0]) == 0);
    fk_spline_sum_portable(&s, 0, STRIDE, row[0], out[0]);
    FK_CHOOSE_KERNEL(fk_spline_sum)(&s, 0, STRIDE, row[1], out[1]);
    ck_assert(memcmp(out[0], out[1], sizeof out[0]) == 0);
    fk_spline_free(&s);
}
END_TEST

FK_SUITE("spline", straight_lines_are_kept_up_to_the_ends, the_error_falls_with_the_eighth_power,
         nodes_are_met, kernels_agree_to_the_last_bit)
