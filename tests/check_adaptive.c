/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The adaptive schemes on fields whose flow is known: one Gaussian a coordinate, where the flow
 * scales by the ratio of standard deviations, and a mixture in 1-D, where it conserves F_t(x_t). */
#include <gsl/gsl_errno.h>
#include <string.h>

#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "tests/suite.h"

/* --- fields --- */

typedef struct {
    double s, sigma;
} frozen;

static void freeze(const void *self, double s, double sigma, void *out)
{
    (void)self;
    *(frozen *)out = (frozen){s, sigma};
}

/* N(mean_i, var_i) in coordinate i; `strength` is 1, or wrong in a control */
typedef struct {
    double mean[2], var[2], strength;
} gaussian;

static void gaussian_eval(const void *self, const void *at, fk_block x, fk_block score)
{
    const gaussian *g = self;
    const frozen *f = at;
    for (size_t i = 0; i < x.dim; i++)
        for (size_t p = 0; p < x.n; p++)
            score.x[i * score.ld + p] = g->strength * (f->s * g->mean[i] - x.x[i * x.ld + p]) /
                                        (f->s * f->s * g->var[i] + f->sigma * f->sigma);
}

static double gaussian_flow(const gaussian *g, size_t i, const fk_coeffs *from, const fk_coeffs *to,
                            double x)
{
    double a = from->s * from->s * g->var[i] + from->sigma * from->sigma;
    double b = to->s * to->s * g->var[i] + to->sigma * to->sigma;
    return to->s * g->mean[i] + sqrt(b / a) * (x - from->s * g->mean[i]);
}

/* Three components with gaps between them, so that the flow's slope reaches several hundred. */
enum { K = 3 };
static const double weight[K] = {0.3, 0.5, 0.2}, mean[K] = {-2, 0.5, 1.8}, sd[K] = {0.4, 0.25, 0.6};

/* The density, its derivative, and the distribution function or the survival function. */
static void mixture_at(double s, double sigma, double x, double *p, double *dp, double *F,
                       double *G)
{
    *p = *dp = *F = *G = 0;
    for (int k = 0; k < K; k++) {
        double var = s * s * sd[k] * sd[k] + sigma * sigma, d = x - s * mean[k];
        double q = weight[k] * exp(-d * d / (2 * var)) / sqrt(2 * FK_PI * var);
        *p += q;
        *dp -= q * d / var;
        *F += weight[k] * erfc(-d / sqrt(2 * var)) / 2;
        *G += weight[k] * erfc(d / sqrt(2 * var)) / 2;
    }
}

static void mixture_eval(const void *self, const void *at, fk_block x, fk_block score)
{
    (void)self;
    const frozen *f = at;
    for (size_t i = 0; i < x.n; i++) {
        double p, dp, F, G;
        mixture_at(f->s, f->sigma, x.x[i], &p, &dp, &F, &G);
        score.x[i] = dp / p;
    }
}

static fk_field field_of(const gaussian *g, size_t dim)
{
    return (fk_field){.self = g,
                      .dim = dim,
                      .frozen_size = sizeof(frozen),
                      .freeze = freeze,
                      .eval = g ? gaussian_eval : mixture_eval};
}

static fk_schedule schedule_of(const char *spec)
{
    fk_schedule schedule;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_schedule_parse(spec, &schedule, &err) == FK_OK, "%s", err.text);
    return schedule;
}

static void solve(const fk_scheme *scheme, const fk_schedule *schedule, const fk_field *field,
                  const double *t, size_t n_t, size_t n, double *x, fk_adaptive_options *option)
{
    fk_error err = {.code = 0};
    int status = fk_adaptive_solve(scheme, schedule, field, t, n_t, n, x, option, &err);
    ck_assert_msg(status == FK_OK, "%s", err.text);
}

/* --- accuracy --- */

enum { N = 101, TIMES = 4 };

