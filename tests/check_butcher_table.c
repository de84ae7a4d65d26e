/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tableaus read off step tables: those that the tables were made from, and none where a table has a
 * fault. */
#include "ode/schemes.h"
#include "registry.h"
#include "sde/schemes.h"
#include "tests/mutant.h"
#include "tests/suite.h"

static const char *const schedules[] = {"vp-linear", "flow", "edm"};

/* Off the second of three steps from lambda = -1 to 1, of unequal length. */
static double read_off(const fk_scheme *scheme, const char *spec, fk_butcher *rk)
{
    static const double lambda[] = {-1, -0.6385, 0.2385, 1};
    fk_schedule schedule;
    fk_error err = {.code = 0};
    fk_plan plan;
    double t[4];
    fk_coeffs node[4];
    ck_assert_int_eq(fk_schedule_parse(spec, &schedule, &err), FK_OK);
    for (size_t i = 0; i < 4; i++) {
        t[i] = schedule.time_of(&schedule, lambda[i]);
        node[i] = fk_schedule_at(&schedule, t[i]);
    }
    const fk_axis axis = {.schedule = &schedule, .n_steps = 3, .t = t, .node = node};
    ck_assert_msg(fk_plan_new(&axis, scheme, &plan, &err) == FK_OK, "%s", err.text);
    const double off = fk_butcher_of_table(&axis, 1, &plan.step[1], rk);
    fk_plan_free(&plan);
    return off;
}

/* c: t(lambda) and t to a few units of 1e-16, over a step of 0.15 and more. a, b up to 12. */
static const double bound = 2e-14;

START_TEST(a_table_tells_the_tableau_that_it_was_made_from)
{
    size_t found = 0;
    for (size_t k = 0; k < fk_n_ode_schemes; k++) {
        const fk_butcher *made = fk_ode_tableau(fk_ode_schemes[k]);
        if (!made) continue;
        found++;
        for (size_t l = 0; l < 3; l++) {
            fk_butcher rk;
            fk_assert_near(read_off(fk_ode_schemes[k], schedules[l], &rk), 0, bound);
            ck_assert_uint_eq(rk.stages, made->stages);
            for (size_t i = 0; i < rk.stages; i++) {
                fk_assert_near(rk.b[i], made->b[i], bound);
                fk_assert_near(rk.c[i], made->c[i], bound);
                for (size_t j = 0; j < i; j++) fk_assert_near(rk.a[i][j], made->a[i][j], bound);
            }
        }
    }
    ck_assert_uint_eq(found, 6);
}
END_TEST

/* Where there is no noise the family's drift is the flow's. */
START_TEST(a_stochastic_runge_kutta_method_without_noise_is_read_alike_and_with_noise_not)
{
    fk_scheme sra1 = fk_sra1;
    fk_butcher rk;
    ck_assert_double_ge(read_off(&sra1, "flow", &rk), 1);
    sra1.param[0] = 0;
    fk_assert_near(read_off(&sra1, "flow", &rk), 0, bound);
    fk_assert_near(fk_butcher_residual(&rk, 2), 0, bound);
    ck_assert_double_ge(read_off(&fk_ddim, "flow", &rk), 0.1); /* another output */
    ck_assert_double_ge(read_off(&fk_lms_2, "flow", &rk), 1);  /* history */
}
END_TEST

/* What a scheme claims at eta = 0 is the order of the drift's tableau, whatever the noise has. */
START_TEST(without_noise_a_stochastic_method_has_the_order_that_it_then_claims)
{
    size_t found = 0, refuted = 0;
    for (size_t k = 0; k < fk_n_sde_schemes; k++) {
        fk_scheme scheme;
        fk_butcher rk;
        fk_error err;
        char spec[60];
        snprintf(spec, sizeof spec, "%s:eta=0", fk_sde_schemes[k]->row.name);
        if (fk_registry_parse_scheme(spec, &scheme, &err) != FK_OK) continue; /* it has no eta */
        if (!(read_off(&scheme, "flow", &rk) <= bound)) continue; /* no Runge-Kutta method in t */
        const size_t claimed = (size_t)scheme.weak_order;
        found++;
        ck_assert_msg(claimed >= 1 && claimed < FK_MAX_TREE_ORDER, "%s claims %zu", spec, claimed);
        for (size_t order = 1; order <= claimed; order++)
            ck_assert_msg(fk_butcher_residual(&rk, order) <= bound, "%s has no order %zu", spec,
                          order);
        /* the control: an order more, which a drift may have that its paper leaves out */
        refuted += fk_butcher_residual(&rk, claimed + 1) > 1e-3;
    }
    ck_assert_uint_ge(found, 8);
    ck_assert_uint_ge(refuted, found - 1);
}
END_TEST

START_TEST(every_fault_of_a_table_is_seen)
{
    fk_butcher rk;
    for (fault_kind kind = OF_STATE; kind <= OF_Q; kind++)
        for (size_t stage = 0; stage <= RESULT; stage++)
            for (size_t index = 0; index < FK_MAX_STAGES; index++) {
                const mutant m = {fk_dp5, kind, stage, index, ALL_STEPS, 1e-9};
                const fk_scheme faulty = mutant_scheme(&m);
                fk_step table = {.stages = 6};
                if (stage > 5 && stage != RESULT) continue;
                if (!mutant_field(&m, &table) || kind == OF_HISTORY || kind == OF_NORMAL) continue;
                if (kind == OF_OUTPUT && (stage == RESULT ? index == 1 : index >= stage)) continue;
                double worst = read_off(&faulty, "vp-linear", &rk);
                for (size_t p = 1; p <= 5; p++)
                    worst = fk_worse(worst, fk_butcher_residual(&rk, p));
                ck_assert_msg(worst > 1e-11, "kind %d, stage %zu, %zu: %g", (int)kind, stage, index,
                              worst);
            }
}
END_TEST

FK_SUITE("butcher table", a_table_tells_the_tableau_that_it_was_made_from,
         a_stochastic_runge_kutta_method_without_noise_is_read_alike_and_with_noise_not,
         without_noise_a_stochastic_method_has_the_order_that_it_then_claims,
         every_fault_of_a_table_is_seen)
