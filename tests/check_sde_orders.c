/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weak orders of the stochastic schemes on Gaussian data, where mean and variance of a run follow
 * exactly from its tables; and mistakes that were published in code, which must come out with the
 * lower order that they really have. */
#include "sde/additive.h"
#include "tests/gaussian_history.h"
#include "tests/plans.h"

enum { HALVINGS = 4 };

typedef struct {
    const char *schedule, *grid;
    double t_start, t_end;
} place;

static const place places[] = {{"vp-linear", "lambda", 0.9385, 0.01},
                               {"edm", "karras", 5, 0.02385},
                               {"flow", "lambda", 0.9385, 0.01}};
enum { PLACES = sizeof places / sizeof *places };

/* The amplitude of the noise of the family that a scheme runs; 1 where it has no parameter. */
static double eta_of(const fk_scheme *scheme)
{
    const fk_param *p = scheme->row.param;
    if (p && strcmp(p->key, "eta") == 0) return scheme->param[0];
    if (p && strcmp(p->key, "eta2") == 0) return sqrt(scheme->param[0]);
    return 1;
}

static bool is_churn(const fk_scheme *scheme)
{
    return scheme->row.param && strcmp(scheme->row.param->key, "S_churn") == 0;
}

/* The exact law at the end of the axis (B6 of the linear SDE): churn, which raises noise anew,
 * keeps the marginal that it is started from. */
static law exact_end(const fk_axis *axis, double eta, law x)
{
    const fk_coeffs *t = axis->node, *u = axis->node + axis->n_steps;
    const double V_t = variance_at(t), V_u = variance_at(u);
    const double rho = pow((V_u / (u->s * u->s)) / (V_t / (t->s * t->s)), eta * eta / 2);
    const double gain = sqrt(V_u / V_t) * rho;
    return (law){u->s * m + gain * (x.mean - t->s * m),
                 V_u * (1 - rho * rho) + gain * gain * x.var};
}

typedef void fault(fk_plan *, const fk_axis *);

/* Signed errors of mean and variance after n steps. */
static law error_after(const fk_scheme *scheme, const place *at, size_t n, fault *spoil)
{
    fk_schedule schedule;
    fk_axis axis;
    fk_plan plan;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse(at->schedule, &schedule, &err), FK_OK);
    ck_assert_msg(
        fk_axis_on_schedule(&schedule, at->grid, n, at->t_start, at->t_end, &axis, &err) == FK_OK,
        "%s", err.text);
    fk_node_facts *facts = facts_new(&axis);
    axis.facts = facts;
    ck_assert_msg(fk_plan_new(&axis, scheme, &plan, &err) == FK_OK, "%s", err.text);
    if (spoil) spoil(&plan, &axis);

    law x = start;
    if (is_churn(scheme)) x = (law){axis.node[0].s * m, variance_at(&axis.node[0])};
    law exact = exact_end(&axis, eta_of(scheme), x);
    state_law state = {.mean = {x.mean}, .cov = {{x.var}}};
    for (size_t i = 0; i < n; i++) state_step(&plan.step[i], m, v, &state);
    fk_plan_free(&plan);
    fk_axis_free(&axis);
    free(facts);
    return (law){state.mean[0] - exact.mean, state.cov[0][0] - exact.var};
}

/* Rounding of up to 4,000 steps of gain about one: 4000 * 2^-53 is 4e-13. */
static const double rounding = 1e-11;

/* The order that errors at N, 2N, 4N, 8N show: the last two local slopes, extrapolated, as an error
 * C h^p + D h^(p+1) has it. INFINITY where the error is at rounding, NaN where its sign changes or
 * where the slopes have not settled. */
static double order_of(const double *error)
{
    double slope[HALVINGS - 1];
    if (fabs(error[HALVINGS - 1]) <= rounding) return INFINITY;
    for (int i = 0; i + 1 < HALVINGS; i++) {
        if (error[i] * error[i + 1] < 0) return NAN;
        slope[i] = log2(error[i] / error[i + 1]);
    }
    const double last = slope[HALVINGS - 2], before = slope[HALVINGS - 3];
    return fabs(last - before) < 0.15 ? 2 * last - before : NAN;
}

/* The lower of the orders of mean and variance; NaN if neither has settled. */
static double weak_order(const fk_scheme *scheme, const place *at, size_t n, fault *spoil)
{
    double mean[HALVINGS], var[HALVINGS];
    for (int i = 0; i < HALVINGS; i++) {
        law error = error_after(scheme, at, n << i, spoil);
        mean[i] = error.mean, var[i] = error.var;
    }
    double a = order_of(mean), b = order_of(var);
    return isnan(a) ? b : isnan(b) ? a : fmin(a, b);
}

START_TEST(every_scheme_has_its_weak_order_on_gaussian_data)
{
    for (size_t k = 0; k < fk_n_sde_schemes; k++)
        for (int i = 0; i < PLACES; i++) {
            const fk_scheme *scheme = fk_sde_schemes[k];
            double order = weak_order(scheme, &places[i], 500, NULL), claim = scheme->weak_order;
            if (scheme->step == fk_ancestral_optimal.step) claim = INFINITY; /* exact, see below */
            ck_assert_msg(order == claim || fabs(order - claim) < 0.05, "%s on %s: %.3f",
                          scheme->row.name, places[i].schedule, order);
        }
}
END_TEST