/* The worst error over 101 starts and three later times, relative to the slope of the flow. */
static double gaussian_error(const fk_scheme *scheme, const fk_schedule *schedule,
                             const gaussian *g, const double *t, double tolerance, double *slope)
{
    static double x[TIMES][N][2];
    fk_field field = field_of(g, 2);
    fk_adaptive_options option = {.rtol = tolerance, .atol = tolerance};
    fk_coeffs from = fk_schedule_at(schedule, t[0]);
    for (int p = 0; p < N; p++)
        for (size_t i = 0; i < 2; i++) {
            double sd_i = sqrt(from.s * from.s * g->var[i] + from.sigma * from.sigma);
            double z = (p - 50) / 12.5 + 0.1385 * (double)i;
            x[0][p][i] = from.s * g->mean[i] + sd_i * z;
        }
    solve(scheme, schedule, &field, t, TIMES, N, &x[0][0][0], &option);
    double worst = *slope = 0;
    for (int j = 1; j < TIMES; j++) {
        fk_coeffs to = fk_schedule_at(schedule, t[j]);
        for (int p = 0; p < N; p++)
            for (size_t i = 0; i < 2; i++) {
                double y = gaussian_flow(g, i, &from, &to, x[0][p][i]);
                double here = fabs(gaussian_flow(g, i, &from, &to, x[0][p][i] + 1) - y);
                double off = fabs(x[j][p][i] - y) / fmax(1, here);
                if (!(off <= worst)) worst = off;
                if (here > *slope) *slope = here;
            }
    }
    return worst;
}

/* At tolerance 1e-12 a few hundred steps of error 1e-12 |x| add up, damped or stretched by the
 * flow: an accuracy of 1e-9 leaves ten times that. Both ways, on every schedule. */
static void follows_the_gaussian_flow(const fk_scheme *scheme)
{
    gaussian right = {{0.7385, -1.2385}, {0.2385, 0.0137}, 1}, twice = right;
    twice.strength = 2;
    for (size_t k = 0; k < fk_n_schedules; k++) {
        fk_schedule s = schedule_of(fk_schedules[k].row.name);
        double a = s.t_min, b = s.t_max, slope;
        const double down[TIMES] = {b, 0.3 * a + 0.7 * b, 0.97 * a + 0.03 * b, a};
        const double up[TIMES] = {a, 0.97 * a + 0.03 * b, 0.3 * a + 0.7 * b, b};
        double error = gaussian_error(scheme, &s, &right, down, 1e-12, &slope);
        ck_assert_msg(error <= 1e-9, "%s down: %g", s.row.name, error);
        error = gaussian_error(scheme, &s, &right, up, 1e-12, &slope);
        ck_assert_msg(error <= 1e-9, "%s up: %g", s.row.name, error);
        /* control: a drift with g^2 score in place of g^2/2 score */
        ck_assert(gaussian_error(scheme, &s, &twice, down, 1e-12, &slope) > 1e-9);
    }
    /* a flow that stretches by more than 300: the errors of early steps grow with it */
    gaussian narrow = {{0.385, 0.2385}, {1e-6, 9e-6}, 1};
    fk_schedule vp = schedule_of("vp-linear:beta0=0");
    const double up[TIMES] = {1e-3, 0.1, 0.5, 1};
    double slope, error = gaussian_error(scheme, &vp, &narrow, up, 1e-12, &slope);
    ck_assert(slope > 300);
    ck_assert_msg(error <= 1e-9, "narrow: %g at slope %g", error, slope);
}

START_TEST(rk8pd_at_1e_12_follows_the_gaussian_flow_to_1e_9)
{
    follows_the_gaussian_flow(&fk_rk8pd);
}
END_TEST

START_TEST(dopri5_at_1e_12_follows_the_gaussian_flow_to_1e_9)
{
    follows_the_gaussian_flow(&fk_dopri5);
}
END_TEST

/* A tolerance is for one step; a hundred times it over a run is usual. */
START_TEST(tighter_tolerances_give_smaller_errors)
{
    gaussian g = {{0.7385, -1.2385}, {0.2385, 0.0137}, 1};
    fk_schedule s = schedule_of("vp-linear");
    const double t[TIMES] = {1, 0.5, 0.1, 1e-3};
    double slope;
    const fk_scheme *scheme[] = {&fk_rk45, &fk_rk8pd, &fk_dopri5};
    for (int k = 0; k < 3; k++) {
        double loose = gaussian_error(scheme[k], &s, &g, t, 1e-5, &slope);
        double tight = gaussian_error(scheme[k], &s, &g, t, 1e-9, &slope);
        ck_assert_msg(loose < 1e-3 && tight < 1e-7 && tight < 1e-2 * loose, "%s: %g, %g",
                      scheme[k]->row.name, loose, tight);
    }
}
END_TEST

/* In 1-D the flow is the monotone rearrangement: it keeps F_t(x_t), or 1 - F_t in the upper tail.
 * An error e in y = x_u moves F_u by p_u(y) e, so |F_u(y) - F_t(x)| / p_u(y) is the worst error;
 * and p_t(x) / p_u(y) is the slope of the flow. */
