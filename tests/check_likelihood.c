/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Likelihoods by the probability-flow ODE against the mixture's own density. */
#include <string.h>

#include "analytic/marginal.h"
#include "claims/likelihood.h"
#include "claims/setting.h"
#include "ode/schemes.h"
#include "tests/suite.h"

enum { POINTS = 7, MAX_DIM = 2 };

/* Points near components, as data at t_end. */
static void points_of(const fk_mixture *m, const fk_schedule *schedule, double *x)
{
    const fk_coeffs at = fk_schedule_at(schedule, schedule->t_min);
    fk_marginal *end = fk_marginal_new(m, at.s, at.sigma);
    for (size_t j = 0; j < POINTS; j++) fk_setting_point(end, j, x + j * m->dim);
    fk_marginal_free(end);
}

static void likelihood(const char *mixture, const char *spec, const fk_scheme *scheme,
                       double tolerance, double prior_std, fk_likelihood *out)
{
    fk_mixture *m = fk_setting_mixture(mixture);
    const fk_schedule schedule = fk_setting_schedule(spec);
    double x[POINTS * MAX_DIM];
    points_of(m, &schedule, x);
    const fk_likelihood_model model = {m,      &schedule, schedule.t_max, schedule.t_min, prior_std,
                                       scheme, NULL};
    fk_adaptive_options options = {.rtol = tolerance, .atol = tolerance};
    fk_error err = {.code = 0};
    ck_assert_msg(fk_likelihood_of(&model, POINTS, x, out, &options, &err) == FK_OK, "%s",
                  err.text);
    ck_assert_uint_gt(options.evaluations, 0);
    fk_mixture_free(m);
}

static double worst_integration(const fk_likelihood *l)
{
    double worst = 0;
    for (size_t p = 0; p < POINTS; p++) worst = fk_worse(worst, fabs(l[p].integration));
    return worst;
}

/* Local errors of 1e-11 over some 500 steps, which the path's expansion multiplies by a thousand at
 * most on the way from data to noise (there it contracts): 5e-9 and room. */
START_TEST(the_ode_finds_the_exact_density_in_one_and_two_dimensions)
{
    static const char *const mixture[] = {"three-1d", "ring-8", "full-2d"};
    static const char *const schedule[] = {"vp-linear", "ve", "flow"};
    fk_likelihood l[POINTS];
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            likelihood(mixture[i], schedule[j], &fk_rk8pd, 1e-11, 0, l);
            ck_assert_msg(worst_integration(l) < 1e-8, "%s, %s: %g", mixture[i], schedule[j],
                          worst_integration(l));
        }
}
END_TEST

/* Against the divergence of analytic/marginal.h, which is worked in double-double. Responsibilities
 * are wrong by some 50 roundings, 1e-14, of terms |u - score|^2 of at most a hundred times the
 * largest trace of S_k^-1 within three standard deviations. */
START_TEST(the_divergence_of_the_field_is_that_of_the_marginal)
{
    static const char *const mixture[] = {"three-1d", "ring-8", "full-2d", "grid-25", "random-16d"};
    for (size_t i = 0; i < sizeof mixture / sizeof *mixture; i++)
        for (int wrong = 0; wrong < 2; wrong++) {
            fk_mixture *m = fk_setting_mixture(mixture[i]);
            const fk_field field = fk_mixture_field(m);
            const double s = 0.7385, sigma = 0.2385;
            fk_marginal *at = fk_marginal_new(m, s, sigma);
            double largest = 0, worst = 0, x[16];
            for (size_t k = 0; k < m->k; k++) {
                double trace = 0;
                for (size_t a = 0; a < m->dim; a++) trace += 1 / at->var[k * m->dim + a];
                largest = fk_worse(largest, trace);
            }
            for (size_t j = 0; j < 100; j++) {
                double exact;
                fk_setting_point(at, j, x);
                fk_marginal_at(at, x, &(fk_point){.divergence = &exact});
                const double found =
                    field.divergence(field.self, s, wrong ? 1.0001 * sigma : sigma, x);
                worst = fk_worse(worst, fabs(found - exact));
            }
            ck_assert_msg(wrong ? worst > 1e-12 * largest : worst <= 1e-12 * largest,
                          "%s: %g of %g", mixture[i], worst, largest);
            fk_marginal_free(at);
            fk_mixture_free(m);
        }
}
END_TEST

/* Control: a divergence that is wrong by a thousandth is seen at the same bound. */
static double scaled_divergence(const void *self, double s, double sigma, const double *x)
{
    const fk_field field = fk_mixture_field(self);
    return 1.001 * field.divergence(self, s, sigma, x);
}

