/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order conditions of every tableau that there is, and of spoilt ones. */
#include <string.h>

#include "ode/schemes.h"
#include "sde/additive.h"
#include "sde/schemes.h"
#include "tests/suite.h"

/* Coefficients of up to 20 (the SOSRA weights), summed over up to 6 stages. */
static const double bound = 1e-14;

START_TEST(rooted_trees_are_counted_as_cayley_did)
{
    const size_t cayley[] = {1, 1, 2, 4, 9, 20};
    for (size_t order = 1; order <= FK_MAX_TREE_ORDER; order++)
        ck_assert_uint_eq(fk_butcher_trees(order), cayley[order - 1]);
}
END_TEST

START_TEST(runge_kutta_tableaus_satisfy_the_conditions_of_their_order_and_no_more)
{
    size_t found = 0;
    for (size_t i = 0; i < fk_n_ode_schemes; i++) {
        const fk_butcher *rk = fk_ode_tableau(fk_ode_schemes[i]);
        if (!rk) continue;
        found++;
        size_t order = (size_t)fk_ode_schemes[i]->weak_order;
        const char *name = fk_ode_schemes[i]->row.name;
        for (size_t p = 1; p <= order; p++)
            ck_assert_msg(fk_butcher_residual(rk, p) <= bound, "%s: order %zu", name, p);
        ck_assert_msg(fk_butcher_residual(rk, order + 1) > 1e-5, "%s", name);
        for (size_t s = 0; s < rk->stages; s++) { /* each coefficient counts */
            fk_butcher wrong = *rk;
            wrong.b[s] += 1e-9;
            ck_assert(fk_butcher_residual(&wrong, 1) > bound);
            for (size_t j = 0; j < s; j++) {
                wrong = *rk;
                wrong.a[s][j] += 1e-9;
                ck_assert(fk_butcher_residual(&wrong, 1) > bound);
                wrong.c[s] += 1e-9; /* row sums right again, order 2 or 3 not */
                double worst = 0;
                for (size_t p = 2; p <= order; p++)
                    worst = fmax(worst, fabs(fk_butcher_residual(&wrong, p)));
                ck_assert_msg(order == 1 || worst > bound, "%s: a[%zu][%zu]", name, s, j);
            }
        }
    }
    ck_assert_uint_eq(found, 6);
}
END_TEST

/* Known without trees: the classical method's residuals at order 5 and those of Euler at order 2
 * and 3, where all elementary weights but the bushy ones vanish. */
START_TEST(residuals_are_those_computed_by_hand)
{
    fk_assert_near(fk_butcher_residual(fk_ode_tableau(&fk_euler), 2), 0.5, 1e-15);
    fk_assert_near(fk_butcher_residual(fk_ode_tableau(&fk_euler), 3), 1. / 3, 1e-15);
    fk_assert_near(fk_butcher_residual(fk_ode_tableau(&fk_midpoint), 3), 1. / 6, 1e-15);
    /* midpoint: sum b c^2 = 1/4 against 1/3, sum b a c = 0 against 1/6 */
    fk_assert_near(fk_butcher_residual(fk_ode_tableau(&fk_heun), 3), 1. / 6, 1e-15);
}
END_TEST

static const fk_additive *tableau_of(const char *name)
{
    for (size_t i = 0; i < fk_n_sde_schemes; i++)
        if (strcmp(fk_sde_schemes[i]->row.name, name) == 0)
            return fk_sde_tableau(fk_sde_schemes[i]);
    ck_abort_msg("no scheme %s", name);
}

START_TEST(additive_tableaus_satisfy_the_conditions_of_their_orders)
{
    size_t found = 0;
    for (size_t i = 0; i < fk_n_sde_schemes; i++) {
        const fk_scheme *scheme = fk_sde_schemes[i];
        const fk_additive *tableau = fk_sde_tableau(scheme);
        if (!tableau) continue;
        found++;
        double strong_1 = fk_additive_residual(tableau, FK_STRONG_1);
        double strong_3_2 = fk_additive_residual(tableau, FK_STRONG_3_2);
        double weak_2 = fk_additive_residual(tableau, FK_WEAK_2);
        ck_assert_msg(strong_1 <= bound, "%s: %g", scheme->row.name, strong_1);
        ck_assert_msg(scheme->strong_order == 1.5 ? strong_3_2 <= bound : strong_3_2 > 0.1,
                      "%s: strong 3/2: %g", scheme->row.name, strong_3_2);
        ck_assert_msg(scheme->weak_order == 2 ? weak_2 <= bound : weak_2 > 0.1, "%s: weak 2: %g",
                      scheme->row.name, weak_2);
        ck_assert(fk_sde_tableau(&fk_euler_maruyama) == NULL);
    }
    ck_assert_uint_eq(found, 8);
    /* where there is no noise */
    ck_assert(fk_butcher_residual(&tableau_of("sra3")->drift, 3) <= bound);
    ck_assert(fk_butcher_residual(&tableau_of("dri1")->drift, 3) <= bound);
    ck_assert(fk_butcher_residual(&tableau_of("sra1")->drift, 3) > 0.01);
}
END_TEST

/* Tableaus as libraries shipped them. */
START_TEST(mistaken_tableaus_are_caught)
{
    fk_additive half = *tableau_of("sra1"); /* B0 = 1/2 */
    half.stage[1][0].i10 = 0.5;
    ck_assert(fk_additive_residual(&half, FK_STRONG_1) <= bound);
    ck_assert(fk_additive_residual(&half, FK_WEAK_2) > 0.1);
    ck_assert(fk_additive_residual(&half, FK_STRONG_3_2) > 0.1);

    const char *flipped[] = {"sra2", "sra3"}; /* beta2 with the other sign */
    for (int i = 0; i < 2; i++) {
        fk_additive wrong = *tableau_of(flipped[i]);
        for (size_t j = 0; j < wrong.times; j++) wrong.result[j].i10 *= -1;
        ck_assert(fk_additive_residual(&wrong, FK_STRONG_1) <= bound);
        ck_assert(fk_additive_residual(&wrong, FK_STRONG_3_2) > 0.1);
    }
    fk_additive frozen = *tableau_of("platen2"); /* all at t, nothing at t + h */
    frozen.drift.c[1] = 0, frozen.time[1] = 0;
    ck_assert(fk_additive_residual(&frozen, FK_WEAK_2) > 0.1);
    fk_additive sum = *tableau_of("shark"); /* the other sign of H in the correction */
    sum.result[0].h *= -1, sum.result[1].h *= -1;
    ck_assert(fk_additive_residual(&sum, FK_STRONG_3_2) > 0.1);
}
END_TEST

START_TEST(a_weight_that_is_no_number_satisfies_nothing)
{
    fk_additive broken = *tableau_of("sra1");
    broken.result[1].i10 = NAN;
    ck_assert(isnan(fk_additive_residual(&broken, FK_STRONG_1)));
    ck_assert(isnan(fk_additive_residual(&broken, FK_STRONG_3_2)));
}
END_TEST

FK_SUITE("conditions", rooted_trees_are_counted_as_cayley_did,
         runge_kutta_tableaus_satisfy_the_conditions_of_their_order_and_no_more,
         residuals_are_those_computed_by_hand,
         additive_tableaus_satisfy_the_conditions_of_their_orders, mistaken_tableaus_are_caught,
         a_weight_that_is_no_number_satisfies_nothing)
