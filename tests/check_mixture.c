/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mixtures: the built-ins, moments and draws, reading from files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analytic/mixture.h"
#include "analytic/mixture_json.h"
#include "tests/suite.h"

static fk_mixture *read_or_die(const char *spec)
{
    fk_mixture *m = NULL;
    fk_error err = {.text = ""};
    int status = fk_mixture_read(spec, &m, &err);
    ck_assert_msg(status == 0, "%s", err.text);
    return m;
}

/* --- files of a test, in a folder of its own --- */

static char folder[] = "/tmp/fokker-mixture-XXXXXX";

static const char *write_file(const char *name, const char *text)
{
    static char path[200];
    if (strcmp(folder + strlen(folder) - 6, "XXXXXX") == 0) ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static void remove_files(void)
{
    static const char *const names[] = {"m.json", "p.csv"};
    char path[200];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    memset(folder + strlen(folder) - 6, 'X', 6); /* a fresh one for the next test */
}

/* --- the built-ins --- */

START_TEST(every_built_in_is_a_mixture)
{
    for (size_t i = 0; i < fk_n_mixtures; i++) {
        fk_mixture *m = read_or_die(fk_mixture_rows[i].name);
        ck_assert_str_eq(m->name, fk_mixture_rows[i].name);
        double sum = 0;
        for (size_t k = 0; k < m->k; k++) sum += m->weight[k];
        fk_assert_near(sum, 1, 1e-15);
        for (size_t j = 0; j < m->k * m->dim; j++)
            ck_assert(isfinite(m->mean[j]) && m->var[j] > 0 && isfinite(m->var[j]));
        ck_assert((m->kind == FK_FULL) == (m->axes != NULL));
        fk_mixture_free(m);
    }
}
END_TEST

START_TEST(built_ins_are_what_they_are_called)
{
    fk_mixture *m = read_or_die("gaussian-1d");
    ck_assert(m->k == 1 && m->dim == 1 && m->mean[0] == 0.7 && m->var[0] == 0.3);
    fk_mixture_free(m);
    m = read_or_die("three-1d");
    double mean, var; /* 0.3 (-2) + 0.5 (0.5) + 0.2 (1.8) = 0.01, and so on, by hand */
    fk_mixture_moments(m, &mean, &var);
    fk_assert_near(mean, 0.01, 1e-16);
    fk_assert_near(var, 0.3 * 4.16 + 0.5 * 0.3125 + 0.2 * 3.6 - 0.0001, 1e-15);
    fk_mixture_free(m);
    m = read_or_die("ring-8");
    ck_assert(m->kind == FK_ISOTROPIC && m->k == 8);
    for (size_t k = 0; k < 8; k++)
        fk_assert_near(hypot(m->mean[2 * k], m->mean[2 * k + 1]), 4, 1e-15);
    fk_mixture_free(m);
    m = read_or_die("full-2d");
    for (size_t k = 0; k < 3; k++) {
        const double *v = m->var + 2 * k, *a = m->axes + 4 * k;
        size_t top = v[1] > v[0];
        ck_assert(fmax(v[0], v[1]) / fmin(v[0], v[1]) >= 20);
        double degrees = fmod(atan2(a[2 * top + 1], a[2 * top]) * 180 / FK_PI + 180, 180);
        fk_assert_near(degrees, 30.0 + 45.0 * (double)k, 1e-12);
    }
    fk_mixture_free(m);
    m = read_or_die("random-16d");
    ck_assert(m->dim == 16 && m->k == 16 && m->kind == FK_FULL);
    for (size_t k = 0; k < 16; k++) {
        double lo = INFINITY, hi = 0;
        for (size_t j = 0; j < 16; j++) {
            lo = fmin(lo, m->var[16 * k + j]);
            hi = fmax(hi, m->var[16 * k + j]);
        }
        fk_assert_near(hi / lo, 1000, 1e-9);
    }
    fk_mixture_free(m);
}
END_TEST

/* Sample means and covariances over n draws against the moments; 6 standard errors of each entry
 * from the sample itself (false alarm 2e-9 an entry). The control is a mean off by 0.1 sd: 32
 * errors. */
static void check_draws(const char *name)
{
    enum { N = 100000, MAX_DIM = 16 };
    fk_mixture *m = read_or_die(name);
    size_t n = m->dim;
    double mean[MAX_DIM], cov[MAX_DIM * MAX_DIM], x[MAX_DIM];
    double *sum = fk_alloc(n + 2 * n * n, sizeof *sum), *second = sum + n, *fourth = second + n * n;
    fk_mixture_moments(m, mean, cov);
    for (uint64_t i = 0; i < N; i++) {
        fk_mixture_draw(m, 20, 18, i, x);
        for (size_t a = 0; a < n; a++) {
            sum[a] += x[a] - mean[a];
            for (size_t b = 0; b < n; b++) {
                double c = (x[a] - mean[a]) * (x[b] - mean[b]);
                second[a * n + b] += c;
                fourth[a * n + b] += c * c;
            }
        }
    }
    for (size_t a = 0; a < n; a++) {
        double se = sqrt(cov[a * n + a] / N);
        fk_assert_near(sum[a] / N, 0, 6 * se);
        ck_assert(fabs(sum[a] / N - 0.1 * sqrt(cov[a * n + a])) > 6 * se);
        for (size_t b = 0; b < n; b++) {
            size_t ab = a * n + b;
            double got = second[ab] / N, spread = sqrt((fourth[ab] / N - got * got) / N);
            fk_assert_near(got, cov[ab], 6 * spread);
        }
    }
    free(sum);
    fk_mixture_free(m);
}

START_TEST(draws_have_the_moments_of_the_mixture)
{
    check_draws("bimodal-1d");
    check_draws("grid-25");
    check_draws("full-2d");
    check_draws("random-16d");
}
END_TEST

START_TEST(a_draw_depends_on_seed_stream_and_number_alone)
{
    fk_mixture *m = read_or_die("random-16d");
    double a[16], b[16], other[16];
    fk_mixture_draw(m, 7, 18, 41, a);
    fk_mixture_draw(m, 7, 18, 42, other);
    fk_mixture_draw(m, 7, 18, 41, b);
    ck_assert(memcmp(a, b, sizeof a) == 0 && memcmp(a, other, sizeof a) != 0);
    fk_mixture_draw(m, 8, 18, 41, b);
    ck_assert(memcmp(a, b, sizeof a) != 0);
    fk_mixture_draw(m, 7, 19, 41, b);
    ck_assert(memcmp(a, b, sizeof a) != 0);
    fk_mixture_free(m);
}
END_TEST

/* --- reading --- */

START_TEST(many_draws_are_those_drawn_one_by_one)
{
    static const char *const specs[] = {"three-1d", "ring-8", "full-2d"};
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    static const size_t ns[] = {1, 15, 17, 64, 130};
    const uint64_t first = 5831;
    for (int s = 0; s < 9; s++) {
        fk_mixture *m = read_or_die(specs[s % 3]);
        setenv("FOKKER_ISA", isas[s / 3], 1);
        for (int i = 0; i < 5; i++) {
            double many[2 * 130], one[2];
            fk_mixture_draws(m, 7, 18, first, (fk_block){many, ns[i], m->dim, ns[i]});
            for (size_t p = 0; p < ns[i]; p++) {
                fk_mixture_draw(m, 7, 18, first + p, one);
                for (size_t d = 0; d < m->dim; d++) ck_assert(many[d * ns[i] + p] == one[d]);
            }
        }
        fk_mixture_free(m);
    }
    unsetenv("FOKKER_ISA");
}
END_TEST

START_TEST(components_are_read_with_cov_var_or_std)
{
    fk_mixture *m = read_or_die(write_file(
        "m.json", "{\"dim\": 2, \"components\": ["
                  "{\"weight\": 0.3, \"mean\": [-2, 0.5], \"cov\": [[0.16, 0.07], [0.07, 0.29]]},"
                  "{\"weight\": 0.5, \"mean\": [1, 1], \"std\": 0.4},"
                  "{\"weight\": 0.2, \"mean\": [0, 3], \"var\": [0.1, 0]}]}"));
    double cov[4];
    ck_assert(m->kind == FK_FULL && m->k == 3 && m->dim == 2);
    fk_mixture_covariance(m, 0, cov);
    fk_assert_near(cov[0], 0.16, 1e-16);
    fk_assert_near(cov[1], 0.07, 1e-16);
    fk_assert_near(cov[3], 0.29, 1e-16);
    fk_mixture_free(m);
    remove_files();
}
END_TEST

static void assert_same(const fk_mixture *a, const fk_mixture *b)
{
    size_t k = a->k, n = a->dim;
    ck_assert(k == b->k && n == b->dim && a->kind == b->kind);
    ck_assert(memcmp(a->weight, b->weight, k * sizeof(double)) == 0);
    ck_assert(memcmp(a->mean, b->mean, k * n * sizeof(double)) == 0);
    ck_assert(memcmp(a->var, b->var, k * n * sizeof(double)) == 0);
    if (a->axes) ck_assert(memcmp(a->axes, b->axes, k * n * n * sizeof(double)) == 0);
}

START_TEST(a_mixture_written_as_json_is_read_back_to_the_last_bit)
{
    for (size_t i = 0; i <= fk_n_mixtures; i++) {
        fk_mixture *m =
            read_or_die(i < fk_n_mixtures ? fk_mixture_rows[i].name : "examples/faithful.json");
        json_t *json = fk_mixture_json(m);
        char *text = json_dumps(json, JSON_REAL_PRECISION(17));
        fk_mixture *again = read_or_die(write_file("m.json", text));
        assert_same(m, again);
        free(text);
        json_decref(json);
        fk_mixture_free(again);
        fk_mixture_free(m);
    }
    remove_files();
}
END_TEST

START_TEST(mixtures_are_of_the_narrowest_kind)
{
    const struct {
        const char *component;
        fk_covariance kind;
    } c[] = {{"\"std\": 0.4", FK_ISOTROPIC},
             {"\"std\": 0", FK_ISOTROPIC},
             {"\"cov\": [[0, 0], [0, 0]]", FK_ISOTROPIC},
             {"\"var\": [0.3, 0.2]", FK_DIAGONAL},
             {"\"cov\": [[0.2, 0], [0, 0.3]]", FK_DIAGONAL},
             {"\"cov\": [[0.2, 0.01], [0.01, 0.3]]", FK_FULL}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "{\"dim\": 2, \"components\": [{\"weight\": 1, \"mean\": [1, 2], %s}]}",
                 c[i].component);
        fk_mixture *m = read_or_die(write_file("m.json", text));
        ck_assert_int_eq(m->kind, c[i].kind);
        fk_mixture_free(m);
    }
    remove_files();
}
END_TEST

