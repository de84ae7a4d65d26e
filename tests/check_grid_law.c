/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The density law: against closed forms on a Gaussian, against particles, and against itself. */
#include <omp.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/gaussian_law.h"
#include "analytic/grid_law.h"
#include "core/observe.h"
#include "tests/law1d.h"

static fk_grid_law grid_of(const problem *p, size_t cells)
{
    return (fk_grid_law){.step = p->s.plan.step,
                         .n_steps = p->s.plan.n_steps,
                         .field = &p->field,
                         .start = {.marginal = p->from},
                         .cells = cells,
                         .threads = 1};
}

static fk_law_record record_of(const problem *p, const fk_grid_law *grid)
{
    fk_curve curve;
    fk_error err;
    ck_assert_msg(fk_grid_law_run(grid, &curve, &err) == FK_OK, "%s", err.text);
    fk_law_record r = fk_curve_compare(&curve, p->to, &p->functionals);
    fk_curve_free(&curve);
    return r;
}

/* Of two Gaussians: mean and sd of the scheme, of the exact law. */
static double kl_of(fk_gaussian exact, fk_gaussian scheme)
{
    double d = exact.mean - scheme.mean;
    return 0.5 * (exact.var / scheme.var + d * d / scheme.var - 1 + log(scheme.var / exact.var));
}

/* On Gaussian data the law is the Gaussian one, whose moments the tables give by themselves. */
START_TEST(on_a_gaussian_it_is_the_gaussian_law)
{
    const char *spec[] = {"euler-maruyama", "euler-maruyama:eta=0.6", "ddim:eta=1", "ddim:eta=0.7"};
    const char *schedule[] = {"vp-linear", "ve"};
    for (int i = 0; i < 8; i++) {
        problem p;
        problem_new(&p, "gaussian-1d", schedule[i / 4], spec[i % 4], "lambda", 40, 0.95, 0.02);
        fk_grid_law grid = grid_of(&p, 3000);
        grid.start.std = i % 2 ? 1.0385 : 0;
        fk_gaussian data = {p.mixture->mean[0], p.mixture->var[0]};
        fk_gaussian from = {p.from->mean[0], p.from->var[0]};
        if (i % 2) from = (fk_gaussian){0, 1.0385 * 1.0385};
        fk_gaussian_law joint = fk_gaussian_law_start(from);
        fk_gaussian_law_run(data, p.s.plan.step, p.s.plan.n_steps, &joint, NULL);
        fk_gaussian end = {joint.mean[0], joint.cov[0][0]};
        fk_gaussian exact = {p.to->mean[0], p.to->var[0]};
        fk_law_record r = record_of(&p, &grid);
        fk_assert_near(r.mass, 1, 1e-12);
        fk_assert_near(r.mean, end.mean, 1e-12);
        fk_assert_near(r.var, end.var, 1e-12);
        fk_assert_near(r.w2, hypot(end.mean - exact.mean, sqrt(end.var) - sqrt(exact.var)), 1e-10);
        if (!isnan(r.kl)) fk_assert_near(r.kl, kl_of(exact, end), 1e-10);
        ck_assert(!isnan(r.kl) || i % 2); /* where the start is not the marginal */
        /* The control: a noise larger by one part in a million. */
        p.s.plan.step[30].result.c[0] *= 1 + 1e-6;
        ck_assert(!(fabs(record_of(&p, &grid).var - end.var) <= 1e-12));
        problem_free(&p);
    }
}
END_TEST

START_TEST(mass_is_one_and_more_cells_change_nothing)
{
    const char *spec[] = {"euler-maruyama", "ddim:eta=1"};
    for (int i = 0; i < 2; i++) {
        problem p;
        problem_new(&p, "three-1d", "vp-linear", spec[i], "lambda", 50, 1, 1e-3);
        fk_grid_law coarse = grid_of(&p, 4000), fine = grid_of(&p, 8000), edge = grid_of(&p, 0);
        fk_law_record a = record_of(&p, &coarse), b = record_of(&p, &fine);
        fk_assert_near(a.mass, 1, 1e-10);
        fk_assert_near(b.mass, 1, 1e-10);
        fk_assert_near(a.w1, b.w1, 1e-10);
        fk_assert_near(a.w2, b.w2, 1e-9);
        fk_assert_near(a.ks, b.ks, 1e-11);
        fk_assert_near(a.tv, b.tv, 1e-10);
        fk_assert_near(a.kl, b.kl, 1e-10);
        fk_assert_near(a.worst_cdf, b.worst_cdf, 1e-12);
        ck_assert(a.w1 > 1e-3); /* none of this is about zeros */
        fk_assert_near(record_of(&p, &edge).w1, b.w1, 1e-10);
        problem_free(&p);
    }
}
END_TEST

START_TEST(the_law_does_not_depend_on_threads)
{
    problem p;
    problem_new(&p, "bimodal-1d", "vp-linear", "euler-maruyama", "uniform", 12, 1, 0.1);
    fk_grid_law one = grid_of(&p, 1500), many = grid_of(&p, 1500);
    one.threads = 1, many.threads = 5;
    fk_curve a, b;
    fk_error err;
    ck_assert_int_eq(fk_grid_law_run(&one, &a, &err), FK_OK);
    ck_assert_int_eq(fk_grid_law_run(&many, &b, &err), FK_OK);
    ck_assert(a.n == b.n && memcmp(a.y, b.y, a.n * sizeof *a.y) == 0);
    ck_assert(memcmp(a.below, b.below, a.n * sizeof *a.below) == 0);
    ck_assert(memcmp(a.mass, b.mass, a.n * sizeof *a.mass) == 0);
    fk_curve_free(&a), fk_curve_free(&b);
    problem_free(&p);
}
END_TEST