START_TEST(orders_hold_for_other_members_of_the_family)
{
    const char *with[] = {"sra1:eta=0.385",        "sosra:eta=1.2385",      "shark:eta=0.385",
                          "dri1:eta=0.385",        "dpmpp-2m-sde:eta2=0.5", "dpmpp-3m-sde:eta2=0.5",
                          "dpmpp-2m-sde:eta2=0",   "sea:eta=0.7385",        "exp-euler:freeze=x0",
                          "edm-churn:S_churn=2.85"};
    for (size_t k = 0; k < sizeof with / sizeof *with; k++) {
        fk_scheme scheme = scheme_of(with[k]);
        double order = weak_order(&scheme, &places[0], 500, NULL), claim = scheme.weak_order;
        ck_assert_msg(fabs(order - claim) < 0.05 || order == INFINITY, "%s: %.3f", with[k], order);
    }
    /* without noise: order 3 where the tableau has it, and a third output gives it */
    const char *third[] = {"sra3:eta=0", "dri1:eta=0"};
    for (int k = 0; k < 2; k++) {
        fk_scheme scheme = scheme_of(third[k]);
        double order = weak_order(&scheme, &places[0], 100, NULL);
        ck_assert_msg(fabs(order - 3) < 0.05, "%s: %.3f", third[k], order);
    }
}
END_TEST

/* --- mistakes --- */

static fk_additive other;

static double order_of_tableau(const fk_scheme *scheme)
{
    fk_scheme wrong = *scheme;
    wrong.constants = &other;
    return weak_order(&wrong, &places[0], 500, NULL);
}

START_TEST(mistaken_tableaus_have_weak_order_one)
{
    other = *fk_sde_tableau(&fk_sra1); /* B0 = 1/2 */
    other.stage[1][0].i10 = 0.5;
    fk_assert_near(order_of_tableau(&fk_sra1), 1, 0.05);
    const fk_scheme *flipped[] = {&fk_sra2, &fk_sra3}; /* the sign of beta2 */
    for (int i = 0; i < 2; i++) {
        other = *fk_sde_tableau(flipped[i]);
        for (size_t j = 0; j < other.times; j++) other.result[j].i10 *= -1;
        fk_assert_near(order_of_tableau(flipped[i]), 1, 0.05);
    }
    other = *fk_sde_tableau(&fk_platen2); /* the autonomous form: all at t */
    other.drift.c[1] = 0, other.time[1] = 0;
    fk_assert_near(order_of_tableau(&fk_platen2), 1, 0.05);
}
END_TEST

/* As in a library in wide use: the weight of d2 is (1 - e^-z - z)/z^2 - 1/2 where + 1/2 belongs,
 * and d2 misses its factor 2. */
static void wrong_half(fk_plan *plan, const fk_axis *axis)
{
    for (size_t n = 2; n < plan->n_steps; n++) {
        const fk_coeffs *c = &axis->node[n];
        const double h = c[1].lambda - c[0].lambda, z = 2 * h;
        const double r = (c[0].lambda - c[-1].lambda) / h, q = (c[-1].lambda - c[-2].lambda) / h;
        const double right = (-expm1(-z) - z) / (z * z) + 0.5;
        const double by = c[1].s * ((right - 1) - 2 * right) / (r + q);
        fk_combination *to = &plan->step[n].result;
        to->b[0] += by / r;
        to->d[0] += by * (-1 / r - 1 / q);
        to->d[1] += by / q;
    }
}

START_TEST(a_wrong_half_in_3m_sde_leaves_weak_order_one)
{
    for (int i = 0; i < PLACES; i++)
        fk_assert_near(weak_order(&fk_dpmpp_3m_sde, &places[i], 500, wrong_half), 1, 0.15);
}
END_TEST

START_TEST(churn_at_fixed_gamma_does_not_converge)
{
    const place noisy = {"edm", "karras", 5, 0.5385}; /* where one step's error is not small */
    fk_scheme most = scheme_of("edm-churn:S_churn=1e9");
    double order = weak_order(&most, &noisy, 500, NULL);
    ck_assert_msg(fabs(order) < 0.2, "%.3f", order);
    fk_scheme loud = scheme_of("edm-churn:S_noise=1.01"); /* nor with more noise than is due */
    order = weak_order(&loud, &noisy, 500, NULL);
    ck_assert_msg(fabs(order) < 0.2, "%.3f", order);
}
END_TEST

/* x_u given x_t is Gaussian with just this mean and variance. */
START_TEST(ancestral_optimal_is_exact_on_a_gaussian_even_in_one_step)
{
    for (int i = 0; i < PLACES; i++)
        for (size_t n = 1; n <= 50; n *= 7) {
            law error = error_after(&fk_ancestral_optimal, &places[i], n, NULL);
            ck_assert(fabs(error.mean) <= 1e-13 && fabs(error.var) <= 1e-13);
            error = error_after(&fk_ancestral_small, &places[i], n, NULL); /* the control */
            ck_assert(fabs(error.var) > 1e-4);
        }
}
END_TEST

FK_SUITE("sde_orders", every_scheme_has_its_weak_order_on_gaussian_data,
         orders_hold_for_other_members_of_the_family, mistaken_tableaus_have_weak_order_one,
         a_wrong_half_in_3m_sde_leaves_weak_order_one, churn_at_fixed_gamma_does_not_converge,
         ancestral_optimal_is_exact_on_a_gaussian_even_in_one_step)
