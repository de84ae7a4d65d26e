/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of deterministic schemes, and the distances between a law and an exact one. */
#include <gsl/gsl_integration.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analytic/exact.h"
#include "analytic/history.h"
#include "analytic/pushforward.h"
#include "core/observe.h"
#include "tests/law1d.h"

static fk_pushforward push_of(const problem *p, size_t cells)
{
    return (fk_pushforward){.step = p->s.plan.step,
                            .n_steps = p->s.plan.n_steps,
                            .field = &p->field,
                            .start = {.marginal = p->from},
                            .end = p->to,
                            .cells = cells,
                            .threads = 1};
}

static fk_law_record record_of(const problem *p, const fk_pushforward *push)
{
    fk_curve curve;
    fk_error err;
    ck_assert_msg(fk_pushforward_run(push, &curve, &err) == FK_OK, "%s", err.text);
    fk_law_record r = fk_curve_compare(&curve, p->to, &p->functionals);
    fk_curve_free(&curve);
    return r;
}

/* --- two Gaussians, by a run of no steps --- */

typedef struct {
    double a, b, c, d; /* N(a, b^2) and N(c, d^2) */
} pair;

static double Phi(double z)
{
    return 0.5 * erfc(-z * FK_SQRT1_2);
}

static double cdf_gap(double x, void *arg)
{
    const pair *g = arg;
    return fabs(Phi((x - g->a) / g->b) - Phi((x - g->c) / g->d));
}

/* Where the densities cross: KS and TV are what the distribution functions differ by there. */
static void crossings(const pair *g, double x[2])
{
    double p = 1 / (g->b * g->b), q = 1 / (g->d * g->d);
    double A = p - q, B = -2 * (p * g->a - q * g->c);
    double C = p * g->a * g->a - q * g->c * g->c + 2 * log(g->b / g->d);
    double root = sqrt(B * B - 4 * A * C);
    x[0] = (-B - root) / (2 * A), x[1] = (-B + root) / (2 * A);
}

/* int |F - G|, split where the distribution functions cross */
static double w1_of(pair *g)
{
    double crossing = (g->a * g->d - g->c * g->b) / (g->d - g->b);
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(64);
    gsl_function f = {cdf_gap, g};
    double sum = 0, end[] = {g->a - 12, crossing, g->a + 12};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 40; k++) {
            double h = (end[i + 1] - end[i]) / 40;
            sum += gsl_integration_glfixed(&f, end[i] + k * h, end[i] + (k + 1) * h, rule);
        }
    gsl_integration_glfixed_table_free(rule);
    return sum;
}

START_TEST(distances_between_two_gaussians_are_the_closed_forms)
{
    const double stds[] = {0.8385, 1.0385, 0.97};
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "gaussian-1d", "vp-linear", "euler", "uniform", 3, 0.9385, 0.5385);
        fk_pushforward push = push_of(&p, 4000);
        push.n_steps = 0;
        push.start = (fk_start_law){p.to, stds[i]}; /* no steps: start and end are one time */
        fk_law_record r = record_of(&p, &push);
        pair g = {0, stds[i], p.to->mean[0], sqrt(p.to->var[0])};
        double x[2], gap[2], ratio = g.b / g.d, shift = (g.a - g.c) / g.d;
        crossings(&g, x);
        for (int k = 0; k < 2; k++) gap[k] = Phi((x[k] - g.a) / g.b) - Phi((x[k] - g.c) / g.d);
        double kl = log(ratio) + (1 + shift * shift) / (2 * ratio * ratio) - 0.5;
        const double bound = 1e-11;
        fk_assert_near(r.mass, 1, 1e-13);
        fk_assert_near(r.mean, 0, 1e-13);
        fk_assert_near(r.var, g.b * g.b, 1e-13);
        fk_assert_near(r.mean_error, -g.c, 1e-13);
        fk_assert_near(r.var_error, g.b * g.b - g.d * g.d, 1e-13);
        fk_assert_near(r.kl, kl, bound);
        fk_assert_near(r.tv, fabs(gap[0] - gap[1]), bound);
        fk_assert_near(r.ks, fmax(fabs(gap[0]), fabs(gap[1])), bound);
        fk_assert_near(r.w1, w1_of(&g), bound);
        fk_assert_near(r.w2, hypot(g.a - g.c, g.b - g.d), bound);
        fk_assert_near(r.error[FK_COS2], exp(-2 * g.b * g.b) - exp(-2 * g.d * g.d) * cos(2 * g.c),
                       bound);
        for (int j = 0; j < FK_N_CDF; j++) {
            double c = p.functionals.centre[j];
            double here = Phi((g.a - c) / hypot(g.b, 0.2)),
                   there = Phi((g.c - c) / hypot(g.d, 0.2));
            fk_assert_near(r.error[FK_CDF + j], here - there, bound);
        }
        /* Controls: the divergence the other way round, and distances of a start a little wider. */
        double other = -log(ratio) + (ratio * ratio + shift * shift) / 2 - 0.5;
        ck_assert(!(fabs(r.kl - other) <= bound));
        push.start.std *= 1 + 1e-6;
        fk_law_record wide = record_of(&p, &push);
        ck_assert(!(fabs(wide.w2 - r.w2) <= bound) && !(fabs(wide.ks - r.ks) <= bound));
        ck_assert(!(fabs(wide.tv - r.tv) <= bound));
        ck_assert(i > 0 || !(fabs(wide.w1 - r.w1) <= bound)); /* else W1 is the means' distance */
        problem_free(&p);
    }
}
END_TEST

