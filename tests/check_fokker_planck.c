/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pseudo-spectral solver: against closed-form marginals on all schedules, its two orders, and
 * equations that are wrong. */
#include <string.h>

#include "analytic/fokker_planck.h"
#include "analytic/marginal.h"
#include "analytic/spectral.h"
#include "tests/suite.h"

/* --- the box --- */

enum { N = 128 };
static const double LO = -8.3, WIDTH = 17.1;

static double gauss(double x, double mean, double var)
{
    return exp(-(x - mean) * (x - mean) / (2 * var)) / sqrt(2 * FK_PI * var);
}

/* Rounding of 7 levels of butterflies, and of waves up to 23 for the derivative. */
START_TEST(derivative_and_heat_flow_of_a_gaussian_are_those_of_its_formula)
{
    fk_spectral *box = fk_spectral_new(N, LO, WIDTH);
    double u[N], du[N], heated[N], slope = 0, heat = 0, half = 0;
    for (size_t j = 0; j < N; j++) u[j] = gauss(fk_spectral_x(box, j), 0.385, 0.531);
    fk_spectral_derivative(box, u, du);
    fk_spectral_heat(box, 0.285, u, heated);
    for (size_t j = 0; j < N; j++) {
        double x = fk_spectral_x(box, j);
        slope = fk_worse(slope, fabs(du[j] + (x - 0.385) / 0.531 * u[j]));
        heat = fk_worse(heat, fabs(heated[j] - gauss(x, 0.385, 0.531 + 0.285)));
        half = fk_worse(half, fabs(heated[j] - gauss(x, 0.385, 0.531 + 0.285 / 2)));
    }
    fk_spectral_free(box);
    fk_assert_near(slope, 0, 2e-14);
    fk_assert_near(heat, 0, 2e-15);
    ck_assert(half > 0.01); /* the control: variance/2 */
}
END_TEST

/* Against the sum of kernels. Sharing a sample between two neighbours at a distance a and dx - a
 * adds a variance of a (dx - a) <= dx^2/4 and no mean: the density moves by at most dx^2/8 times
 * its greatest second derivative, which is below 0.2/h^3 (h the bandwidth). */
START_TEST(a_fast_density_is_the_sum_of_its_kernels)
{
    enum { SAMPLES = 500 };
    const double h = 0.385;
    fk_spectral *box = fk_spectral_new(N, LO, WIDTH);
    double sample[SAMPLES], p[N], worst = 0, mass = 0;
    for (size_t i = 0; i < SAMPLES; i++) sample[i] = 3 * sin(0.7 * (double)i) + 0.2;
    sample[7] = 31.5; /* outside: left out */
    fk_spectral_density(box, sample, SAMPLES, h, p);
    for (size_t j = 0; j < N; j++) {
        double sum = 0;
        for (size_t i = 0; i < SAMPLES; i++)
            sum += gauss(fk_spectral_x(box, j), sample[i], h * h) / SAMPLES;
        worst = fk_worse(worst, fabs(p[j] - sum));
        mass += p[j] * WIDTH / N;
    }
    fk_spectral_free(box);
    double dx = WIDTH / N;
    fk_assert_near(worst, 0, dx * dx / 8 * 0.2 / (h * h * h));
    fk_assert_near(mass, 1 - 1.0 / SAMPLES, 1e-14);
}
END_TEST

/* --- the equation --- */

static const fk_process forward = {0, 1, 1, 0}, reverse = {1, 1, -1, 0}, flow = {0.5, 0, -1, 0};

static fk_mixture *mixture_of(const char *name)
{
    fk_mixture *m;
    fk_error err;
    ck_assert_int_eq(fk_mixture_read(name, &m, &err), FK_OK);
    return m;
}

/* Over the whole usable interval; the error at its end. */
static double end_error(const fk_mixture *m, const fk_schedule *s, fk_process process,
                        size_t points, size_t steps, fk_densities *kept)
{
    bool up = process.direction > 0;
    fk_fokker_planck p = {.mixture = m,
                          .schedule = s,
                          .process = process,
                          .t_from = up ? s->t_min : s->t_max,
                          .t_to = up ? s->t_max : s->t_min,
                          .points = points,
                          .steps = steps};
    fk_densities d;
    fk_error err;
    ck_assert_int_eq(fk_fokker_planck_solve(&p, &d, &err), FK_OK);
    double error = d.grew ? INFINITY : fk_densities_error(&d, d.kept - 1, m, s);
    if (kept)
        *kept = d;
    else
        fk_densities_free(&d);
    return error;
}

