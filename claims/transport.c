/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE as a transport of p_t to p_s, beyond the texts: in one dimension it is
 * the monotone rearrangement, hence optimal; for one Gaussian in any dimension it is optimal; for a
 * mixture in the plane it is not. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "claims/assignment.h"
#include "claims/claims.h"
#include "claims/jacobian.h"
#include "claims/sampling.h"
#include "claims/setting.h"

#define REARRANGEMENT "Song et al. 2021, sec. 4.3; Villani 2003, theorem 2.18"
#define NOT_OPTIMAL   "Lavenant and Santambrogio 2022; Villani 2003, theorem 2.12"

enum { RIGHT, SCORE, INVERSE, AT_X, STRAIGHT, PLANE, SHUFFLED, SYMMETRIC, NONE };
enum { POINTS = 15, TIMES = 6, MAX_DIM = FK_JACOBIAN_DIM };

static double factor_of(const fk_variant *v)
{
    return v->which == SCORE ? v->param : 1;
}

/* --- B8: F_t(x_t) does not change --- */

static fk_verdict rearrangement(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "flow"};
    double worst = 0;
    fk_mixture *m = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < 3; i++) {
        const fk_schedule schedule = fk_setting_schedule(spec[i]);
        const double noisy = fk_schedule_at(&schedule, schedule.t_max).lambda,
                     clean = fk_schedule_at(&schedule, schedule.t_min).lambda;
        double t[TIMES] = {schedule.t_max}, x[TIMES * POINTS];
        for (size_t j = 1; j < TIMES; j++)
            t[j] = fmax(schedule.t_min,
                        schedule.time_of(&schedule, noisy + (clean - noisy) * (double)j / TIMES));
        fk_marginal *g[TIMES];
        for (size_t j = 0; j < TIMES; j++) {
            const fk_coeffs c = fk_schedule_at(&schedule, t[j]);
            g[j] = fk_marginal_new(m, c.s, c.sigma);
        }
        for (size_t p = 0; p < POINTS; p++)
            x[p] = fk_marginal_quantile(g[0], ((double)p + 0.385) / POINTS, false);
        const bool ok = fk_flow_paths(&schedule, m, factor_of(variant), t, TIMES, POINTS, 1e-12, x);
        for (size_t j = 1; j < TIMES; j++)
            for (size_t p = 0; p < POINTS; p++)
                fk_worst(&worst, ok ? fabs(fk_marginal_cdf(g[j], x[j * POINTS + p], false) -
                                           ((double)p + 0.385) / POINTS)
                                    : NAN);
        for (size_t j = 0; j < TIMES; j++) fk_marginal_free(g[j]);
    }
    fk_mixture_free(m);
    return fk_measured(worst, 0);
}

/* --- B8-slope, B8-determinant: det dT/dx = p_t(x)/p_s(T x) --- */

static double density_ratio(const fk_mixture *m, const fk_schedule *schedule, double from,
                            double to, const double *x, const double *y)
{
    const fk_coeffs a = fk_schedule_at(schedule, from), b = fk_schedule_at(schedule, to);
    fk_marginal *p = fk_marginal_new(m, a.s, a.sigma), *q = fk_marginal_new(m, b.s, b.sigma);
    const double ratio = exp(fk_marginal_at(p, x, NULL) - fk_marginal_at(q, y, NULL));
    fk_marginal_free(p);
    fk_marginal_free(q);
    return ratio;
}

static fk_verdict volume(const fk_mixture *m, const fk_variant *variant)
{
    static const char *const spec[] = {"vp-linear", "edm"};
    double worst = 0;
    for (size_t i = 0; i < 2; i++) {
        const fk_schedule schedule = fk_setting_schedule(spec[i]);
        const double from = fmin(schedule.t_max, schedule.time_of(&schedule, -3)),
                     to = schedule.time_of(&schedule, 2);
        const fk_coeffs c = fk_schedule_at(&schedule, from);
        fk_marginal *g = fk_marginal_new(m, c.s, c.sigma);
        const fk_jacobian_of of = {m, &schedule, from, to, 1e-12, factor_of(variant)};
        for (size_t p = 0; p < POINTS; p++) {
            double x[MAX_DIM], y[MAX_DIM], j[MAX_DIM * MAX_DIM];
            fk_setting_point(g, p, x);
            const bool ok = fk_flow_jacobian(&of, x, y, j);
            double expected =
                density_ratio(m, &schedule, from, to, x, variant->which == AT_X ? x : y);
            if (variant->which == INVERSE) expected = 1 / expected;
            if (variant->which == SYMMETRIC) j[1] = j[2] = (j[1] + j[2]) / 2;
            fk_worst(&worst, ok ? fabs(fk_determinant(m->dim, j) / expected - 1) : NAN);
        }
        fk_marginal_free(g);
    }
    return fk_measured(worst, 0);
}