/* Moments of particles within 6 standard errors: false alarm 4e-9. */
static void particles_against(problem *p, const fk_law_record *r, size_t n, double *z)
{
    const fk_key key = {2385, FK_STREAM_STEPS};
    const fk_marginal_start from = {p->mixture, p->from->s, p->from->sigma, 2385};
    fk_moments *moments = fk_moments_new(1, 1);
    const fk_observer see = fk_observe_moments(moments);
    particles_to_end(p, fk_source_marginal(&from), fk_noise_independent(&key, 1), n, &see);
    double mean = fk_moments_mean(moments, 0, 0), var = fk_moments_variance(moments, 0, 0);
    fk_moments_free(moments);
    z[0] = (mean - r->mean) / sqrt(r->var / (double)n);
    z[1] = (var - r->var) / (r->var * sqrt(2 / (double)n)); /* bimodal: its kurtosis is below 3 */
}

START_TEST(particles_have_this_law)
{
    const char *spec[] = {"euler-maruyama", "euler-maruyama:eta=0.7", "ddim:eta=1"};
    for (int i = 0; i < 3; i++) {
        problem p;
        double z[2];
        problem_new(&p, "three-1d", "vp-linear", spec[i], "lambda", 12, 1, 1e-2);
        fk_grid_law grid = grid_of(&p, 0);
        fk_law_record r = record_of(&p, &grid);
        particles_against(&p, &r, 400000, z);
        ck_assert_msg(fabs(z[0]) <= 6 && fabs(z[1]) <= 6, "%s: %g %g", spec[i], z[0], z[1]);
        for (size_t n = 0; n < 12; n++) p.s.plan.step[n].result.c[0] *= sqrt(2); /* control */
        particles_against(&p, &r, 400000, z);
        ck_assert(!(fabs(z[1]) <= 6));
        problem_free(&p);
    }
}
END_TEST

/* Noise-free steps at the end, and on the way, only move the nodes. */
START_TEST(steps_without_noise_push_the_law_forward)
{
    problem p;
    problem_new(&p, "gaussian-1d", "vp-linear", "euler-maruyama", "lambda", 30, 1, 1e-2);
    p.s.plan.step[17].result.c[0] = 0;
    p.s.plan.step[28].result.c[0] = p.s.plan.step[29].result.c[0] = 0;
    fk_gaussian data = {p.mixture->mean[0], p.mixture->var[0]};
    fk_gaussian_law joint = fk_gaussian_law_start((fk_gaussian){p.from->mean[0], p.from->var[0]});
    fk_gaussian_law_run(data, p.s.plan.step, p.s.plan.n_steps, &joint, NULL);
    fk_grid_law grid = grid_of(&p, 0);
    fk_law_record r = record_of(&p, &grid);
    fk_assert_near(r.mean, joint.mean[0], 1e-12);
    fk_assert_near(r.var, joint.cov[0][0], 1e-12);
    fk_error err;
    fk_curve curve;
    p.s.plan.step[29].result = (fk_combination){.a = -1}; /* the line turned over */
    ck_assert_int_eq(fk_grid_law_run(&grid, &curve, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "order of the line") != NULL, "%s", err.text);
    problem_free(&p);
}
END_TEST

/* Noise of 1e-4 on a law of width 1 asks for 2e5 cells, but only in the last steps. */
START_TEST(cells_follow_the_noise_where_they_are_not_given)
{
    problem p;
    problem_new(&p, "gaussian-1d", "sub-vp", "euler-maruyama", "lambda", 50, 1, 1e-3);
    fk_gaussian data = {p.mixture->mean[0], p.mixture->var[0]};
    fk_gaussian_law joint = fk_gaussian_law_start((fk_gaussian){p.from->mean[0], p.from->var[0]});
    fk_gaussian_law_run(data, p.s.plan.step, p.s.plan.n_steps, &joint, NULL);
    fk_grid_law grid = grid_of(&p, 0);
    fk_law_record r = record_of(&p, &grid);
    fk_assert_near(r.mass, 1, 1e-12);
    fk_assert_near(r.mean, joint.mean[0], 1e-12);
    fk_assert_near(r.var, joint.cov[0][0], 1e-12);
    problem_free(&p);
}
END_TEST

START_TEST(too_coarse_a_grid_is_refused_with_the_number_that_would_do)
{
    problem p;
    fk_error err;
    fk_curve curve;
    problem_new(&p, "three-1d", "vp-linear", "euler-maruyama", "lambda", 200, 1, 1e-3);
    fk_grid_law grid = grid_of(&p, 1000);
    ck_assert_int_eq(fk_grid_law_run(&grid, &curve, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "below 1.5 cells; take ") != NULL, "%s", err.text);
    problem_free(&p);
}
END_TEST

START_TEST(what_it_takes_is_read_from_the_tables)
{
    const char *spec[] = {"euler-maruyama", "ddim:eta=1", "euler", "heun-sde", "sra1"};
    const bool takes[] = {true, true, false, false, false};
    for (int i = 0; i < 5; i++) {
        setting s;
        setting_new(&s, "vp-linear", spec[i], "lambda", 7, 1, 1e-3);
        ck_assert_msg(fk_grid_law_takes(s.plan.step, 7) == takes[i], "%s", spec[i]);
        setting_free(&s);
    }
}
END_TEST

FK_SUITE("grid_law", on_a_gaussian_it_is_the_gaussian_law,
         mass_is_one_and_more_cells_change_nothing, the_law_does_not_depend_on_threads,
         particles_have_this_law, steps_without_noise_push_the_law_forward,
         cells_follow_the_noise_where_they_are_not_given,
         too_coarse_a_grid_is_refused_with_the_number_that_would_do,
         what_it_takes_is_read_from_the_tables)