/* 256 points put the highest wave at 44 in units of the scale; the narrowest component, 0.18 of it,
 * holds exp(-(44*0.18)^2/2) = 1e-14 there. What is left is the time steps' error: a Courant number
 * of 1.8 at the box's end, and of 0.35 where the density is, to the power 4. */
START_TEST(three_equations_give_the_marginals_on_all_schedules)
{
    fk_mixture *m = mixture_of("three-1d");
    for (size_t i = 0; i < fk_n_schedules; i++) {
        const fk_schedule *s = &fk_schedules[i];
        fk_assert_near(end_error(m, s, forward, 256, 0, NULL), 0, 2e-9);
        fk_assert_near(end_error(m, s, reverse, 256, 0, NULL), 0, 2e-9);
        fk_assert_near(end_error(m, s, flow, 256, 0, NULL), 0, 2e-9);
    }
    fk_mixture_free(m);
}
END_TEST

START_TEST(the_family_between_ode_and_sde_gives_them_too)
{
    fk_mixture *m = mixture_of("bimodal-1d");
    const double eta2 = 0.385;
    fk_process family = {(1 + eta2) / 2, eta2, -1, 0}, wrong = {(1 + eta2) / 2, sqrt(eta2), -1, 0};
    fk_assert_near(end_error(m, &fk_schedules[0], family, 256, 0, NULL), 0, 2e-9);
    ck_assert(end_error(m, &fk_schedules[0], wrong, 256, 0, NULL) > 0.01);
    fk_mixture_free(m);
}
END_TEST

/* Gaussian components have coefficients exp(-(k sd)^2/2): with twice the points the logarithm of
 * the error is four times as large. Products with the drift reach beyond the highest wave, so that
 * less than four is asked for: the factor grows from above 50 to above 1000. */
START_TEST(errors_fall_faster_than_any_power_of_the_number_of_points)
{
    fk_mixture *m = mixture_of("three-1d");
    const fk_process all[] = {forward, reverse, flow};
    for (size_t i = 0; i < 3; i++) {
        double e64 = end_error(m, &fk_schedules[0], all[i], 64, 4000, NULL);
        double e128 = end_error(m, &fk_schedules[0], all[i], 128, 4000, NULL);
        double e256 = end_error(m, &fk_schedules[0], all[i], 256, 4000, NULL);
        ck_assert_msg(e64 > 50 * e128 && e128 > 1000 * e256, "%zu: %g %g %g", i, e64, e128, e256);
    }
    fk_mixture_free(m);
}
END_TEST

START_TEST(errors_fall_with_the_fourth_power_of_the_step)
{
    fk_mixture *m = mixture_of("gaussian-1d");
    const fk_process all[] = {forward, reverse, flow};
    for (size_t i = 0; i < 3; i++) {
        double coarse = end_error(m, &fk_schedules[0], all[i], 128, 2000, NULL);
        double fine = end_error(m, &fk_schedules[0], all[i], 128, 4000, NULL);
        fk_assert_near(log2(coarse / fine), 4, 0.1);
    }
    fk_mixture_free(m);
}
END_TEST

START_TEST(mass_is_conserved_and_the_start_is_what_was_asked_for)
{
    fk_mixture *m = mixture_of("three-1d"), *other = mixture_of("bimodal-1d");
    const fk_schedule *s = &fk_schedules[0];
    fk_fokker_planck p = {m, s, reverse, 0.5, 0.05, other, 128, 0, 6, 0, NULL};
    fk_densities d;
    fk_error err;
    ck_assert_int_eq(fk_fokker_planck_solve(&p, &d, &err), FK_OK);
    ck_assert_uint_eq(d.kept, 6);
    fk_assert_near(d.t[0], 0.5, 0);
    fk_assert_near(d.t[5], 0.05, 0);
    fk_assert_near(fk_densities_error(&d, 0, other, s), 0, 1e-15);
    for (size_t i = 0; i < d.kept; i++) {
        double mass = 0;
        for (size_t j = 0; j < d.points; j++) mass += d.p[i * d.points + j];
        fk_assert_near(mass * d.scale[i] * 2 * d.reach / (double)d.points, 1, 1e-12);
    }
    ck_assert(fk_densities_error(&d, 5, m, s) > 0.01); /* from another start: not p_t */
    fk_densities_free(&d);
    fk_mixture_free(other);
    fk_mixture_free(m);
}
END_TEST

