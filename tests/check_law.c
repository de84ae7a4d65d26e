/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice of an interpretation, and that they agree where several apply: on Gaussian data with
 * the score as any other field. */
#include <string.h>

#include "analytic/law.h"
#include "tests/law1d.h"

static fk_law_problem law_problem(const problem *p)
{
    return (fk_law_problem){.step = p->s.plan.step,
                            .n_steps = p->s.plan.n_steps,
                            .field = &p->field,
                            .own_score = true,
                            .start = {.marginal = p->from},
                            .end = p->to,
                            .threads = 1};
}

static fk_law_record law_record(const fk_law_problem *p)
{
    fk_law_record r;
    fk_error err;
    ck_assert_msg(fk_law_of(p, &r, &err) == FK_OK, "%s", err.text);
    return r;
}

#define SAME(field_, bound) fk_assert_near(a.field_, b.field_, bound)

START_TEST(closed_forms_and_numerical_laws_agree_on_a_gaussian)
{
    const char *spec[] = {"euler-maruyama", "ddim:eta=0.6", "heun", "ddim", "rk4"};
    for (int i = 0; i < 15; i++) {
        problem p;
        problem_new(&p, "gaussian-1d", i % 3 == 1 ? "ve" : "vp-linear", spec[i % 5], "lambda",
                    i % 5 == 4 ? 40 : 15, 0.93, 0.05);
        fk_law_problem exact = law_problem(&p), other = exact;
        other.own_score = false;
        if (i % 3 == 2) exact.start.std = other.start.std = 1.0385;
        ck_assert_int_eq(fk_law_choose(&exact), FK_BY_GAUSSIAN);
        ck_assert_int_eq(fk_law_choose(&other), i % 5 < 2 ? FK_BY_GRID : FK_BY_PUSHFORWARD);
        fk_law_record a = law_record(&exact), b = law_record(&other);
        SAME(mass, 1e-12);
        SAME(mean, 1e-12);
        SAME(var, 1e-12);
        SAME(mean_error, 1e-12);
        SAME(var_error, 1e-12);
        SAME(worst_cdf, 1e-12);
        SAME(tv, 1e-11);
        SAME(ks, 1e-12);
        SAME(w1, 1e-11);
        SAME(w2, 1e-10);
        if (!isnan(b.kl)) SAME(kl, 1e-10);
        for (int k = 0; k < FK_N_CENTRAL; k++) SAME(central[k], 1e-11);
        /* Control: the last step stretched by one part in a million. */
        p.s.plan.step[p.s.plan.n_steps - 1].result.a *= 1 + 1e-6;
        fk_law_record c = law_record(&exact);
        ck_assert(!(fabs(c.w1 - b.w1) <= 1e-11) && !(fabs(c.w2 - b.w2) <= 1e-10));
        ck_assert(!(fabs(c.tv - b.tv) <= 1e-11) && !(fabs(c.ks - b.ks) <= 1e-12));
        ck_assert(!(fabs(c.central[6] - b.central[6]) <= 1e-11));
        problem_free(&p);
    }
}
END_TEST

/* At places between the nodes: quintics on 2000 cells, as the distances are. */
START_TEST(distribution_functions_agree_on_a_gaussian)
{
    enum { PLACES = 41 };
    const char *spec[] = {"euler-maruyama", "ddim:eta=0.6", "heun"};
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "gaussian-1d", "vp-linear", spec[i], "lambda", 15, 0.93, 0.05);
        fk_law_problem exact = law_problem(&p), other = exact;
        other.own_score = false;
        double y[PLACES], a[PLACES], b[PLACES], c[PLACES], doubt[PLACES];
        for (int k = 0; k < PLACES; k++) y[k] = 0.7 + 0.2385 * (k - PLACES / 2);
        fk_error err;
        ck_assert_int_eq(fk_law_cdf(&exact, PLACES, y, a, doubt, &err), FK_OK);
        ck_assert_int_eq(fk_law_cdf(&other, PLACES, y, b, doubt, &err), FK_OK);
        p.s.plan.step[p.s.plan.n_steps - 1].result.a *= 1 + 1e-6; /* the control */
        ck_assert_int_eq(fk_law_cdf(&exact, PLACES, y, c, doubt, &err), FK_OK);
        double worst = 0, control = 0;
        for (int k = 0; k < PLACES; k++) {
            worst = fk_worse(worst, fabs(a[k] - b[k]));
            control = fk_worse(control, fabs(c[k] - b[k]));
        }
        ck_assert_double_le(worst, 1e-12);
        ck_assert_double_gt(control, 1e-8);
        ck_assert(a[0] < 1e-6 && a[PLACES - 1] > 1 - 1e-6 && fabs(a[PLACES / 2] - 0.5) < 0.1);
        problem_free(&p);
    }
}
END_TEST