static fk_verdict slope(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *m = fk_setting_mixture("three-1d");
    const fk_verdict v = volume(m, variant);
    fk_mixture_free(m);
    return v;
}

static fk_verdict determinant(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *m = fk_setting_mixture("full-2d");
    const fk_verdict v = volume(m, variant);
    fk_mixture_free(m);
    return v;
}

/* --- B8-basins: the starts that part the modes --- */

static double score_at(double x, void *self)
{
    double score;
    fk_marginal_at(self, &x, &(fk_point){.score = &score});
    return score;
}

/* The valleys of three-1d lie between its means -2, 0.5 and 1.8. Up the flow from a valley, where
 * the map contracts, against the quantile of as much mass. */
static fk_verdict basins(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double between[2][2] = {{-1.9, 0.4}, {0.6, 1.7}};
    double worst = 0;
    fk_mixture *m = fk_setting_mixture("three-1d");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const double t[2] = {schedule.t_min, schedule.t_max};
    const fk_coeffs a = fk_schedule_at(&schedule, t[0]), b = fk_schedule_at(&schedule, t[1]);
    fk_marginal *data = fk_marginal_new(m, a.s, a.sigma), *noise = fk_marginal_new(m, b.s, b.sigma);
    for (size_t i = 0; i < 2; i++) {
        double x[2] = {fk_setting_root(score_at, data, between[i][0], between[i][1])};
        const bool ok = fk_flow_paths(&schedule, m, factor_of(variant), t, 2, 1, 1e-12, x);
        double expected = fk_marginal_quantile(noise, fk_marginal_cdf(data, x[0], false), false);
        if (variant->which == STRAIGHT) expected = x[0] * b.s / a.s;
        if (variant->which == SYMMETRIC) /* as if the modes were of equal weight */
            expected = fk_marginal_quantile(noise, ((double)i + 1) / 3, false);
        fk_worst(&worst, ok ? fabs(x[1] - expected) : NAN);
    }
    fk_marginal_free(noise);
    fk_marginal_free(data);
    fk_mixture_free(m);
    return fk_measured(worst, 0);
}

/* --- B8-optimal, B8-plane, B9 --- */

enum { MATCHED = 120 };

/* Points of p_t and their images: x, y (MATCHED, dim). */
static bool images(const fk_mixture *m, const fk_schedule *schedule, double *x, double *y)
{
    const size_t size = MATCHED * m->dim;
    const fk_coeffs c = fk_schedule_at(schedule, schedule->t_max);
    fk_marginal *g = fk_marginal_new(m, c.s, c.sigma);
    double *path = fk_alloc(2 * size, sizeof *path);
    const double t[2] = {schedule->t_max, schedule->t_min};
    for (size_t p = 0; p < MATCHED; p++) fk_setting_point(g, p, path + p * m->dim);
    const bool ok = fk_flow_paths(schedule, m, 1, t, 2, MATCHED, 1e-12, path);
    for (size_t i = 0; i < size; i++) x[i] = path[i], y[i] = path[size + i];
    free(path);
    fk_marginal_free(g);
    return ok;
}

static fk_verdict optimal(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double power[] = {2, 1.385, 4};
    double worst = 0, x[MATCHED * 2], y[MATCHED * 2];
    fk_mixture *m = fk_setting_mixture(variant->which == PLANE ? "full-2d" : "three-1d");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const bool ok = images(m, &schedule, x, y);
    if (variant->which == SHUFFLED) { /* two images for one another */
        const double first = y[0];
        y[0] = y[1], y[1] = first;
    }
    for (size_t i = 0; i < 3; i++)
        fk_worst(&worst, ok ? fk_transport_excess(MATCHED, m->dim, x, y, power[i], NULL) : NAN);
    fk_mixture_free(m);
    return fk_measured(worst, 0);
}

/* The Jacobian's asymmetry by the variational equation and by differences of paths: the largest,
 * and how far apart the two are at worst. (Where they are, is rounding's choice.) */
