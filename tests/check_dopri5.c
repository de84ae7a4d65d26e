/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The batched Dormand-Prince pair: its paths and likelihoods against the GSL route and the exact
 * densities; tests/check_dopri5_kernel.c reads the tableau off the kernels. tests/check_adaptive.c
 * holds it to the same flows as the other adaptive schemes. */
#include <string.h>

#include "analytic/marginal.h"
#include "claims/setting.h"
#include "ode/adaptive.h"
#include "ode/dopri5.h"
#include "ode/schemes.h"
#include "tests/suite.h"

static const char *const isas[] = {"portable", "avx2", "avx512"};

enum { N = 61, DIM = 2 };

typedef struct {
    double x[2 * N * DIM], change[2 * N];
    fk_adaptive_options option;
} run;

/* N points of the marginal at t[0] to t[1]. */
static void solve(const fk_scheme *scheme, const fk_mixture *m, const fk_field *field,
                  const fk_schedule *schedule, const double *t, double tolerance, int threads,
                  size_t n, run *out)
{
    const fk_coeffs from = fk_schedule_at(schedule, t[0]);
    fk_marginal *at = fk_marginal_new(m, from.s, from.sigma);
    for (size_t p = 0; p < n; p++) fk_setting_point(at, p, out->x + p * m->dim);
    fk_marginal_free(at);
    out->option = (fk_adaptive_options){
        .rtol = tolerance, .atol = tolerance, .threads = threads, .log_change = out->change};
    fk_error err = {.code = 0};
    ck_assert_msg(fk_adaptive_solve(scheme, schedule, field, t, 2, n, out->x, &out->option, &err) ==
                      FK_OK,
                  "%s", err.text);
}

/* Worst differences of the ends and of the changes of log p. */
static void compare(const run *a, const run *b, size_t dim, double *of_x, double *of_log)
{
    *of_x = *of_log = 0;
    for (size_t i = N * dim; i < 2 * N * dim; i++) *of_x = fk_worse(*of_x, fabs(a->x[i] - b->x[i]));
    for (size_t p = N; p < 2 * N; p++)
        *of_log = fk_worse(*of_log, fabs(a->change[p] - b->change[p]));
}

/* From data to noise, where the flow contracts and errors do not grow: on every schedule and for
 * every kind of mixture two hundred steps of 1e-11 are 2e-9 in x; ten times that for the
 * log-density along a path that is off. Back from there the flow stretches them by up to a
 * thousand. */
START_TEST(paths_and_likelihoods_are_those_of_the_gsl_route_both_ways)
{
    static run by_gsl, ours;
    static const char *const mixture[] = {"three-1d", "ring-8", "full-2d"};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < fk_n_schedules; j++)
            for (int back = 0; back < 2; back++) {
                fk_mixture *m = fk_setting_mixture(mixture[i]);
                const fk_schedule schedule = fk_setting_schedule(fk_schedules[j].row.name);
                const fk_field field = fk_mixture_field(m);
                const double a = schedule.t_min, b = schedule.t_max,
                             t[2] = {back ? b : a, back ? a : b};
                double x, log_p;
                solve(&fk_rk8pd, m, &field, &schedule, t, 1e-12, 0, N, &by_gsl);
                solve(&fk_dopri5, m, &field, &schedule, t, 1e-11, 0, N, &ours);
                compare(&by_gsl, &ours, m->dim, &x, &log_p);
                const double scale = fk_schedule_at(&schedule, t[1]).sigma;
                const double bound = back ? 2e-6 : 2e-9 * fmax(1, scale);
                ck_assert_msg(x <= bound && log_p <= 10 * bound / fmax(1, scale),
                              "%s, %s, %s: %g, %g", mixture[i], schedule.row.name,
                              back ? "back" : "forth", x, log_p);
                fk_mixture_free(m);
            }
}
END_TEST

/* The density carried along is that of the marginal where the path ends. Control: a divergence that
 * is wrong by a thousandth, which also sends it the slow way. */
static double scaled_divergence(const void *self, double s, double sigma, const double *x)
{
    const fk_field field = fk_mixture_field(self);
    return 1.001 * field.divergence(self, s, sigma, x);
}

