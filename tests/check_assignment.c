/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least-cost assignments against all permutations, and against what must be optimal. */
#include "claims/assignment.h"

#include "claims/setting.h"
#include "tests/suite.h"

enum { SMALL = 7, LARGE = 150 };

/* The least over all permutations of places[at..]. */
static double least_of_all(const double *cost, size_t *place, size_t at)
{
    if (at == SMALL) return 0;
    double least = INFINITY;
    for (size_t k = at; k < SMALL; k++) {
        const size_t chosen = place[k];
        place[k] = place[at], place[at] = chosen;
        const double sum = cost[at * SMALL + chosen] + least_of_all(cost, place, at + 1);
        if (sum < least) least = sum;
        place[at] = place[k], place[k] = chosen;
    }
    return least;
}

START_TEST(the_assignment_is_the_best_of_all_permutations)
{
    for (size_t trial = 0; trial < 20; trial++) {
        double cost[SMALL * SMALL], found = 0, greedy = 0;
        size_t place[SMALL], all[SMALL];
        for (size_t i = 0; i < SMALL * SMALL; i++)
            cost[i] = fk_setting_offset(trial * SMALL * SMALL + i) * (double)(i % 5 + 1);
        fk_assign(SMALL, cost, place);
        bool taken[SMALL] = {false};
        for (size_t i = 0; i < SMALL; i++) {
            ck_assert(place[i] < SMALL && !taken[place[i]]);
            taken[place[i]] = true;
            found += cost[i * SMALL + place[i]];
            greedy += cost[i * SMALL + i];
            all[i] = i;
        }
        const double least = least_of_all(cost, all, 0);
        fk_assert_near(found, least, 1e-12);
        ck_assert(greedy > least + 0.1); /* control: any permutation will not do */
    }
}
END_TEST

/* Places that are a gradient's images of the things are cyclically monotone; a rotation by 1 is
 * none. */
START_TEST(a_stretch_is_optimal_and_a_turn_is_not)
{
    double x[LARGE * 2], stretched[LARGE * 2], turned[LARGE * 2];
    for (size_t i = 0; i < LARGE; i++) {
        x[2 * i] = fk_setting_offset(2 * i), x[2 * i + 1] = fk_setting_offset(2 * i + 1);
        stretched[2 * i] = 1.385 * x[2 * i] + 0.285 * x[2 * i + 1];
        stretched[2 * i + 1] = 0.285 * x[2 * i] + 0.385 * x[2 * i + 1];
        turned[2 * i] = cos(1) * x[2 * i] - sin(1) * x[2 * i + 1];
        turned[2 * i + 1] = sin(1) * x[2 * i] + cos(1) * x[2 * i + 1];
    }
    fk_assert_near(fk_transport_excess(LARGE, 2, x, stretched, 2, NULL), 0, 1e-13);
    ck_assert(fk_transport_excess(LARGE, 2, x, turned, 2, NULL) > 0.1);
}
END_TEST

FK_SUITE("assignment", the_assignment_is_the_best_of_all_permutations,
         a_stretch_is_optimal_and_a_turn_is_not)
