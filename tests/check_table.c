/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/table.h"
#include "tests/suite.h"

static char csv[64], npy[64];

/* Two names that nobody else has; forked test processes make their own. */
static void name_files(void)
{
    snprintf(csv, sizeof csv, "/tmp/fokker-check-%ld.csv", (long)getpid());
    snprintf(npy, sizeof npy, "/tmp/fokker-check-%ld.npy", (long)getpid());
}

static void put(const char *path, const void *bytes, size_t n)
{
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    ck_assert_int_eq(fclose(out), 0);
}

static void put_text(const char *text)
{
    name_files();
    put(csv, text, strlen(text));
}

START_TEST(a_csv_is_read_with_commas_blanks_comments_a_header_and_odd_line_ends)
{
    static const char *const same[] = {
        "1,-2.5e-3,3\n4,5,6\n",
        "# a comment\n\"a\",\"b b\",\"c\"\n1,-2.5e-3,3\n\n# more\n4,5,6",
        "x0 x1 x2\r\n1 -2.5e-3 3\r\n4 5 6\r\n",
        "\xef\xbb\xbfx0,x1,x2\n 1 ,\t-2.5e-3 , 3 \n4\t5   6\n",
        "\"1\",\"-2.5e-3\",3\n4,5,\"6\"\n",
    };
    static const double expected[] = {1, -2.5e-3, 3, 4, 5, 6};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        put_text(same[i]);
        fk_table t;
        fk_error err;
        ck_assert_msg(fk_table_read(csv, &t, &err) == FK_OK, "%zu: %s", i, err.text);
        ck_assert(t.n_axes == 2 && t.shape[0] == 2 && t.shape[1] == 3);
        for (size_t k = 0; k < 6; k++) ck_assert(t.x[k] == expected[k]);
        fk_table_free(&t);
    }
    unlink(csv);
}
END_TEST

START_TEST(a_bad_csv_is_refused_with_file_and_line)
{
    const struct {
        const char *text, *says;
    } bad[] = {
        {"1,2\n3,4\n5\n", ":3: 1 columns where the rows above have 2"},
        {"1,2\n3,4,5\n", ":2: 3 columns where the rows above have 2"},
        {"1,2\n3,4,\n", ":2: 3 columns where the rows above have 2"},
        {"a,b\nc,d\n1,2\n", ":2: 'c' is not a number"},
        {"# c\n1,2\nx,4\n", ":3: 'x' is not a number"},
        {"1,x\n", ":1: 'x' is not a number"},
        {"1,2;3\n", ":1: '2;3' is not a number"},
        {"", ": holds no row of numbers"},
        {"a,b\n", ": holds no row of numbers"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_text(bad[i].text);
        fk_table t;
        fk_error err;
        ck_assert_int_eq(fk_table_read(csv, &t, &err), FK_USAGE);
        ck_assert_msg(strncmp(err.text, csv, strlen(csv)) == 0 &&
                          strcmp(err.text + strlen(csv), bad[i].says) == 0,
                      "%s", err.text);
        ck_assert_ptr_null(t.x);
    }
    put(csv, "1,2\n3\0,4\n", 9);
    fk_table t;
    fk_error err;
    ck_assert_int_eq(fk_table_read(csv, &t, &err), FK_USAGE);
    unlink(csv);
    ck_assert_int_eq(fk_table_read(csv, &t, &err), FK_FILE);
    ck_assert_int_eq(fk_table_read("/tmp", &t, &err), FK_FILE);
}
END_TEST

START_TEST(points_must_be_finite_and_of_the_right_width_where_tables_need_not)
{
    static const char *const holes[] = {"x0,x1\n1,2\n3,\n", "1,2\n3,inf\n", "1,2\nnan,4\n",
                                        "1,2\n-inf 4\n"};
    fk_table t;
    fk_error err;
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
        put_text(holes[i]);
        ck_assert_int_eq(fk_points_read(csv, 2, &t, &err), FK_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, i == 0 ? ":3: column 2" : ":2: column"));
        ck_assert_int_eq(fk_table_read(csv, &t, &err), FK_OK); /* control */
        fk_table_free(&t);
    }
    put_text("1,2\n3,4\n");
    ck_assert_int_eq(fk_points_read(csv, 3, &t, &err), FK_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "points of 2 coordinates; would be right: 3"));
    ck_assert_int_eq(fk_points_read(csv, 2, &t, &err), FK_OK);
    fk_table_free(&t);
    unlink(csv);
}
END_TEST