START_TEST(points_become_a_kernel_density)
{
    write_file("p.csv", "# three points\na,b\n1,10\n2,20\n4,60\n");
    fk_mixture *m =
        read_or_die(write_file("m.json", "{\"points\": \"p.csv\", \"columns\": [1, 0], "
                                         "\"std\": [0.5, 0.25], \"standardise\": true}"));
    double mean[2], cov[4];
    ck_assert(m->dim == 2 && m->k == 3 && m->kind == FK_DIAGONAL);
    ck_assert(m->mean[4] > m->mean[2] && m->mean[2] > m->mean[0]);
    fk_mixture_moments(m, mean, cov);
    fk_assert_near(mean[0], 0, 1e-15);
    fk_assert_near(mean[1], 0, 1e-15);
    fk_assert_near(cov[0], 1 + 0.25, 1e-15);
    fk_assert_near(cov[3], 1 + 0.0625, 1e-15);
    fk_mixture_free(m);
    m = read_or_die(write_file("m.json", "\xef\xbb\xbf{\"points\": \"p.csv\"}")); /* with a mark */
    ck_assert(m->dim == 2 && m->mean[5] == 60 && m->var[5] == 0);
    fk_mixture_free(m);
    remove_files();
}
END_TEST

/* The number of rows and the means of the data set, which R prints as 3.487783 and 70.89706. */
START_TEST(old_faithful_has_272_eruptions)
{
    fk_mixture *m = read_or_die("examples/faithful-duration.json");
    double mean[2], cov[4];
    ck_assert(m->k == 272 && m->dim == 1);
    fk_mixture_moments(m, mean, cov);
    fk_assert_near(mean[0], 3.4877830882352936, 1e-14);
    fk_assert_near(cov[0], 1.2979388904492861 + 0.04, 1e-13);
    fk_mixture_free(m);
    write_file("p.csv", "");
    m = read_or_die(
        write_file("m.json", "{\"points\": \"examples/faithful.csv\", \"columns\": [1]}"));
    fk_mixture_moments(m, mean, cov);
    ck_assert_uint_eq(m->k, 272);
    fk_assert_near(mean[0], 70.897058823529406, 1e-12);
    fk_mixture_free(m);
    m = read_or_die("examples/faithful.json");
    ck_assert(m->k == 272 && m->dim == 2);
    fk_mixture_free(m);
    fk_mixture_free(read_or_die("examples/three.json"));
    remove_files();
}
END_TEST

