/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/observe.h"

START_TEST(a_verdict_has_three_outcomes_with_six_standard_errors_between_them)
{
    const struct {
        double observed, expected, margin, se;
        fk_status status;
    } tell[] = {
        /* the bounds are sums of powers of two, so both sides of each edge are exact */
        {2.25, 2.0, 0.25, 0, FK_HOLDS},
        {2.0, 2.25, 0.25, 0, FK_HOLDS},
        {2.25, 2.0, 0.2499, 0, FK_FAILS},
        {2.25, 2.0, 1.0, 0.125, FK_HOLDS},       /* 1/4 + 6/8 = 1 */
        {2.25, 2.0, 0.999, 0.125, FK_UNDECIDED}, /* a hair too narrow */
        {4.0, 2.0, 1.25, 0.125, FK_UNDECIDED},   /* 2 - 6/8 = 5/4, not above */
        {4.0, 2.0, 1.2499, 0.125, FK_FAILS},     /* now above */
        {-4.0, -2.0, 1.2499, 0.125, FK_FAILS},
        {INFINITY, 2.0, 1e300, 0, FK_FAILS},
        {2.0, 2.0, 1, INFINITY, FK_UNDECIDED},
    };
    for (size_t i = 0; i < sizeof tell / sizeof *tell; i++) {
        fk_verdict v =
            fk_judge(tell[i].observed, tell[i].expected, tell[i].margin, tell[i].se, 100);
        ck_assert_msg(v.status == tell[i].status, "row %zu: %s", i, fk_status_name(v.status));
        ck_assert_uint_eq(v.n, 100);
    }
}
END_TEST

START_TEST(what_is_not_a_number_is_void_and_never_holds)
{
    ck_assert_int_eq(fk_judge(NAN, 0, 1, 0, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(0, NAN, 1, 0, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(0, 0, NAN, 0, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(0, 0, 1, NAN, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(INFINITY, INFINITY, 1, 0, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(0, 0, INFINITY, 0, 0).status, FK_VOID); /* passes anything */
    ck_assert_int_eq(fk_judge(0, 0, -1, 0, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(0, 0, 1, -1, 0).status, FK_VOID);
    ck_assert_int_eq(fk_judge(0, 0, 1, 0, 0).status, FK_HOLDS); /* control */
}
END_TEST

/* Run one claim: right and controls as given; which = 1 makes it statistical. */
static fk_entry run(fk_variant right, fk_variant one, fk_variant two, double margin, bool *holds,
                    asked *a)
{
    *a = (asked){0, 0};
    const fk_claim claim = {.id = "C00",
                            .says = "a <statement> & more",
                            .kind = FK_STATISTICAL,
                            .margin = margin,
                            .check = observe,
                            .right = right,
                            .control = {one, two}};
    const fk_claim_env env = {.seed = 7, .context = a};
    fk_ledger ledger = {0};
    *holds = fk_claim_run(&claim, &env, &ledger);
    fk_entry entry = ledger.entry[0];
    ck_assert_int_eq(fk_ledger_holds(&ledger), *holds);
    fk_ledger_free(&ledger);
    return entry;
}

static const fk_variant none = {NULL, 0, 0};

START_TEST(a_claim_holds_where_the_right_variant_passes_and_every_control_fails)
{
    bool holds;
    asked a;
    fk_entry e = run(good, far, (fk_variant){"farther", 0, -5}, 0.01, &holds, &a);
    ck_assert(holds && e.verdict.status == FK_HOLDS);
    ck_assert_uint_eq(e.n_controls, 2);
    ck_assert_uint_eq(fk_entry_caught(&e), 2);
    ck_assert_uint_eq(a.calls, 3);
    ck_assert_str_eq(e.id, "C00");
    ck_assert_uint_eq(e.seed, 7);
}
END_TEST

START_TEST(a_claim_fails_where_a_control_passes_is_undecided_or_void)
{
    const fk_variant missed[] = {
        {"the same", 0, 2.385}, {"undecided", 1, 2.385 + 0.3}, {"void", 0, NAN}};
    const fk_status status[] = {FK_HOLDS, FK_UNDECIDED, FK_VOID};
    for (size_t i = 0; i < 3; i++) {
        bool holds;
        asked a;
        fk_entry e = run(good, far, missed[i], 0.25, &holds, &a);
        ck_assert(!holds && e.verdict.status == FK_FAILS);
        ck_assert(e.control[0].caught && !e.control[1].caught);
        ck_assert_int_eq(e.control[1].verdict.status, status[i]);
        ck_assert(!fk_entry_holds(&e));
    }
}
END_TEST

START_TEST(a_claim_fails_or_is_void_where_the_right_variant_is_whatever_its_controls)
{
    bool holds;
    asked a;
    ck_assert_int_eq(run(far, far, none, 0.01, &holds, &a).verdict.status, FK_FAILS);
    ck_assert(!holds);
    ck_assert_int_eq(run((fk_variant){"nan", 0, NAN}, far, none, 0.01, &holds, &a).verdict.status,
                     FK_VOID);
    ck_assert(!holds);
}
END_TEST

/* With n = 100, 6 se = 0.6; with 800, 6 se = 0.212. */
START_TEST(an_undecided_variant_is_run_once_more_with_more_samples_and_the_same_margin)
{
    bool holds;
    asked a;
    fk_entry e = run((fk_variant){"right", 1, 2.385}, far, none, 0.5, &holds, &a);
    ck_assert(holds && e.verdict.n == 800 && e.verdict.margin == 0.5);
    ck_assert_uint_eq(a.escalated, 1);
    e = run(good, (fk_variant){"control", 1, 2.385 + 0.75}, none, 0.5, &holds, &a);
    ck_assert(holds && e.control[0].caught && e.control[0].verdict.n == 800);
    ck_assert_uint_eq(a.escalated, 1);
    /* still undecided: it stays so, and there is no third run */
    e = run((fk_variant){"right", 1, 2.385}, far, none, 0.1, &holds, &a);
    ck_assert(!holds && e.verdict.status == FK_UNDECIDED);
    ck_assert_uint_eq(a.calls, 3);
    ck_assert_uint_eq(a.escalated, 1);
}
END_TEST

FK_SUITE("verdict", a_verdict_has_three_outcomes_with_six_standard_errors_between_them,
         what_is_not_a_number_is_void_and_never_holds,
         a_claim_holds_where_the_right_variant_passes_and_every_control_fails,
         a_claim_fails_where_a_control_passes_is_undecided_or_void,
         a_claim_fails_or_is_void_where_the_right_variant_is_whatever_its_controls,
         an_undecided_variant_is_run_once_more_with_more_samples_and_the_same_margin)
