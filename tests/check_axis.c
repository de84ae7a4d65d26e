/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time axes: the nodes against the grids' definitions, the chain grids against published lists. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "schedules/axis.h"
#include "tests/suite.h"

static fk_schedule schedule_of(const char *spec)
{
    fk_schedule schedule;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_schedule_parse(spec, &schedule, &err) == FK_OK, "%s", err.text);
    return schedule;
}

static fk_axis axis_of(const fk_schedule *schedule, const char *grid, size_t n, double a, double b)
{
    fk_axis axis;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_axis_on_schedule(schedule, grid, n, a, b, &axis, &err) == FK_OK, "%s: %s",
                  schedule->row.name, err.text);
    return axis;
}

/* What each grid spaces evenly. */
static double even(const char *grid, double t, const fk_coeffs *c)
{
    if (strcmp(grid, "uniform") == 0) return t;
    if (strcmp(grid, "quadratic") == 0) return sqrt(t);
    if (strcmp(grid, "lambda") == 0) return c->lambda;
    double rho = strcmp(grid, "karras") == 0 ? 7 : 2.385;
    return pow(c->sigma / c->s, 1 / rho);
}

/* How far the nodes are from being evenly spaced in `as`, of the whole. */
static double unevenness(const fk_axis *axis, const char *as)
{
    double first = even(as, axis->t[0], &axis->node[0]), N = (double)axis->n_steps;
    double last = even(as, axis->t[axis->n_steps], &axis->node[axis->n_steps]), worst = 0;
    for (size_t n = 0; n <= axis->n_steps; n++) {
        double u = (double)n / N, here = even(as, axis->t[n], &axis->node[n]);
        double off = fabs(here - (first + u * (last - first))) / fabs(last - first);
        if (!(off <= worst)) worst = off;
    }
    return worst;
}

START_TEST(every_grid_is_even_in_its_own_variable)
{
    const char *grid[] = {"uniform", "quadratic", "lambda", "karras", "karras:rho=2.385"};
    for (size_t i = 0; i < fk_n_schedules; i++) {
        fk_schedule s = schedule_of(fk_schedules[i].row.name);
        for (int g = 0; g < 5; g++) {
            double a = s.t_max, b = s.t_min;
            if (g % 2) a = b + 0.7385 * (a - b), b += 0.0137 * (a - b); /* not only the whole */
            fk_axis axis = axis_of(&s, grid[g], 23, a, b);
            ck_assert(axis.schedule == &s && axis.n_steps == 23);
            ck_assert(axis.t[0] == a && axis.t[23] == b);
            for (size_t n = 0; n <= 23; n++) {
                ck_assert(n == 0 || axis.t[n] < axis.t[n - 1]);
                fk_coeffs c = fk_schedule_at(&s, axis.t[n]);
                ck_assert(memcmp(&c, &axis.node[n], sizeof c) == 0);
            }
            /* rounding alone: t to 2^-53, which cosine's lambda near t = 1 turns into 200 of them
             */
            ck_assert_msg(unevenness(&axis, grid[g]) < 1e-12, "%s %s", s.row.name, grid[g]);
            /* control: no grid is even in another's variable (except where they are the same:
             * lambda of ve is linear in t) */
            for (int other = 0; other < 5; other++) {
                bool same =
                    other == g || (!strcmp(s.row.name, "ve") && other + g == 2 && g % 2 == 0);
                ck_assert_msg(same || unevenness(&axis, grid[other]) > 1e-3, "%s: %s is %s",
                              s.row.name, grid[g], grid[other]);
            }
            fk_axis_free(&axis);
        }
    }
}
END_TEST

START_TEST(one_step_goes_from_end_to_end)
{
    fk_schedule s = schedule_of("vp-linear");
    fk_axis axis = axis_of(&s, "lambda", 1, 0.9, 0.1);
    ck_assert(axis.t[0] == 0.9 && axis.t[1] == 0.1);
    fk_axis_free(&axis);
}
END_TEST

static void expect_indices(const char *spec, const char *grid, size_t n, const int *index)
{
    fk_chain chain;
    fk_axis axis;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_chain_parse(spec, &chain, &err), FK_OK);
    ck_assert_msg(fk_axis_on_chain(&chain, grid, n, &axis, &err) == FK_OK, "%s", err.text);
    ck_assert(!axis.schedule && axis.n_steps == n);
    for (size_t j = 0; j < n; j++) {
        ck_assert_msg(axis.t[j] == index[j], "%s: node %zu is %g", grid, j, axis.t[j]);
        fk_coeffs c = fk_chain_at(&chain, index[j]);
        ck_assert(axis.node[j].s == c.s && axis.node[j].sigma == c.sigma);
    }
    ck_assert(axis.t[n] == -1 && axis.node[n].s == 1 && axis.node[n].sigma == 0);
    fk_axis_free(&axis);
    fk_chain_free(&chain);
}

/* 10 steps of 1000: leading, trailing and linspace as Lin et al. 2024, table 2 lists them; quad as
 * int(linspace(0, sqrt(800), 10)^2). Then numbers that do not divide. */