/* Noise at the stages, history: expectations alone, to the 1e-9 of that law. */
START_TEST(closed_forms_and_backward_expectations_agree_on_a_gaussian)
{
    const char *spec[] = {"sra1", "heun-sde", "dpmpp-2m-sde"};
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "gaussian-1d", "vp-linear", spec[i], "lambda", 15, 0.93, 0.05);
        fk_law_problem exact = law_problem(&p), other = exact;
        other.own_score = false;
        ck_assert_int_eq(fk_law_choose(&other), FK_BY_BACKWARD);
        fk_law_record a = law_record(&exact), b = law_record(&other);
        SAME(mass, 1e-11);
        SAME(mean, 1e-9);
        SAME(var, 3e-9); /* E x^2 less a mean's square */
        SAME(worst_cdf, 1e-9);
        ck_assert(isnan(b.w1) && isnan(b.kl) && !isnan(a.w1) && !isnan(a.kl));
        p.s.plan.step[11].result.c[0] *= 1 + 1e-5; /* the control */
        ck_assert(!(fabs(law_record(&exact).var - b.var) <= 3e-9));
        problem_free(&p);
    }
}
END_TEST

/* Small differences keep their digits: a law that is wrong by 1e-9 of its width. */
START_TEST(closed_forms_keep_small_differences)
{
    problem p;
    problem_new(&p, "gaussian-1d", "vp-linear", "euler", "lambda", 3, 0.93, 0.05);
    fk_law_problem l = law_problem(&p);
    l.n_steps = 0;
    l.start.marginal = p.to;
    fk_law_record r = law_record(&l);
    ck_assert(r.w1 == 0 && r.w2 == 0 && r.ks == 0 && r.tv == 0 && r.kl == 0);
    fk_step nudge = {.result = {.a = 1 + 1e-9}};
    l.step = &nudge, l.n_steps = 1;
    r = law_record(&l);
    double mean = p.to->mean[0], sd = sqrt(p.to->var[0]);
    fk_assert_near(r.mean_error, 1e-9 * mean, 1e-15);
    fk_assert_near(r.w2, 1e-9 * hypot(mean, sd), 1e-15);
    /* E |delta + (ratio - 1) Z| */
    double c = mean / sd,
           w1 = sd * (c * erf(c * FK_SQRT1_2) + 2 * exp(-c * c / 2) / sqrt(2 * FK_PI));
    fk_assert_near(r.w1, 1e-9 * w1, 1e-15);
    problem_free(&p);
}
END_TEST

/* A run from exact history, of a process with this eta. */
static void extend(problem *p, const char *spec, double eta, fk_history *past)
{
    fk_error err;
    const fk_scheme scheme = scheme_of(spec);
    ck_assert_int_eq(fk_axis_extend(&p->s.axis, scheme.depth, &err), FK_OK);
    fk_plan_free(&p->s.plan);
    ck_assert_int_eq(fk_plan_new(&p->s.axis, &scheme, &p->s.plan, &err), FK_OK);
    *past = fk_history_exact(&p->s.axis, &scheme, eta);
}

START_TEST(all_interpretations_start_from_the_same_exact_history)
{
    const char *spec[] = {"dpmpp-3m", "unipc-2", "dpmpp-2m-sde"};
    for (int i = 0; i < 3; i++) {
        problem p;
        fk_history past;
        problem_new(&p, "gaussian-1d", "vp-linear", spec[i], "lambda", 9, 0.8, 0.05);
        extend(&p, spec[i], i == 2, &past);
        fk_law_problem exact = law_problem(&p), other = exact;
        exact.history = other.history = &past;
        other.own_score = false;
        ck_assert_int_eq(fk_law_choose(&other), i < 2 ? FK_BY_PUSHFORWARD : FK_BY_BACKWARD);
        fk_law_record a = law_record(&exact), b = law_record(&other);
        double bound = i < 2 ? 1e-12 : 3e-9;
        SAME(mean, bound);
        SAME(var, bound);
        SAME(worst_cdf, bound);
        past.entry[0].q *= 1 + 1e-4; /* the control: an entry that is a little wrong */
        ck_assert(!(fabs(law_record(&exact).var - b.var) <= bound));
        problem_free(&p);
    }
}
END_TEST

START_TEST(a_history_between_flow_and_sde_is_refused_on_a_mixture)
{
    problem p;
    fk_history past;
    fk_law_record r;
    fk_error err;
    problem_new(&p, "three-1d", "vp-linear", "dpmpp-2m-sde:eta2=0.5", "lambda", 4, 0.8, 0.05);
    extend(&p, "dpmpp-2m-sde:eta2=0.5", sqrt(0.5), &past);
    fk_law_problem l = law_problem(&p);
    l.history = &past;
    ck_assert_int_eq(fk_law_of(&l, &r, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "not for eta 0.707107") != NULL, "%s", err.text);
    past.eta = 1;
    ck_assert_int_eq(fk_law_of(&l, &r, &err), FK_OK);
    problem_free(&p);
}
END_TEST