START_TEST(control_a_wrong_divergence_is_seen)
{
    fk_mixture *m = fk_setting_mixture("ring-8");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const double t[2] = {schedule.t_min, schedule.t_max};
    const fk_coeffs ends[2] = {fk_schedule_at(&schedule, t[0]), fk_schedule_at(&schedule, t[1])};
    fk_marginal *near = fk_marginal_new(m, ends[0].s, ends[0].sigma),
                *far = fk_marginal_new(m, ends[1].s, ends[1].sigma);
    for (int wrong = 0; wrong < 2; wrong++) {
        double x[2 * POINTS * 2], change[2 * POINTS], worst = 0;
        points_of(m, &schedule, x);
        fk_field field = fk_mixture_field(m);
        if (wrong) field.divergence = scaled_divergence;
        fk_adaptive_options options = {.rtol = 1e-11, .atol = 1e-11, .log_change = change};
        fk_error err = {.code = 0};
        ck_assert_int_eq(
            fk_adaptive_solve(&fk_rk8pd, &schedule, &field, t, 2, POINTS, x, &options, &err),
            FK_OK);
        for (size_t p = 0; p < POINTS; p++) {
            ck_assert(change[p] == 0);
            const double exact = fk_marginal_at(far, x + 2 * (POINTS + p), NULL) -
                                 fk_marginal_at(near, x + 2 * p, NULL);
            worst = fk_worse(worst, fabs(change[POINTS + p] - exact));
        }
        ck_assert_msg(wrong ? worst > 1e-3 : worst < 1e-8, "%g", worst);
    }
    fk_marginal_free(far);
    fk_marginal_free(near);
    fk_mixture_free(m);
}
END_TEST

START_TEST(the_parts_are_those_of_the_densities_at_the_ends)
{
    fk_mixture *m = fk_setting_mixture("full-2d");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const fk_coeffs at = fk_schedule_at(&schedule, schedule.t_min);
    fk_marginal *data = fk_marginal_new(m, 1, 0), *end = fk_marginal_new(m, at.s, at.sigma);
    double x[POINTS * 2];
    points_of(m, &schedule, x);
    fk_likelihood l[POINTS], matched[POINTS];
    likelihood("full-2d", "vp-linear", &fk_rk45, 1e-6, 1, l);
    likelihood("full-2d", "vp-linear", &fk_rk45, 1e-6, 0, matched);
    for (size_t p = 0; p < POINTS; p++) {
        const double log_data = fk_marginal_at(data, x + 2 * p, NULL);
        ck_assert(l[p].exact == log_data);
        fk_assert_near(l[p].truncation, fk_marginal_at(end, x + 2 * p, NULL) - log_data, 1e-13);
        ck_assert(matched[p].prior == 0 && fabs(l[p].prior) > 1e-6);
        ck_assert(fabs(matched[p].integration) > 1e-13); /* 1e-6 a step is not exact */
        ck_assert(fabs(l[p].integration) < 1e-3);
    }
    fk_marginal_free(end);
    fk_marginal_free(data);
    fk_mixture_free(m);
}
END_TEST

START_TEST(tighter_tolerances_leave_less_to_integration)
{
    fk_likelihood loose[POINTS], tight[POINTS];
    likelihood("three-1d", "vp-cosine", &fk_rk45, 1e-5, 1, loose);
    likelihood("three-1d", "vp-cosine", &fk_rk45, 1e-8, 1, tight);
    ck_assert(worst_integration(tight) < worst_integration(loose) / 30);
}
END_TEST

START_TEST(point_masses_have_no_density_but_the_other_parts_stand)
{
    const double mean[2] = {-1.385, 0.7385}, weight[2] = {0.385, 0.615}, var[2] = {0, 0};
    const double x[1] = {0.5385};
    fk_mixture *m;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_mixture_new_diagonal("atoms", 1, 2, weight, mean, var, &m, &err), FK_OK);
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const fk_likelihood_model model = {m, &schedule, 1, 0.05, 1, &fk_rk45, NULL};
    fk_adaptive_options options = {.rtol = 1e-8, .atol = 1e-8};
    fk_likelihood l;
    ck_assert_int_eq(fk_likelihood_of(&model, 1, x, &l, &options, &err), FK_OK);
    ck_assert(isnan(l.exact) && isnan(l.truncation));
    ck_assert(isfinite(l.computed) && isfinite(l.prior) && fabs(l.integration) < 1e-4);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("likelihood", the_divergence_of_the_field_is_that_of_the_marginal,
         the_ode_finds_the_exact_density_in_one_and_two_dimensions,
         control_a_wrong_divergence_is_seen, the_parts_are_those_of_the_densities_at_the_ends,
         tighter_tolerances_leave_less_to_integration,
         point_masses_have_no_density_but_the_other_parts_stand)