START_TEST(another_score_gives_the_law_that_it_belongs_to)
{
    fk_mixture *m = mixture_of("three-1d"), *other = mixture_of("bimodal-1d");
    const fk_field score = fk_mixture_field(other);
    const fk_schedule *s = &fk_schedules[0];
    fk_fokker_planck p = {m, s, reverse, 0.5, 0.05, other, 256, 4000, 2, 0, &score};
    fk_densities d;
    fk_error err;
    ck_assert_int_eq(fk_fokker_planck_solve(&p, &d, &err), FK_OK);
    fk_assert_near(fk_densities_error(&d, 1, other, s), 0, 1e-8);
    ck_assert(fk_densities_error(&d, 1, m, s) > 0.1);
    fk_densities_free(&d);
    fk_mixture_free(other);
    fk_mixture_free(m);
}
END_TEST

/* The current printed with + (g^2/2) dp/dx: diffusion backwards. The finer the grid, the sooner. */
START_TEST(an_ill_posed_equation_is_told_and_stopped)
{
    fk_mixture *m = mixture_of("three-1d");
    fk_process printed = {0, -1, 1, 0};
    fk_densities coarse, fine;
    ck_assert(isinf(end_error(m, &fk_schedules[0], printed, 64, 2000, &coarse)));
    ck_assert(isinf(end_error(m, &fk_schedules[0], printed, 256, 2000, &fine)));
    ck_assert(coarse.grew && fine.grew && coarse.kept == 2 && fine.kept == 2);
    ck_assert(fine.t[1] < coarse.t[1] && coarse.t[1] < 0.5);
    fk_densities_free(&coarse);
    fk_densities_free(&fine);
    fk_mixture_free(m);
}
END_TEST

START_TEST(many_at_a_time_give_the_same_bits_as_one)
{
    fk_mixture *m = mixture_of("bimodal-1d");
    fk_densities alone, d[4];
    end_error(m, &fk_schedules[3], reverse, 128, 0, &alone);
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 4; i++) end_error(m, &fk_schedules[3], reverse, 128, 0, &d[i]);
    for (int i = 0; i < 4; i++) {
        ck_assert(memcmp(alone.p, d[i].p, 2 * 128 * sizeof *alone.p) == 0);
        fk_densities_free(&d[i]);
    }
    fk_densities_free(&alone);
    fk_mixture_free(m);
}
END_TEST

START_TEST(times_beyond_the_schedule_are_refused)
{
    fk_mixture *m = mixture_of("gaussian-1d");
    fk_fokker_planck p = {m, &fk_schedules[0], forward, 0.5, 1.5, NULL, 64, 0, 2, 0, NULL};
    fk_densities d;
    fk_error err;
    ck_assert_int_eq(fk_fokker_planck_solve(&p, &d, &err), FK_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "1.5"));
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("fokker_planck", derivative_and_heat_flow_of_a_gaussian_are_those_of_its_formula,
         a_fast_density_is_the_sum_of_its_kernels,
         three_equations_give_the_marginals_on_all_schedules,
         the_family_between_ode_and_sde_gives_them_too,
         errors_fall_faster_than_any_power_of_the_number_of_points,
         errors_fall_with_the_fourth_power_of_the_step,
         mass_is_conserved_and_the_start_is_what_was_asked_for,
         another_score_gives_the_law_that_it_belongs_to, an_ill_posed_equation_is_told_and_stopped,
         many_at_a_time_give_the_same_bits_as_one, times_beyond_the_schedule_are_refused)
