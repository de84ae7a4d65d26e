/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The backward expectation: against closed forms on a Gaussian, the density law, particles, and
 * itself with more nodes. */
#include <string.h>

#include "analytic/backward_law.h"
#include "analytic/draws.h"
#include "analytic/gaussian_law.h"
#include "analytic/grid_law.h"
#include "analytic/history.h"
#include "core/observe.h"
#include "tests/law1d.h"

static fk_backward_law backward_of(const problem *p)
{
    return (fk_backward_law){.step = p->s.plan.step,
                             .n_steps = p->s.plan.n_steps,
                             .field = &p->field,
                             .start = {.marginal = p->from},
                             .functionals = &p->functionals,
                             .threads = 1};
}

static fk_expectations expect(const fk_backward_law *b, bool check)
{
    fk_expectations e;
    fk_error err;
    ck_assert_msg(fk_backward_law_run(b, check, &e, &err) == FK_OK, "%s", err.text);
    return e;
}

/* All functionals are closed forms of a Gaussian. */
static void of_gaussian(const fk_functionals *f, fk_gaussian x, double *value)
{
    value[FK_MEAN] = x.mean;
    value[FK_SQUARE] = x.var + x.mean * x.mean;
    value[FK_COS2] = exp(-2 * x.var) * cos(2 * x.mean);
    for (int j = 0; j < FK_N_CDF; j++) {
        double z = (x.mean - f->centre[j]) / sqrt(x.var + 0.04);
        value[FK_CDF + j] = 0.5 * erfc(-z * FK_SQRT1_2);
    }
}

static double apart_by(const double *a, const double *b)
{
    double worst = 0;
    for (int k = 0; k < FK_N_FUNCTIONALS; k++) worst = fk_worse(fabs(a[k] - b[k]), worst);
    return worst;
}

static fk_gaussian end_of(const problem *p, fk_gaussian_law joint)
{
    fk_gaussian data = {p->mixture->mean[0], p->mixture->var[0]};
    fk_gaussian_law_run(data, p->s.plan.step, p->s.plan.n_steps, &joint, NULL);
    return (fk_gaussian){joint.mean[FK_ROW_X], joint.cov[FK_ROW_X][FK_ROW_X]};
}

/* Rounding of 8 steps with sums of a few hundred terms is 8 * 300 eps = 1e-12; the nodes in H are
 * chosen for 1e-10 a step in the mean of their last terms, most of which averages out. */
START_TEST(on_a_gaussian_it_is_the_gaussian_law)
{
    const char *spec[] = {"sra1",      "dpmpp-2m-sde", "shark:eta=0.6", "heun-sde",
                          "edm-churn", "pc:snr=0.385", "euler-maruyama"};
    const char *schedule[] = {"vp-linear", "ve"};
    const double bound = 2e-10;
    for (int i = 0; i < 7; i++) {
        problem p;
        problem_new(&p, "gaussian-1d", schedule[i % 2], spec[i], "lambda", 8, 0.95, 0.02);
        fk_backward_law b = backward_of(&p);
        fk_gaussian from = {p.from->mean[0], p.from->var[0]};
        if (i % 3 == 1) {
            b.start.std = sqrt(from.var) * 1.0385;
            from = (fk_gaussian){0, b.start.std * b.start.std};
        }
        double exact[FK_N_FUNCTIONALS];
        of_gaussian(&p.functionals, end_of(&p, fk_gaussian_law_start(from)), exact);
        fk_expectations e = expect(&b, false);
        fk_assert_near(e.mass, 1, bound);
        ck_assert_msg(apart_by(e.value, exact) <= bound, "%s: %g", spec[i],
                      apart_by(e.value, exact));
        ck_assert(isnan(e.accuracy));
        /* Controls: the last normal's variance, and the weight of an output, a little wrong. */
        fk_step *step = &p.s.plan.step[6], right = *step;
        const size_t last = step->normals - 1;
        step->result.c[last] *= 1 + 1e-4;
        for (size_t j = 0; j < step->stages; j++) step->stage[j].y.c[last] *= 1 + 1e-4;
        ck_assert(!(apart_by(expect(&b, false).value, exact) <= bound));
        *step = right;
        step->result.b[0] *= 1 + 1e-4;
        ck_assert(!(apart_by(expect(&b, false).value, exact) <= bound));
        problem_free(&p);
    }
}
END_TEST

