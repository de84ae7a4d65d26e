/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tabulated distribution function against the exact one, with the error bound of its header. */
#include <math.h>

#include "analytic/tabulated.h"
#include "tests/suite.h"

enum { POINTS = 20011 }; /* prime, so that they fall on no knots */

typedef struct {
    fk_mixture *mixture;
    fk_marginal *law;
    fk_tabulated *table;
    double narrowest; /* a component's standard deviation over that of the law */
} subject;

static subject subject_new(const char *spec, double s, double sigma)
{
    subject a = {.narrowest = INFINITY};
    fk_error err;
    ck_assert_msg(fk_mixture_read(spec, &a.mixture, &err) == FK_OK, "%s", err.text);
    a.law = fk_marginal_new(a.mixture, s, sigma);
    a.table = fk_tabulated_new(a.mixture, s, sigma);
    for (size_t k = 0; k < a.mixture->k; k++)
        a.narrowest = fmin(a.narrowest, sqrt(a.law->var[k]) / a.table->sd);
    return a;
}

static void subject_free(subject *a)
{
    fk_tabulated_free(a->table);
    fk_marginal_free(a->law);
    fk_mixture_free(a->mixture);
}

/* The control: a straight line between the knots. */
static double straight(const void *law, double x)
{
    const fk_tabulated *t = law;
    double u = (x - t->lo) / (t->hi - t->lo) * FK_TABULATED_KNOTS;
    size_t i = (size_t)fmin(u, FK_TABULATED_KNOTS - 1);
    return t->cdf[i] + (u - (double)i) * (t->cdf[i + 1] - t->cdf[i]);
}

static double worst(const subject *a, double (*cdf)(const void *, double))
{
    double most = 0;
    for (int i = 0; i < POINTS; i++) {
        double x = a->table->lo + (a->table->hi - a->table->lo) * (i + 0.385) / POINTS;
        most = fk_worse(most, fabs(cdf(a->table, x) - fk_marginal_cdf(a->law, x, false)));
    }
    return most;
}

START_TEST(tabulated_cdf_keeps_its_error_bound_and_a_straight_line_does_not)
{
    static const struct {
        const char *spec;
        double s, sigma;
    } at[] = {{"three-1d", 0.87, 0.31},
              {"bimodal-1d", 0.385, 0.92},
              {"three-1d", 0.998, 0.02},
              {"gaussian-1d", 1.0, 12.385}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        subject a = subject_new(at[i].spec, at[i].s, at[i].sigma);
        double bound = 4e-12 / pow(a.narrowest, 4);
        ck_assert_msg(worst(&a, fk_tabulated_cdf) <= bound, "%s: %g > %g", at[i].spec,
                      worst(&a, fk_tabulated_cdf), bound);
        ck_assert(worst(&a, straight) > bound);
        subject_free(&a);
    }
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
         beyond_the_table_the_cdf_is_0_and_1_and_nan_stays)