static double between(const problem *p, double std, double other)
{
    fk_curve curve[2];
    fk_error err;
    for (int k = 0; k < 2; k++) {
        fk_pushforward push = push_of(p, 2000 + 385 * (size_t)k);
        push.n_steps = 0;
        push.start = (fk_start_law){p->to, k ? other : std};
        ck_assert_int_eq(fk_pushforward_run(&push, &curve[k], &err), FK_OK);
    }
    const double w1 = fk_curve_w1(&curve[0], &curve[1]);
    fk_curve_free(&curve[0]), fk_curve_free(&curve[1]);
    return w1;
}

/* On nodes of their own. Of two centred Gaussians the distance is |b - d| sqrt(2/pi); std 0 is the
 * marginal. */
START_TEST(the_distance_between_two_curves_is_that_of_their_laws)
{
    problem p;
    problem_new(&p, "gaussian-1d", "vp-linear", "euler", "uniform", 3, 0.9385, 0.5385);
    pair g = {0, 0.8385, p.to->mean[0], sqrt(p.to->var[0])};
    const double closed = 0.2 * sqrt(2 / FK_PI), one = w1_of(&g);
    fk_assert_near(between(&p, 0.8385, 1.0385), closed, 1e-5 * closed);
    fk_assert_near(between(&p, 0.8385, 0), one, 1e-5 * one);
    fk_assert_near(between(&p, 0, 0), 0, 1e-6);
    ck_assert(!(fabs(between(&p, 0.8385, 1.0386) - closed) <= 1e-5 * closed));
    problem_free(&p);
}
END_TEST

/* --- schemes on a mixture --- */

/* A law that is exact: no steps, from the marginal. The nodes lie through gaps of the density. */
START_TEST(the_exact_law_has_no_distance_from_itself)
{
    problem p;
    problem_new(&p, "three-1d", "vp-linear", "euler", "uniform", 3, 0.9385, 1e-3);
    fk_pushforward push = push_of(&p, 4000);
    push.n_steps = 0;
    push.start.marginal = p.to;
    fk_law_record r = record_of(&p, &push);
    fk_assert_near(r.mass, 1, 1e-13);
    ck_assert(r.w1 <= 1e-13 && r.ks <= 1e-14 && r.worst_cdf <= 1e-14 && r.w2 <= 1e-12);
    ck_assert(r.tv <= 1e-12 && r.kl <= 1e-12); /* the masses by derivatives of y */
    problem_free(&p);
}
END_TEST

/* x_N of all the starts, in one run */
static void run_points(const problem *p, const double *x, size_t n, double *out)
{
    const fk_points points = {x, n, 1};
    fk_snapshots *end = fk_snapshots_new(1, n, 1);
    const fk_observer see = fk_observe_snapshots(end);
    particles_to_end(p, fk_source_points(&points), (fk_noise){0}, n, &see);
    for (size_t i = 0; i < n; i++) out[i] = end->x[i];
    fk_snapshots_free(end);
}

/* The same by quadrature over the start: monotone maps on the line are optimal, so W1 is the mean
 * of |T x - exact x| and W2^2 that of its square. By midpoints in x: the maps jump between modes
 * over 1/600 of a unit, or 50 of the nodes, so that what is left is below 1e-5 relative. */
