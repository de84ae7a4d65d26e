/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integral forms of the moment equations, and the martingale parts of x and x^2, by
 * quadrature, from a start that is known exactly: x_t0 = x, so that with phi = s/s(t0)
 *     m = phi x,   V = sigma^2 - phi^2 sigma(t0)^2,   Cov(x_r, x_t) = phi_t V_r / phi_r  (r < t).
 */
#include <math.h>

#include "claims/claims.h"
#include "claims/integrals.h"
#include "claims/setting.h"
#include "core/sum.h"

enum { PANELS = 96, TIMES = 4 };
static const double start = 1.385;

typedef struct {
    const fk_schedule *schedule;
    fk_coeffs c0;
    double t0;
} path_law;

/* At one time. */
typedef struct {
    fk_coeffs c;
    double phi, m, var, m2;
} state;

static state state_at(const path_law *law, double t)
{
    state now = {.c = fk_schedule_at(law->schedule, t)};
    now.phi = now.c.s / law->c0.s;
    now.m = now.phi * start;
    double kept = now.phi * law->c0.sigma;
    now.var = (now.c.sigma - kept) * (now.c.sigma + kept);
    now.m2 = now.m * now.m + now.var;
    return now;
}

/* From just inside the usable interval to a late time, away from poles at t = 1. */
static path_law law_of(const fk_schedule *schedule)
{
    double t0 = schedule->t_min + 0.0137 * (fmin(schedule->t_max, 1e3) - schedule->t_min);
    return (path_law){schedule, fk_schedule_at(schedule, t0), t0};
}

static double end_time(const path_law *law, size_t j)
{
    static const double late[TIMES] = {0.1137, 0.4385, 0.7719, 0.9583};
    return law->t0 + late[j] * (law->schedule->t_max - law->t0);
}

typedef double (*integrand)(const state *);

static double integral(const path_law *law, double t0, double t, size_t panels, integrand of)
{
    fk_sum sum = {0};
    fk_rule rule = fk_rule_new(t0, t, panels);
    for (size_t i = 0; i < rule.n; i++) {
        state now = state_at(law, rule.x[i]);
        fk_sum_add(&sum, rule.w[i] * of(&now));
    }
    fk_rule_free(&rule);
    return fk_sum_value(&sum);
}

typedef double (*residual)(const path_law *, double t, int which);

static double worst_of(residual of, int which)
{
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < TIMES; j++) {
            path_law law = law_of(&fk_schedules[i]);
            fk_worst(&worst, of(&law, end_time(&law, j), which));
        }
    return worst;
}

static double f_m(const state *now)
{
    return now->c.f * now->m;
}
static double g_alone(const state *now)
{
    return sqrt(now->c.g2);
}
static double g_squared(const state *now)
{
    return now->c.g2;
}
static double second_moment_source(const state *now)
{
    return 2 * now->c.f * now->m2 + now->c.g2;
}
static double half_source(const state *now)
{
    return now->c.f * now->m2 + now->c.g2;
}
static double source_of_variance(const state *now)
{
    return 2 * now->c.f * now->var + now->c.g2;
}
static double scaled_square_noise(const state *now)
{
    return 4 * now->m2 * now->c.g2 / pow(now->phi, 4);
}
static double scaled_wrong_noise(const state *now)
{
    return now->c.g2 / pow(now->phi, 4);
}
static double square_noise(const state *now)
{
    return 4 * now->m2 * now->c.g2;
}

/* C28 */
static double mean_integral(const path_law *law, double t, int which)
{
    double drift = integral(law, law->t0, t, PANELS, f_m), noise = 0;
    if (which == 1) noise = integral(law, law->t0, t, PANELS, g_alone);
    if (which == 2) drift = (t - law->t0) * law->c0.f * start;
    return fk_residual((double[]){state_at(law, t).m, -start, -drift, -noise}, 4);
}
FK_CHECK(mean_integral, worst_of)

/* C30 */
static double mean_solution(const path_law *law, double t, int which)
{
    double f = fk_integrals_over(law->schedule, law->t0, t).f;
    double phi[] = {exp(f), 1 + f, exp(-f), exp(2 * f)};
    return fabs(phi[which] * start / state_at(law, t).m - 1);
}
FK_CHECK(mean_solution, worst_of)

