/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates: of schemes whose orders are beyond doubt, of claims that are too high, and of the
 * published mistakes. */
#include <string.h>

#include "claims/certificate.h"
#include "registry.h"
#include "tests/suite.h"

/* `quick`: without the laws on mixtures, which take a second or more where there is noise. */
static fk_certified certify(const fk_subject *subject, fk_order_kind kind, bool quick)
{
    fk_finding *finding = fk_alloc(fk_n_parts, sizeof *finding);
    for (size_t i = 0; i < fk_n_parts; i++)
        if (fk_parts[i].kind == kind && !(quick && strcmp(fk_parts[i].name, "mixture") == 0))
            fk_part_run(&fk_parts[i], subject, &finding[i]);
    double claim = kind == FK_WEAK_ORDER ? subject->weak : subject->strong;
    fk_certified out = fk_certify(finding, kind, claim);
    out.worst = NULL;
    free(finding);
    return out;
}

static fk_subject subject_of(const char *spec)
{
    fk_subject s;
    fk_error err;
    ck_assert_int_eq(fk_registry_parse_scheme(spec, &s.scheme, &err), FK_OK);
    s.weak = s.scheme.weak_order, s.strong = s.scheme.strong_order;
    return s;
}

START_TEST(classical_schemes_have_the_orders_of_their_textbooks)
{
    const struct {
        const char *spec;
        double weak;
    } known[] = {{"rk4", 4}, {"lms-3", 3}, {"euler-maruyama", 1}, {"dpmpp-2m-sde", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fk_subject s = subject_of(known[i].spec);
        fk_certified weak = certify(&s, FK_WEAK_ORDER, i > 1);
        ck_assert_msg(weak.status == FK_HOLDS, "%s", known[i].spec);
        fk_assert_near(weak.order, known[i].weak, known[i].weak > 3 ? 0.2 : 0.1);
    }
}
END_TEST

START_TEST(a_claim_that_is_too_high_fails_and_one_too_low_does_not_hold)
{
    fk_subject s = subject_of("heun");
    s.weak = 3;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_FAILS);
    s.weak = 1;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_UNDECIDED);
    s.weak = NAN;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_TEXT);
}
END_TEST

START_TEST(sra1_has_strong_order_three_halves_and_with_half_its_b0_only_one)
{
    fk_subject s = subject_of("sra1");
    fk_certified strong = certify(&s, FK_STRONG_ORDER, true);
    ck_assert_int_eq(strong.status, FK_HOLDS);
    fk_assert_near(strong.order, 1.5, 0.1);
    for (size_t i = 0; i < fk_n_wrong_schemes; i++) {
        fk_wrong_scheme wrong = fk_wrong_scheme_at(i);
        if (!(wrong.strong == 1) || strcmp(wrong.subject.scheme.row.name, "sra1") != 0) continue;
        strong = certify(&wrong.subject, FK_STRONG_ORDER, true);
        ck_assert_int_eq(strong.status, FK_FAILS);
        fk_assert_near(strong.order, 1, 0.1);
        return;
    }
    ck_abort_msg("the mistaken sra1 is missing");
}
END_TEST

START_TEST(published_mistakes_come_out_at_their_true_order)
{
    for (size_t i = 0; i < fk_n_wrong_schemes; i++) {
        fk_wrong_scheme wrong = fk_wrong_scheme_at(i);
        fk_certified weak = certify(&wrong.subject, FK_WEAK_ORDER, true);
        ck_assert_msg(weak.status == FK_FAILS, "%s: %s", wrong.subject.scheme.row.name,
                      wrong.mistake);
        fk_assert_near(weak.order, wrong.weak, 0.02);
    }
}
END_TEST

static void step_to_nowhere(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self, (void)at;
    table->result.a = NAN;
}

START_TEST(a_scheme_that_is_not_a_number_is_void)
{
    fk_subject s = subject_of("heun");
    s.scheme.step = step_to_nowhere;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_VOID);
}
END_TEST

FK_SUITE("certificate", classical_schemes_have_the_orders_of_their_textbooks,
         a_claim_that_is_too_high_fails_and_one_too_low_does_not_hold,
         sra1_has_strong_order_three_halves_and_with_half_its_b0_only_one,
         published_mistakes_come_out_at_their_true_order, a_scheme_that_is_not_a_number_is_void)
