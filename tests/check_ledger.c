/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a ledger tells: its lines, its tally with the chance of a false alarm, JSON and JUnit. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "tests/observe.h"

static fk_verdict waits(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim, (void)v;
    return (fk_verdict){.status = FK_NETWORK};
}

/* A ledger with one claim of each outcome. */
static fk_ledger mixed(asked *a)
{
    const fk_claim_env env = {.seed = 9007199254740993, .context = a};
    const fk_claim claim[] = {
        {.id = "C1",
         .says = "holds",
         .margin = 0.1,
         .check = observe,
         .right = good,
         .control = {far}},
        {.id = "C2-long",
         .says = "misses & <\"it\">",
         .margin = 0.1,
         .check = observe,
         .right = good,
         .control = {far, {"near <miss>", 0, 2.4}}},
        {.id = "C3",
         .says = "is void",
         .margin = 0.1,
         .check = observe,
         .right = {"nan", 0, NAN},
         .control = {far}},
        {.id = "C4", .says = "is words"},
        {.id = "C5", .says = "waits", .check = waits},
    };
    fk_ledger ledger = {0};
    for (size_t i = 0; i < sizeof claim / sizeof *claim; i++)
        fk_claim_run(&claim[i], &env, &ledger);
    return ledger;
}

static char *contents(FILE *in)
{
    char *text = fk_alloc(4096, 1);
    rewind(in);
    ck_assert_uint_lt(fread(text, 1, 4095, in), 4095);
    fclose(in);
    return text;
}

START_TEST(a_ledger_prints_a_line_a_claim_and_names_what_was_not_caught)
{
    asked a = {0, 0};
    fk_ledger ledger = mixed(&a);
    ck_assert(!fk_ledger_holds(&ledger));
    FILE *out = tmpfile();
    fk_ledger_print(&ledger, out);
    fk_ledger_print_tally(&ledger, out);
    char *text = contents(out);
    ck_assert_ptr_nonnull(strstr(text, "C1       HOLDS            2.385        2.385       0.1 "
                                       "      1/1  holds\n"));
    ck_assert_ptr_nonnull(strstr(text, "C2-long  FAILS            2.385        2.385       0.1 "
                                       "      1/2  misses & <\"it\">\n"
                                       "    not caught: near <miss> (observed 2.4"));
    ck_assert_ptr_nonnull(strstr(text, "C3       VOID               nan"));
    ck_assert_ptr_nonnull(strstr(text, "C4       TEXT"));
    ck_assert_ptr_nonnull(strstr(text, "C5       NETWORK"));
    ck_assert_ptr_nonnull(strstr(text, "1 of 3 claims hold, 3 of 4 controls caught, 1 of wording "
                                       "only, 1 wait for a network\n"));
    free(text);
    fk_ledger_free(&ledger);
}
END_TEST

START_TEST(a_tally_bounds_the_chance_of_a_false_alarm_by_its_statistical_verdicts)
{
    asked a = {0, 0};
    const fk_claim_env env = {.context = &a, .seed = 1, .scale = 1};
    const fk_variant sampled = {"right", 1, 2.385}, off = {"far", 1, 5};
    const fk_claim claim[] = {
        {"C1", "s", NULL, FK_EXACT, 1.3, NULL, observe, good, {far}, .reading = FK_TRUE},
        {"C2", "s", NULL, FK_STATISTICAL, 1.3, NULL, observe, sampled, {off}, .reading = FK_TRUE},
        {"C3",
         "s",
         NULL,
         FK_STATISTICAL,
         0.9,
         NULL,
         observe,
         sampled,
         {{"exact", 0, 5}},
         .reading = FK_TRUE},
    };
    const char *const said[] = {"caught\n", "caught; a false alarm: below ",
                                "caught; a false alarm: below "};
    double chance[3];
    fk_ledger ledger = {0};
    for (size_t i = 0; i < 3; i++) {
        fk_claim_run(&claim[i], &env, &ledger);
        FILE *out = tmpfile();
        fk_ledger_print_tally(&ledger, out);
        char *text = contents(out);
        ck_assert_msg(strstr(text, said[i]) != NULL, "%s", text);
        free(text);
        chance[i] = fk_ledger_false_alarm(&ledger);
    }
    /* se is 0.1 and 0.035: the second try may be off by 5/6 1.3/0.035 - 6 = 24.6 of its own, which
     * is 7.28 of sqrt(n) D; a narrower margin, with a sampled right variant only, has less room */
    ck_assert(chance[0] == 0);
    ck_assert(chance[1] > 0 && chance[1] < 1e-20);
    ck_assert(chance[2] > 100 * chance[1] && chance[2] < 1e-12);
    /* the control: with 7 standard errors of the first try it can be seen coming */
    const fk_claim narrow = {.id = "C4",
                             .says = "s",
                             .kind = FK_STATISTICAL,
                             .margin = 0.7,
                             .check = observe,
                             .right = sampled,
                             .control = {off}};
    fk_claim_run(&narrow, &env, &ledger);
    ck_assert_double_gt(fk_ledger_false_alarm(&ledger), 1e-10);
    fk_ledger_free(&ledger);
}
END_TEST