START_TEST(on_a_mixture_it_agrees_with_the_density_law)
{
    const char *spec[] = {"euler-maruyama", "euler-maruyama:eta=0.7", "ddim:eta=1"};
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "three-1d", "vp-linear", spec[i], "lambda", 30, 1, 1e-2);
        fk_grid_law grid = {.step = p.s.plan.step,
                            .n_steps = 30,
                            .field = &p.field,
                            .start = {.marginal = p.from},
                            .threads = 1};
        fk_curve curve;
        fk_error err;
        ck_assert_int_eq(fk_grid_law_run(&grid, &curve, &err), FK_OK);
        fk_law_record there = fk_curve_compare(&curve, p.to, &p.functionals);
        fk_curve_free(&curve);
        fk_backward_law b = backward_of(&p);
        fk_expectations e = expect(&b, false);
        fk_law_record here;
        fk_law_record_set(&here, &p.functionals, e.mass, e.value);
        ck_assert_msg(apart_by(here.error, there.error) <= 1e-9, "%s: %g", spec[i],
                      apart_by(here.error, there.error));
        p.s.plan.step[20].result.c[0] *= 1 + 1e-6; /* control */
        e = expect(&b, false);
        fk_law_record_set(&here, &p.functionals, e.mass, e.value);
        ck_assert(!(apart_by(here.error, there.error) <= 1e-9));
        problem_free(&p);
    }
}
END_TEST

/* A field of no mixture. */
static void bent_freeze(const void *self, double s, double sigma, void *frozen)
{
    (void)self, (void)s;
    *(double *)frozen = sigma;
}

static void bent_eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self;
    const double sigma = *(const double *)frozen;
    for (size_t p = 0; p < x.n; p++) score.x[p] = (tanh(x.x[p]) - x.x[p]) / (sigma * sigma + 1);
}

/* Moments of particles, in standard errors from what is expected: false alarm 4e-9. */
static void particles_against(const problem *p, const double *value, size_t n, double *z)
{
    const fk_key key = {2385, FK_STREAM_STEPS};
    const fk_marginal_start from = {p->mixture, p->from->s, p->from->sigma, 2385};
    fk_snapshots *end = fk_snapshots_new(1, n, 1);
    const fk_observer see = fk_observe_snapshots(end);
    particles_to_end(p, fk_source_marginal(&from), fk_noise_independent(&key, 1), n, &see);
    double sum[2][FK_COS2 + 1] = {{0}};
    for (size_t i = 0; i < n; i++) {
        double x = end->x[i], f[] = {x, x * x, cos(2 * x)};
        for (int k = 0; k <= FK_COS2; k++) sum[0][k] += f[k], sum[1][k] += f[k] * f[k];
    }
    fk_snapshots_free(end);
    *z = 0;
    for (int k = 0; k <= FK_COS2; k++) {
        double mean = sum[0][k] / (double)n, var = sum[1][k] / (double)n - mean * mean;
        *z = fk_worse(fabs(mean - value[k]) / sqrt(var / (double)n), *z);
    }
}

START_TEST(particles_have_these_expectations)
{
    const char *spec[] = {"sra1", "dpmpp-2m-sde", "edm-churn", "pc", "shark", "dpmpp-2m-sde"};
    for (int i = 0; i < 6; i++) {
        problem p;
        double z;
        problem_new(&p, "bimodal-1d", "vp-linear", spec[i], "lambda", i == 5 ? 3 : 5,
                    i == 5 ? 0.3 : 1, 0.1);
        if (i == 5) { /* whatever a table may hold */
            p.field = (fk_field){
                .dim = 1, .frozen_size = sizeof(double), .freeze = bent_freeze, .eval = bent_eval};
            for (size_t n = 0; n < p.s.plan.n_steps; n++) {
                fk_step *step = &p.s.plan.step[n];
                step->normals = 2;
                step->stage[0].y.c[0] = 0.2385, step->stage[0].y.c[1] = 0.1385;
                step->result.c[1] = -0.385;
                if (step->history) step->stage[0].y.d[0] = 0.0738;
            }
        }
        fk_backward_law b = backward_of(&p);
        fk_expectations e = expect(&b, false);
        particles_against(&p, e.value, 100000, &z);
        ck_assert_msg(z <= 6, "%s %d: %g", spec[i], i, z);
        /* Controls: without the area, or the history, or with noise of another size. */
        for (size_t n = 0; n < p.s.plan.n_steps; n++) {
            fk_step *step = &p.s.plan.step[n];
            step->result.d[0] *= -1;
            for (size_t j = 0; j < step->stages; j++) step->stage[j].y.c[1] = 0;
            if (i == 2) step->result.c[0] *= 1.05;
            if (i == 3) step->result.c[1] *= 1.05;
        }
        particles_against(&p, e.value, 100000, &z);
        ck_assert_msg(!(z <= 6), "%s: control %g", spec[i], z);
        problem_free(&p);
    }
}
END_TEST

