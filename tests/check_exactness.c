/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of exponential schemes from their weights: of every one there is, and of spoilt ones. */
#include <string.h>

#include "claims/certificate.h"
#include "ode/adams.h"
#include "ode/schemes.h"
#include "registry.h"
#include "schedules/exactness.h"
#include "tests/mutant.h"
#include "tests/suite.h"

/* s = 1, sigma^2 + s^2 = 1, and neither. */
static const char *const schedules[] = {"edm", "vp-linear", "flow"};

static fk_scheme scheme_of(const char *spec)
{
    fk_scheme scheme;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_registry_parse_scheme(spec, &scheme, &err) == FK_OK, "%s", err.text);
    return scheme;
}

static fk_exactness exactness(const fk_scheme *scheme, const char *spec, double eta, double claim)
{
    fk_schedule schedule;
    fk_exactness out;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse(spec, &schedule, &err), FK_OK);
    ck_assert_msg(fk_exactness_of(scheme, &schedule, eta, claim, &out, &err) == FK_OK, "%s",
                  err.text);
    return out;
}

/* Only those whose parameter eta2 is not 0 draw noise. */
static double eta_of(const fk_scheme *scheme)
{
    const fk_param *first = scheme->row.param;
    return first && first->key && strcmp(first->key, "eta2") == 0 ? sqrt(scheme->param[0]) : 0;
}

/* Four nodes have weights of up to 9 and theta of up to -5: sums of terms of up to 1000 units in
 * the last place. */
static const double bound = 1e-13;

static void has_order(const char *spec, double order)
{
    const fk_scheme scheme = scheme_of(spec);
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++) {
        const double eta = eta_of(&scheme);
        fk_exactness found = exactness(&scheme, schedules[i], eta, order);
        ck_assert_msg(found.order == order, "%s, %s: %g, not %g", spec, schedules[i], found.order,
                      order);
        ck_assert_msg(found.residual <= bound, "%s, %s: residual %g", spec, schedules[i],
                      found.residual);
        found = exactness(&scheme, schedules[i], eta, order + 1);
        ck_assert_msg(found.residual > 1e-3, "%s, %s: %g", spec, schedules[i], found.residual);
    }
}

START_TEST(every_exponential_scheme_integrates_polynomials_to_its_order_and_no_further)
{
    size_t found = 0;
    for (size_t i = 0; i < fk_n_ode_schemes; i++) {
        if (!fk_is_exponential(fk_ode_schemes[i])) continue;
        found++;
        has_order(fk_ode_schemes[i]->row.name, fk_ode_schemes[i]->weak_order);
    }
    ck_assert_uint_eq(found, 18);
    has_order("deis-2:p=rho", 2);
    has_order("deis-3:p=logrho", 3);
    has_order("unipc-1:b=bh1", 2);
    has_order("unipc-2:b=bh1", 3);
    has_order("unipc-3:start=matched", 4);
}
END_TEST

/* Three outputs are of order 3 in the drift, though noise takes the third away. */
START_TEST(with_noise_the_drift_and_the_variance_are_integrated_alike)
{
    has_order("dpmpp-2m-sde", 2);
    has_order("dpmpp-3m-sde", 3);
    has_order("dpmpp-3m-sde:eta2=0.5385", 3);
    const fk_scheme scheme = scheme_of("dpmpp-2m-sde");
    ck_assert_double_eq(exactness(&scheme, "flow", 0.9, 2).order, 0); /* another process */
    const mutant louder = {scheme, OF_NORMAL, RESULT, 0, ALL_STEPS, 1e-6};
    const fk_scheme loud = mutant_scheme(&louder);
    ck_assert_double_eq(exactness(&loud, "flow", 1, 2).order, 0);
}
END_TEST

/* Two nodes in rho, steps of ratio r: weights 1 + 1/2r and -1/2r, which make of theta^2, whose
 * integral is 1/3, -r/2. */
START_TEST(the_residual_of_two_nodes_is_the_one_by_hand)
{
    const fk_scheme scheme = scheme_of("lms-2");
    const double r = expm1(0.385 * 1.2385) / -expm1(-0.385 * 0.9385);
    const double by_hand = 1. / 3 + r / 2;
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++)
        fk_assert_near(exactness(&scheme, schedules[i], 0, 3).residual, by_hand, 1e-14);
}
END_TEST