START_TEST(a_claim_at_length_shows_what_was_printed_and_what_is_right)
{
    asked a = {0, 0};
    const fk_claim_env env = {.context = &a, .seed = 1, .scale = 1, .topic = "topic"};
    const fk_claim claim = {.id = "C6",
                            .says = "is two and a bit",
                            .source = "somebody 2024",
                            .margin = 0.1,
                            .because = "rounding",
                            .check = observe,
                            .right = {"a bit more", 0, 2.385},
                            .control = {{"as printed: two", 0, 7}, {"three", 0, 8}},
                            .reading = FK_FALSE_AS_PRINTED,
                            .printed = "is two"};
    fk_ledger ledger = {0};
    ck_assert(fk_claim_run(&claim, &env, &ledger));
    FILE *out = tmpfile();
    fk_ledger_print_details(&ledger, out);
    fk_ledger_print(&ledger, out);
    char *text = contents(out);
    const char *order[] = {"C6  HOLDS, false as printed",
                           "is two and a bit",
                           "somebody 2024",
                           "printed   is two",
                           "observed 7",
                           "FAILS",
                           "a bit more",
                           "observed 2.385",
                           "HOLDS",
                           "0.1: rounding",
                           "three",
                           "\ntopic\n"};
    const char *at = text;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
        ck_assert_msg(at != NULL, "no '%s' in its place", order[i]);
    }
    free(text);
    ck_assert(fk_entry_has_misprint(&ledger.entry[0]));
    fk_ledger_free(&ledger);
    ledger = (fk_ledger){0};
    fk_claim no_value = claim;
    no_value.ill_formed = "it cannot be computed";
    ck_assert(fk_claim_run(&no_value, &env, &ledger));
    ck_assert(!fk_entry_has_misprint(&ledger.entry[0]));
    out = tmpfile();
    fk_ledger_print_details(&ledger, out);
    text = contents(out);
    at = strstr(text, "it cannot be computed");
    ck_assert_msg(at && !strstr(text, "cannot be computed\n            observed"), "%s", text);
    ck_assert_ptr_nonnull(strstr(at, "controls  as printed: two"));
    free(text);
    fk_ledger_free(&ledger);
}
END_TEST

START_TEST(a_ledger_in_json_has_every_field_and_null_for_what_is_not_finite)
{
    asked a = {0, 0};
    char path[64];
    snprintf(path, sizeof path, "/tmp/fokker-check-%ld.json", (long)getpid());
    fk_error err;
    fk_ledger ledger = mixed(&a);
    ck_assert_int_eq(fk_ledger_write_json(&ledger, path, &err), FK_OK);
    json_t *list, *control;
    ck_assert_int_eq(fk_json_read(path, &list, &err), FK_OK);
    ck_assert_uint_eq(json_array_size(list), 5);
    const char *id, *says, *status, *name, *control_status, *reading;
    json_t *text[5];
    double observed, expected, margin, se, control_observed;
    json_int_t n, seed;
    int caught, printed;
    json_error_t bad;
    ck_assert_msg(
        json_unpack_ex(
            json_array_get(list, 1), &bad, JSON_STRICT,
            "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:F, s:F, s:F, s:F, s:I, s:I, s:s, s:o}",
            "id", &id, "statement", &says, "reading", &reading, "topic", &text[0], "source",
            &text[1], "printed", &text[2], "ill_formed", &text[4], "because", &text[3], "observed",
            &observed, "expected", &expected, "margin", &margin, "se", &se, "n", &n, "seed", &seed,
            "status", &status, "controls", &control) == 0,
        "%s", bad.text);
    ck_assert_str_eq(id, "C2-long");
    ck_assert_str_eq(status, "FAILS");
    ck_assert_str_eq(reading, "true");
    for (size_t i = 0; i < 5; i++) ck_assert(json_is_null(text[i]));
    ck_assert(observed == 2.385 && margin == 0.1 && n == 100 && seed == 9007199254740993);
    ck_assert_msg(json_unpack_ex(json_array_get(control, 1), &bad, JSON_STRICT,
                                 "{s:s, s:F, s:s, s:b, s:b}", "name", &name, "observed",
                                 &control_observed, "status", &control_status, "caught", &caught,
                                 "printed", &printed) == 0,
                  "%s", bad.text);
    ck_assert_str_eq(name, "near <miss>");
    ck_assert(control_observed == 2.4 && !caught && !printed);
    ck_assert(json_is_null(json_object_get(json_array_get(list, 2), "observed")));
    json_decref(list);
    fk_ledger_free(&ledger);
    unlink(path);
}
END_TEST

START_TEST(a_ledger_in_junit_counts_failures_and_escapes_markup)
{
    asked a = {0, 0};
    char path[64];
    snprintf(path, sizeof path, "/tmp/fokker-check-%ld.xml", (long)getpid());
    fk_error err;
    fk_ledger ledger = mixed(&a);
    ck_assert_int_eq(fk_ledger_write_junit(&ledger, path, &err), FK_OK);
    char *text = contents(fopen(path, "r"));
    ck_assert_ptr_nonnull(
        strstr(text, "tests=\"5\" failures=\"2\" errors=\"0\" skipped=\"2\" time=\""));
    ck_assert_ptr_nonnull(strstr(text, "name=\"C2-long: misses &amp; &lt;&quot;it&quot;&gt;\""));
    ck_assert_ptr_nonnull(strstr(text, "not caught: near &lt;miss&gt;\"/>"));
    free(text);
    fk_ledger_free(&ledger);
    unlink(path);
}
END_TEST

FK_SUITE("ledger", a_ledger_prints_a_line_a_claim_and_names_what_was_not_caught,
         a_tally_bounds_the_chance_of_a_false_alarm_by_its_statistical_verdicts,
         a_claim_at_length_shows_what_was_printed_and_what_is_right,
         a_ledger_in_json_has_every_field_and_null_for_what_is_not_finite,
         a_ledger_in_junit_counts_failures_and_escapes_markup)