START_TEST(chain_grids_choose_the_published_indices)
{
    const char *chain = "ddpm-linear";
    expect_indices(chain, "leading", 10, (int[]){900, 800, 700, 600, 500, 400, 300, 200, 100, 0});
    expect_indices(chain, "trailing", 10, (int[]){999, 899, 799, 699, 599, 499, 399, 299, 199, 99});
    expect_indices(chain, "linspace", 10, (int[]){999, 888, 777, 666, 555, 444, 333, 222, 111, 0});
    expect_indices(chain, "quad", 10, (int[]){800, 632, 483, 355, 246, 158, 88, 39, 9, 0});
    expect_indices("cosine:T=38", "leading", 5, (int[]){28, 21, 14, 7, 0});
    expect_indices("cosine:T=38", "trailing", 5, (int[]){37, 29, 22, 14, 7});
    expect_indices("cosine:T=38", "linspace", 5, (int[]){37, 28, 18, 9, 0});
    expect_indices("cosine:T=38", "linspace", 1, (int[]){37});
    expect_indices("vp-linear:T=3", "trailing", 3, (int[]){2, 1, 0});
}
END_TEST

static char *grid_file(const char *text)
{
    static char spec[64];
    strcpy(spec, "file:/tmp/fokker-grid-XXXXXX");
    int fd = mkstemp(spec + 5);
    ck_assert(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs(text, f);
    fclose(f);
    return spec;
}

START_TEST(a_file_tells_the_nodes)
{
    fk_schedule s = schedule_of("vp-linear");
    char *spec = grid_file("# a grid\n0.9385\n0.25\n0.0137\n");
    fk_axis axis = axis_of(&s, spec, 50, s.t_max, s.t_min);
    ck_assert(axis.n_steps == 2 && axis.t[0] == 0.9385 && axis.t[1] == 0.25 && axis.t[2] == 0.0137);
    fk_axis_free(&axis);
    unlink(spec + 5);
    spec = grid_file("999\n238\n5\n");
    expect_indices("ddpm-linear", spec, 3, (int[]){999, 238, 5});
    unlink(spec + 5);
}
END_TEST

static void refused_on_schedule(const char *grid, double a, double b, const char *says)
{
    fk_schedule s = schedule_of("vp-linear");
    fk_axis axis;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_axis_on_schedule(&s, grid, 10, a, b, &axis, &err) == FK_USAGE, "%s", grid);
    ck_assert_msg(strstr(err.text, says) && !strchr(err.text, '\n'), "%s", err.text);
    ck_assert(!axis.t && !axis.node);
}

static void refused_on_chain(const char *spec, const char *grid, size_t n, const char *says)
{
    fk_chain chain;
    fk_axis axis;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_chain_parse(spec, &chain, &err), FK_OK);
    ck_assert_msg(fk_axis_on_chain(&chain, grid, n, &axis, &err) == FK_USAGE, "%s", grid);
    ck_assert_msg(strstr(err.text, says) && !strchr(err.text, '\n'), "%s", err.text);
    ck_assert(!axis.t && !axis.node);
    fk_chain_free(&chain);
}

START_TEST(what_cannot_be_run_is_refused_in_one_line)
{
    refused_on_schedule("unform", 1, 1e-3, "uniform");
    refused_on_schedule("trailing", 1, 1e-3, "on a schedule: uniform");
    refused_on_schedule("uniform", 1.5, 1e-3, "--t-start 1.5");
    refused_on_schedule("uniform", 1, 0, "--t-end 0 ");
    refused_on_schedule("uniform", 0.1, 0.5, "above");
    refused_on_schedule("uniform", NAN, 0.5, "--t-start");
    refused_on_schedule("uniform", 0.5, nextafter(0.5, 0), "not below");
    refused_on_schedule("karras:rho=0", 1, 1e-3, "rho");
    refused_on_schedule("lambda:rho=7", 1, 1e-3, "no parameters");
    refused_on_schedule("file", 1, 1e-3, "file:PATH");
    refused_on_chain("ddpm-linear", "lambda", 10, "on a chain: leading");
    refused_on_chain("ddpm-linear:T=20", "trailing", 21, "fewer");
    refused_on_chain("ddpm-linear", "quad", 50, "fewer");
    /* 4 T m^2 beyond 64 bits; the first repetition by Python's integers */
    refused_on_chain("ddpm-linear:T=1e7,beta_1=1e-9,beta_T=1e-6", "quad", 1000000,
                     "index 30908 follows 30908, but");
    refused_on_chain("vp-cosine", "trailing", 10, "alpha_bar = 0");
    const struct {
        const char *text, *says;
    } bad[] = {{"0.5\n0.5\n", "not below"},
               {"0.5\n", "two"},
               {"1.5\n0.5\n", "1.5"},
               {"0.5,0.4\n0.3,0.2\n", "columns"},
               {"0.9\nnan\n0.1\n", "nan"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *spec = grid_file(bad[i].text);
        refused_on_schedule(spec, 1, 1e-3, bad[i].says);
        unlink(spec + 5);
    }
    char *spec = grid_file("10\n2.5\n");
    refused_on_chain("ddpm-linear", spec, 2, "2.5");
    unlink(spec + 5);
    spec = grid_file("2\n10\n");
    refused_on_chain("ddpm-linear", spec, 2, "decrease");
    unlink(spec + 5);
    fk_schedule s = schedule_of("ve");
    fk_axis axis;
    fk_error err;
    ck_assert_int_eq(fk_axis_on_schedule(&s, "file:/nowhere.csv", 1, 1, 0, &axis, &err), FK_FILE);
}
END_TEST

FK_SUITE("axis", every_grid_is_even_in_its_own_variable, one_step_goes_from_end_to_end,
         chain_grids_choose_the_published_indices, a_file_tells_the_nodes,
         what_cannot_be_run_is_refused_in_one_line)