static double mixture_error(double tolerance, double *steepest)
{
    static double x[2][N];
    fk_schedule s = schedule_of("vp-linear");
    fk_field field = field_of(NULL, 1);
    fk_adaptive_options option = {.rtol = tolerance, .atol = tolerance};
    const double t[2] = {1, 1e-3};
    /* half of the starts where those for the first and the second component part */
    for (int p = 0; p < N; p++) x[0][p] = p % 2 ? (p - 50) / 16.0 : -0.5244 + (p - 50) * 1e-4;
    solve(&fk_rk8pd, &s, &field, t, 2, N, x[0], &option);
    fk_coeffs from = fk_schedule_at(&s, t[0]), to = fk_schedule_at(&s, t[1]);
    double worst = *steepest = 0;
    for (int i = 0; i < N; i++) {
        double p, dp, F, G, q, dq, E, H;
        mixture_at(from.s, from.sigma, x[0][i], &p, &dp, &F, &G);
        mixture_at(to.s, to.sigma, x[1][i], &q, &dq, &E, &H);
        double off = fabs(F < 0.5 ? E - F : H - G) / q;
        if (!(off <= worst)) worst = off;
        if (p / q > *steepest) *steepest = p / q;
    }
    return worst;
}

START_TEST(rk8pd_conserves_the_distribution_function_of_a_mixture)
{
    double steepest, error = mixture_error(1e-12, &steepest);
    ck_assert(steepest > 500);
    ck_assert_msg(error <= 1e-9, "%g", error);
    ck_assert(mixture_error(1e-8, &steepest) > 1e-9); /* control: 1e-9 is not had for nothing */
}
END_TEST

/* --- the machinery --- */

START_TEST(results_do_not_depend_on_threads)
{
    static double x[2][TIMES][N];
    fk_schedule s = schedule_of("vp-cosine");
    fk_field field = field_of(NULL, 1);
    const double t[TIMES] = {0.99, 0.5, 0.0385, 1e-3};
    fk_adaptive_options option[2] = {{.rtol = 1e-7, .atol = 1e-7, .threads = 1},
                                     {.rtol = 1e-7, .atol = 1e-7, .threads = 3}};
    for (int k = 0; k < 2; k++) {
        for (int p = 0; p < N; p++) x[k][0][p] = (p - 50) / 16.0;
        solve(&fk_rk45, &s, &field, t, TIMES, N, x[k][0], &option[k]);
    }
    ck_assert(memcmp(x[0], x[1], sizeof x[0]) == 0);
    ck_assert_uint_eq(option[0].evaluations, option[1].evaluations);
    ck_assert_uint_eq(option[0].rejected, option[1].rejected);
    /* seven evaluations a step at least, ten steps a particle at least */
    ck_assert(option[0].evaluations > 70 * N);
}
END_TEST

START_TEST(one_particle_alone_gets_what_it_gets_in_company)
{
    double x[2][N], alone[2];
    fk_schedule s = schedule_of("ve");
    fk_field field = field_of(NULL, 1);
    const double t[2] = {1, 0};
    fk_adaptive_options option = {.rtol = 1e-8, .atol = 1e-8, .threads = 1};
    for (int p = 0; p < N; p++) x[0][p] = p - 50.385;
    alone[0] = x[0][38];
    solve(&fk_rk8pd, &s, &field, t, 2, N, x[0], &option);
    solve(&fk_rk8pd, &s, &field, t, 2, 1, alone, &option);
    ck_assert(alone[1] == x[1][38]);
}
END_TEST

/* Beyond `wall` the score is NaN, or pulls towards a pole that is reached in finite time. */
typedef struct {
    double wall;
    bool pole;
} broken;

static void broken_eval(const void *self, const void *at, fk_block x, fk_block score)
{
    (void)at;
    const broken *b = self;
    for (size_t p = 0; p < x.n; p++) {
        double y = x.x[p];
        score.x[p] = y < b->wall ? -y : b->pole ? 40 * y * y * y : NAN;
    }
}

static int handled; /* by the handler below, which GSL calls without a context */
static void handler(const char *reason, const char *file, int line, int code)
{
    (void)reason, (void)file, (void)line, (void)code;
    handled++;
}