/* --- bad input: one clear line, and FK_USAGE --- */

#define ONE(fields) "{\"dim\": 2, \"components\": [{" fields "}]}"
#define GOOD        "\"weight\": 1, \"mean\": [1, 2]"

static const struct {
    const char *text, *says; /* a part of the message that names the fault */
} bad[] = {
    {"[1, 2]", "must be an object"},
    {"{\"dim\": 2}", "\"components\" is missing"},
    {"{\"components\": []}", "\"dim\" is missing"},
    {"{\"dim\": 0, \"components\": [{}]}", "\"dim\" must be an integer from 1"},
    {"{\"dim\": 1.5, \"components\": [{}]}", "\"dim\" must be an integer from 1"},
    {"{\"dim\": 1e18, \"components\": [{}]}", "\"dim\" must be an integer from 1"},
    {"{\"dim\": 2, \"components\": []}", "at least one"},
    {"{\"dim\": 2, \"components\": [3]}", "component 1: must be an object"},
    {"{\"dim\": 2, \"component\": []}", "unknown key \"component\"; near are components"},
    {ONE("\"mean\": [1, 2], \"std\": 1"), "component 1: the key \"weight\" is missing"},
    {ONE("\"weight\": 1, \"std\": 1"), "component 1: the key \"mean\" is missing"},
    {ONE(GOOD), "exactly one of \"cov\", \"var\" and \"std\""},
    {ONE(GOOD ", \"std\": 1, \"cov\": [[1, 0], [0, 1]]"), "exactly one of"},
    {ONE(GOOD ", \"std\": 1, \"colour\": 2"), "unknown key \"colour\""},
    {ONE(GOOD ", \"std\": -0.4"), "\"std\" is -0.4: must not be negative"},
    {ONE(GOOD ", \"std\": \"0.4\""), "\"std\" must be a number"},
    {ONE(GOOD ", \"var\": [1, -2]"), "\"var\" is -2: must not be negative"},
    {ONE(GOOD ", \"var\": [1, 2, 3]"), "\"var\" must be an array of length 2, not 3"},
    {ONE("\"weight\": 1, \"mean\": [1, 2, 3], \"std\": 1"),
     "\"mean\" must be an array of length 2"},
    {ONE("\"weight\": 1, \"mean\": 1, \"std\": 1"), "\"mean\" must be an array of length 2"},
    {ONE("\"weight\": 1, \"mean\": [1, null], \"std\": 1"), "\"mean\" must be a number"},
    {ONE("\"weight\": 1, \"mean\": [1, NaN], \"std\": 1"), "m.json"},
    {ONE("\"weight\": \"all\", \"mean\": [1, 2], \"std\": 1"), "\"weight\" must be a number"},
    {ONE("\"weight\": 0.9, \"mean\": [1, 2], \"std\": 1"), "the weights sum to 0.9: must be 1"},
    {ONE("\"weight\": -1, \"mean\": [1, 2], \"std\": 1"), "\"weight\" is -1: must be positive"},
    {ONE(GOOD ", \"cov\": [[1, 0]]"), "\"cov\" must be an array of 2 rows"},
    {ONE(GOOD ", \"cov\": [[1, 0], [0]]"), "\"cov row 2\" must be an array of length 2"},
    {ONE(GOOD ", \"cov\": [[1, 0.2], [0.3, 1]]"), "\"cov\" is not symmetric"},
    {ONE(GOOD ", \"cov\": [[1, 1.25], [1.25, 1]]"),
     "component 1: \"cov\" is not positive definite (smallest eigenvalue -0.25)"},
    {ONE(GOOD ", \"cov\": [[1, 1], [1, 1]]"), "not positive definite (smallest eigenvalue 0)"},
    {ONE(GOOD ", \"cov\": [[1, 0], [0, -0.5]]"),
     "not positive definite (smallest eigenvalue -0.5)"},
    {ONE(GOOD ", \"cov\": [[0, 0], [0, 1]]"), "not positive definite (a variance of 0"},
    {"{\"dim\": 2, \"components\": [{\"weight\": 1}", "m.json"},
    {"{\"points\": \"p.csv\", \"columns\": [2]}", "whole numbers from 0 to 1"},
    {"{\"points\": \"p.csv\", \"columns\": [-1]}", "whole numbers from 0 to 1"},
    {"{\"points\": \"p.csv\", \"columns\": [\"a\"]}", "whole numbers from 0 to 1"},
    {"{\"points\": \"p.csv\", \"columns\": [1, 0, 1]}", "has column 1 twice"},
    {"{\"points\": \"p.csv\", \"columns\": []}", "array of column numbers"},
    {"{\"points\": \"p.csv\", \"columns\": 0}", "array of column numbers"},
    {"{\"points\": \"p.csv\", \"std\": [0.1]}", "\"std\" must be an array of length 2, not 1"},
    {"{\"points\": \"p.csv\", \"std\": -1}", "must not be negative"},
    {"{\"points\": \"p.csv\", \"dim\": 2}", "unknown key \"dim\""},
    {"{\"points\": \"p.csv\", \"standardise\": 1}", "must be true or false"},
    {"{\"points\": \"p.csv\", \"standardise\": true}", "column 1 of \"columns\" is constant"},
    {"{\"points\": 3}", "name of a CSV or NPY file"},
};

