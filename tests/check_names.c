/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/names.h"
#include "core/number.h"
#include "tests/suite.h"

static const fk_param vp[] = {{"beta0", 0.1, NULL}, {"beta1", 20, NULL}, {0}};
static const fk_param unipc[] = {{"b", 1, "bh1|bh2"}, {"S_max", INFINITY, NULL}, {0}};
static const fk_row row[] = {
    {"vp-linear", "", "", vp},  {"vp-cosine", "", "", NULL}, {"sub-vp", "", "", vp},
    {"unipc-2", "", "", unipc}, {"karras", "", "", NULL},
};
enum { N = sizeof row / sizeof *row };

START_TEST(a_row_is_found_by_its_whole_name_with_or_without_parameters)
{
    fk_error err;
    ck_assert_int_eq(fk_row_find("sub-vp", "schedule", row, N, &err), 2);
    ck_assert_int_eq(fk_row_find("sub-vp:beta0=0.3", "schedule", row, N, &err), 2);
    /* controls: a prefix, a longer name, a name in other case, nothing */
    ck_assert_int_eq(fk_row_find("sub", "schedule", row, N, &err), -1);
    ck_assert_int_eq(fk_row_find("sub-vp2", "schedule", row, N, &err), -1);
    ck_assert_int_eq(fk_row_find("Sub-VP", "schedule", row, N, &err), -1);
    ck_assert_int_eq(fk_row_find("", "schedule", row, N, &err), -1);
}
END_TEST

START_TEST(a_misspelt_name_brings_the_near_ones_and_a_strange_one_brings_all)
{
    const struct {
        const char *typed, *line;
    } tell[] = {
        {"vp-liner", "no schedule 'vp-liner'; try vp-linear"},
        {"pv-linear:beta0=1", "no schedule 'pv-linear'; try vp-linear"},
        {"vp", "no schedule 'vp'; try vp-linear or vp-cosine"},
        {"SUB-vp", "no schedule 'SUB-vp'; try sub-vp"},
        {"kaaras", "no schedule 'kaaras'; try karras"},
        {"zzz", "no schedule 'zzz'; try vp-linear, vp-cosine, sub-vp, unipc-2 or karras"},
    };
    for (size_t i = 0; i < sizeof tell / sizeof *tell; i++) {
        fk_error err = {0};
        ck_assert_int_eq(fk_row_find(tell[i].typed, "schedule", row, N, &err), -1);
        ck_assert_int_eq(err.code, FK_USAGE);
        ck_assert_str_eq(err.text, tell[i].line);
    }
}
END_TEST

START_TEST(a_list_too_long_for_its_buffer_ends_in_dots_and_never_beyond_it)
{
    const char *known[] = {"alpha", "beta", "gamma", "delta"};
    char text[24];
    for (size_t size = 9; size <= sizeof text; size++) {
        memset(text, '#', sizeof text);
        fk_near_names("zzz", known, 4, text, size);
        ck_assert_uint_lt(strlen(text), size);
        ck_assert(size == sizeof text || text[size] == '#');
        ck_assert_ptr_nonnull(strstr(text, "..."));
    }
}
END_TEST

START_TEST(parameters_take_their_defaults_numbers_infinity_and_words)
{
    double value[FK_MAX_PARAMS];
    fk_error err;
    ck_assert_int_eq(fk_spec_params("vp-linear", "schedule", vp, value, &err), FK_OK);
    ck_assert(value[0] == 0.1 && value[1] == 20);
    ck_assert_int_eq(fk_spec_params("vp-linear:beta1=2.385e1", "schedule", vp, value, &err), FK_OK);
    ck_assert(value[0] == 0.1 && value[1] == 23.85);
    ck_assert_int_eq(fk_spec_params("unipc-2:S_max=inf,b=bh1", "scheme", unipc, value, &err),
                     FK_OK);
    ck_assert(value[0] == 0 && isinf(value[1]));
    ck_assert_int_eq(fk_spec_params("karras", "grid", NULL, value, &err), FK_OK);
}
END_TEST

START_TEST(a_bad_parameter_is_refused_with_one_line_that_tells_what_would_be_right)
{
    const struct {
        const char *spec, *says;
        const fk_param *param;
    } bad[] = {
        {"x:beta2=1", "no parameter of schedule 'x' 'beta2'; try beta0 or beta1", vp},
        {"x:beta0", "schedule 'x': expected key=value, found 'beta0'", vp},
        {"x:", "schedule 'x': expected key=value, found ''", vp},
        {"x:=1", "schedule 'x': expected key=value, found '=1'", vp},
        {"x:beta0=1,", "schedule 'x': expected key=value, found ''", vp},
        {"x:beta0=1,beta0=2", "schedule 'x': 'beta0' is given twice", vp},
        {"x:beta0=1k", "schedule 'x': beta0 is a number, not '1k'", vp},
        {"x:beta0=nan", "schedule 'x': beta0 is a number, not 'nan'", vp},
        {"x:beta0= 1", "schedule 'x': beta0 is a number, not ' 1'", vp},
        {"x:b=bh3", "schedule 'x': b is one of bh1|bh2, not 'bh3'", unipc},
        {"x:b=bh", "schedule 'x': b is one of bh1|bh2, not 'bh'", unipc},
        {"x:rho=7", "schedule 'x' has no parameters, yet 'rho=7' follows it", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fk_error err = {0};
        double value[FK_MAX_PARAMS];
        ck_assert_int_eq(fk_spec_params(bad[i].spec, "schedule", bad[i].param, value, &err),
                         FK_USAGE);
        ck_assert_str_eq(err.text, bad[i].says);
    }
}
END_TEST

START_TEST(numbers_are_read_whole_or_refused)
{
    double x = 7;
    uint64_t i = 7;
    ck_assert(fk_read_real("-2.385e-3", &x) && x == -2.385e-3);
    ck_assert(fk_read_real("inf", &x) && isinf(x));
    ck_assert(fk_read_whole("9223372036854775807", &i) && i == INT64_MAX);
    ck_assert(fk_read_whole("2e6", &i) && i == 2000000);
    const char *const bad[] = {"", " 1", "1 ", "1x", "nan", "-", "1,2", "0x"};
    x = 7, i = 7;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        ck_assert_msg(!fk_read_real(bad[k], &x), "'%s' read as a number", bad[k]);
        ck_assert_msg(!fk_read_whole(bad[k], &i), "'%s' read as a whole number", bad[k]);
    }
    const char *const not_whole[] = {"-1", "+1", "1.5", "1e99", "inf", "9223372036854775808"};
    for (size_t k = 0; k < sizeof not_whole / sizeof *not_whole; k++)
        ck_assert_msg(!fk_read_whole(not_whole[k], &i), "'%s' read as whole", not_whole[k]);
    ck_assert(x == 7 && i == 7);
}
END_TEST

FK_SUITE("names", a_row_is_found_by_its_whole_name_with_or_without_parameters,
         a_misspelt_name_brings_the_near_ones_and_a_strange_one_brings_all,
         a_list_too_long_for_its_buffer_ends_in_dots_and_never_beyond_it,
         parameters_take_their_defaults_numbers_infinity_and_words,
         a_bad_parameter_is_refused_with_one_line_that_tells_what_would_be_right,
         numbers_are_read_whole_or_refused)