START_TEST(a_collapse_names_the_first_particle_and_nothing_aborts)
{
    fk_schedule s = schedule_of("vp-linear");
    const double t[2] = {1, 1e-3};
    gsl_error_handler_t *before = gsl_set_error_handler(handler);
    for (int pole = 0; pole < 2; pole++)
        for (int k = 0; k < 3; k++) {
            const fk_scheme *const scheme[] = {&fk_rk45, &fk_rk8pd, &fk_dopri5};
            broken b = {3, pole};
            fk_field field = {.self = &b,
                              .dim = 1,
                              .frozen_size = sizeof(frozen),
                              .freeze = freeze,
                              .eval = broken_eval};
            double x[2][6] = {{0.1, 0.2, 0.385, 3.05, 50, 0.3}}; /* the last but one fails first */
            fk_adaptive_options option = {.rtol = 1e-6, .atol = 1e-6, .threads = 2};
            fk_error err = {.code = 0};
            int status = fk_adaptive_solve(scheme[k], &s, &field, t, 2, 6, x[0], &option, &err);
            ck_assert_int_eq(status, FK_USAGE);
            ck_assert_msg(strstr(err.text, "particle 3"), "%s", err.text);
            ck_assert(!strchr(err.text, '\n'));
            ck_assert_msg(strstr(err.text, pole ? " t" : "not finite"), "%s", err.text);
        }
    ck_assert_int_eq(handled, 0);
    ck_assert(gsl_set_error_handler(before) == handler);
}
END_TEST

/* Where a coordinate is 0 and stays there a relative tolerance allows no error, and there is none.
 */
START_TEST(a_relative_tolerance_alone_serves_where_a_coordinate_is_zero)
{
    const fk_scheme *const scheme[] = {&fk_rk45, &fk_rk8pd, &fk_dopri5};
    gaussian g = {{0, 2.385}, {0.385, 0.2}, 1};
    fk_schedule s = schedule_of("vp-linear");
    fk_field field = field_of(&g, 2);
    const double t[2] = {1, 1e-3};
    const fk_coeffs from = fk_schedule_at(&s, t[0]), to = fk_schedule_at(&s, t[1]);
    for (int k = 0; k < 3; k++) {
        double x[2][2] = {{0, 1.3}};
        fk_adaptive_options option = {.rtol = 1e-9, .atol = 0};
        solve(scheme[k], &s, &field, t, 2, 1, x[0], &option);
        ck_assert(x[1][0] == 0);
        fk_assert_near(x[1][1], gaussian_flow(&g, 1, &from, &to, 1.3), 1e-6);
    }
}
END_TEST

START_TEST(bad_requests_get_one_line)
{
    gaussian g = {{0, 0}, {1, 1}, 1};
    fk_schedule s = schedule_of("vp-linear");
    fk_field field = field_of(&g, 1);
    const struct {
        double t[3], rtol, atol;
        const char *says;
    } bad[] = {{{1, 0.5, 0.5}, 1e-6, 1e-6, "one way"},   {{1, 0.5, 0.6}, 1e-6, 1e-6, "one way"},
               {{1.1, 0.5, 0.1}, 1e-6, 1e-6, "1.1"},     {{1, 0.5, 0}, 1e-6, 1e-6, "t 0 "},
               {{1, 0.5, NAN}, 1e-6, 1e-6, "nan"},       {{1, 0.5, 0.1}, 0, 0, "both 0"},
               {{1, 0.5, 0.1}, -1e-6, 1e-6, "negative"}, {{1, 0.5, 0.1}, NAN, 1e-6, "--rtol"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double x[3] = {0.385};
        fk_adaptive_options option = {.rtol = bad[i].rtol, .atol = bad[i].atol};
        fk_error err = {.code = 0};
        ck_assert_int_eq(fk_adaptive_solve(&fk_rk45, &s, &field, bad[i].t, 3, 1, x, &option, &err),
                         FK_USAGE);
        ck_assert_msg(strstr(err.text, bad[i].says) && !strchr(err.text, '\n'), "%s", err.text);
    }
}
END_TEST

FK_SUITE("adaptive", rk8pd_at_1e_12_follows_the_gaussian_flow_to_1e_9,
         dopri5_at_1e_12_follows_the_gaussian_flow_to_1e_9, tighter_tolerances_give_smaller_errors,
         rk8pd_conserves_the_distribution_function_of_a_mixture, results_do_not_depend_on_threads,
         one_particle_alone_gets_what_it_gets_in_company,
         a_collapse_names_the_first_particle_and_nothing_aborts,
         a_relative_tolerance_alone_serves_where_a_coordinate_is_zero, bad_requests_get_one_line)
