/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact flow map and the exact reverse law. */
#include <gsl/gsl_integration.h>
#include <string.h>

#include "analytic/exact.h"
#include "tests/suite.h"

static fk_mixture *three(void)
{
    const double w[] = {0.31, 0.47, 0.22}, m[] = {-2.13, 0.52, 1.77}, v[] = {0.171, 0.0613, 0.37};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("three", 1, 3, w, m, v, &mix, &err), 0);
    return mix;
}

static fk_mixture *full_3d(size_t k)
{
    const double w[] = {0.59, 0.41}, one[] = {1}, m[] = {-1.13, 0.52, 0.31, 0.77, 1.19, -0.53};
    const double c[] = {0.93, 0.21, -0.34, 0.21, 0.57, 0.13, -0.34, 0.13, 0.71,
                        0.31, -0.1, 0.07,  -0.1, 0.83, 0.29, 0.07,  0.29, 0.45};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new("full", 3, k, k == 1 ? one : w, m, c, &mix, &err), 0);
    return mix;
}

static fk_coeffs level(double s, double sigma)
{
    return (fk_coeffs){.s = s, .sigma = sigma, .f = NAN, .g2 = NAN, .lambda = log(s / sigma)};
}

START_TEST(flow_matches_quantiles)
{
    fk_mixture *m = three();
    fk_coeffs from = level(0.31, 0.95), to = level(0.97, 0.243);
    fk_marginal *a = fk_marginal_new(m, from.s, from.sigma),
                *b = fk_marginal_new(m, to.s, to.sigma);
    for (double x = -4.1; x < 4; x += 0.0931) {
        double y, slope;
        fk_flow(m, &from, &to, 1, &x, &y, &slope);
        double p = fk_marginal_cdf(a, x, false);
        double expected = p < 0.5 ? fk_marginal_quantile(b, p, false)
                                  : fk_marginal_quantile(b, fk_marginal_cdf(a, x, true), true);
        fk_assert_near(y, expected, 1e-13 * fmax(1, slope));
        double h = 1e-5, near[2] = {x - h, x + h}, image[2];
        fk_flow(m, &from, &to, 2, near, image, NULL);
        fk_assert_near((image[1] - image[0]) / (2 * h), slope, 1e-5 * fmax(1, slope));
        /* The control: the single-Gaussian map between the same two variances. */
        if (fabs(x) < 1) ck_assert(fabs(y - to.s / from.s * x) > 1e-3);
    }
    fk_marginal_free(a);
    fk_marginal_free(b);
    fk_mixture_free(m);
}
END_TEST

/* Forth and back, with |x| up to 1000 and in the gap between narrow modes, where F is 0.31 to the
 * last bit over most of its width. Rounding: a few units of x on the way, times the slope back. */
START_TEST(flow_and_its_inverse_cancel_everywhere)
{
    fk_mixture *m = three();
    const double levels[][4] = {{0.31, 0.95, 0.97, 0.243},
                                {1, 0.011, 1, 50},
                                {0.0066, 0.99998, 0.9995, 0.031},
                                {1, 0.002, 1, 0.05}};
    for (size_t i = 0; i < 4; i++) {
        fk_coeffs a = level(levels[i][0], levels[i][1]), b = level(levels[i][2], levels[i][3]);
        for (double x = -1000; x <= 1000; x = x < -1 || x >= 1 ? x + 17.31 : x + 0.0217) {
            double y, back, slope, inverse;
            fk_flow(m, &a, &b, 1, &x, &y, &slope);
            fk_flow(m, &b, &a, 1, &y, &back, &inverse);
            double bound = 32 * 0x1p-53 * (1 + fabs(x) + inverse * (1 + fabs(y)));
            fk_assert_near(back, x, bound);
            fk_assert_near(slope * inverse, 1, 1e-8);
        }
    }
    fk_mixture_free(m);
}
END_TEST

/* In y = x/s the flow sees only sigma/s: scaling both levels changes nothing. */
START_TEST(flow_depends_on_sigma_over_s_alone)
{
    fk_mixture *m = three();
    fk_coeffs ve_from = level(1, 50), ve_to = level(1, 0.011);
    for (double s = 0.013; s < 1; s *= 1.83) {
        fk_coeffs from = level(s, 50 * s), to = level(0.7 * s, 0.7 * s * 0.011);
        for (double u = -100; u < 100; u += 1.39) {
            double x = s * u, y, reference, slope;
            fk_flow(m, &ve_from, &ve_to, 1, &u, &reference, &slope);
            fk_flow(m, &from, &to, 1, &x, &y, NULL);
            fk_assert_near(y / to.s, reference, 1e-12 * fmax(1, slope));
        }
    }
    fk_mixture_free(m);
}
END_TEST

/* Every schedule passes through sigma/s = 50 and 0.011; in x/s the map between them is one map. The
 * control ends at 0.0110001. */
