/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test program in one line: after the START_TEST functions,
 *     FK_SUITE("noise", a_test, another_test)
 * Test names read as sentences. Also what many of them need. */
#ifndef FK_TESTS_SUITE_H
#define FK_TESTS_SUITE_H

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "core/base.h"

#define FK_SUITE(title, ...)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        Suite *suite = suite_create(title);                                                        \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {                                \
            TCase *one = tcase_create(tests[i]->name);                                             \
            tcase_set_timeout(one, 300);                                                           \
            tcase_add_test(one, tests[i]);                                                         \
            suite_add_tcase(suite, one);                                                           \
        }                                                                                          \
        SRunner *runner = srunner_create(suite);                                                   \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        int failed = srunner_ntests_failed(runner);                                                \
        srunner_free(runner);                                                                      \
        return failed ? 1 : 0;                                                                     \
    }

/* |a - b| <= bound, with both printed where it fails. NaN never passes. */
#define fk_assert_near(a, b, bound)                                                                \
    do {                                                                                           \
        double fk_a_ = (a), fk_b_ = (b), fk_d_ = (bound);                                          \
        ck_assert_msg(fabs(fk_a_ - fk_b_) <= fk_d_, "%s = %.17g, expected %.17g within %.3g", #a,  \
                      fk_a_, fk_b_, fk_d_);                                                        \
    } while (0)

/* The greater of two errors; NaN is the worst of all, and stays (fmax would forget it). */
static inline double fk_worse(double a, double b)
{
    return a <= b || isnan(b) ? b : a;
}

#endif