/* C37, C38, C39. Of the Ito integral the mean is 0; with x taken in the middle of its increments it
 * would be int g^2, after them twice that. */
static double second_moment_integral(const path_law *law, double t, int which)
{
    state now = state_at(law, t);
    double drift = integral(law, law->t0, t, PANELS, second_moment_source);
    if (which == 1) drift = (t - law->t0) * second_moment_source(&now);
    if (which == 2) drift = integral(law, law->t0, t, PANELS, half_source);
    if (which == 3) drift = integral(law, law->t0, t, PANELS, source_of_variance);
    double noise = which >= 4 ? (which - 3) * integral(law, law->t0, t, PANELS, g_squared) : 0;
    return fk_residual((double[]){now.m2, -start * start, -drift, -noise}, 4);
}
FK_CHECK(second_moment_integral, worst_of)

/* C43, from a random start with the variance 0.31: then Var(x_t) = V + phi^2 0.31. */
static double variance_solution(const path_law *law, double t, int which)
{
    const double var_0 = 0.31;
    fk_integrals over = fk_integrals_over(law->schedule, law->t0, t);
    double phi = exp(over.f), bracket = (which == 1 ? 0 : var_0) + over.g2_over_phi2;
    double formula = (which == 2 ? phi : phi * phi) * bracket;
    if (which == 3) formula = var_0 + phi * phi * over.g2_over_phi2;
    state now = state_at(law, t);
    return fabs(formula / (now.var + now.phi * now.phi * var_0) - 1);
}
FK_CHECK(variance_solution, worst_of)

/* C44: int |q - p| dx of q, eq. 23's normal law with f and g^2 integrated, and p, the law of x_t by
 * s and sigma where x_t0 = start, or is random about it. */
static double whole_law(const path_law *law, double t, int which)
{
    const double one = 1, var_0 = which == 1 ? 0.31 : 0;
    fk_mixture *point;
    fk_error err;
    if (fk_mixture_new_diagonal("start", 1, 1, &one, &start, &var_0, &point, &err)) return NAN;
    const state now = state_at(law, t);
    const fk_integrals over = fk_integrals_over(law->schedule, law->t0, t);
    const double phi = exp(over.f), mean = which == 3 ? start : phi * start;
    const double square = phi * phi * over.g2_over_phi2;
    const double var = which == 2 ? over.g2_over_phi2 : which == 4 ? sqrt(square) : square;
    fk_marginal *p = fk_marginal_new(point, now.phi, sqrt(now.var));
    fk_rule rule = fk_rule_over(p);
    fk_sum sum = {0};
    for (size_t i = 0; i < rule.n; i++) {
        const double q = exp(fk_log_normal(rule.x[i], mean, var));
        fk_sum_add(&sum, rule.w[i] * fabs(q - exp(fk_marginal_at(p, &rule.x[i], NULL))));
    }
    fk_rule_free(&rule);
    fk_marginal_free(p);
    fk_mixture_free(point);
    return fk_sum_value(&sum);
}
FK_CHECK(whole_law, worst_of)

/* C33: Var(x_t^2) = 4 m^2 V + 2 V^2, by the equation for x^2. */
static double variance_of_square(const path_law *law, double t, int which)
{
    state now = state_at(law, t);
    double closed = 4 * now.m * now.m * now.var + 2 * now.var * now.var;
    double noise =
        integral(law, law->t0, t, PANELS, which == 1 ? scaled_wrong_noise : scaled_square_noise);
    double phi4 = pow(now.phi, which == 3 ? 2 : 4);
    return fabs(phi4 * noise * (which == 2 ? 0.25 : 1) / closed - 1);
}
FK_CHECK(variance_of_square, worst_of)

/* C27, C36: D = Y_t - Y_t0 - int a Y ds is the Ito integral, Y = x with a = f or Y = x^2 with a =
 * 2f (the constant part of the drift has no variance). Its variance by the covariance of Y at two
 * times, Cov(Y_r, Y_t) = phi_t^p k(r) for r < t with k = V/phi (p = 1) or 2 (V/phi)^2 + 4 x^2 V
 * (p = 2):
 *     Var D = Var Y_t - 2 phi_t^p J(t) + 2 int a phi^p J dr,   J(r) = int_t0^r a k ds. */
