/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of every deterministic scheme as a formula: local slopes of the error against the exact
 * flow of a Gaussian and of a mixture, on grids uniform in lambda, multistep schemes with exact
 * history. Then their own starts, and mistakes found in public code, which must show the lower
 * order that they have. */
#include "ode/schemes.h"
#include "registry.h"
#include "tests/scalar_runs.h"
#include <string.h>

typedef struct {
    const char *mixture, *schedule, *grid;
    double lambda[2]; /* start, end */
    bool exact;       /* history */
} problem;

static const problem gaussian = {"gaussian-1d", "vp-linear", "lambda", {-1.2385, 2.385}, true};
/* edm: with one of the VP schedules dp5's leading error nearly cancels here */
static const problem mixture = {"three-1d", "edm", "lambda", {-3.0385, 3.5385}, true};
static const problem own_start = {"three-1d", "vp-cosine", "lambda", {-1.2385, 2.385}, false};
static const problem karras = {"three-1d", "vp-cosine", "karras", {-1.2385, 2.385}, false};

/* A fault, put into the plan. */
typedef void fault(const fk_axis *, fk_plan *);

/* Root of the sum of squares over some starts. */
static double error_of(const fk_scheme *scheme, const problem *p, size_t N, fault *spoil)
{
    fk_schedule schedule;
    fk_mixture *data;
    fk_axis axis;
    fk_plan plan;
    fk_error err;
    const double z[] = {-2.1385, -0.7385, 0.1385, 0.9385, 1.7385};
    ck_assert(fk_schedule_parse(p->schedule, &schedule, &err) == FK_OK);
    ck_assert(fk_mixture_read(p->mixture, &data, &err) == FK_OK);
    double start = schedule.time_of(&schedule, p->lambda[0]),
           end = schedule.time_of(&schedule, p->lambda[1]);
    ck_assert(fk_axis_on_schedule(&schedule, p->grid, N, start, end, &axis, &err) == FK_OK);
    if (p->exact && scheme->depth > 0)
        ck_assert(fk_axis_extend(&axis, scheme->depth, &err) == FK_OK);
    ck_assert(fk_plan_new(&axis, scheme, &plan, &err) == FK_OK);
    if (spoil) spoil(&axis, &plan);
    double sum = 0;
    for (size_t i = 0; i < sizeof z / sizeof *z; i++) {
        double x = z[i] * hypot(axis.node->s, axis.node->sigma), y;
        fk_flow(data, axis.node, axis.node + N, 1, &x, &y, NULL);
        sum = hypot(sum, scalar_run(scheme, &axis, &plan, data, x) - y);
    }
    fk_plan_free(&plan);
    fk_axis_free(&axis);
    fk_mixture_free(data);
    return sum;
}

/* Where the error has settled and is far above rounding after the halvings. */
static size_t first_n(double order)
{
    return order < 4 ? 100 : order < 5 ? 50 : 25;
}

/* The local slope of the last of four halvings, or of the last that is not rounding: at 2e-13, some
 * hundred roundings of 1e-16 change a slope by 0.01. */
static double slope_of(const char *spec, const problem *p, fault *spoil)
{
    fk_scheme scheme;
    fk_error err;
    ck_assert(fk_registry_parse_scheme(spec, &scheme, &err) == FK_OK);
    size_t N = first_n(scheme.weak_order);
    double slope = NAN, before = error_of(&scheme, p, N, spoil);
    for (int i = 0; i < 4; i++) {
        double now = error_of(&scheme, p, N *= 2, spoil);
        if (i > 1 && now < 2e-13) break;
        slope = log2(before / now);
        before = now;
    }
    return slope;
}

static void wrong_weight(const fk_axis *axis, fk_plan *plan)
{
    (void)axis;
    for (size_t n = 0; n < plan->n_steps; n++) {
        fk_combination *y = &plan->step[n].result;
        for (int j = 0; j < FK_MAX_STAGES; j++) y->b[j] *= 1.01;
        y->d[0] *= 1.01;
    }
}