START_TEST(a_run_that_no_law_covers_is_refused)
{
    problem p;
    fk_law_record r;
    fk_error err;
    problem_new(&p, "three-1d", "vp-linear", "euler-maruyama", "lambda", 3, 0.93, 0.05);
    p.s.plan.step[1].normals = 3; /* and all of them before an evaluation */
    for (int l = 0; l < 3; l++) p.s.plan.step[1].stage[0].y.c[l] = 0.1;
    fk_law_problem l = law_problem(&p);
    ck_assert_int_eq(fk_law_choose(&l), FK_BY_NONE);
    ck_assert_int_eq(fk_law_of(&l, &r, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "no law on a mixture") != NULL, "%s", err.text);
    double y = 0.1, F, doubt;
    ck_assert_int_eq(fk_law_cdf(&l, 1, &y, &F, &doubt, &err), FK_USAGE);
    ck_assert_msg(strstr(err.text, "expectations alone") != NULL, "%s", err.text);
    problem_free(&p);
}
END_TEST

/* sra1's noise enters before its last evaluation: on a mixture, and on one Gaussian by another's
 * score, no curve is known. */
START_TEST(what_has_no_curve_is_refused_one)
{
    const char *spec[] = {"heun", "euler-maruyama", "sra1", "dpmpp-2m-sde", "edm-churn"};
    for (int i = 0; i < 10; i++) {
        problem p;
        fk_curve curve;
        fk_error err;
        problem_new(&p, i % 2 ? "gaussian-1d" : "three-1d", "vp-linear", spec[i / 2], "lambda", 9,
                    0.93, 0.05);
        fk_law_problem l = law_problem(&p);
        l.own_score = false;
        const int status = fk_law_curve(&l, &curve, &err);
        ck_assert_int_eq(status, i < 4 ? FK_OK : FK_USAGE);
        if (status)
            ck_assert_msg(strstr(err.text, "expectations alone") != NULL, "%s", err.text);
        else
            fk_assert_near(fk_curve_compare(&curve, p.to, &p.functionals).w1, law_record(&l).w1, 0);
        fk_curve_free(&curve);
        problem_free(&p);
    }
}
END_TEST

/* With half the cells that a law takes unless told. The control: a thousandth of it. */
START_TEST(the_doubt_of_a_distribution_function_covers_its_error)
{
    enum { PLACES = 1000 };
    const char *spec[] = {"heun", "euler-maruyama", "ddim"};
    for (int i = 0; i < 3; i++) {
        problem p;
        problem_new(&p, "three-1d", "vp-linear", spec[i], "lambda", 15, 0.93, 0.05);
        fk_law_problem fine = law_problem(&p), coarse = fine;
        fine.cells = 8000, coarse.cells = 1000;
        double y[PLACES], a[PLACES], b[PLACES], doubt[PLACES], none[PLACES];
        for (int k = 0; k < PLACES; k++) y[k] = 0.1 + 0.01 * (k - PLACES / 2);
        fk_error err;
        ck_assert_int_eq(fk_law_cdf(&fine, PLACES, y, a, none, &err), FK_OK);
        ck_assert_int_eq(fk_law_cdf(&coarse, PLACES, y, b, doubt, &err), FK_OK);
        double worst = 0, control = 0;
        for (int k = 0; k < PLACES; k++) {
            worst = fk_worse(worst, fabs(a[k] - b[k]) / (doubt[k] + 1e-12));
            control = fk_worse(control, fabs(a[k] - b[k]) / (doubt[k] / 1000 + 1e-12));
        }
        ck_assert_double_le(worst, 1);
        ck_assert_double_gt(control, 1);
        const fk_law_record r = law_record(&fine);
        fk_assert_near(r.central[0], r.mass, 1e-12);
        fk_assert_near(r.central[1], 0, 1e-12);
        fk_assert_near(r.central[2], r.var, 1e-11);
        problem_free(&p);
    }
}
END_TEST

FK_SUITE("law", closed_forms_and_numerical_laws_agree_on_a_gaussian,
         distribution_functions_agree_on_a_gaussian,
         closed_forms_and_backward_expectations_agree_on_a_gaussian,
         closed_forms_keep_small_differences, all_interpretations_start_from_the_same_exact_history,
         a_history_between_flow_and_sde_is_refused_on_a_mixture,
         a_run_that_no_law_covers_is_refused, what_has_no_curve_is_refused_one,
         the_doubt_of_a_distribution_function_covers_its_error)