static fk_verdict asymmetry(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    const double h = 1e-3, weight[3] = {45. / 60, -9. / 60, 1. / 60};
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const double t[2] = {schedule.time_of(&schedule, -3), schedule.time_of(&schedule, 1)};
    double largest = 0, apart = 0;
    fk_mixture *m = fk_setting_mixture("full-2d");
    const fk_jacobian_of of = {m, &schedule, t[0], t[1], 1e-12, 1};
    for (size_t p = 0; p < 5; p++) {
        const double x[2] = {0.4 * fk_setting_offset(2 * p), 0.4 * fk_setting_offset(2 * p + 1)};
        double y[2], j[4], path[2 * 12 * 2], d[4] = {0};
        bool ok = fk_flow_jacobian(&of, x, y, j);
        for (size_t k = 0; k < 12; k++) { /* axis, distance, sign */
            path[2 * k] = x[0], path[2 * k + 1] = x[1];
            path[2 * k + k / 6] += (k % 2 ? -h : h) * (double)(k / 2 % 3 + 1);
        }
        ok = ok && fk_flow_paths(&schedule, m, 1, t, 2, 12, 1e-12, path);
        for (size_t k = 0; k < 12; k++)
            for (size_t i = 0; i < 2; i++)
                d[2 * i + k / 6] += (k % 2 ? -1 : 1) * weight[k / 2 % 3] / h * path[24 + 2 * k + i];
        const double by_paths = variant->which == SYMMETRIC ? 0
                                : variant->which == NONE    ? fabs(d[1] - d[2]) / 2
                                                            : fk_asymmetry(2, d);
        fk_worst(&largest, ok ? fk_asymmetry(2, j) : NAN);
        fk_worst(&apart, fabs(fk_asymmetry(2, j) - by_paths));
    }
    fk_mixture_free(m);
    return (fk_verdict){.observed = largest, .expected = largest - apart};
}

enum { VARIANCES = 20, NO_AXES };

/* y = M_s + U diag(sqrt(S_s/S_t)) U^T (x - M_t), with U and the S from the mixture. */
static void gaussian_map(const fk_mixture *m, const fk_coeffs *from, const fk_coeffs *to,
                         const double *x, int which, double *y)
{
    const size_t n = m->dim;
    double cov[MAX_DIM * MAX_DIM];
    fk_mixture_covariance(m, 0, cov);
    for (size_t i = 0; i < n; i++) y[i] = to->s * m->mean[i];
    for (size_t k = 0; k < n; k++) {
        double axis[MAX_DIM], along = 0, var = m->var[k];
        for (size_t i = 0; i < n; i++) axis[i] = which == NO_AXES ? i == k : m->axes[k * n + i];
        if (which == NO_AXES) var = cov[k * n + k];
        for (size_t i = 0; i < n; i++) along += axis[i] * (x[i] - from->s * m->mean[i]);
        double ratio = (to->s * to->s * var + to->sigma * to->sigma) /
                       (from->s * from->s * var + from->sigma * from->sigma);
        if (which != VARIANCES) ratio = sqrt(ratio);
        for (size_t i = 0; i < n; i++) y[i] += axis[i] * ratio * along;
    }
}

/* N(m, C) in three dimensions: the map and its symmetry. */
static fk_verdict gaussian(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "flow"};
    const double mean[3] = {0.7315, -0.385, 1.2385},
                 cov[9] = {1.3, 0.62, -0.21, 0.62, 0.57, 0.13, -0.21, 0.13, 0.4385};
    double worst = 0;
    fk_mixture *m;
    fk_error err;
    if (fk_mixture_new("N(m, C)", 3, 1, (double[]){1}, mean, cov, &m, &err) != FK_OK)
        return fk_measured(NAN, 0);
    for (size_t i = 0; i < 3; i++) {
        const fk_schedule schedule = fk_setting_schedule(spec[i]);
        const double from = schedule.t_max, to = schedule.t_min;
        const fk_coeffs a = fk_schedule_at(&schedule, from), b = fk_schedule_at(&schedule, to);
        fk_marginal *g = fk_marginal_new(m, a.s, a.sigma);
        const fk_jacobian_of of = {m, &schedule, from, to, 1e-12, factor_of(variant)};
        for (size_t p = 0; p < 5; p++) {
            double x[3], y[3], j[9], expected[3];
            fk_setting_point(g, p, x);
            const bool ok = fk_flow_jacobian(&of, x, y, j);
            gaussian_map(m, &a, &b, x, variant->which, expected);
            for (size_t k = 0; k < 3; k++) fk_worst(&worst, ok ? fabs(y[k] - expected[k]) : NAN);
            fk_worst(&worst, fk_asymmetry(3, j));
        }
        fk_marginal_free(g);
    }
    fk_mixture_free(m);
    return fk_measured(worst, 0);
}