static double worst_disagreement(const fk_mixture *m, const fk_schedule *schedule, double rho_end)
{
    fk_coeffs ve_from = level(1, 50), ve_to = level(1, 0.011);
    fk_coeffs from = fk_schedule_at(schedule, schedule->time_of(schedule, -log(50)));
    fk_coeffs to = fk_schedule_at(schedule, schedule->time_of(schedule, -log(rho_end)));
    double worst = 0;
    for (double u = -170; u < 170; u += 0.717) {
        double x = from.s * u, y, reference, slope;
        fk_flow(m, &ve_from, &ve_to, 1, &u, &reference, &slope);
        fk_flow(m, &from, &to, 1, &x, &y, NULL);
        worst = fk_worse(fabs(y / to.s - reference) / fmax(1, slope), worst);
    }
    return worst;
}

START_TEST(all_schedules_have_the_same_flow_map)
{
    fk_mixture *m = three();
    for (size_t i = 0; i < fk_n_schedules; i++) {
        double gap = worst_disagreement(m, &fk_schedules[i], 0.011);
        ck_assert_msg(gap <= 1e-12, "%s: %g", fk_schedules[i].row.name, gap);
        ck_assert(worst_disagreement(m, &fk_schedules[i], 0.0110001) > 1e-12);
    }
    fk_mixture_free(m);
}
END_TEST

/* Between narrow modes: two point masses with noise 0.02 -> 0.05 by the symmetric exact answer at
 * the middle, and by Runge-Kutta (order 4, dx/dsigma = -sigma score) elsewhere in the gap. */
static double step_by_runge_kutta(const fk_mixture *m, double x, double from, double to)
{
    enum { STEPS = 4000 };
    double h = (to - from) / STEPS;
    for (int i = 0; i < STEPS; i++) {
        double k[4], sigma = from + i * h, at[4] = {sigma, sigma + h / 2, sigma + h / 2, sigma + h};
        for (int j = 0; j < 4; j++) {
            double y = x + (j == 0 ? 0 : (j == 3 ? h : h / 2) * k[j - 1]), score;
            fk_marginal *g = fk_marginal_new(m, 1, at[j]);
            fk_marginal_at(g, &y, &(fk_point){.score = &score});
            k[j] = -at[j] * score;
            fk_marginal_free(g);
        }
        x += h / 6 * (k[0] + 2 * k[1] + 2 * k[2] + k[3]);
    }
    return x;
}

START_TEST(flow_is_right_in_the_gap_between_narrow_modes)
{
    const double w[] = {0.37, 0.63}, mean[] = {-1.3, 1.1}, var[] = {0, 0};
    fk_mixture *m = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("points", 1, 2, w, mean, var, &m, &err), 0);
    fk_coeffs from = level(1, 0.02), to = level(1, 0.05);
    for (double x = -0.6; x < 0.5; x += 0.237) {
        double y;
        fk_flow(m, &from, &to, 1, &x, &y, NULL);
        fk_assert_near(y, step_by_runge_kutta(m, x, 0.02, 0.05), 1e-9);
    }
    /* Down to the points themselves. */
    fk_coeffs ground = level(1, 0);
    double x[2] = {-0.9, 0.9}, y[2], slope[2];
    fk_flow(m, &to, &ground, 2, x, y, slope);
    fk_assert_near(y[0], -1.3, 1e-15);
    fk_assert_near(y[1], 1.1, 1e-15);
    ck_assert(isnan(slope[0]));
    fk_flow(m, &ground, &to, 2, x, y, NULL);
    ck_assert(isnan(y[0]) && isnan(y[1]));
    fk_mixture_free(m);
}
END_TEST

/* One Gaussian in 3-D: the map is M_to + B (x - M_from) with B symmetric, B S_from B = S_to. */
START_TEST(gaussian_flow_carries_covariance_to_covariance)
{
    fk_mixture *m = full_3d(1);
    fk_coeffs from = level(0.31, 0.95), to = level(0.97, 0.243);
    double x[12], y[12], slope[4], cov[9], b[9];
    for (size_t i = 0; i < 12; i++) x[i] = from.s * m->mean[i % 3] + (i / 3 == i % 3 + 1);
    fk_flow(m, &from, &to, 4, x, y, slope);
    for (size_t j = 0; j < 3; j++) {
        fk_assert_near(y[j], to.s * m->mean[j], 1e-15);
        for (size_t i = 0; i < 3; i++) b[i * 3 + j] = y[3 * (j + 1) + i] - y[i];
    }
    fk_mixture_covariance(m, 0, cov);
    double det = b[0] * (b[4] * b[8] - b[5] * b[7]) - b[1] * (b[3] * b[8] - b[5] * b[6]) +
                 b[2] * (b[3] * b[7] - b[4] * b[6]);
    fk_assert_near(slope[1], det, 1e-13 * fabs(det));
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            double sum = 0, wrong = 0;
            for (size_t k = 0; k < 9; k++) {
                double s_from = from.s * from.s * cov[k] + (k % 4 == 0) * from.sigma * from.sigma;
                sum += b[i * 3 + k / 3] * s_from * b[k % 3 * 3 + j];
                wrong += b[i * 3 + k / 3] * cov[k] * b[k % 3 * 3 + j];
            }
            double s_to = to.s * to.s * cov[i * 3 + j] + (i == j) * to.sigma * to.sigma;
            fk_assert_near(b[i * 3 + j], b[j * 3 + i], 1e-14);
            fk_assert_near(sum, s_to, 1e-14);
            if (i == j) ck_assert(fabs(wrong - s_to) > 1e-14); /* control: the noise left out */
        }
    fk_mixture_free(m);
}
END_TEST