static double a_k_of_x(const state *now)
{
    return now->c.f * now->var / now->phi;
}
static double a_k_of_square(const state *now)
{
    double scaled = now->var / now->phi;
    return 2 * now->c.f * (2 * scaled * scaled + 4 * start * start * now->var);
}

/* The three terms of Var D. */
static void martingale_variance(const path_law *law, double t, int p, double term[3])
{
    integrand a_k = p == 1 ? a_k_of_x : a_k_of_square;
    fk_sum outer = {0};
    double before = 0;
    for (int panel = 0; panel < PANELS; panel++) {
        double from = law->t0 + (t - law->t0) * panel / PANELS;
        double to = law->t0 + (t - law->t0) * (panel + 1) / PANELS;
        fk_rule rule = fk_rule_new(from, to, 1);
        for (size_t i = 0; i < rule.n; i++) {
            state now = state_at(law, rule.x[i]);
            double j = before + integral(law, from, rule.x[i], 1, a_k);
            fk_sum_add(&outer, 2 * rule.w[i] * p * now.c.f * pow(now.phi, p) * j);
        }
        fk_rule_free(&rule);
        before += integral(law, from, to, 1, a_k);
    }
    state now = state_at(law, t);
    term[0] = p == 1 ? now.var : 4 * now.m * now.m * now.var + 2 * now.var * now.var;
    term[1] = -2 * pow(now.phi, p) * before;
    term[2] = fk_sum_value(&outer);
}

static double solution_of_x(const path_law *law, double t, int which)
{
    double term[4];
    martingale_variance(law, t, 1, term);
    term[3] = -integral(law, law->t0, t, PANELS, which == 1 ? g_alone : g_squared);
    if (which == 2) term[2] = 0;
    return fk_residual(term, 4);
}
FK_CHECK(solution_of_x, worst_of)

static double solution_of_square(const path_law *law, double t, int which)
{
    double term[4];
    martingale_variance(law, t, 2, term);
    term[3] = -integral(law, law->t0, t, PANELS, which == 1 ? g_squared : square_noise);
    if (which == 2) term[3] /= 4;
    return fk_residual(term, 4);
}
FK_CHECK(solution_of_square, worst_of)

#define BECAUSE                                                                                    \
    "Gauss-Legendre converges to rounding on these integrands; twenty roundings of 2^-53 in s "    \
    "and "                                                                                         \
    "sigma, up to ten times as much where V is a difference, relative to the sum of the terms' "   \
    "sizes"
#define OF_MOMENTS                                                                                 \
    "Gauss-Legendre converges to rounding on these integrands; forty roundings of 2^-53, "         \
    "relative "                                                                                    \
    "to the sum of the terms' sizes: m and m_2 have no differences in them that cancel"