START_TEST(bad_mixtures_get_one_clear_line)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fk_mixture *m = NULL;
        fk_error err = {.text = ""};
        write_file("p.csv", "1,2\n3,2\n");
        int status = fk_mixture_read(write_file("m.json", bad[i].text), &m, &err);
        ck_assert_msg(status == FK_USAGE, "%s: status %d", bad[i].text, status);
        ck_assert_msg(strstr(err.text, bad[i].says) && strstr(err.text, "m.json") &&
                          !strchr(err.text, '\n'),
                      "%s: \"%s\" does not say \"%s\"", bad[i].text, err.text, bad[i].says);
        ck_assert_ptr_null(m);
    }
    remove_files();
}
END_TEST

START_TEST(missing_files_and_unknown_names_are_told_apart)
{
    fk_mixture *m = NULL;
    fk_error err = {.text = ""};
    ck_assert_int_eq(fk_mixture_read("three-2d", &m, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "three-1d"), "%s", err.text);
    ck_assert_int_eq(fk_mixture_read("/nowhere/m.json", &m, &err), FK_FILE);
    const char *path = write_file("m.json", "{\"points\": \"absent.csv\"}");
    ck_assert_int_eq(fk_mixture_read(path, &m, &err), FK_FILE);
    ck_assert_msg(strstr(err.text, "absent.csv"), "%s", err.text);
    remove_files();
}
END_TEST

FK_SUITE("mixture", every_built_in_is_a_mixture, built_ins_are_what_they_are_called,
         draws_have_the_moments_of_the_mixture, a_draw_depends_on_seed_stream_and_number_alone,
         many_draws_are_those_drawn_one_by_one, components_are_read_with_cov_var_or_std,
         a_mixture_written_as_json_is_read_back_to_the_last_bit, mixtures_are_of_the_narrowest_kind,
         points_become_a_kernel_density, old_faithful_has_272_eruptions,
         bad_mixtures_get_one_clear_line, missing_files_and_unknown_names_are_told_apart)