START_TEST(the_density_along_a_path_is_that_of_its_end)
{
    static run ours;
    fk_mixture *m = fk_setting_mixture("full-2d");
    const fk_schedule schedule = fk_setting_schedule("sub-vp");
    const double t[2] = {schedule.t_min, schedule.t_max};
    const fk_coeffs at[2] = {fk_schedule_at(&schedule, t[0]), fk_schedule_at(&schedule, t[1])};
    fk_marginal *near = fk_marginal_new(m, at[0].s, at[0].sigma),
                *far = fk_marginal_new(m, at[1].s, at[1].sigma);
    for (int wrong = 0; wrong < 3; wrong++) {
        fk_field field = fk_mixture_field(m);
        if (wrong > 0) field.eval_each = NULL; /* alone: another way to the same */
        if (wrong > 1) field.divergence = scaled_divergence;
        solve(&fk_dopri5, m, &field, &schedule, t, 1e-11, 0, N, &ours);
        double worst = 0;
        for (size_t p = 0; p < N; p++) {
            const double exact = fk_marginal_at(far, ours.x + (N + p) * DIM, NULL) -
                                 fk_marginal_at(near, ours.x + p * DIM, NULL);
            ck_assert(ours.change[p] == 0);
            worst = fk_worse(worst, fabs(ours.change[N + p] - exact));
        }
        ck_assert_msg(wrong == 2 ? worst > 1e-3 : worst < 2e-8, "%d: %g", wrong, worst);
    }
    fk_marginal_free(far);
    fk_marginal_free(near);
    fk_mixture_free(m);
}
END_TEST

/* Median over the particles of the error in x, against a reference at 1e-13. */
static double median_error(const fk_mixture *m, const fk_schedule *schedule, const run *reference,
                           double tolerance, size_t *rejected)
{
    static run ours;
    double off[N];
    const fk_field field = fk_mixture_field(m);
    const double t[2] = {schedule->t_min, schedule->t_max};
    solve(&fk_dopri5, m, &field, schedule, t, tolerance, 0, N, &ours);
    *rejected = ours.option.rejected;
    for (size_t p = 0; p < N; p++)
        off[p] = hypot(ours.x[(N + p) * DIM] - reference->x[(N + p) * DIM],
                       ours.x[(N + p) * DIM + 1] - reference->x[(N + p) * DIM + 1]);
    for (size_t a = 0; a <= N / 2; a++) /* as much of a sort as the median needs */
        for (size_t b = a + 1; b < N; b++)
            if (off[b] < off[a]) {
                const double swap = off[a];
                off[a] = off[b], off[b] = swap;
            }
    return off[N / 2];
}

/* The local error, held at the tolerance, is that of order 4, h^5; the step is taken by order 5,
 * and its error h^5 a unit of time is proportional to the tolerance: slope 1, within a tenth for
 * what steps that reach the longest one, and higher terms, take away. Control: a pair without one
 * of its digits would have slope 2/5 or less. */
START_TEST(errors_are_proportional_to_the_tolerance_and_steps_are_rejected_on_the_way)
{
    static run reference;
    fk_mixture *m = fk_setting_mixture("ring-8");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const fk_field field = fk_mixture_field(m);
    const double t[2] = {schedule.t_min, schedule.t_max};
    solve(&fk_rk8pd, m, &field, &schedule, t, 1e-13, 0, N, &reference);
    size_t rejected, any = 0;
    double error[3];
    for (int k = 0; k < 3; k++) {
        error[k] = median_error(m, &schedule, &reference,
                                k == 0   ? 1e-6
                                : k == 1 ? 1e-8
                                         : 1e-10,
                                &rejected);
        any += rejected;
    }
    for (int k = 0; k < 2; k++) {
        const double slope = log10(error[k] / error[k + 1]) / 2;
        ck_assert_msg(fabs(slope - 1) <= 0.1, "%g: from %g to %g", slope, error[k], error[k + 1]);
    }
    ck_assert_uint_gt(any, 0);
    ck_assert(error[0] < 1e-5);
    fk_mixture_free(m);
}
END_TEST

START_TEST(threads_company_and_instruction_sets_leave_every_bit)
{
    static run one, other;
    fk_mixture *m = fk_setting_mixture("full-2d");
    const fk_schedule schedule = fk_setting_schedule("vp-cosine");
    const fk_field field = fk_mixture_field(m);
    const double t[2] = {schedule.t_max, schedule.t_min};
    solve(&fk_dopri5, m, &field, &schedule, t, 1e-7, 1, N, &one);
    for (size_t k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        solve(&fk_dopri5, m, &field, &schedule, t, 1e-7, 1 + (int)k, N, &other);
        ck_assert(memcmp(one.x, other.x, sizeof one.x) == 0);
        ck_assert(memcmp(one.change, other.change, sizeof one.change) == 0);
        ck_assert_uint_eq(one.option.evaluations, other.option.evaluations);
        ck_assert_uint_eq(one.option.rejected, other.option.rejected);
    }
    unsetenv("FOKKER_ISA");
    solve(&fk_dopri5, m, &field, &schedule, t, 1e-7, 1, 19, &other);
    ck_assert(memcmp(one.x + N * DIM, other.x + 19 * DIM, 19 * DIM * sizeof *one.x) == 0);
    fk_mixture_free(m);
}
END_TEST

