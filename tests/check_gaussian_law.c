/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact law on Gaussian data: against recursions by hand, and against the particle integrator's
 * response to each of its inputs. */
#include <stdio.h>
#include <string.h>

#include "analytic/exact.h"
#include "analytic/gaussian_law.h"
#include "tests/impulse.h"

static const fk_gaussian data = {0.7385, 0.2385}, begin = {1.385, 0.4385};

static fk_gaussian law_of(const fk_plan *plan)
{
    fk_gaussian_law joint = fk_gaussian_law_start(begin);
    fk_gaussian_law_run(data, plan->step, plan->n_steps, &joint, NULL);
    return (fk_gaussian){joint.mean[FK_ROW_X], joint.cov[FK_ROW_X][FK_ROW_X]};
}

static double gap(fk_gaussian a, fk_gaussian b)
{
    return fmax(fabs(a.mean - b.mean) / (1 + fabs(b.mean)), fabs(a.var - b.var) / (1 + b.var));
}

/* --- recursions for mean and variance, written out for each scheme --- */

/* Euler-Maruyama; `noise` multiplies g^2 in the variance: 1, or something else for the control. */
static fk_gaussian em_recursion(const fk_axis *axis, double eta, double noise)
{
    fk_gaussian x = begin;
    for (size_t n = 0; n < axis->n_steps; n++) {
        const fk_coeffs *c = &axis->node[n];
        double h = axis->t[n] - axis->t[n + 1], M = c->s * data.mean;
        double kap = (1 + eta * eta) / 2 * c->g2 / (c->s * c->s * data.var + c->sigma * c->sigma);
        double shrink = 1 - h * (c->f + kap);
        x.mean += -h * c->f * x.mean - h * kap * (x.mean - M);
        x.var = shrink * shrink * x.var + noise * eta * eta * c->g2 * h;
    }
    return x;
}

static fk_gaussian heun_recursion(const fk_axis *axis, double eta)
{
    fk_gaussian x = begin;
    for (size_t n = 0; n < axis->n_steps; n++) {
        double h = axis->t[n] - axis->t[n + 1], B[2], c[2];
        for (int i = 0; i < 2; i++) {
            const fk_coeffs *at = &axis->node[n + (size_t)i];
            double V = at->s * at->s * data.var + at->sigma * at->sigma;
            double kap = (1 + eta * eta) / 2 * at->g2 / V;
            B[i] = -(at->f + kap), c[i] = kap * at->s * data.mean;
        }
        double q = eta * eta * h * (axis->node[n].g2 + axis->node[n + 1].g2) / 2;
        double G = 1 + h / 2 * (B[0] + B[1] * (1 + h * B[0]));
        x.mean = G * x.mean + h / 2 * (c[0] + c[1] + B[1] * h * c[0]);
        x.var = G * G * x.var + (1 + h * B[1] / 2) * (1 + h * B[1] / 2) * q;
    }
    return x;
}

/* DDIM on a chain, in alpha_bar. */
static fk_gaussian ddim_recursion(const fk_chain *chain, const fk_axis *axis, double eta)
{
    fk_gaussian x = begin;
    for (size_t n = 0; n < axis->n_steps; n++) {
        bool last = n + 1 == axis->n_steps;
        double log_u = last ? 0 : chain->log_alpha_bar[(size_t)axis->t[n + 1]];
        double log_t = chain->log_alpha_bar[(size_t)axis->t[n]];
        double t = exp(log_t), u = exp(log_u), not_t = -expm1(log_t), not_u = -expm1(log_u);
        double V = t * data.var + not_t;
        double sigma2 = eta * eta * not_u / not_t * -expm1(log_t - log_u);
        double K = sqrt(u * t) * data.var / V + sqrt((not_u - sigma2) * not_t) / V;
        x.mean = sqrt(u) * data.mean + K * (x.mean - sqrt(t) * data.mean);
        x.var = K * K * x.var + sigma2;
    }
    return x;
}

/* A recursion of N steps and ours differ by rounding: a few units a step, damped on the way. */
START_TEST(schemes_follow_their_recursions)
{
    const double etas[] = {0, 0.385, 1, 1.2385};
    const char *grids[] = {"uniform", "lambda", "karras"};
    for (int i = 0; i < 12; i++) {
        double eta = etas[i % 4];
        char spec[64];
        setting s;
        snprintf(spec, sizeof spec, "euler-maruyama:eta=%.4f", eta);
        setting_new(&s, "vp-linear", spec, grids[i / 4], 83, 0.9385, 0.01385);
        fk_gaussian x = law_of(&s.plan);
        ck_assert(gap(x, em_recursion(&s.axis, eta, 1)) <= 1e-13);
        ck_assert(eta == 0 || !(gap(x, em_recursion(&s.axis, eta, 2)) <= 1e-13)); /* control */
        setting_free(&s);
        snprintf(spec, sizeof spec, "heun-sde:eta=%.4f", eta);
        setting_new(&s, "sub-vp", spec, grids[i / 4], 83, 0.9385, 0.01385);
        ck_assert(gap(law_of(&s.plan), heun_recursion(&s.axis, eta)) <= 1e-13);
        setting_free(&s);
    }
}
END_TEST

