/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact flow map on and beside the watershed of two narrow modes, where the cdf is flat far
 * below the last bit of double: against bisection in 256-bit arithmetic. */
#include <math.h>
#include <mpfr.h>

#include "analytic/exact.h"
#include "tests/suite.h"

enum { BITS = 256, HALVINGS = 60 };
#define NEAREST MPFR_RNDN

typedef struct {
    double w[2], mean[2], var;
} two_modes;

/* one hill; density e^-4000 between the modes */
static const fk_coeffs from = {.s = 0.0066, .sigma = 0.99998}, to = {.s = 0.9999, .sigma = 0.0123};

static fk_mixture *mixture_of(const two_modes *t)
{
    fk_mixture *m = NULL;
    fk_error err;
    ck_assert_int_eq(
        fk_mixture_new_diagonal("two", 1, 2, t->w, t->mean, (double[]){t->var, t->var}, &m, &err),
        FK_OK);
    return m;
}

/* sum += sign * (b - a) at x: b the right mode's mass below x, a the left one's above. */
static void add_excess(mpfr_t sum, const two_modes *t, const fk_coeffs *at, mpfr_t x, int sign)
{
    mpfr_t z, width, term;
    mpfr_inits2(BITS, z, width, term, (mpfr_ptr)0);
    mpfr_set_d(width, at->s, NEAREST); /* sqrt(2 (s^2 var + sigma^2)) */
    mpfr_sqr(width, width, NEAREST);
    mpfr_mul_d(width, width, t->var, NEAREST);
    mpfr_set_d(term, at->sigma, NEAREST);
    mpfr_sqr(term, term, NEAREST);
    mpfr_add(width, width, term, NEAREST);
    mpfr_mul_ui(width, width, 2, NEAREST);
    mpfr_sqrt(width, width, NEAREST);
    for (int k = 0; k < 2; k++) {
        mpfr_set_d(z, at->s, NEAREST);
        mpfr_mul_d(z, z, t->mean[k], NEAREST);
        mpfr_sub(z, x, z, NEAREST);
        mpfr_div(z, z, width, NEAREST);
        if (k == 1) mpfr_neg(z, z, NEAREST);
        mpfr_erfc(term, z, NEAREST);
        mpfr_mul_d(term, term, (k == 1 ? 0.5 : -0.5) * t->w[k] * sign, NEAREST);
        mpfr_add(sum, sum, term, NEAREST);
    }
    mpfr_clears(z, width, term, (mpfr_ptr)0);
}

/* y between the modes with b_to(y) - a_to(y) = b_from(x) - a_from(x). */
static double flow_exactly(const two_modes *t, double x)
{
    mpfr_t lo, hi, y, at_x, gap;
    mpfr_inits2(BITS, lo, hi, y, at_x, gap, (mpfr_ptr)0);
    mpfr_set_d(at_x, x, NEAREST);
    mpfr_set_d(lo, to.s * t->mean[0], NEAREST);
    mpfr_set_d(hi, to.s * t->mean[1], NEAREST);
    for (int i = 0; i < HALVINGS; i++) {
        mpfr_add(y, lo, hi, NEAREST);
        mpfr_div_ui(y, y, 2, NEAREST);
        mpfr_set_zero(gap, 1);
        add_excess(gap, t, &from, at_x,
                   -1); /* first: by symmetry it may be 0, and y's tails tiny */
        add_excess(gap, t, &to, y, 1);
        mpfr_set(mpfr_sgn(gap) < 0 ? lo : hi, y, NEAREST);
    }
    double result = mpfr_get_d(y, NEAREST);
    mpfr_clears(lo, hi, y, at_x, gap, (mpfr_ptr)0);
    return result;
}

/* Rounding: F_from - W carries eight rounding errors of a tail below 1/2, which moves y by that
 * over the density there. */
static double bound(const fk_mixture *m, double y)
{
    fk_marginal *g = fk_marginal_new(m, to.s, to.sigma);
    double density = exp(fk_marginal_at(g, &y, NULL));
    fk_marginal_free(g);
    return 4 * 0x1p-53 / density + 4 * 0x1p-53 * (1 + fabs(y));
}

START_TEST(flow_keeps_the_watershed_of_symmetric_modes)
{
    const double var[] = {0, 1e-4};
    for (size_t i = 0; i < 2; i++) {
        two_modes t = {{0.5, 0.5}, {-1.1, 1.1}, var[i]};
        fk_mixture *m = mixture_of(&t);
        double x = 0, y, back;
        fk_flow(m, &from, &to, 1, &x, &y, NULL);
        fk_assert_near(y, flow_exactly(&t, 0), 1e-15);
        fk_flow(m, &to, &from, 1, &y, &back, NULL);
        fk_assert_near(back, 0, 1e-15);
        fk_mixture_free(m);
    }
}
END_TEST

START_TEST(flow_beside_the_watershed_is_that_of_multiple_precision)
{
    /* the second: no symmetry, and a watershed where F is 0.37 */
    const two_modes set[] = {{{0.5, 0.5}, {-1.1, 1.1}, 0},
                             {{0.5, 0.5}, {-1.1, 1.1}, 1e-4},
                             {{0.37, 0.63}, {-1.3, 1.1}, 1e-4}};
    for (size_t i = 0; i < 3; i++) {
        fk_mixture *m = mixture_of(&set[i]);
        fk_marginal *g = fk_marginal_new(m, from.s, from.sigma);
        double watershed = fk_marginal_quantile(g, set[i].w[0], false);
        for (double off = 0.1385; off > 1e-10; off /= 9.31)
            for (int sign = -1; sign <= 1; sign += 2) {
                double x = watershed + sign * off, y;
                fk_flow(m, &from, &to, 1, &x, &y, NULL);
                double exact = flow_exactly(&set[i], x);
                fk_assert_near(y, exact, bound(m, exact));
                /* the control: the same distance on the other side */
                ck_assert(fabs(y - flow_exactly(&set[i], watershed - sign * off)) > 1);
            }
        fk_marginal_free(g);
        fk_mixture_free(m);
    }
}
END_TEST

/* At sigma = 0 F has the value 1/2 all the way from -1.1 to 1.1, and F^-1 is the lower end. */
START_TEST(flow_takes_the_watershed_to_the_left_of_two_points)
{
    fk_mixture *m = mixture_of(&(two_modes){{0.5, 0.5}, {-1.1, 1.1}, 0});
    const fk_coeffs ground = {.s = 1, .sigma = 0};
    double x[3] = {-1e-3, 0, 1e-3}, y[3];
    fk_flow(m, &from, &ground, 3, x, y, NULL);
    fk_assert_near(y[0], -1.1, 1e-15);
    fk_assert_near(y[1], -1.1, 1e-15);
    fk_assert_near(y[2], 1.1, 1e-15);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("watershed", flow_keeps_the_watershed_of_symmetric_modes,
         flow_beside_the_watershed_is_that_of_multiple_precision,
         flow_takes_the_watershed_to_the_left_of_two_points)