/* Stops on the way cost accuracy nothing. */
START_TEST(stops_on_the_way_are_points_of_the_same_path)
{
    fk_mixture *m = fk_setting_mixture("bimodal-1d");
    const fk_schedule schedule = fk_setting_schedule("flow");
    const fk_field field = fk_mixture_field(m);
    enum { STOPS = 6, FEW = 37 };
    const double t[STOPS] = {0.999, 0.7385, 0.7384999999, 0.385, 0.2, 0.001},
                 ends[2] = {0.999, 0.001};
    double x[STOPS * FEW], direct[2 * FEW];
    for (size_t p = 0; p < FEW; p++) x[p] = direct[p] = -2.5 + 5.1385 * (double)p / FEW;
    fk_adaptive_options option = {.rtol = 1e-10, .atol = 1e-10}, plain = option;
    fk_error err;
    ck_assert_int_eq(
        fk_adaptive_solve(&fk_dopri5, &schedule, &field, t, STOPS, FEW, x, &option, &err), FK_OK);
    ck_assert_int_eq(
        fk_adaptive_solve(&fk_dopri5, &schedule, &field, ends, 2, FEW, direct, &plain, &err),
        FK_OK);
    const fk_coeffs from = fk_schedule_at(&schedule, t[0]);
    fk_marginal *start = fk_marginal_new(m, from.s, from.sigma);
    for (size_t j = 1; j < STOPS; j++) {
        const fk_coeffs to = fk_schedule_at(&schedule, t[j]);
        fk_marginal *at = fk_marginal_new(m, to.s, to.sigma);
        for (size_t p = 0; p < FEW; p++) /* the flow keeps the distribution function */
            fk_assert_near(fk_marginal_cdf(at, x[j * FEW + p], false),
                           fk_marginal_cdf(start, x[p], false), 2e-8);
        fk_marginal_free(at);
    }
    for (size_t p = 0; p < FEW; p++) fk_assert_near(x[5 * FEW + p], direct[FEW + p], 1e-7);
    ck_assert_uint_lt(option.evaluations, plain.evaluations + FEW * 6 * 2 * (STOPS - 2));
    fk_marginal_free(start);
    fk_mixture_free(m);
}
END_TEST

/* Point masses at the end of EDM, where sigma is 2e-3, starts a thousand standard deviations out,
 * components of width 1e-4: all come to their end, at a component or where the Gaussian there says.
 */
START_TEST(point_masses_narrow_components_and_outliers_come_to_their_end)
{
    const double mean[2] = {-1.385, 0.7385}, weight[2] = {0.385, 0.615};
    const double var[3][2] = {{0, 0}, {1e-8, 1e-8}, {0, 0.2385}};
    const fk_schedule schedule = fk_setting_schedule("edm");
    const double t[2] = {schedule.t_max, schedule.t_min};
    for (size_t k = 0; k < 3; k++) {
        fk_mixture *m;
        fk_error err = {.code = 0};
        ck_assert_int_eq(fk_mixture_new_diagonal("corner", 1, 2, weight, mean, var[k], &m, &err),
                         FK_OK);
        const fk_field field = fk_mixture_field(m);
        const fk_coeffs from = fk_schedule_at(&schedule, t[0]),
                        to = fk_schedule_at(&schedule, t[1]);
        fk_marginal *start = fk_marginal_new(m, from.s, from.sigma),
                    *end = fk_marginal_new(m, to.s, to.sigma);
        double x[2 * 5] = {-80, -2.385, 95, 8e4, -8e6};
        fk_adaptive_options option = {.rtol = 1e-10, .atol = 1e-10};
        int status = fk_adaptive_solve(&fk_dopri5, &schedule, &field, t, 2, 5, x, &option, &err);
        ck_assert_msg(status == FK_OK, "%zu: %s", k, err.text);
        for (size_t p = 0; p < 3; p++)
            fk_assert_near(fk_marginal_cdf(end, x[5 + p], false),
                           fk_marginal_cdf(start, x[p], false), 1e-5);
        for (size_t p = 3; p < 5; p++) ck_assert(isfinite(x[5 + p]));
        fk_marginal_free(end);
        fk_marginal_free(start);
        fk_mixture_free(m);
    }
}
END_TEST

/* An eighth of the way, at most, however much error is allowed: the first step, too. */
START_TEST(no_step_leaps_over_the_times_at_which_the_data_take_shape)
{
    fk_mixture *m = fk_setting_mixture("full-2d");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const fk_field field = fk_mixture_field(m);
    const double t[2] = {schedule.t_max, schedule.t_min};
    static run loose;
    solve(&fk_dopri5, m, &field, &schedule, t, 1e5, 1, N, &loose);
    ck_assert_uint_ge(loose.option.evaluations, N * (1 + 6 * 8));
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("dopri5", paths_and_likelihoods_are_those_of_the_gsl_route_both_ways,
         the_density_along_a_path_is_that_of_its_end,
         errors_are_proportional_to_the_tolerance_and_steps_are_rejected_on_the_way,
         threads_company_and_instruction_sets_leave_every_bit,
         stops_on_the_way_are_points_of_the_same_path,
         no_step_leaps_over_the_times_at_which_the_data_take_shape,
         point_masses_narrow_components_and_outliers_come_to_their_end)