START_TEST(ddim_on_a_chain_follows_its_recursion_to_clean_data)
{
    fk_error err;
    fk_chain chain;
    ck_assert_int_eq(fk_chain_parse("ddpm-linear", &chain, &err), FK_OK);
    for (int i = 0; i < 3; i++) {
        char spec[64];
        double eta = (double[]){0, 0.385, 1}[i];
        snprintf(spec, sizeof spec, "ddim:eta=%.4f", eta);
        fk_scheme k = scheme_of(spec);
        fk_axis axis;
        fk_plan plan;
        ck_assert_int_eq(fk_axis_on_chain(&chain, "trailing", 47, &axis, &err), FK_OK);
        ck_assert_int_eq(fk_plan_new(&axis, &k, &plan, &err), FK_OK);
        ck_assert(gap(law_of(&plan), ddim_recursion(&chain, &axis, eta)) <= 1e-13);
        /* The control: another eta by the hundredth part. */
        ck_assert(
            !(gap(law_of(&plan), ddim_recursion(&chain, &axis, 0.99 * eta + 0.005)) <= 1e-13));
        fk_plan_free(&plan);
        fk_axis_free(&axis);
    }
    fk_chain_free(&chain);
}
END_TEST

/* --- all schemes, against the integrator --- */

static fk_gaussian by_responses(const impulse *r)
{
    fk_gaussian x = {r->shift + r->gain * begin.mean, r->gain * r->gain * begin.var};
    for (size_t i = 0; i < r->n_steps * r->normals; i++) x.var += r->response[i] * r->response[i];
    return x;
}

/* The second-order Adams-Bashforth method in t on the drift, self-started: a multistep table. */
static void adams(const fk_axis *axis, double older, fk_plan *plan)
{
    *plan = (fk_plan){.n_steps = axis->n_steps, .history = 1};
    plan->step = fk_alloc(axis->n_steps, sizeof *plan->step);
    for (size_t n = 0; n < axis->n_steps; n++) {
        const double *t = axis->t + n, h = t[1] - t[0];
        bool first = n == 0 && axis->past == 0;
        double r = first ? 0 : h / (2 * (t[0] - t[-1]));
        fk_step *step = &plan->step[n];
        step->stages = 1, step->history = !first;
        step->stage[0] = (fk_stage){.y = {.a = 1},
                                    .s = axis->node[n].s,
                                    .sigma = axis->node[n].sigma,
                                    .p = axis->node[n].f,
                                    .q = -axis->node[n].g2 / 2,
                                    .push = true};
        step->result = (fk_combination){.a = 1, .b = {h * (1 + r)}, .d = {-older * h * r}};
    }
}

/* Responses are differences of numbers of the size of x, good to its rounding. */
START_TEST(every_scheme_has_the_law_of_its_responses)
{
    for (size_t i = 0; i < N_SCHEMES; i++) {
        const fk_scheme *k = fk_registry_scheme(i);
        if (k->adaptive) continue;
        setting s;
        setting_new(&s, "vp-linear", k->row.name, "lambda", 17, 0.9385, 0.01385);
        impulse r = impulse_new(&s.plan);
        double apart = gap(law_of(&s.plan), by_responses(&r));
        ck_assert_msg(apart <= 1e-13, "%s: %g", k->row.name, apart);
        free(r.response);
        setting_free(&s);
    }
}
END_TEST

START_TEST(history_is_part_of_the_law)
{
    setting s;
    fk_plan plan;
    setting_new(&s, "vp-linear", "euler", "uniform", 23, 0.9385, 0.1385);
    adams(&s.axis, 1, &plan);
    impulse r = impulse_new(&plan);
    ck_assert(gap(law_of(&plan), by_responses(&r)) <= 1e-13);
    fk_plan_free(&plan);
    adams(&s.axis, 0.99, &plan); /* the control: another weight of the history */
    ck_assert(!(gap(law_of(&plan), by_responses(&r)) <= 1e-13));
    fk_plan_free(&plan);
    free(r.response);
    setting_free(&s);
}
END_TEST