static void check_every_row(const problem *p, double upto2, double at3, double above)
{
    for (size_t k = 0; k < fk_n_ode_schemes; k++) {
        const fk_scheme *scheme = fk_ode_schemes[k];
        if (scheme->adaptive) continue;
        const double order = fk_smooth_order(scheme); /* the grids are smooth */
        const double bound = order <= 2 ? upto2 : order <= 3 ? at3 : above;
        double slope = slope_of(scheme->row.name, p, NULL);
        ck_assert_msg(fabs(slope - order) <= bound, "%s: %.4f", scheme->row.name, slope);
        slope = slope_of(scheme->row.name, p, wrong_weight);
        ck_assert_msg(!(fabs(slope - order) <= bound), "%s, spoilt: %.4f", scheme->row.name, slope);
    }
}

START_TEST(every_ode_scheme_has_its_order_on_a_gaussian)
{
    check_every_row(&gaussian, 0.02, 0.05, 0.15);
}
END_TEST

START_TEST(every_ode_scheme_has_its_order_on_a_mixture)
{
    check_every_row(&mixture, 0.1, 0.1, 0.2);
}
END_TEST

typedef struct {
    const char *spec;
    double order;
} claim;

static void check_claims(const problem *p, const claim *each, size_t n, fault *spoil)
{
    for (size_t i = 0; i < n; i++) {
        double slope = slope_of(each[i].spec, p, spoil);
        double bound = each[i].order <= 3 ? 0.1 : 0.2;
        ck_assert_msg(fabs(slope - each[i].order) <= bound, "%s on %s: %.3f, not %g", each[i].spec,
                      p->grid, slope, each[i].order);
    }
}
#define CHECK_CLAIMS(p, each, spoil) check_claims(p, each, sizeof each / sizeof *each, spoil)

START_TEST(parameters_leave_the_order)
{
    const claim each[] = {{"unipc-1:b=bh1", 2},  {"unipc-2:b=bh1", 3}, {"unipc-3:b=bh1", 4},
                          {"deis-2:p=rho", 2},   {"deis-3:p=rho", 3},  {"deis-2:p=logrho", 2},
                          {"deis-3:p=logrho", 3}};
    CHECK_CLAIMS(&mixture, each, NULL);
}
END_TEST

/* From lambda = -1.2, where the first steps count. A start of order q costs one step's error
 * O(h^(q+1)): first-order starts cap at 2, UniPC's of order 2 at 3. */
START_TEST(own_starts_cap_the_order_and_matched_ones_keep_it)
{
    const claim each[] = {{"dpmpp-2m", 2},
                          {"dpmpp-2m:start=matched", 2},
                          {"dpmpp-3m", 2},
                          {"dpmpp-3m:start=matched", 3},
                          {"unipc-1", 2},
                          {"unipc-2", 3},
                          {"unipc-2:start=matched", 3},
                          {"unipc-3", 3},
                          {"unipc-3:start=matched", 4},
                          {"deis-2", 2},
                          {"deis-2:start=matched", 2},
                          {"deis-3", 2},
                          {"deis-3:start=matched", 3},
                          {"deis-3:p=rho,start=matched", 3},
                          {"deis-3:p=logrho,start=matched", 3},
                          {"lms-2", 2},
                          {"lms-2:start=matched", 2},
                          {"lms-3", 2},
                          {"lms-3:start=matched", 3},
                          {"lms-4", 2},
                          {"lms-4:start=matched", 4},
                          {"ipndm", 2}};
    CHECK_CLAIMS(&own_start, each, NULL);
    CHECK_CLAIMS(&karras, each, NULL);
}
END_TEST

/* --- mistakes that were shipped --- */

static double lambda_at(const fk_axis *axis, size_t n)
{
    return axis->node[n].lambda;
}

/* The multistep update as libraries write it, in differences of outputs m0 (now), m1, m2 (before):
 *     x' = sigma_u/sigma_t x - s_u (p1 m0 - p2 D1 + p3 D2),  p1 = e^-h - 1, p2 = p1/h + 1, p3 =
 *     p2/h - 1/2,  r0 = h_1/h, r1 = h_2/h,  D1_0 = (m0 - m1)/r0, D1_1 = (m1 - m2)/r1,
 *     D1 = D1_0 + r0/(r0 + r1) (D1_0 - D1_1),  D2 = c (D1_0 - D1_1)/(r0 + r1). */
