/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strong orders on a mixture, whose drift is not linear: paths of N and 4N steps against a fine
 * run of another scheme on the same Brownian tree. Mistakes that were published in code must come
 * out with the order that they really have. */
#include <string.h>

#include "analytic/draws.h"
#include "analytic/marginal.h"
#include "core/brownian.h"
#include "core/observe.h"
#include "sde/additive.h"
#include "tests/plans.h"

enum { PATHS = 1024, ROOTS = 32, COARSE = 256, FINE = 8192 };

static fk_mixture *two_hills(void)
{
    const double weight[] = {0.385, 0.615}, mean[] = {-0.7, 0.6}, var[] = {0.25, 0.1385};
    fk_mixture *mixture;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_mixture_new_diagonal("two hills", 1, 2, weight, mean, var, &mixture, &err),
                     FK_OK);
    return mixture;
}

/* End points of PATHS paths of n steps. */
static double *ends_of(const fk_mixture *mixture, const fk_scheme *scheme, size_t n)
{
    fk_schedule schedule;
    fk_axis axis;
    fk_plan plan;
    fk_brownian *tree;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse("vp-linear", &schedule, &err), FK_OK);
    ck_assert_int_eq(fk_axis_on_schedule(&schedule, "lambda", n, 0.6385, 0.1385, &axis, &err),
                     FK_OK);
    ck_assert_msg(fk_plan_new(&axis, scheme, &plan, &err) == FK_OK, "%s", err.text);
    double *clock = fk_alloc(n + 1, sizeof *clock);
    for (size_t i = 0; i <= n; i++) clock[i] = exp(2 * axis.node[i].lambda);
    ck_assert_msg(fk_brownian_new(17, ROOTS, plan.step, n, axis.t, clock, &tree, &err) == FK_OK,
                  "%s", err.text);

    const fk_marginal_start start_law = {mixture, axis.node[0].s, axis.node[0].sigma, 17};
    const fk_field field = fk_mixture_field(mixture);
    fk_snapshots *ends = fk_snapshots_new(1, PATHS, 1);
    const fk_observer see = fk_observe_snapshots(ends);
    const fk_run run = {.step = plan.step,
                        .n_steps = n,
                        .field = &field,
                        .start = fk_source_marginal(&start_law),
                        .noise = fk_noise_brownian(tree),
                        .n = PATHS,
                        .observe_at = &n,
                        .n_observe = 1,
                        .observer = &see,
                        .n_observers = 1};
    ck_assert_msg(fk_integrate(&run, &err) == FK_OK, "%s", err.text);
    double *x = fk_alloc(PATHS, sizeof *x);
    memcpy(x, ends->x, PATHS * sizeof *x);
    fk_snapshots_free(ends), fk_brownian_free(tree), fk_plan_free(&plan), fk_axis_free(&axis);
    free(clock);
    return x;
}

static double rms_gap(const double *a, const double *b)
{
    double sum = 0;
    for (int p = 0; p < PATHS; p++) sum += (a[p] - b[p]) * (a[p] - b[p]);
    return sqrt(sum / PATHS);
}

/* The slope of the root mean square error over two halvings. */
static double strong_order(const fk_mixture *mixture, const fk_scheme *scheme, const double *exact)
{
    double *coarse = ends_of(mixture, scheme, COARSE), *fine = ends_of(mixture, scheme, 4 * COARSE);
    double order = log2(rms_gap(coarse, exact) / rms_gap(fine, exact)) / 2;
    free(coarse), free(fine);
    return order;
}

/* A mean square over PATHS paths is good to sqrt(kurtosis/PATHS), about a tenth, and the two share
 * most of it; halved twice, the slope is good to 0.03. The fine run adds (1/8)^p of the error. */
static const double bound = 0.1;

START_TEST(every_scheme_with_a_path_has_its_strong_order)
{
    fk_mixture *mixture = two_hills();
    double *by_sra = ends_of(mixture, &fk_sra3, FINE),
           *by_shark = ends_of(mixture, &fk_shark, FINE);
    double *by_2m = ends_of(mixture, &fk_dpmpp_2m_sde, FINE);
    double *by_exp = ends_of(mixture, &fk_exp_euler, FINE);
    ck_assert(rms_gap(by_sra, by_shark) < 1e-6);
    for (size_t k = 0; k < fk_n_sde_schemes; k++) {
        const fk_scheme *scheme = fk_sde_schemes[k];
        if (isnan(scheme->strong_order) || scheme->needs & FK_FACTS) continue;
        const bool clocked = !(scheme->needs & FK_F_G2) && scheme != &fk_reverse_diffusion;
        const double *exact =
            clocked ? (scheme->depth ? by_exp : by_2m) : (scheme == &fk_shark ? by_sra : by_shark);
        double order = strong_order(mixture, scheme, exact);
        ck_assert_msg(fabs(order - scheme->strong_order) < bound, "%s: %.3f", scheme->row.name,
                      order);
    }
    free(by_sra), free(by_shark), free(by_2m), free(by_exp);
    fk_mixture_free(mixture);
}
END_TEST

START_TEST(mistaken_tableaus_have_strong_order_one)
{
    fk_mixture *mixture = two_hills();
    double *exact = ends_of(mixture, &fk_shark, FINE);
    const fk_scheme *from[] = {&fk_sra1, &fk_sra2, &fk_sra3, &fk_shark};
    for (int i = 0; i < 4; i++) {
        fk_additive other = *fk_sde_tableau(from[i]);
        fk_scheme wrong = *from[i];
        wrong.constants = &other;
        if (i == 0) other.stage[1][0].i10 = 0.5; /* B0 = 1/2 */
        for (size_t j = 0; j < other.times; j++) {
            if (i == 1 || i == 2) other.result[j].i10 *= -1; /* the sign of beta2 */
            if (i == 3) other.result[j].h *= -1;             /* the sign of the Levy area */
        }
        double order = strong_order(mixture, &wrong, exact);
        ck_assert_msg(fabs(order - 1) < bound, "%s: %.3f", wrong.row.name, order);
    }
    free(exact);
    fk_mixture_free(mixture);
}
END_TEST

FK_SUITE("strong_orders", every_scheme_with_a_path_has_its_strong_order,
         mistaken_tableaus_have_strong_order_one)
