/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Oracle: MPFR with enough bits (2300) to hold any sum of doubles exactly, rounded once. */
#include <float.h>
#include <mpfr.h>
#include <string.h>

#include "core/sum.h"
#include "tests/suite.h"

enum { EXACT_BITS = 2300, MOST = 5000 };

static uint64_t next_word(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Any finite double, all exponents alike. */
static double any_finite(uint64_t *state)
{
    double x;
    do {
        uint64_t word = next_word(state);
        memcpy(&x, &word, sizeof x);
    } while (!isfinite(x));
    return x;
}

static double exact(const double *x, size_t n, double times)
{
    mpfr_t sum, term;
    mpfr_init2(sum, EXACT_BITS);
    mpfr_init2(term, EXACT_BITS);
    mpfr_set_zero(sum, 1);
    for (size_t i = 0; i < n; i++) {
        mpfr_set_d(term, x[i], MPFR_RNDN);
        mpfr_mul_d(term, term, times, MPFR_RNDN);
        mpfr_add(sum, sum, term, MPFR_RNDN);
    }
    double value = mpfr_get_d(sum, MPFR_RNDN);
    mpfr_clears(sum, term, (mpfr_ptr)0);
    return value;
}

static double summed(const double *x, size_t n)
{
    fk_sum sum = {0};
    for (size_t i = 0; i < n; i++) fk_sum_add(&sum, x[i]);
    return fk_sum_value(&sum);
}

static double plain(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* Terms that cancel: x, then most of them again negated, shuffled. */
static size_t cancelling(uint64_t *state, double *x, int kind)
{
    size_t n = 1 + next_word(state) % (MOST / 2);
    for (size_t i = 0; i < n; i++) {
        double far = ldexp((double)(int64_t)next_word(state), (int)(next_word(state) % 120) - 60);
        double tiny = ldexp((double)(next_word(state) % 1000), -1074);
        x[i] = kind == 0 ? any_finite(state) : kind == 1 ? far : i % 2 ? tiny : -tiny * 3;
    }
    size_t again = next_word(state) % (n + 1);
    for (size_t i = 0; i < again; i++) x[n + i] = -x[i];
    n += again;
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = next_word(state) % (i + 1);
        double swap = x[i];
        x[i] = x[j];
        x[j] = swap;
    }
    return n;
}

START_TEST(sums_equal_the_exact_sum_rounded_once_and_plain_sums_do_not)
{
    static double x[MOST];
    uint64_t state = 20250207;
    int plain_right = 0;
    for (int trial = 0; trial < 300; trial++) {
        size_t n = cancelling(&state, x, trial % 3);
        double right = exact(x, n, 1);
        ck_assert_msg(summed(x, n) == right, "trial %d, %zu terms: %a, exactly %a", trial, n,
                      summed(x, n), right);
        plain_right += trial % 3 < 2 && plain(x, n) == right;
    }
    ck_assert_int_lt(plain_right, 100); /* the control: of 200 trials, most are wrong */
}
END_TEST

START_TEST(order_and_grouping_do_not_matter)
{
    static double x[MOST];
    uint64_t state = 99;
    for (int trial = 0; trial < 30; trial++) {
        size_t n = cancelling(&state, x, trial % 3);
        fk_sum backwards = {0}, part[7] = {{{0}, 0, 0, 0, 0}}, all = {0};
        for (size_t i = n; i-- > 0;) fk_sum_add(&backwards, x[i]);
        for (size_t i = 0; i < n; i++) fk_sum_add(&part[next_word(&state) % 7], x[i]);
        for (size_t k = 0; k < 7; k++) fk_sum_merge(&all, &part[(k * 3 + 1) % 7]);
        ck_assert(fk_sum_value(&backwards) == summed(x, n));
        ck_assert(fk_sum_value(&all) == summed(x, n));
    }
}
END_TEST

START_TEST(rounding_is_to_nearest_with_ties_to_even)
{
    double half = 0x1p-53, least = 0x1p-1074;
    ck_assert(summed((double[]){1, half}, 2) == 1);
    ck_assert(summed((double[]){1, half, least}, 3) == 1 + 2 * half);
    ck_assert(summed((double[]){1 + 2 * half, half}, 2) == 1 + 4 * half);
    ck_assert(summed((double[]){-1, -half, -least}, 3) == -1 - 2 * half);
    ck_assert(summed((double[]){DBL_MAX, DBL_MAX / 0x1p54}, 2) == DBL_MAX);
    ck_assert(isinf(summed((double[]){DBL_MAX, 0x1p970}, 2)));
    ck_assert(summed((double[]){DBL_MIN, -least}, 2) == DBL_MIN - least);
}
END_TEST

START_TEST(cancellation_leaves_the_small_term)
{
    ck_assert(summed((double[]){1e300, 1, -1e300}, 3) == 1);
    ck_assert(plain((double[]){1e300, 1, -1e300}, 3) != 1); /* the control */
    ck_assert(summed((double[]){DBL_MAX, 0x1p-1074, -DBL_MAX}, 3) == 0x1p-1074);
    ck_assert(summed((double[]){2.385, -2.385}, 2) == 0);
    ck_assert(summed(NULL, 0) == 0);
}
END_TEST

START_TEST(a_running_total_may_pass_the_largest_double_and_come_back)
{
    fk_sum sum = {0};
    for (int i = 0; i < 5000; i++) fk_sum_add(&sum, DBL_MAX);
    ck_assert(isinf(fk_sum_value(&sum)));
    for (int i = 0; i < 9999; i++) fk_sum_add(&sum, -DBL_MAX);
    ck_assert(fk_sum_value(&sum) == -INFINITY);
    for (int i = 0; i < 5000; i++) fk_sum_add(&sum, DBL_MAX);
    ck_assert(fk_sum_value(&sum) == DBL_MAX);
}
END_TEST

START_TEST(terms_that_are_not_finite_decide_the_sum)
{
    ck_assert(isnan(summed((double[]){1, NAN, INFINITY}, 3)));
    ck_assert(isnan(summed((double[]){INFINITY, 1, -INFINITY}, 3)));
    ck_assert(summed((double[]){INFINITY, -DBL_MAX}, 2) == INFINITY);
    ck_assert(summed((double[]){2.385, -INFINITY}, 2) == -INFINITY);
    fk_sum one = {0}, other = {0};
    fk_sum_add(&one, INFINITY);
    fk_sum_add(&other, -INFINITY);
    fk_sum_merge(&one, &other);
    ck_assert(isnan(fk_sum_value(&one)));
}
END_TEST

/* All ones in the significand, at every place within a chunk: the fastest way to fill one. */
START_TEST(many_full_terms_never_overflow_a_chunk)
{
    for (int place = -20; place <= 20; place++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double full = sign * ldexp(0x1.fffffffffffffp0, place);
            fk_sum sum = {0};
            for (int i = 0; i < 50021; i++) fk_sum_add(&sum, full);
            ck_assert(fk_sum_value(&sum) == exact(&full, 1, 50021));
        }
}
END_TEST

/* The largest parts, and odd ones, as often as a chunk could overflow if they were not counted. */
START_TEST(parts_of_many_terms_add_as_their_weights_say)
{
    const int64_t largest = (int64_t)1 << 61,
                  parts[][FK_SPLITS] = {{largest, largest, largest},
                                        {-largest, 1 - largest, -largest},
                                        {-0x123456789abcdef, 2385, -1}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        fk_sum sum = {0}, other = {0};
        for (int i = 0; i < 9973; i++) fk_sum_add_split(&sum, parts[k]);
        double x[2 * FK_SPLITS]; /* each in two halves that are doubles */
        for (size_t i = 0; i < FK_SPLITS; i++) {
            const int64_t low = parts[k][i] % ((int64_t)1 << 32);
            x[2 * i] = ldexp((double)low, -10 - 50 * (int)i);
            x[2 * i + 1] = ldexp((double)(parts[k][i] - low), -10 - 50 * (int)i);
        }
        ck_assert(fk_sum_value(&sum) == exact(x, 2 * FK_SPLITS, 9973));
        for (int i = 0; i < 9972; i++) fk_sum_add_split(&other, parts[k]); /* the control */
        ck_assert(fk_sum_value(&other) != exact(x, 2 * FK_SPLITS, 9973));
    }
}
END_TEST

/* 3 * 2^40 terms, by merging a sum with itself: beyond any 32-bit count. */
START_TEST(sums_of_trillions_of_terms_are_exact)
{
    double x[3] = {-0x1.fffffffffffffp31, 0x1.123456789abcdp-7, 2.385e-300};
    fk_sum sum = {0};
    for (int i = 0; i < 3; i++) fk_sum_add(&sum, x[i]);
    for (int i = 0; i < 40; i++) fk_sum_merge(&sum, &sum);
    ck_assert(fk_sum_value(&sum) == exact(x, 3, 0x1p40));
    for (int i = 0; i < 20; i++) fk_sum_add(&sum, x[i % 3]);
    ck_assert(isfinite(fk_sum_value(&sum)));
}
END_TEST

FK_SUITE("sum", sums_equal_the_exact_sum_rounded_once_and_plain_sums_do_not,
         order_and_grouping_do_not_matter, rounding_is_to_nearest_with_ties_to_even,
         cancellation_leaves_the_small_term,
         a_running_total_may_pass_the_largest_double_and_come_back,
         terms_that_are_not_finite_decide_the_sum, many_full_terms_never_overflow_a_chunk,
         parts_of_many_terms_add_as_their_weights_say, sums_of_trillions_of_terms_are_exact)