static void third_order(const fk_axis *axis, fk_plan *plan, double c)
{
    for (size_t n = 2; n < plan->n_steps; n++) {
        fk_combination *y = &plan->step[n].result;
        double s = axis->node[n + 1].s, h = lambda_at(axis, n + 1) - lambda_at(axis, n);
        double r0 = (lambda_at(axis, n) - lambda_at(axis, n - 1)) / h;
        double r1 = (lambda_at(axis, n - 1) - lambda_at(axis, n - 2)) / h;
        double p1 = expm1(-h), p2 = p1 / h + 1, p3 = p2 / h - 0.5;
        double in_D1_0 = s * p2 * (1 + r0 / (r0 + r1)) - s * p3 * c / (r0 + r1);
        double in_D1_1 = -s * p2 * r0 / (r0 + r1) + s * p3 * c / (r0 + r1);
        y->b[0] = -s * p1 + in_D1_0 / r0;
        y->d[0] = -in_D1_0 / r0 + in_D1_1 / r1;
        y->d[1] = -in_D1_1 / r1;
    }
}

static void half_second_difference(const fk_axis *axis, fk_plan *plan)
{
    third_order(axis, plan, 1);
}

static void right_second_difference(const fk_axis *axis, fk_plan *plan)
{
    third_order(axis, plan, 2);
}

/* UniC-2 "with variable coefficients": D1 = (m_{n-1} - m_n)/r1, D2 = m_u - m_n; the inverse A of
 * C = [[1, r1/2], [1, 1/2]] gives derivatives, and each should be weighed by its own h phi. The
 * code keeps row 0 for D2 alone. h phi_2(-h), h phi_3(-h) by the recursion: h is not small here. */
static void corrector_by_rows(const fk_axis *axis, fk_plan *plan, bool stale)
{
    for (size_t n = 1; n + 1 < plan->n_steps; n++) {
        fk_combination *y = &plan->step[n].result;
        double s = axis->node[n + 1].s, h = lambda_at(axis, n + 1) - lambda_at(axis, n);
        double r1 = (lambda_at(axis, n - 1) - lambda_at(axis, n)) / h;
        double phi1 = expm1(-h), phi2 = phi1 / -h - 1, phi3 = phi2 / -h - 0.5;
        double det = 0.5 - r1 / 2, A[2][2] = {{0.5 / det, -r1 / 2 / det}, {-1 / det, 1 / det}};
        double in_D1 = phi2 * A[0][0] + phi3 * A[1][0], in_D2 = phi2 * A[0][1] + phi3 * A[1][1];
        if (stale) in_D1 = phi2 * A[0][0], in_D2 = phi3 * A[0][1];
        y->d[0] = -s * (phi1 - in_D1 / r1 - in_D2);
        y->d[1] = -s * in_D1 / r1;
        y->b[0] = -s * in_D2;
    }
}

static void stale_row(const fk_axis *axis, fk_plan *plan)
{
    corrector_by_rows(axis, plan, true);
}

static void all_rows(const fk_axis *axis, fk_plan *plan)
{
    corrector_by_rows(axis, plan, false);
}

/* "2M v2": ratio of the larger to the smaller step, and their average in place of the step. */
static void second_order(const fk_axis *axis, fk_plan *plan, bool v2)
{
    for (size_t n = 1; n < plan->n_steps; n++) {
        fk_combination *y = &plan->step[n].result;
        double h = lambda_at(axis, n + 1) - lambda_at(axis, n);
        double last = lambda_at(axis, n) - lambda_at(axis, n - 1), r = last / h;
        if (v2) r = fmax(h, last) / fmin(h, last), h = (h + last) / 2;
        y->b[0] = -axis->node[n + 1].s * expm1(-h) * (1 + 1 / (2 * r));
        y->d[0] = axis->node[n + 1].s * expm1(-h) / (2 * r);
    }
}

static void v2(const fk_axis *axis, fk_plan *plan)
{
    second_order(axis, plan, true);
}

static void v1(const fk_axis *axis, fk_plan *plan)
{
    second_order(axis, plan, false);
}

