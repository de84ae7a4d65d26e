/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tabulated distribution function against the exact one, with the error bound of its header. */
#include <math.h>

#include "analytic/tabulated.h"
#include "tests/suite.h"

enum { POINTS = 4001 }; /* prime, so that they fall on no knots */

typedef struct {
    fk_mixture *mixture;
    fk_marginal *law;
    fk_tabulated *table;
} subject;

static subject subject_of(fk_mixture *mixture, double s, double sigma)
{
    return (subject){mixture, fk_marginal_new(mixture, s, sigma),
                     fk_tabulated_new(mixture, s, sigma)};
}

static subject subject_new(const char *spec, double s, double sigma)
{
    fk_mixture *mixture;
    fk_error err;
    ck_assert_msg(fk_mixture_read(spec, &mixture, &err) == FK_OK, "%s", err.text);
    return subject_of(mixture, s, sigma);
}

static void subject_free(subject *a)
{
    fk_tabulated_free(a->table);
    fk_marginal_free(a->law);
    fk_mixture_free(a->mixture);
}

/* The controls: a straight line between the knots, and Hermite interpolation on 2048 equal
 * intervals, which knows nothing of the components. */
static double straight(const subject *a, double x)
{
    const fk_tabulated *t = a->table;
    size_t i = 0, j = t->n - 1;
    while (j - i > 1) *(t->x[(i + j) / 2] <= x ? &i : &j) = (i + j) / 2;
    return t->cdf[i] + (x - t->x[i]) / (t->x[j] - t->x[i]) * (t->cdf[j] - t->cdf[i]);
}

static double in_equal_intervals(const subject *a, double x)
{
    double h = (a->table->hi - a->table->lo) / 2048, u = floor((x - a->table->lo) / h);
    double from = a->table->lo + h * u, to = from + h, r = (x - from) / h,
           f = fk_marginal_cdf(a->law, from, false), rise = fk_marginal_cdf(a->law, to, false) - f,
           left = h * exp(fk_marginal_at(a->law, &from, &(fk_point){0})) - rise,
           right = rise - h * exp(fk_marginal_at(a->law, &to, &(fk_point){0}));
    return f + r * (rise + (1 - r) * ((1 - r) * left + r * right));
}

static double tabulated(const subject *a, double x)
{
    return fk_tabulated_cdf(a->table, x);
}

/* At points all over the table, and at as many within eight standard deviations of a component. */
static double worst(const subject *a, double (*cdf)(const subject *, double))
{
    const double lo = a->table->lo, hi = a->table->hi;
    double most = 0;
    for (int i = 0; i < POINTS; i++) {
        size_t k = (size_t)i % a->mixture->k;
        double u = (i + 0.385) / POINTS, z = 16 * u - 8,
               x[] = {lo + (hi - lo) * u, a->law->mean[k] + z * sqrt(a->law->var[k])};
        for (int j = 0; j < 2; j++)
            if (x[j] > lo && x[j] < hi)
                most = fk_worse(most, fabs(cdf(a, x[j]) - fk_marginal_cdf(a->law, x[j], false)));
    }
    return most;
}

/* 1e-15: rounding of the exact values. */
#define BOUND (FK_TABULATED_ERROR + 1e-15)

START_TEST(tabulated_cdf_keeps_its_error_bound_and_a_straight_line_does_not)
{
    static const struct {
        const char *spec;
        double s, sigma;
    } at[] = {{"three-1d", 0.87, 0.31},
              {"bimodal-1d", 0.385, 0.92},
              {"three-1d", 0.998, 0.02},
              {"examples/faithful-duration.json", 0.87, 0.31},
              {"gaussian-1d", 1.0, 12.385}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        subject a = subject_new(at[i].spec, at[i].s, at[i].sigma);
        ck_assert(a.table->error > 0 && a.table->error <= FK_TABULATED_ERROR);
        ck_assert_msg(worst(&a, tabulated) <= BOUND, "%s: %g", at[i].spec, worst(&a, tabulated));
        ck_assert(worst(&a, straight) > BOUND);
        subject_free(&a);
    }
}
END_TEST

/* Points with next to no noise, and one component far narrower than the other: sd over sd of the
 * law from 1e-2 down to 1e-12, where a component spans few doubles. */
START_TEST(components_however_narrow_keep_the_error_bound)
{
    const double w[] = {0.385, 0.615}, mean[] = {-1.1, 0.9}, points[] = {0, 0}, wide[] = {0, 0.71};
    const double *var[] = {points, wide};
    for (double sigma = 1e-2; sigma > 1e-13; sigma /= 10)
        for (size_t i = 0; i < 2; i++) {
            fk_mixture *m;
            fk_error err;
            ck_assert_int_eq(fk_mixture_new_diagonal("two", 1, 2, w, mean, var[i], &m, &err),
                             FK_OK);
            subject a = subject_of(m, 0.9985, sigma);
            ck_assert(a.table->error <= FK_TABULATED_ERROR && a.table->n < 3000);
            ck_assert_msg(worst(&a, tabulated) <= BOUND, "sigma %g: %g", sigma,
                          worst(&a, tabulated));
            ck_assert(worst(&a, in_equal_intervals) > BOUND);
            subject_free(&a);
        }
}
END_TEST

START_TEST(hundreds_of_points_keep_the_error_bound)
{
    enum { K = 272 };
    double w[K], mean[K], var[K] = {0};
    for (size_t k = 0; k < K; k++) {
        w[k] = 1.0 / K;
        mean[k] = sin(2.385 * (double)k);
    }
    fk_mixture *m;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("points", 1, K, w, mean, var, &m, &err), FK_OK);
    subject a = subject_of(m, 1, 1.1e-4);
    ck_assert(a.table->error <= FK_TABULATED_ERROR && a.table->n < 200 * K);
    ck_assert_msg(worst(&a, tabulated) <= BOUND, "%g", worst(&a, tabulated));
    ck_assert(worst(&a, in_equal_intervals) > BOUND);
    subject_free(&a);
}
END_TEST

START_TEST(beyond_the_table_the_cdf_is_0_and_1_and_nan_stays)
{
    subject a = subject_new("three-1d", 0.87, 0.31);
    ck_assert(fk_tabulated_cdf(a.table, a.table->lo - 2.385) == 0);
    ck_assert(fk_tabulated_cdf(a.table, a.table->hi + 2.385) == 1);
    ck_assert(fk_tabulated_cdf(a.table, -INFINITY) == 0);
    ck_assert(fk_tabulated_cdf(a.table, INFINITY) == 1);
    ck_assert(isnan(fk_tabulated_cdf(a.table, NAN)));
    fk_assert_near(fk_tabulated_cdf(a.table, nextafter(a.table->lo, 0)), 1e-12, 1e-14);
    fk_assert_near(1 - fk_tabulated_cdf(a.table, nextafter(a.table->hi, 0)), 1e-12, 1e-15);
    subject_free(&a);
}
END_TEST

FK_SUITE("tabulated", tabulated_cdf_keeps_its_error_bound_and_a_straight_line_does_not,
         components_however_narrow_keep_the_error_bound, hundreds_of_points_keep_the_error_bound,
         beyond_the_table_the_cdf_is_0_and_1_and_nan_stays)