/* Numbers that a shorter format would lose. */
static const double odd[] = {0.1 + 0.2, -5e-324, 1.7976931348623157e308, -0.0, 2.385, 1 / 3.0};

START_TEST(points_come_back_with_every_bit_from_csv_and_npy)
{
    name_files();
    const char *const path[] = {csv, npy};
    for (size_t k = 0; k < 2; k++) {
        fk_table t;
        fk_error err;
        ck_assert_int_eq(fk_points_write(path[k], odd, 3, 2, "two\nlines", &err), FK_OK);
        ck_assert_int_eq(fk_points_read(path[k], 2, &t, &err), FK_OK);
        ck_assert(t.shape[0] == 3 && t.shape[1] == 2);
        ck_assert_int_eq(memcmp(t.x, odd, sizeof odd), 0);
        fk_table_free(&t);
        unlink(path[k]);
    }
    fk_error err;
    char text[80];
    snprintf(text, sizeof text, "/tmp/fokker-check-%ld.txt", (long)getpid());
    ck_assert_int_eq(fk_points_write(text, odd, 3, 2, NULL, &err), FK_USAGE);
    ck_assert_int_ne(access(text, F_OK), 0);
}
END_TEST

START_TEST(a_csv_has_a_head_blocks_infinities_and_empty_fields_for_what_is_not_defined)
{
    name_files();
    fk_csv *out;
    fk_error err;
    ck_assert_int_eq(fk_csv_create(csv, "t,f,g2", "mixture: three-1d", &out, &err), FK_OK);
    fk_csv_row(out, (double[]){0.5, NAN, -INFINITY}, 3);
    fk_csv_block(out);
    fk_csv_row(out, (double[]){0.1, INFINITY, -NAN}, 3);
    ck_assert_int_eq(fk_csv_commit(out, &err), FK_OK);
    char text[200] = {0};
    FILE *in = fopen(csv, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, in), 0);
    fclose(in);
    ck_assert_str_eq(text, "# version: fokker 0.1.0\n# mixture: three-1d\nt,f,g2\n0.5,,-inf\n\n"
                           "0.10000000000000001,inf,\n");
    fk_table t;
    ck_assert_int_eq(fk_table_read(csv, &t, &err), FK_OK);
    ck_assert(isnan(t.x[1]) && t.x[2] == -INFINITY && isnan(t.x[5]));
    fk_table_free(&t);
    unlink(csv);
}
END_TEST

START_TEST(an_npy_keeps_its_shape_and_its_numbers_start_on_a_multiple_of_64)
{
    name_files();
    const size_t shape[][3] = {{6, 0, 0}, {2, 3, 0}, {1, 2, 3}};
    for (size_t axes = 1; axes <= 3; axes++) {
        fk_table t;
        fk_error err;
        ck_assert_int_eq(fk_npy_write(npy, odd, axes, shape[axes - 1], &err), FK_OK);
        ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_OK);
        ck_assert_uint_eq(t.n_axes, axes);
        for (size_t i = 0; i < axes; i++) ck_assert_uint_eq(t.shape[i], shape[axes - 1][i]);
        ck_assert_int_eq(memcmp(t.x, odd, sizeof odd), 0);
        fk_table_free(&t);
        FILE *in = fopen(npy, "r");
        fseek(in, 0, SEEK_END);
        ck_assert_int_eq((ftell(in) - (long)sizeof odd) % 64, 0);
        fclose(in);
        int dim_ok = fk_points_read(npy, 3, &t, &err);
        ck_assert_int_eq(dim_ok, axes == 2 ? FK_OK : FK_USAGE);
        if (dim_ok == FK_OK) fk_table_free(&t);
    }
    unlink(npy);
}
END_TEST

/* An NPY file of the given version, header text and payload. */
static void put_npy(int version, const char *header, const void *payload, size_t n)
{
    unsigned char bytes[600] = "\x93NUMPY";
    size_t length = strlen(header), at = version == 2 ? 12 : 10;
    bytes[6] = (unsigned char)version;
    bytes[8] = (unsigned char)(length & 255);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + at, header, length);
    if (n) memcpy(bytes + at + length, payload, n);
    name_files();
    put(npy, bytes, at + length + n);
}

#define SHAPE(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }"