/* Adams and Bashforth's weights for equal steps, as PNDM takes them on any grid. */
static void equal_steps(const fk_axis *axis, fk_plan *plan)
{
    const double w[] = {55. / 24, -59. / 24, 37. / 24, -9. / 24};
    for (size_t n = 3; n < plan->n_steps; n++) {
        fk_combination *y = &plan->step[n].result;
        const fk_coeffs *u = &axis->node[n + 1], *t = u - 1;
        double total = u->s * (u->sigma / u->s - t->sigma / t->s);
        y->b[0] = total * w[0];
        for (int j = 0; j < 3; j++) y->d[j] = total * w[j + 1];
    }
}

START_TEST(shipped_mistakes_show_their_true_order)
{
    const problem long_grid = {"three-1d", "vp-cosine", "lambda", {-3.0385, 3.0385}, false};
    const struct {
        const char *spec;
        const problem *on;
        fault *mistake;
        double order;
    } each[] = {
        {"dpmpp-3m:start=matched", &long_grid, half_second_difference, 2},
        {"dpmpp-3m:start=matched", &karras, half_second_difference, 2},
        {"dpmpp-3m:start=matched", &karras, right_second_difference, 3},
        {"unipc-2", &long_grid, stale_row, 1},
        {"unipc-2", &karras, stale_row, 1},
        {"unipc-2", &karras, all_rows, 3},
        {"dpmpp-2m", &long_grid, v2, 2}, /* equal steps hide it */
        {"dpmpp-2m", &karras, v2, 1},
        {"dpmpp-2m", &karras, v1, 2},
        {"lms-4:start=matched", &long_grid, equal_steps, 2},
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        double slope = slope_of(each[i].spec, each[i].on, each[i].mistake);
        ck_assert_msg(fabs(slope - each[i].order) <= 0.1, "%zu, %s: %.3f", i, each[i].spec, slope);
    }
}
END_TEST

/* The formulas of the libraries, where right, are these tables. */
START_TEST(tables_equal_the_published_formulas)
{
    const struct {
        const char *spec;
        fault *formula, *mistake;
    } each[] = {{"dpmpp-3m", right_second_difference, half_second_difference},
                {"unipc-2", all_rows, stale_row},
                {"dpmpp-2m", v1, v2},
                {"ipndm", equal_steps, wrong_weight}};
    fk_schedule schedule;
    fk_error err;
    ck_assert(fk_schedule_parse("vp-linear", &schedule, &err) == FK_OK);
    for (size_t k = 0; k < sizeof each / sizeof *each; k++)
        for (int wrong = 0; wrong < 2; wrong++) {
            fk_axis axis;
            fk_plan table, formula;
            fk_scheme scheme;
            ck_assert(fk_registry_parse_scheme(each[k].spec, &scheme, &err) == FK_OK);
            ck_assert(fk_axis_on_schedule(&schedule, "uniform", 17, 1, 0.1, &axis, &err) == FK_OK);
            ck_assert(fk_plan_new(&axis, &scheme, &table, &err) == FK_OK);
            ck_assert(fk_plan_new(&axis, &scheme, &formula, &err) == FK_OK);
            (wrong ? each[k].mistake : each[k].formula)(&axis, &formula);
            double apart = 0;
            for (size_t n = 0; n < 17; n++) {
                const fk_combination *a = &table.step[n].result, *b = &formula.step[n].result;
                double d[] = {a->a - b->a, a->b[0] - b->b[0], a->d[0] - b->d[0], a->d[1] - b->d[1]};
                for (int i = 0; i < 4; i++)
                    if (!(fabs(d[i]) <= apart)) apart = fabs(d[i]);
            }
            /* phi_3 by differences divides roundings by h^2, h >= 0.1 here */
            ck_assert_msg((apart <= 1e-13) == !wrong, "%s: %.3g", each[k].spec, apart);
            fk_plan_free(&table);
            fk_plan_free(&formula);
            fk_axis_free(&axis);
        }
}
END_TEST

FK_SUITE("ode_orders", every_ode_scheme_has_its_order_on_a_gaussian,
         every_ode_scheme_has_its_order_on_a_mixture, parameters_leave_the_order,
         own_starts_cap_the_order_and_matched_ones_keep_it, shipped_mistakes_show_their_true_order,
         tables_equal_the_published_formulas)