const fk_claim fk_transport_claims[] = {
    {.id = "B8",
     .says = "In one dimension F_t(x_t) is constant along the probability-flow ODE, whose map is "
             "therefore the monotone rearrangement F_s^-1(F_t(x))",
     .source = REARRANGEMENT,
     .kind = FK_EXACT,
     .margin = 1e-9,
     .because = "rk8pd with local errors of 1e-12 over some 1000 steps; the density that turns "
                "them into probability is at most 1 and falls where the map expands",
     .check = rearrangement,
     .right = {"g^2/2 score", RIGHT, 0},
     .control = {{"g^2 score", SCORE, 2}, {"0.999 g^2/2 score", SCORE, 0.999}, {"none", SCORE, 0}}},
    {.id = "B8-slope",
     .says = "The slope of that map is p_t(x)/p_s(T x)",
     .source = REARRANGEMENT,
     .kind = FK_EXACT,
     .margin = 1e-8,
     .because = "relative; rk8pd with local errors of 1e-12 over some 1000 steps, expanded by "
                "slopes of a hundred at most",
     .check = slope,
     .right = {"p_t(x)/p_s(T x)", RIGHT, 0},
     .control = {{"p_s(T x)/p_t(x)", INVERSE, 0},
                 {"p_t(x)/p_s(x)", AT_X, 0},
                 {"the map by 1.001 g^2/2 score", SCORE, 1.001}}},
    {.id = "B8-determinant",
     .says = "In the plane the Jacobian determinant of the map is p_t(x)/p_s(T x)",
     .source = "Chen et al. 2018, theorem 1",
     .kind = FK_EXACT,
     .margin = 1e-8,
     .because = "as B8-slope",
     .check = determinant,
     .right = {"p_t(x)/p_s(T x)", RIGHT, 0},
     .control = {{"p_s(T x)/p_t(x)", INVERSE, 0},
                 {"p_t(x)/p_s(x)", AT_X, 0},
                 {"of the Jacobian's symmetric part", SYMMETRIC, 0}}},
    {.id = "B8-basins",
     .says = "The starts that part the modes are F_T^-1 of the mass below the valleys of the data",
     .source = REARRANGEMENT,
     .kind = FK_EXACT,
     .margin = 1e-9,
     .because = "rk8pd with local errors of 1e-12 over some 1000 steps, on the way up, where the "
                "flow contracts",
     .check = basins,
     .right = {"F_T^-1(F_s(valley))", RIGHT, 0},
     .control = {{"s_T/s_s valley", STRAIGHT, 0},
                 {"F_T^-1 of 1/3 and 2/3", SYMMETRIC, 0},
                 {"1.001 g^2/2 score", SCORE, 1.001}}},
    {.id = "B8-optimal",
     .says = "In one dimension no assignment of starts to images costs less than the map, whatever "
             "the convex cost (squares, powers 1.385 and 4); in the plane one does",
     .source = REARRANGEMENT,
     .kind = FK_EXACT,
     .margin = 1e-12,
     .because = "the least of all assignments of 120 points, exact but for the rounding of 120 "
                "terms of its sum",
     .check = optimal,
     .right = {"three-1d", RIGHT, 0},
     .control = {{"full-2d", PLANE, 0}, {"three-1d with two images exchanged", SHUFFLED, 0}}},
    {.id = "B8-plane",
     .says = "In the plane the map of a mixture is no gradient, hence not optimal: its Jacobian is "
             "not symmetric, by the variational equation and by differences of paths",
     .source = NOT_OPTIMAL,
     .kind = FK_EXACT,
     .margin = 1e-7,
     .because = "differences of order 6 with h = 1e-3 on paths good to 1e-11: 1e-8, and h^6 times "
                "seventh derivatives below 1e10",
     .check = asymmetry,
     .right = {"differences of paths", RIGHT, 0},
     .control = {{"a gradient's: 0", SYMMETRIC, 0},
                 {"the odd part itself, not over the largest entry", NONE, 0}}},
    {.id = "B9",
     .says = "For one Gaussian the map is M_s + U diag(sqrt(S_s/S_t)) U^T (x - M_t): symmetric and "
             "positive, hence optimal",
     .source = "Khrulkov et al. 2023, sec. 3",
     .kind = FK_EXACT,
     .margin = 1e-9,
     .because = "rk8pd with local errors of 1e-12 over some 1000 steps; the flow to the data is "
                "linear and contracts, on VE by 75, or expands on VP and flow by sqrt(1.7) at most",
     .check = gaussian,
     .right = {"ratios of standard deviations", RIGHT, 0},
     .control = {{"ratios of variances", VARIANCES, 0},
                 {"coordinate by coordinate", NO_AXES, 0},
                 {"1.001 g^2/2 score", SCORE, 1.001}}},
    {.id = NULL},
};
