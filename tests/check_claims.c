/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of claims itself; what the claims say is run by `fokker verify`. */
#include <ctype.h>
#include <string.h>

#include "claims/claims.h"
#include "tests/suite.h"

START_TEST(every_claim_has_an_id_of_its_own_and_is_found_by_it)
{
    ck_assert_uint_gt(fk_n_claims(), 0);
    for (size_t i = 0; i < fk_n_claims(); i++) {
        const fk_claim *claim = fk_claim_at(i);
        ck_assert_ptr_eq(fk_claim_find(claim->id), claim);
        ck_assert_msg((claim->id[0] == 'C' || claim->id[0] == 'B') &&
                          isdigit((unsigned char)claim->id[1]),
                      "%s", claim->id);
        ck_assert_uint_lt(strlen(claim->id), sizeof((fk_entry *)0)->id);
    }
    ck_assert_ptr_null(fk_claim_find("C999"));
}
END_TEST

START_TEST(every_claim_says_what_where_and_why_its_margin)
{
    for (size_t i = 0; i < fk_n_claims(); i++) {
        const fk_claim *claim = fk_claim_at(i);
        ck_assert_msg(claim->says && strlen(claim->says) > 20, "%s", claim->id);
        ck_assert_msg(strlen(claim->says) < sizeof((fk_entry *)0)->says, "%s is cut", claim->id);
        ck_assert_msg(claim->source && strstr(claim->source, "20"), "%s: no source", claim->id);
        if (claim->reading == FK_WORDING) {
            ck_assert_msg(!claim->check, "%s: a check of words", claim->id);
            continue;
        }
        ck_assert_msg(claim->because && strlen(claim->because) > 5, "%s: no derivation", claim->id);
        ck_assert_msg(claim->margin > 0 && isfinite(claim->margin), "%s: margin", claim->id);
        ck_assert_msg(claim->check != NULL, "%s: no check", claim->id);
    }
}
END_TEST

START_TEST(every_claim_has_a_control_and_no_two_alike)
{
    for (size_t i = 0; i < fk_n_claims(); i++) {
        const fk_claim *claim = fk_claim_at(i);
        if (claim->reading == FK_WORDING) continue;
        ck_assert_msg(claim->right.name && claim->control[0].name, "%s: no control", claim->id);
        for (size_t a = 0; a < FK_MAX_CONTROLS && claim->control[a].name; a++) {
            const fk_variant *v = &claim->control[a];
            bool same = v->which == claim->right.which && v->param == claim->right.param;
            ck_assert_msg(!same, "%s: '%s' is the right one", claim->id, v->name);
            for (size_t b = 0; b < a; b++)
                ck_assert_msg(strcmp(v->name, claim->control[b].name) != 0 &&
                                  (v->which != claim->control[b].which ||
                                   v->param != claim->control[b].param),
                              "%s: '%s' twice", claim->id, v->name);
        }
    }
}
END_TEST

START_TEST(a_misprint_is_quoted_and_is_the_first_control_unless_it_has_no_value)
{
    for (size_t i = 0; i < fk_n_claims(); i++) {
        const fk_claim *claim = fk_claim_at(i);
        if (claim->reading != FK_FALSE_AS_PRINTED) continue;
        ck_assert_msg(claim->printed && strlen(claim->printed) > 5, "%s: not quoted", claim->id);
        const char *first = claim->control[0].name;
        ck_assert_msg(first != NULL, "%s: no control", claim->id);
        bool is_it = first && strncmp(first, "as printed", strlen("as printed")) == 0;
        ck_assert_msg(is_it == !claim->ill_formed, "%s: '%s' %s what is printed", claim->id, first,
                      is_it ? "has no value, being" : "is not");
        ck_assert_msg(!claim->ill_formed || strlen(claim->ill_formed) > 5, "%s: why?", claim->id);
    }
}
END_TEST

FK_SUITE("claims", every_claim_has_an_id_of_its_own_and_is_found_by_it,
         every_claim_says_what_where_and_why_its_margin, every_claim_has_a_control_and_no_two_alike,
         a_misprint_is_quoted_and_is_the_first_control_unless_it_has_no_value)
