/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 1-D law: cumulative distribution against quadrature of the density, quantiles as inverses. */
#include <gsl/gsl_integration.h>

#include "analytic/marginal.h"
#include "tests/suite.h"

static fk_mixture *three(void)
{
    const double w[] = {0.31, 0.47, 0.22}, m[] = {-2.13, 0.52, 1.77}, v[] = {0.171, 0.0613, 0.37};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("three", 1, 3, w, m, v, &mix, &err), 0);
    return mix;
}

static double density(double x, void *g)
{
    return exp(fk_marginal_at(g, &x, NULL));
}

/* int of the density from a to b by Gauss-Legendre on panels narrower than the narrowest mode: 20
 * nodes on 0.2 integrate it to rounding. */
static double mass(fk_marginal *g, double a, double b)
{
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(20);
    gsl_function f = {density, g};
    int panels = 1 + (int)((b - a) / 0.2);
    double sum = 0, width = (b - a) / panels;
    for (int i = 0; i < panels; i++)
        sum += gsl_integration_glfixed(&f, a + i * width, a + (i + 1) * width, rule);
    gsl_integration_glfixed_table_free(rule);
    return sum;
}

START_TEST(distribution_is_the_integral_of_the_density)
{
    fk_mixture *m = three();
    fk_marginal *g = fk_marginal_new(m, 0.87, 0.31);
    for (double x = -3.7; x < 4; x += 0.618) {
        fk_assert_near(fk_marginal_cdf(g, x, false), mass(g, -9, x), 3e-15);
        double upper = mass(g, x, 9);
        fk_assert_near(fk_marginal_cdf(g, x, true), upper, 1e-13 * upper); /* keeps its digits */
        fk_assert_near(exp(fk_marginal_log_cdf(g, x, false)), fk_marginal_cdf(g, x, false), 1e-15);
        fk_assert_near(exp(fk_marginal_log_cdf(g, x, true)), fk_marginal_cdf(g, x, true), 1e-15);
    }
    /* The control: the upper tail by subtraction fails the same bound. */
    double x = 3.9, upper = mass(g, x, 9), subtracted = 1 - fk_marginal_cdf(g, x, false);
    ck_assert(fabs(fk_marginal_cdf(g, x, true) - upper) <= 1e-13 * upper);
    ck_assert(!(fabs(subtracted - upper) <= 1e-13 * upper));
    fk_marginal_free(g);
    fk_mixture_free(m);
}
END_TEST

/* log P(Z > z) for large z by the continued fraction of Mills' ratio (Laplace). */
static double log_upper_tail(double z)
{
    double fraction = z;
    for (int i = 400; i > 0; i--) fraction = z + i / fraction;
    return -0.5 * z * z - 0.5 * FK_LOG_2PI - log(fraction);
}

START_TEST(log_distribution_is_good_to_any_depth)
{
    const double w = 1, mean = 0.7, var = 0.49;
    fk_mixture *m = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("one", 1, 1, &w, &mean, &var, &m, &err), 0);
    fk_marginal *g = fk_marginal_new(m, 1, 0);
    for (double z = 2.385; z < 3e4; z *= 1.7) {
        double x = 0.7 + 0.7 * z, expected = log_upper_tail((x - 0.7) / 0.7);
        double bound = 16 * 0x1p-53 * (fabs(expected) + z * z); /* x and z are rounded */
        fk_assert_near(fk_marginal_log_cdf(g, x, true), expected, bound);
        fk_assert_near(fk_marginal_log_cdf(g, 0.7 - 0.7 * z, false), expected, bound);
    }
    fk_marginal_free(g);
    fk_mixture_free(m);
}
END_TEST

/* q(F(x)) = x up to the rounding of log F, which moves q by eps |log F| F/p, and of x itself. */
START_TEST(quantile_inverts_the_distribution_at_any_depth)
{
    fk_mixture *m = three();
    for (int level = 0; level < 3; level++) {
        fk_marginal *g =
            fk_marginal_new(m, (double[]){1, 0.71, 1}[level], (double[]){0, 0.64, 47.3}[level]);
        double sd = sqrt(0.37 * g->s * g->s + g->sigma * g->sigma);
        for (double x = -30 * sd; x <= 30 * sd; x += 0.0717 * sd) {
            bool upper = x > 0.3 * g->s;
            double log_p = fk_marginal_log_cdf(g, x, upper);
            double mills = exp(log_p - fk_marginal_at(g, &x, NULL));
            double bound = 8 * 0x1p-53 * ((1 + fabs(log_p)) * mills + fabs(x));
            fk_assert_near(fk_marginal_log_quantile(g, log_p, upper), x, bound);
            if (log_p < -600) continue;
            bound += 0x1p-53 * (1 + fabs(log_p)) * mills; /* exp and log again */
            fk_assert_near(fk_marginal_quantile(g, exp(log_p), upper), x, bound);
        }
        fk_marginal_free(g);
    }
    fk_mixture_free(m);
}
END_TEST

START_TEST(quantiles_increase_even_in_the_far_tails)
{
    fk_mixture *m = three();
    fk_marginal *g = fk_marginal_new(m, 0.93, 0.0117);
    double below = -INFINITY, above = INFINITY;
    for (double log_p = -4e5; log_p < -1e-18; log_p *= 0.973) {
        double lower = fk_marginal_log_quantile(g, log_p, false);
        double upper = fk_marginal_log_quantile(g, log_p, true);
        ck_assert_msg(lower > below && upper < above, "log p = %g", log_p);
        below = lower;
        above = upper;
    }
    fk_assert_near(fk_marginal_quantile(g, 0.37, false), fk_marginal_quantile(g, 0.63, true),
                   1e-15);
    fk_marginal_free(g);
    fk_mixture_free(m);
}
END_TEST

START_TEST(quantiles_end_where_the_law_ends)
{
    const double w[] = {0.25, 0.75}, mean[] = {-1.31, 2.17}, var[] = {0, 0};
    fk_mixture *m = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("points", 1, 2, w, mean, var, &m, &err), 0);
    fk_marginal *g = fk_marginal_new(m, 1, 0);
    ck_assert(fk_marginal_quantile(g, 0, false) == -INFINITY);
    ck_assert(fk_marginal_quantile(g, 1, false) == INFINITY);
    ck_assert(isnan(fk_marginal_quantile(g, 1.0001, false)));
    ck_assert(isnan(fk_marginal_quantile(g, NAN, false)));
    ck_assert(isnan(fk_marginal_log_quantile(g, 0.1, true)));
    /* Point masses: steps, and quantiles that lie on them. */
    fk_assert_near(fk_marginal_cdf(g, -1.31, false), 0.25, 0);
    fk_assert_near(fk_marginal_cdf(g, -1.310001, false), 0, 0);
    fk_assert_near(fk_marginal_cdf(g, 0.3, true), 0.75, 0);
    fk_assert_near(fk_marginal_quantile(g, 0.2, false), -1.31, 1e-15);
    fk_assert_near(fk_marginal_quantile(g, 0.3, false), 2.17, 1e-15);
    fk_assert_near(fk_marginal_quantile(g, 0.9, false), 2.17, 1e-15);
    fk_marginal_free(g);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("law1d", distribution_is_the_integral_of_the_density,
         log_distribution_is_good_to_any_depth, quantile_inverts_the_distribution_at_any_depth,
         quantiles_increase_even_in_the_far_tails, quantiles_end_where_the_law_ends)