/* log p(x_to | x_from) = log p_to(x_to) + log N(x_from; A x_to, Q I) - log p_from(x_from) */
static double bayes(const fk_mixture *m, const fk_coeffs *from, const double *x,
                    const fk_coeffs *to, const double *y)
{
    fk_marginal *a = fk_marginal_new(m, from->s, from->sigma),
                *b = fk_marginal_new(m, to->s, to->sigma);
    double scale = from->s / to->s, square = 0;
    double q = from->sigma * from->sigma - scale * scale * to->sigma * to->sigma;
    for (size_t i = 0; i < m->dim; i++) square += pow(x[i] - scale * y[i], 2);
    double log_p = fk_marginal_at(b, y, NULL) - fk_marginal_at(a, x, NULL) - square / (2 * q) -
                   0.5 * (double)m->dim * log(2 * FK_PI * q);
    fk_marginal_free(a);
    fk_marginal_free(b);
    return log_p;
}

static void check_bayes(fk_mixture *m, double x_scale)
{
    fk_coeffs from = level(0.41, 0.93), to = level(0.93, 0.367);
    for (size_t i = 0; i < 40; i++) {
        double x[3], y[3];
        for (size_t j = 0; j < m->dim; j++) {
            x[j] = x_scale * sin(1.7 * (double)i + (double)j);
            y[j] = 2.3 * cos(0.7 * (double)i + 2 * (double)j);
        }
        fk_mixture *law = NULL;
        fk_error err;
        ck_assert_int_eq(fk_reverse_law(m, &from, x, &to, &law, &err), 0);
        fk_marginal *g = fk_marginal_new(law, 1, 0);
        double expected = bayes(m, &from, x, &to, y), bound = 3e-13 * (1 + fabs(expected));
        fk_assert_near(fk_marginal_at(g, y, NULL), expected, bound);
        fk_marginal_free(g);
        fk_mixture_free(law);
    }
    fk_mixture_free(m);
}

START_TEST(reverse_law_is_that_of_bayes)
{
    check_bayes(three(), 1.9);
    check_bayes(full_3d(2), 1.3);
}
END_TEST

typedef struct {
    const fk_mixture *m;
    fk_coeffs from, middle, to;
    double x, y;
} chain;

static double law_density(const fk_mixture *m, const fk_coeffs *from, double x, const fk_coeffs *to,
                          double y)
{
    fk_mixture *law = NULL;
    fk_error err;
    ck_assert_int_eq(fk_reverse_law(m, from, &x, to, &law, &err), 0);
    fk_marginal *g = fk_marginal_new(law, 1, 0);
    double p = exp(fk_marginal_at(g, &y, NULL));
    fk_marginal_free(g);
    fk_mixture_free(law);
    return p;
}

static double through(double z, void *context)
{
    const chain *c = context;
    return law_density(c->m, &c->from, c->x, &c->middle, z) *
           law_density(c->m, &c->middle, z, &c->to, c->y);
}

/* p(y | x) = int p(z | x) p(y | z) dz, by Gauss-Legendre on panels narrower than any mode. */
START_TEST(reverse_laws_compose_by_chapman_kolmogorov)
{
    fk_mixture *m = three();
    chain c = {m, level(0.41, 0.93), level(0.73, 0.687), level(0.93, 0.367), 0.913, 0};
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(24);
    gsl_function f = {through, &c};
    for (c.y = -2.5; c.y < 3; c.y += 0.917) {
        double sum = 0;
        for (double z = -6; z < 6; z += 0.5) sum += gsl_integration_glfixed(&f, z, z + 0.5, rule);
        double direct = law_density(m, &c.from, c.x, &c.to, c.y);
        fk_assert_near(sum, direct, 1e-13);
    }
    gsl_integration_glfixed_table_free(rule);
    fk_mixture_free(m);
}
END_TEST

START_TEST(reverse_law_refuses_to_add_noise)
{
    fk_mixture *m = three(), *law = NULL;
    fk_coeffs clean = level(0.93, 0.367), noisy = level(0.41, 0.93);
    double x = 0.3;
    fk_error err;
    ck_assert_int_eq(fk_reverse_law(m, &clean, &x, &noisy, &law, &err), FK_USAGE);
    ck_assert_ptr_null(law);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("exact", flow_matches_quantiles, flow_and_its_inverse_cancel_everywhere,
         flow_depends_on_sigma_over_s_alone, all_schedules_have_the_same_flow_map,
         flow_is_right_in_the_gap_between_narrow_modes,
         gaussian_flow_carries_covariance_to_covariance, reverse_law_is_that_of_bayes,
         reverse_laws_compose_by_chapman_kolmogorov, reverse_law_refuses_to_add_noise)