START_TEST(distances_are_averages_over_the_coupling_by_the_flow)
{
    problem p;
    problem_new(&p, "three-1d", "vp-linear", "heun", "lambda", 24, 0.9385, 1e-2);
    fk_pushforward push = push_of(&p, 4000);
    fk_law_record r = record_of(&p, &push);
    enum { N = 200000 };
    double range[2], *x = fk_alloc(3 * N, sizeof *x), *y = x + N, *exact = y + N;
    fk_marginal_range(p.from, 1e-16, range);
    double h = (range[1] - range[0]) / N, w1 = 0, w2 = 0, mean = 0;
    for (size_t i = 0; i < N; i++) x[i] = range[0] + h * ((double)i + 0.5);
    run_points(&p, x, N, y);
    fk_flow(p.mixture, p.s.axis.node, p.s.axis.node + 24, N, x, exact, NULL);
    for (size_t i = 0; i < N; i++) {
        double mass = h * exp(fk_marginal_at(p.from, &x[i], NULL)), d = y[i] - exact[i];
        w1 += mass * fabs(d), w2 += mass * d * d, mean += mass * d;
    }
    fk_assert_near(r.w1, w1, 1e-5 * w1);
    fk_assert_near(r.w2, sqrt(w2), 1e-5 * sqrt(w2));
    fk_assert_near(r.mean_error, mean, 1e-5 * w1);
    ck_assert(!(fabs(r.w1 - fabs(r.mean_error)) <= 1e-5 * w1)); /* errors of both signs */
    free(x);
    problem_free(&p);
}
END_TEST

static void slopes(const char *spec, size_t n, double *by_w1, double *by_cdf)
{
    fk_law_record r[3];
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "three-1d", "vp-linear", spec, "lambda", n << i, 0.9385, 1e-2);
        fk_pushforward push = push_of(&p, 2000);
        r[i] = record_of(&p, &push);
        problem_free(&p);
    }
    *by_w1 = 2 * log2(r[1].w1 / r[2].w1) - log2(r[0].w1 / r[1].w1);
    *by_cdf = 2 * log2(r[1].worst_cdf / r[2].worst_cdf) - log2(r[0].worst_cdf / r[1].worst_cdf);
}

START_TEST(schemes_converge_at_their_orders)
{
    const char *spec[] = {"euler", "ddim", "heun", "rk4"};
    const double order[] = {1, 1, 2, 4};
    for (int i = 0; i < 4; i++) {
        double w1, cdf;
        slopes(spec[i], i < 2 ? 200 : 80, &w1, &cdf);
        fk_assert_near(w1, order[i], 0.05 * order[i]);
        fk_assert_near(cdf, order[i], 0.05 * order[i]);
    }
}
END_TEST

START_TEST(figures_do_not_depend_on_the_number_of_cells)
{
    problem p;
    problem_new(&p, "three-1d", "ve", "heun", "karras", 20, 1, 1e-3);
    fk_pushforward coarse = push_of(&p, 4000), fine = push_of(&p, 8000);
    fk_law_record a = record_of(&p, &coarse), b = record_of(&p, &fine);
    fk_assert_near(a.w1, b.w1, 1e-10);
    fk_assert_near(a.worst_cdf, b.worst_cdf, 1e-12);
    fk_assert_near(a.w2, b.w2, 1e-9);
    fk_assert_near(a.tv, b.tv, 1e-9);
    fk_assert_near(a.kl, b.kl, 1e-9);
    fk_assert_near(a.ks, b.ks, 1e-10);
    problem_free(&p);
}
END_TEST

/* The second-order Adams-Bashforth method on the drift: h (1 + r) M - h r H. */
static void make_adams(problem *p, double weight)
{
    const fk_axis *axis = &p->s.axis;
    for (size_t n = 0; n < axis->n_steps; n++) {
        const double *t = axis->t + n, h = t[1] - t[0];
        bool first = n == 0 && axis->past == 0;
        double r = first ? 0 : weight * h / (2 * (t[0] - t[-1]));
        fk_step *step = &p->s.plan.step[n];
        step->history = !first;
        step->stage[0].push = true;
        step->result = (fk_combination){.a = 1, .b = {h * (1 + r)}, .d = {-h * r}};
    }
}

START_TEST(exact_history_gives_a_multistep_formula_its_order)
{
    const fk_scheme formula = {.depth = 1, .lag = 1, .output = FK_DRIFT};
    double error[2][3];
    for (int i = 0; i < 3; i++)
        for (int wrong = 0; wrong < 2; wrong++) {
            problem p;
            fk_error err;
            problem_new(&p, "three-1d", "vp-linear", "euler", "lambda", (size_t)100 << i, 0.9,
                        0.05);
            ck_assert_int_eq(fk_axis_extend(&p.s.axis, 1, &err), FK_OK);
            make_adams(&p, wrong ? 0.9 : 1);
            const fk_history past = fk_history_exact(&p.s.axis, &formula, 0);
            fk_pushforward push = push_of(&p, 2000);
            push.history = &past;
            error[wrong][i] = record_of(&p, &push).w1;
            problem_free(&p);
        }
    for (int wrong = 0; wrong < 2; wrong++) {
        double slope =
            2 * log2(error[wrong][1] / error[wrong][2]) - log2(error[wrong][0] / error[wrong][1]);
        ck_assert_msg((fabs(slope - 2) <= 0.1) == !wrong, "slope %g", slope);
    }
}
END_TEST