/* With exact history the formula of order 2 has order 2 from its first step. On the marginal the
 * exact law stays the marginal, so what is left is the scheme's error. */
static fk_gaussian_law start_with_history(const fk_axis *axis, const fk_scheme *scheme, double eta)
{
    const fk_history past = fk_history_exact(axis, scheme, eta);
    return fk_gaussian_law_exact(data, axis->node, &past);
}

START_TEST(exact_history_gives_a_multistep_formula_its_order)
{
    const fk_scheme formula = {.depth = 1, .lag = 1, .output = FK_DRIFT};
    double error[2][3], rough[2];
    for (int i = 0; i < 3; i++) {
        setting s;
        fk_error err;
        fk_plan plan;
        setting_new(&s, "vp-linear", "euler", "lambda", (size_t)400 << i, 0.9, 0.1385);
        ck_assert_int_eq(fk_axis_extend(&s.axis, 1, &err), FK_OK);
        adams(&s.axis, 1, &plan);
        for (int wrong = 0; wrong < 2; wrong++) {
            fk_gaussian_law joint = start_with_history(&s.axis, &formula, 0);
            if (wrong)
                joint.cov[FK_ROW_X][FK_ROW_HISTORY] = 0, joint.cov[FK_ROW_HISTORY][FK_ROW_X] = 0;
            fk_gaussian_law_run(data, plan.step, plan.n_steps, &joint, NULL);
            error[wrong][i] = joint.cov[FK_ROW_X][FK_ROW_X] -
                              fk_gaussian_marginal(data, &s.axis.node[s.axis.n_steps]).var;
        }
        fk_plan_free(&plan);
        setting_free(&s);
    }
    for (int wrong = 0; wrong < 2; wrong++) {
        double first = log2(fabs(error[wrong][0] / error[wrong][1]));
        double last = log2(fabs(error[wrong][1] / error[wrong][2]));
        rough[wrong] = 2 * last - first; /* free of the next order */
    }
    fk_assert_near(rough[0], 2, 0.01);
    ck_assert(!(fabs(rough[1] - 2) <= 0.01));
}
END_TEST

/* Cov(x_a, x_b) of the reverse SDE, from the kernel p(x_b | x_a) of Bayes' rule. */
START_TEST(exact_history_has_the_covariance_of_the_reverse_process)
{
    setting s;
    fk_error err;
    setting_new(&s, "vp-linear", "euler", "lambda", 12, 0.8, 0.1385);
    ck_assert_int_eq(fk_axis_extend(&s.axis, 2, &err), FK_OK);
    const fk_scheme formula = {.depth = 2, .lag = 1, .output = FK_SCORE};
    const double one = 1;
    fk_mixture *mix, *reverse;
    ck_assert_int_eq(fk_mixture_new_diagonal("g", 1, 1, &one, &data.mean, &data.var, &mix, &err),
                     FK_OK);
    for (int eta = 0; eta < 2; eta++) {
        fk_gaussian_law joint = start_with_history(&s.axis, &formula, eta);
        const fk_coeffs *a = &s.axis.node[-2], *b = &s.axis.node[-1];
        double V_a = fk_gaussian_marginal(data, a).var, V_b = fk_gaussian_marginal(data, b).var;
        double mean[2]; /* of x_b given x_a = 0 and 1 */
        for (int i = 0; i < 2; i++) {
            double x = i;
            ck_assert_int_eq(fk_reverse_law(mix, a, &x, b, &reverse, &err), FK_OK);
            mean[i] = reverse->mean[0];
            fk_mixture_free(reverse);
        }
        double expected = (mean[1] - mean[0]) * V_a / (V_a * V_b); /* of the scores */
        double seen = joint.cov[FK_ROW_HISTORY][FK_ROW_HISTORY + 1];
        ck_assert_int_eq(fabs(seen - expected) <= 1e-13 * fabs(expected), eta == 1);
        fk_assert_near(joint.cov[FK_ROW_HISTORY][FK_ROW_HISTORY], 1 / V_b, 1e-14 / V_b);
        fk_assert_near(joint.mean[FK_ROW_HISTORY], 0, 0);
    }
    fk_mixture_free(mix);
    setting_free(&s);
}
END_TEST

FK_SUITE("gaussian_law", schemes_follow_their_recursions,
         ddim_on_a_chain_follows_its_recursion_to_clean_data,
         every_scheme_has_the_law_of_its_responses, history_is_part_of_the_law,
         exact_history_gives_a_multistep_formula_its_order,
         exact_history_has_the_covariance_of_the_reverse_process)
