/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elementary functions of core/vmath.h against MPFR, in units in the last place. */
#include "core/vmath.h"

#include <mpfr.h>

#include "core/noise.h"
#include "tests/suite.h"

enum { N = 30000, BITS = 120 };

/* |got - exact| in ulps of the exact value. NaN gives NaN. */
static double ulps(double got, mpfr_t exact)
{
    double near = mpfr_get_d(exact, MPFR_RNDN);
    int e;
    frexp(near, &e);
    mpfr_sub_d(exact, exact, got, MPFR_RNDN);
    return fabs(mpfr_get_d(exact, MPFR_RNDN)) / ldexp(1.0, e - 53);
}

static double larger(double a, double b)
{
    return b <= a ? a : b; /* keeps NaN */
}

static double random_in(double lo, double hi, uint64_t i)
{
    return lo + (hi - lo) * fk_random_uniform((fk_key){2385, FK_STREAM_USER}, i, 0, 0);
}

typedef double (*lane)(double);
typedef int (*oracle)(mpfr_t, const mpfr_t, mpfr_rnd_t);

static double worst_of(lane f, oracle exact, double lo, double hi, bool in_exponent)
{
    double worst = 0;
    mpfr_t y;
    mpfr_init2(y, BITS);
    for (uint64_t i = 0; i < N; i++) {
        double x = random_in(lo, hi, i);
        if (in_exponent) x = exp2(x);
        mpfr_set_d(y, x, MPFR_RNDN);
        exact(y, y, MPFR_RNDN);
        worst = larger(worst, ulps(f(x), y));
    }
    mpfr_clear(y);
    return worst;
}

/* A control: log 2 in one part. */
static double exp_in_one_part(double x)
{
    double t = x * FK_LOG2E + FK_SIXTEENTHS, n = t - FK_SIXTEENTHS;
    return fk_lane_exp2_reduced(t, fma(n, -FK_LN2, x) * FK_LOG2E);
}

/* A control: the polynomial without its last term. */
static double exp2_short(double z)
{
    double t = z + FK_SIXTEENTHS, n = t - FK_SIXTEENTHS, r = z - n;
    return fk_lane_exp2_reduced(t, r) - fk_exp2_series[0] * pow(r, 6) * exp2(n);
}

/* A control: log by log1p of a rounded difference. */
static double log_by_shift(double x)
{
    int e;
    double m = frexp(x, &e);
    return e * FK_LN2 + log(m);
}

START_TEST(exp2_is_within_its_bound)
{
    ck_assert_double_le(worst_of(fk_lane_exp2, mpfr_exp2, -1020, 1023, false), 1.2);
    ck_assert_double_le(worst_of(fk_lane_exp2, mpfr_exp2, -2, 2, false), 1.2);
    ck_assert_double_gt(worst_of(exp2_short, mpfr_exp2, -2, 2, false), 1.2);
}
END_TEST

START_TEST(exp_is_within_its_bound)
{
    ck_assert_double_le(worst_of(fk_lane_exp, mpfr_exp, -707, 709, false), 1.4);
    ck_assert_double_le(worst_of(fk_lane_exp, mpfr_exp, -1, 1, false), 1.4);
    ck_assert_double_gt(worst_of(exp_in_one_part, mpfr_exp, -700, 700, false), 1.4);
}
END_TEST

START_TEST(exponentials_are_clamped_and_pass_nan_on)
{
    ck_assert(fk_lane_exp2(-1e300) == 0x1p-1020 && fk_lane_exp2(-HUGE_VAL) == 0x1p-1020);
    ck_assert(fk_lane_exp2(0.0) == 1.0 && fk_lane_exp2(-17.0) == 0x1p-17);
    ck_assert(fk_lane_exp(-1e300) == fk_lane_exp(-707.0) && fk_lane_exp(-707.0) > 0);
    ck_assert(fk_lane_exp(1e300) == fk_lane_exp(709.0) && isfinite(fk_lane_exp(709.0)));
    ck_assert(isnan(fk_lane_exp(NAN)) && isnan(fk_lane_exp2(NAN)));
}
END_TEST

START_TEST(log_is_within_its_bound)
{
    ck_assert_double_le(worst_of(fk_lane_log, mpfr_log, -1022, 1023, true), 2.8);
    ck_assert_double_le(worst_of(fk_lane_log, mpfr_log, 0.2, 3.1, false), 2.8);
    ck_assert_double_le(worst_of(fk_lane_log, mpfr_log, 1 - 1e-9, 1 + 1e-9, false), 2.8);
    ck_assert_double_gt(worst_of(log_by_shift, mpfr_log, 1 - 1e-9, 1 + 1e-9, false), 2.8);
    ck_assert(fk_lane_log(1.0) == 0.0);
}
END_TEST

/* Error of (cos, sin)(2 pi u) beyond 2^-53, in ulps; `quarter` shifts the quadrant (a control). */
static double worst_turn(double lo, double hi, double quarter)
{
    double worst = 0;
    mpfr_t angle, s, c;
    mpfr_inits2(BITS, angle, s, c, (mpfr_ptr)0);
    for (uint64_t i = 0; i < N; i++) {
        double u = random_in(lo, hi, i), got[2];
        fk_lane_turn(u + quarter, &got[0], &got[1]);
        mpfr_const_pi(angle, MPFR_RNDN);
        mpfr_mul_d(angle, angle, 2 * u, MPFR_RNDN);
        mpfr_sin_cos(s, c, angle, MPFR_RNDN);
        double cosine = mpfr_get_d(c, MPFR_RNDN), sine = mpfr_get_d(s, MPFR_RNDN);
        double off = fabs(got[0] - cosine) <= 0x1p-53 ? 0 : ulps(got[0], c);
        worst = larger(worst, larger(off, fabs(got[1] - sine) <= 0x1p-53 ? 0 : ulps(got[1], s)));
    }
    mpfr_clears(angle, s, c, (mpfr_ptr)0);
    return worst;
}

START_TEST(sine_and_cosine_of_a_turn_are_within_one_and_a_half_ulps)
{
    ck_assert_double_le(worst_turn(0, 1, 0), 1.5);
    ck_assert_double_le(worst_turn(-40, 40, 0), 1.5);
    ck_assert_double_gt(worst_turn(0, 1, 0x1p-50), 1.5);
    for (int n = 0; n < 4; n++) {
        double c, s;
        fk_lane_turn(n / 4.0, &c, &s);
        ck_assert(c == (n == 0) - (n == 2) && s == (n == 1) - (n == 3));
    }
}
END_TEST

FK_SUITE("vmath", exp2_is_within_its_bound, exp_is_within_its_bound,
         exponentials_are_clamped_and_pass_nan_on, log_is_within_its_bound,
         sine_and_cosine_of_a_turn_are_within_one_and_a_half_ulps)