/* One step of -x: the order on the line is reversed, moments are still known. */
/* sup |Phi(x) - F(x)| of the marginal at the start, which the flow carries to the end unchanged. */
static double ks_of_prior(const problem *p)
{
    double ks = 0;
    for (int i = -10000; i <= 10000; i++)
        ks = fmax(ks, fabs(Phi(5e-4 * i) - fk_marginal_cdf(p->from, 5e-4 * i, false)));
    return ks;
}

/* The flow tears starts apart, between modes, that doubles cannot tell apart. */
START_TEST(far_and_narrow_modes_have_distances)
{
    problem p;
    char name[] = "/tmp/fokker-narrow-XXXXXX";
    FILE *file = fdopen(mkstemp(name), "w");
    fprintf(file,
            "{\"dim\": 1, \"components\": [{\"weight\": 0.34, \"mean\": [-2], \"std\": 0.05}, "
            "{\"weight\": 0.33, \"mean\": [0.1], \"std\": 0.02}, "
            "{\"weight\": 0.33, \"mean\": [2], \"std\": 0.1}]}");
    fclose(file);
    problem_new(&p, name, "vp-linear", "rk4", "lambda", 400, 1, 1e-3);
    unlink(name);
    fk_pushforward push = push_of(&p, 2000);
    for (int wrong = 0; wrong < 2; wrong++) {
        push.start.std = wrong ? 1.01 : 1;
        const fk_law_record r = record_of(&p, &push);
        ck_assert_int_eq(fabs(r.ks - ks_of_prior(&p)) <= 1e-6, !wrong);
        ck_assert(r.w1 > 1e-4 && r.w1 < r.w2 && r.tv >= r.ks && r.kl > 0);
    }
    problem_free(&p);
}
END_TEST

START_TEST(a_map_that_is_not_monotone_has_moments_but_no_distances)
{
    problem p;
    problem_new(&p, "three-1d", "vp-linear", "euler", "lambda", 3, 0.9385, 1e-2);
    fk_step mirror = {.result = {.a = -1}};
    fk_pushforward push = push_of(&p, 2000);
    push.step = &mirror, push.n_steps = 1;
    fk_law_record r = record_of(&p, &push);
    ck_assert(isnan(r.w1) && isnan(r.w2) && isnan(r.ks) && isnan(r.tv) && isnan(r.kl));
    fk_functionals f = fk_functionals_new(p.from);
    fk_assert_near(r.mean, -f.mean, 1e-13);
    fk_assert_near(r.var, f.var, 1e-13);
    problem_free(&p);
}
END_TEST

/* A pushforward of steps that draw has no normals to give them: it once called what is not there.
 */
START_TEST(noise_in_a_pushforward_is_a_callers_bug)
{
    const char *spec[] = {"heun", "sra1"};
    for (int i = 0; i < 2; i++) {
        problem p;
        fk_curve curve;
        fk_error err;
        int how;
        problem_new(&p, "three-1d", "vp-linear", spec[i], "lambda", 7, 0.93, 0.05);
        const fk_pushforward push = push_of(&p, 64);
        const pid_t child = fork();
        if (child == 0) {
            fclose(stderr); /* of what assert() has to say */
            _exit(fk_pushforward_run(&push, &curve, &err) == FK_OK ? 71 : 1);
        }
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        if (i == 0) ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 71);
        if (i == 1) ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
        problem_free(&p);
    }
}
END_TEST

FK_SUITE("pushforward", distances_between_two_gaussians_are_the_closed_forms,
         the_distance_between_two_curves_is_that_of_their_laws,
         the_exact_law_has_no_distance_from_itself,
         distances_are_averages_over_the_coupling_by_the_flow, schemes_converge_at_their_orders,
         figures_do_not_depend_on_the_number_of_cells,
         exact_history_gives_a_multistep_formula_its_order, far_and_narrow_modes_have_distances,
         a_map_that_is_not_monotone_has_moments_but_no_distances,
         noise_in_a_pushforward_is_a_callers_bug)