const fk_claim fk_moment_integrals_claims[] = {
    {"C27",
     "x_t = x_0 + int f x ds + int g dw: what x_t - x_0 - int f x ds leaves has the variance int "
     "g^2 of the Ito integral",
     FK_OVERVIEW ", eq. 6",
     FK_EXACT,
     1e-13,
     BECAUSE,
     check_solution_of_x,
     {"int g^2", 0, 0},
     {{"int g", 1, 0}, {"covariances at two times ignored", 2, 0}},
     .reading = FK_TRUE},
    {"C28",
     "E(x_t|x_0) = x_0 + int f E(x_s|x_0) ds, the noise having mean 0",
     FK_OVERVIEW ", eq. 8",
     FK_EXACT,
     1e-14,
     OF_MOMENTS,
     check_mean_integral,
     {"int f m", 0, 0},
     {{"E dw = dt in place of 0", 1, 0}, {"f m frozen at the start", 2, 0}},
     .reading = FK_TRUE},
    {"C30",
     "m(t) = exp(int f) x_0",
     FK_OVERVIEW ", text below eq. 9",
     FK_EXACT,
     1e-13,
     BECAUSE,
     check_mean_solution,
     {"exp(int f)", 0, 0},
     {{"1 + int f", 1, 0}, {"exp(-int f)", 2, 0}, {"exp(2 int f)", 3, 0}},
     .reading = FK_TRUE},
    {"C33",
     "The equation of x^2 has the noise 2 x g dw (printed: g dw): Var(x_t^2) = phi^4 int 4 E[x^2] "
     "g^2/phi^4",
     FK_POST_2025 ", Ito's lemma, third line",
     FK_EXACT,
     1e-13,
     BECAUSE,
     check_variance_of_square,
     {"2 x g dw", 0, 0},
     {{"as printed: g dw", 1, 0}, {"x g dw", 2, 0}, {"phi^2 for phi^4", 3, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "d x^2 = (2 f x^2 + g^2) dt + g dw"},
    {"C36",
     "x_t^2 = x_0^2 + int (2 f x^2 + g^2) ds + int 2 x g dw: what the left leaves has the variance "
     "int 4 E[x^2] g^2",
     FK_OVERVIEW ", eq. 13",
     FK_EXACT,
     1e-13,
     BECAUSE,
     check_solution_of_square,
     {"int 2 x g dw", 0, 0},
     {{"int g dw", 1, 0}, {"int x g dw", 2, 0}},
     .reading = FK_TRUE},
    {"C37",
     "E(x_t^2|x_0) = x_0^2 + int (2 f(s) E x_s^2 + g^2(s)) ds; printed with t for s in the "
     "integrand, which makes it t times its last value",
     FK_OVERVIEW ", eq. 14",
     FK_EXACT,
     1e-14,
     OF_MOMENTS,
     check_second_moment_integral,
     {"integrand at s", 0, 0},
     {{"as printed: integrand at t", 1, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "E(x_t^2|x_0) = x_0^2 + E int (2 f(t) x_t^2 + g^2(t)) ds"},
    {"C38",
     "E int 2 x g dw = 0, every x being taken before its increment: with that alone the equation "
     "of "
     "E(x_t^2|x_0) closes. A martingale argument, and not E(dw|x_0) = 0, is what it takes",
     FK_OVERVIEW ", eq. 15",
     FK_EXACT,
     1e-14,
     OF_MOMENTS,
     check_second_moment_integral,
     {"x before the increment: 0", 0, 0},
     {{"x in the middle (Stratonovich): int g^2", 4, 0},
      {"x after the increment: 2 int g^2", 5, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "int 2 x_s g(s) E(dw_s|x_0) = 0, the random x_s outside the expectation",
     .ill_formed = "with x_s outside, the left side is random and no mean"},
    {"C39",
     "E(x_t^2|x_0) = x_0^2 + int (2 f E(x_s^2|x_0) + g^2) ds",
     FK_OVERVIEW ", eq. 16",
     FK_EXACT,
     1e-14,
     OF_MOMENTS,
     check_second_moment_integral,
     {"2 f m_2 + g^2", 0, 0},
     {{"f m_2 + g^2", 2, 0}, {"the variance for m_2", 3, 0}},
     .reading = FK_TRUE},
    {"C43",
     "var(t) = phi^2 (var(0) + int g^2/phi^2); printed for var(0) = 0, that is given x_0",
     FK_OVERVIEW ", eq. 22",
     FK_EXACT,
     1e-13,
     BECAUSE,
     check_variance_solution,
     {"var(0) = 0.31", 0, 0},
     {{"as printed, var(0) left out", 1, 0},
      {"integrating factor exp(-int f)", 2, 0},
      {"var(0) not shrunk", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "var = phi^2 int g^2/phi^2, with no condition on var(0)"},
    {"C44",
     "Given x_0 the forward SDE has the law N(phi x_0, phi^2 int g^2/phi^2): int |q - p| dx to the "
     "law by s and sigma, on all schedules",
     FK_OVERVIEW ", eq. 23",
     FK_EXACT,
     1e-12,
     "phi and the variance to 1e-13, as C24 and C43; x_0 is at most four deviations from 0, and so "
     "the distance at most 0.8 * 4e-13 + 0.5e-13",
     check_whole_law,
     {"phi x_0 and phi^2 int g^2/phi^2, given x_0", 0, 0},
     {{"x_0 random, of variance 0.31", 1, 0},
      {"int g^2/phi^2 without phi^2", 2, 0},
      {"mean x_0", 3, 0},
      {"the variance's root as variance", 4, 0}},
     .reading = FK_TRUE_IF,
     .printed = "x_t ~ N(phi x_0, phi^2 int g^2/phi^2 I)"},
    {.id = NULL},
};