START_TEST(other_versions_and_types_of_npy_are_read_as_numpy_writes_them)
{
    const float f4[] = {0.1F, -2.5F};
    const int64_t i8[] = {-3, 1234567890123};
    const double f8[] = {2.385, -0.5};
    fk_table t;
    fk_error err;
    put_npy(2, SHAPE("<f8", "(2,)"), f8, sizeof f8);
    ck_assert_int_eq(fk_points_read(npy, 1, &t, &err), FK_OK);
    ck_assert(t.x[0] == f8[0] && t.x[1] == f8[1] && t.shape[0] == 2 && t.shape[1] == 1);
    fk_table_free(&t);
    put_npy(1, SHAPE("<f4", "(1, 2)"), f4, sizeof f4);
    ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_OK);
    ck_assert(t.x[0] == (double)f4[0] && t.x[1] == (double)f4[1]);
    fk_table_free(&t);
    put_npy(1, "{\"x\": 1, 'shape': (2,),'fortran_order':False,'descr':'<i8'}\n", i8, sizeof i8);
    ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_OK);
    ck_assert(t.x[0] == -3 && t.x[1] == 1234567890123.0);
    fk_table_free(&t);
    unlink(npy);
}
END_TEST

START_TEST(a_bad_npy_is_refused_with_one_line_and_nothing_absurd_is_allocated)
{
    const double x[] = {2.385, -0.5, INFINITY};
    const struct {
        int version;
        const char *header, *says;
    } bad[] = {
        {1, SHAPE("<f8", "(4,)"), "truncated: its header promises "},
        {1, SHAPE("<f8", "(2,)"), "too long: its header promises "},
        {1, SHAPE("<f8", "(4294967296, 4294967296)"), "more numbers than memory counts"},
        {1, SHAPE("<f8", "(99999999999999999999,)"), "more numbers than memory counts"},
        {1, SHAPE("<f8", "(1000000000000,)"), "truncated"},
        {1, SHAPE("<f8", "(-3,)"), "no readable shape"},
        {1, SHAPE("<f8", "(3"), "lacks descr, fortran_order or shape"},
        {1, SHAPE("<f8", "()"), "holds no row of numbers"},
        {1, SHAPE("<f8", "(0, 3)"), "holds no row of numbers"},
        {1, SHAPE("<f8", "(1, 1, 1, 1, 1, 1, 3)"), "more than 6 axes"},
        {1, SHAPE(">f8", "(3,)"), "numbers of type '>f8'; would be right: '<f8'"},
        {1, SHAPE("<c16", "(3,)"), "numbers of type '<c16'"},
        {1, "{'descr': '<f8', 'fortran_order': True, 'shape': (3,), }", "in Fortran order"},
        {1, "{'descr': '<f8', 'shape': (3,), }", "lacks descr, fortran_order or shape"},
        {3, SHAPE("<f8", "(3,)"), "NPY version 3; would be right: 1 or 2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_npy(bad[i].version, bad[i].header, x, sizeof x);
        fk_table t;
        fk_error err;
        ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_USAGE);
        ck_assert_msg(strncmp(err.text, npy, strlen(npy)) == 0 && strstr(err.text, bad[i].says),
                      "%zu: %s", i, err.text);
    }
    fk_table t;
    fk_error err;
    put_npy(1, SHAPE("<f8", "(3,)"), x, sizeof x); /* control: the same, made right */
    ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_OK);
    fk_table_free(&t);
    ck_assert_int_eq(fk_points_read(npy, 1, &t, &err), FK_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "row 2 (from 0) is not finite"));
    put(npy, "\x93NUMPY\1\0\xff", 9);
    ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_USAGE);
    put(npy, "\x93NUMPY\1\0\xff\0{", 11);
    ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_USAGE);
    unlink(npy);
    ck_assert_int_eq(fk_table_read(npy, &t, &err), FK_FILE);
}
END_TEST

FK_SUITE("table", a_csv_is_read_with_commas_blanks_comments_a_header_and_odd_line_ends,
         a_bad_csv_is_refused_with_file_and_line,
         points_must_be_finite_and_of_the_right_width_where_tables_need_not,
         points_come_back_with_every_bit_from_csv_and_npy,
         a_csv_has_a_head_blocks_infinities_and_empty_fields_for_what_is_not_defined,
         an_npy_keeps_its_shape_and_its_numbers_start_on_a_multiple_of_64,
         other_versions_and_types_of_npy_are_read_as_numpy_writes_them,
         a_bad_npy_is_refused_with_one_line_and_nothing_absurd_is_allocated)
