/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders read from errors that are known. */
#include "core/order.h"
#include "tests/suite.h"

enum { N = 8, MORE = 14 };

/* C h^p + D h^(p+1) + E h^(p+2), h = 0.385 2^-i. */
static void errors(double p, double C, double D, double E, double *error, double *noise)
{
    for (int i = 0; i < MORE; i++) {
        double h = 0.385 * exp2(-i);
        error[i] = pow(h, p) * (C + h * (D + h * E));
        noise[i] = 1e-22;
    }
}

START_TEST(two_terms_are_fitted_exactly)
{
    double e[MORE], noise[MORE];
    for (double p = 0; p < 5.2; p += 0.5) {
        errors(p, -2.385, 1.7, 0, e, noise);
        fk_order order = fk_order_read(e, noise, N, 0.02);
        ck_assert_int_eq(order.state, FK_ORDER_SETTLED);
        /* a third difference of logarithms, each wrong by 2^-53, over the second term's x/4 */
        fk_assert_near(order.p, p, 1e-11);
        ck_assert(order.residual < 1e-10 && order.error == e[N - 1] && order.level == N - 1);
        fk_assert_near(order.slope[1], log2(e[N - 2] / e[N - 1]), 1e-15);
    }
}
END_TEST

START_TEST(a_small_leading_term_is_not_taken_for_a_high_order)
{
    double e[MORE], noise[MORE];
    errors(1, 1e-3, 2.385, 0, e, noise);
    fk_order order =
        fk_order_read(e, noise, N, 0.02); /* the second term is seven times the first */
    ck_assert(order.slope[1] > 1.8 && order.state == FK_ORDER_UNSETTLED);
    order = fk_order_read(e, noise, MORE, 0.02);
    ck_assert_int_eq(order.state, FK_ORDER_SETTLED);
    fk_assert_near(order.p, 1, 1e-9);
}
END_TEST

START_TEST(slopes_across_a_change_of_sign_are_thrown_out)
{
    double e[MORE], noise[MORE];
    errors(2, -1e-3, 0.0385, 0, e, noise); /* zero at h = 1/38.5 */
    fk_order order = fk_order_read(e, noise, N, 0.02);
    ck_assert_int_eq(order.state, FK_ORDER_SETTLED);
    fk_assert_near(order.p, 2, 1e-9);
    ck_assert(order.error < 0);
    ck_assert_int_eq(fk_order_read(e, noise, 6, 0.02).state, FK_ORDER_UNSETTLED);
}
END_TEST

START_TEST(errors_at_rounding_are_skipped)
{
    double e[MORE], noise[MORE];
    errors(2, 1.385, 0.3, 0, e, noise);
    for (int i = 0; i < N; i++) noise[i] = 1e-4 * 0.02 / FK_ORDER_CLEAR;
    fk_order order = fk_order_read(e, noise, N, 0.02);
    ck_assert(fabs(order.error) > 1e-4 && order.level < N - 1);
    fk_assert_near(order.p, 2, 1e-9);
    for (int i = 0; i < N; i++) noise[i] = 1;
    order = fk_order_read(e, noise, N, 0.02);
    ck_assert(order.state == FK_ORDER_VANISHED && isinf(order.p));
}
END_TEST

/* C h^3 hidden below -h^4 and seen at steps where slopes grow through 4.1 and 4.2: two terms fit it
 * with an order that no scheme has, and a misfit of a twentieth. Without the small term the same
 * errors settle. */
START_TEST(a_hidden_lower_order_shows_as_misfit)
{
    double e[MORE], noise[MORE];
    for (int wrong = 0; wrong < 2; wrong++) {
        for (int i = 0; i < N; i++) {
            double h = 0.385 * exp2(-i);
            e[i] = pow(h, 3) * ((wrong ? -3e-4 : 0) + h * (1 + 0.7 * h));
            noise[i] = 1e-22;
        }
        fk_order order = fk_order_read_within(e, noise, N, 0.15, 0.02);
        ck_assert(order.state == (wrong ? FK_ORDER_UNSETTLED : FK_ORDER_SETTLED));
        ck_assert((order.residual > 0.02) == wrong);
    }
}
END_TEST

/* The third term moves the fit's order by half of the misfit, whatever the second. */
START_TEST(the_misfit_tells_how_well_the_order_is_known)
{
    double e[MORE], noise[MORE];
    for (double x = -0.95; x < 1; x += 0.385) {
        const double h = 0.385;
        errors(3, 2.385, 2.385 * x / h, 2.385 * 1e-3 / (h * h), e, noise);
        fk_order order = fk_order_read_within(e, noise, 4, 0.15, 1);
        ck_assert_msg(fabs(order.p - 3) > 0.35 * order.residual &&
                          fabs(order.p - 3) < 0.6 * order.residual,
                      "x = %g: %g, %g", x, order.p - 3, order.residual);
    }
}
END_TEST

START_TEST(nan_never_settles)
{
    double e[MORE], noise[MORE];
    errors(2, 1.385, 0.3, 0, e, noise);
    for (int i = 0; i < N; i++) e[i] = NAN;
    ck_assert_int_eq(fk_order_read(e, noise, N, 0.02).state, FK_ORDER_UNSETTLED);
    for (int i = 0; i < N; i++) noise[i] = NAN;
    errors(2, 1.385, 0.3, 0, e, e);
    fk_order order = fk_order_read(e, noise, N, 0.02);
    ck_assert(order.state == FK_ORDER_UNSETTLED && isnan(order.p));
}
END_TEST

FK_SUITE("order", two_terms_are_fitted_exactly, a_small_leading_term_is_not_taken_for_a_high_order,
         slopes_across_a_change_of_sign_are_thrown_out, errors_at_rounding_are_skipped,
         a_hidden_lower_order_shows_as_misfit, the_misfit_tells_how_well_the_order_is_known,
         nan_never_settles)