START_TEST(it_knows_its_accuracy_and_too_few_nodes_show)
{
    const char *spec[] = {"sra1", "edm-churn", "dpmpp-2m-sde"};
    const char *schedule[] = {"vp-linear", "ve", "vp-linear"};
    const double bound = 1e-9;
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "bimodal-1d", schedule[i], spec[i], "lambda", i == 2 ? 6 : 16, 0.95,
                    i == 2 ? 0.3 : 0.1);
        fk_backward_law b = backward_of(&p), fine = b, poor = b;
        fine.cells = 576, fine.along = 256, fine.across = 14, fine.nodes = 26;
        const fk_expectations e = expect(&b, true), best = expect(&fine, false);
        ck_assert_msg(e.accuracy <= bound, "%s: %g", spec[i], e.accuracy);
        ck_assert_msg(apart_by(best.value, e.value) <= e.accuracy, "%s: %g, accuracy %g", spec[i],
                      apart_by(best.value, e.value), e.accuracy);
        poor.cells = 48;
        const fk_expectations few = expect(&poor, true);
        ck_assert_msg(!(apart_by(few.value, best.value) <= bound), "%s", spec[i]);
        ck_assert_msg(apart_by(few.value, best.value) <= few.accuracy, "%s: %g, accuracy %g",
                      spec[i], apart_by(few.value, best.value), few.accuracy);
        poor = b, poor.along = 17;
        ck_assert_msg(!(apart_by(expect(&poor, false).value, best.value) <= bound), "%s", spec[i]);
        poor = b, poor.across = 3, poor.nodes = 3;
        double off = apart_by(expect(&poor, false).value, best.value);
        ck_assert((off <= bound) == (i == 1)); /* has neither */
        problem_free(&p);
    }
}
END_TEST

/* The multistep formula from exact history: joint laws of x and H from the exact process, with and
 * without noise. */
START_TEST(an_exact_history_is_that_of_the_exact_process)
{
    for (int noisy = 0; noisy < 2; noisy++) {
        problem p;
        fk_error err;
        problem_new(&p, "gaussian-1d", "vp-linear", "dpmpp-2m-sde", "lambda", 9, 0.8, 0.05);
        ck_assert_int_eq(fk_axis_extend(&p.s.axis, 1, &err), FK_OK);
        fk_plan_free(&p.s.plan);
        fk_scheme scheme = scheme_of("dpmpp-2m-sde");
        ck_assert_int_eq(fk_plan_new(&p.s.axis, &scheme, &p.s.plan, &err), FK_OK);
        ck_assert_uint_eq(p.s.plan.step[0].history, 1);
        fk_history past = fk_history_exact(&p.s.axis, &scheme, noisy);
        ck_assert_uint_eq(past.depth, 1);
        fk_backward_law b = backward_of(&p);
        b.history = &past;
        fk_gaussian data = {p.mixture->mean[0], p.mixture->var[0]};
        double exact[FK_N_FUNCTIONALS];
        fk_gaussian_law joint = fk_gaussian_law_exact(data, p.s.axis.node, &past);
        of_gaussian(&p.functionals, end_of(&p, joint), exact);
        fk_assert_near(apart_by(expect(&b, false).value, exact), 0, 1e-10);
        past.eta = !noisy; /* control: the other process */
        ck_assert(!(apart_by(expect(&b, false).value, exact) <= 1e-10));
        problem_free(&p);
    }
}
END_TEST

START_TEST(it_does_not_depend_on_the_threads)
{
    problem p;
    problem_new(&p, "bimodal-1d", "vp-linear", "dpmpp-2m-sde", "uniform", 4, 1, 0.3);
    fk_backward_law b = backward_of(&p);
    b.threads = 1;
    fk_expectations one = expect(&b, false);
    b.threads = 5;
    fk_expectations many = expect(&b, false);
    ck_assert(memcmp(one.value, many.value, sizeof one.value) == 0 && one.mass == many.mass);
    problem_free(&p);
}
END_TEST

START_TEST(what_it_takes_is_read_from_the_tables)
{
    const char *spec[] = {"euler-maruyama", "heun-sde", "sra1",        "pc",
                          "dpmpp-2m-sde",   "heun",     "dpmpp-3m-sde"};
    for (int i = 0; i < 7; i++) {
        setting s;
        setting_new(&s, "vp-linear", spec[i], "lambda", 7, 1, 1e-3);
        ck_assert_msg(fk_backward_law_takes(s.plan.step, 7) == (i < 5), "%s", spec[i]);
        setting_free(&s);
    }
}
END_TEST

START_TEST(a_law_that_is_not_finite_is_refused_with_its_step)
{
    problem p;
    fk_expectations e;
    fk_error err;
    problem_new(&p, "three-1d", "vp-linear", "euler-maruyama", "lambda", 9, 1, 1e-2);
    for (size_t n = 3; n < 5; n++) p.s.plan.step[n].result.a = 1e160;
    fk_backward_law b = backward_of(&p);
    ck_assert_int_eq(fk_backward_law_run(&b, false, &e, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "after step 5 of 9") != NULL, "%s", err.text);
    problem_free(&p);
}
END_TEST

FK_SUITE("backward_law", on_a_gaussian_it_is_the_gaussian_law,
         on_a_mixture_it_agrees_with_the_density_law, particles_have_these_expectations,
         it_knows_its_accuracy_and_too_few_nodes_show,
         an_exact_history_is_that_of_the_exact_process, it_does_not_depend_on_the_threads,
         what_it_takes_is_read_from_the_tables, a_law_that_is_not_finite_is_refused_with_its_step)