/* lms-4 with its third moment 1/4 one part in 100 off. */
static void step_off(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = at->axis->node + at->n;
    const fk_transfer over = fk_transfer_between(FK_EPS, t, t + 1);
    double theta[4], moment[4], w[4];
    fk_lms_4.step(self, at, table);
    for (size_t j = 0; j < 4; j++) theta[j] = fk_adams_theta(FK_IN_RHO, at, j);
    fk_adams_moments(FK_IN_RHO, FK_EPS, at, 4, moment);
    moment[3] *= 1.01;
    fk_adams_weights(4, theta, moment, w);
    table->result.b[0] = over.total * w[0];
    for (size_t j = 1; j < 4; j++) table->result.d[j - 1] = over.total * w[j];
}

START_TEST(a_third_moment_that_is_off_by_a_percent_costs_an_order)
{
    fk_scheme wrong = scheme_of("lms-4");
    wrong.step = step_off;
    const fk_exactness found = exactness(&wrong, "vp-linear", 0, 4);
    ck_assert_double_eq(found.order, 3);
    ck_assert_double_gt(found.residual, 1e-5);
}
END_TEST

/* The weights of equal steps are right on equal steps, and almost so where the lengths of steps
 * change slowly: no run on such a grid tells. */
START_TEST(weights_for_equal_steps_are_of_order_one_on_others)
{
    const struct {
        const char *spec;
        size_t kept;
    } wrong[] = {{"dpmpp-2m", 0},     {"deis-2:p=logrho", 0}, {"lms-3", 0},
                 {"dpmpp-3m", 1},     {"dpmpp-2m-sde", 0},    {"dpmpp-3m-sde", 0},
                 {"dpmpp-3m-sde", 1}, {"unipc-2", 0},         {"unipc-3", 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const mutant m = {
            scheme_of(wrong[i].spec), EQUAL_STEPS, RESULT, wrong[i].kept, ALL_STEPS, 0};
        const fk_scheme scheme = mutant_scheme(&m);
        const double order = exactness(&scheme, "flow", eta_of(&m.base), 4).order;
        ck_assert_msg(order == 1, "%s: %g", wrong[i].spec, order);
    }
}
END_TEST

/* Of the drift, that is: on uneven steps the noise in second differences may cost more. */
START_TEST(published_mistakes_in_weights_have_a_lower_order)
{
    size_t found = 0;
    for (size_t i = 0; i < fk_n_wrong_schemes; i++) {
        const fk_wrong_scheme wrong = fk_wrong_scheme_at(i);
        const fk_scheme *scheme = &wrong.subject.scheme;
        if (!fk_is_exponential(scheme)) continue;
        found++;
        const double eta = strstr(scheme->row.name, "sde") ? 1 : 0;
        const double order = exactness(scheme, "vp-linear", eta, wrong.subject.weak).order;
        ck_assert_msg(order < wrong.subject.weak && (eta > 0 || order <= wrong.weak), "%s: %g",
                      scheme->row.name, order);
    }
    ck_assert_uint_eq(found, 5);
}
END_TEST

static void step_to_nowhere(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_lms_2.step(self, at, table);
    table->result.b[0] = NAN;
}

START_TEST(weights_that_are_no_numbers_have_no_order)
{
    fk_scheme wrong = scheme_of("lms-2");
    wrong.step = step_to_nowhere;
    ck_assert(isnan(exactness(&wrong, "edm", 0, 2).order));
    ck_assert(isnan(exactness(&wrong, "edm", 0, 2).residual));
}
END_TEST

FK_SUITE("exactness", every_exponential_scheme_integrates_polynomials_to_its_order_and_no_further,
         with_noise_the_drift_and_the_variance_are_integrated_alike,
         the_residual_of_two_nodes_is_the_one_by_hand,
         a_third_moment_that_is_off_by_a_percent_costs_an_order,
         weights_for_equal_steps_are_of_order_one_on_others,
         published_mistakes_in_weights_have_a_lower_order,
         weights_that_are_no_numbers_have_no_order)
