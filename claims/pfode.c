/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE, exactly: its continuity equation, its map, its way back, and what it
 * shares with the reverse SDE on Gaussian data. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/fokker_planck.h"
#include "claims/sampling.h"
#include "claims/setting.h"

/* --- C50 --- */

static fk_verdict continuity(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_process flow = {variant->param, 0, -1, 0};
    return fk_measured(fk_process_worst(&flow), 0);
}

/* Start points: quantiles of the marginal at `at`, spread over the bulk. x (n). */
static void quantiles(const fk_mixture *mix, const fk_coeffs *at, size_t n, double *x)
{
    fk_marginal *g = fk_marginal_new(mix, at->s, at->sigma);
    for (size_t i = 0; i < n; i++)
        x[i] = fk_marginal_quantile(g, ((double)i + 0.385) / (double)n, false);
    fk_marginal_free(g);
}

enum { POINTS = 23 };

/* From t_max to t_min the solution is F_min^-1(F_max(x)): errors over max(1, slope of the map). */
static fk_verdict flow_map(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "sub-vp"};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < 3; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i]);
        double t[2] = {schedule.t_max, schedule.t_min}, x[2 * POINTS], y[POINTS], slope[POINTS];
        fk_coeffs from = fk_schedule_at(&schedule, t[0]), to = fk_schedule_at(&schedule, t[1]);
        quantiles(mix, &from, POINTS, x);
        fk_flow(mix, &from, &to, POINTS, x, y, slope);
        bool ok = fk_flow_paths(&schedule, mix, variant->param, t, 2, POINTS, 1e-11, x);
        for (size_t p = 0; p < POINTS; p++)
            fk_worst(&worst, ok ? fabs(x[POINTS + p] - y[p]) / fmax(1, slope[p]) : NAN);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C53 --- */

/* Down and up again: the error at the start, in units of the tolerance, over three tolerances. */
static fk_verdict round_trip(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double tolerance[] = {1e-6, 1e-8, 1e-10};
    static const char *const spec[] = {"vp-linear", "ve"};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < 6; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i % 2]);
        double down[2] = {schedule.t_max, schedule.t_min}, up[2] = {down[1], down[0]};
        double x[2 * POINTS], y[2 * POINTS];
        fk_coeffs from = fk_schedule_at(&schedule, down[0]);
        quantiles(mix, &from, POINTS, x);
        bool ok = fk_flow_paths(&schedule, mix, 1, down, 2, POINTS, tolerance[i / 2], x);
        for (size_t p = 0; p < POINTS; p++) y[p] = x[POINTS + p];
        ok =
            ok && fk_flow_paths(&schedule, mix, variant->param, up, 2, POINTS, tolerance[i / 2], y);
        for (size_t p = 0; p < POINTS; p++) {
            double gap = fabs(y[POINTS + p] - x[p]) / (1 + fabs(x[p]));
            fk_worst(&worst, ok ? gap / tolerance[i / 2] : NAN);
        }
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C51: Gaussian data --- */

/* On N(m, v) data every process of the family dx = (f x - kappa g^2 score) dt + eta g dw is linear.
 * From N(a, b) at t its law at s < t is N(mean, var) with, V = s^2 v + sigma^2 and M = s m,
 *     rho  = ((V_s/s_s^2) / (V_t/s_t^2))^(eta^2/2)
 *     mean = M_s + sqrt(V_s/V_t) rho (a - M_t),   var = V_s (1 - rho^2) + (V_s/V_t) rho^2 b. */
typedef struct {
    double complex mean, var;
} gaussian_law;

static const double data_mean = 0.7315, data_var = 0.285;

static gaussian_law law_from(const fk_schedule *schedule, double eta, double t, double a, double b,
                             double complex to)
{
    double complex s = fk_closed_s(schedule, to), s_t = fk_closed_s(schedule, t);
    double complex v = s * s * data_var + fk_closed_var(schedule, to);
    double complex v_t = s_t * s_t * data_var + fk_closed_var(schedule, t);
    double complex ratio = (v / (s * s)) / (v_t / (s_t * s_t));
    double complex rho = cexp(eta * eta / 2 * clog(ratio)), shrink = csqrt(v / v_t) * rho;
    return (gaussian_law){s * data_mean + shrink * (a - s_t * data_mean),
                          v * (1 - rho * rho) + shrink * shrink * b};
}

enum { FROM_P_T, FROM_NORMAL, SDE_WITH_ODE_SCORE, ODE_WITH_SDE_SCORE };

/* The closed form solves the equations of mean and variance of the process, whatever the start; and
 * from p_t it is p_s for every eta. */
static fk_verdict gaussian_family(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {0, 0.385, 1, 1.385};
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 10; j++)
            for (size_t k = 0; k < 4; k++) {
                const fk_schedule *schedule = &fk_schedules[i];
                double one = fk_setting_time(schedule, 2 * j);
                double other = fk_setting_time(schedule, 2 * j + 1);
                double t = fmax(one, other), s = fmin(one, other), e2 = eta[k] * eta[k];
                fk_coeffs c = fk_schedule_at(schedule, s), c_t = fk_schedule_at(schedule, t);
                double v = c.s * c.s * data_var + c.sigma * c.sigma, m = c.s * data_mean;
                double v_t = c_t.s * c_t.s * data_var + c_t.sigma * c_t.sigma;

                double kappa = (1 + e2) / 2;
                if (variant->which == SDE_WITH_ODE_SCORE) kappa = 0.5;
                if (variant->which == ODE_WITH_SDE_SCORE) kappa = 1;
                gaussian_law law = law_from(schedule, eta[k], t, 0.385, 1.285, fk_complex_step(s));
                double mean = creal(law.mean), var = creal(law.var), pull = kappa * c.g2 / v;
                fk_worst(&worst, fk_residual((double[]){fk_complex_rate(law.mean), -c.f * mean,
                                                        -pull * mean, pull * m},
                                             4));
                fk_worst(&worst, fk_residual((double[]){fk_complex_rate(law.var), -2 * c.f * var,
                                                        -2 * pull * var, e2 * c.g2},
                                             4));

                bool normal = variant->which == FROM_NORMAL;
                law = law_from(schedule, eta[k], t, normal ? 0 : c_t.s * data_mean,
                               normal ? 1 : v_t, s);
                fk_worst(&worst, fabs(creal(law.mean) - m) / (fabs(m) + sqrt(v)));
                fk_worst(&worst, fabs(creal(law.var) / v - 1));
            }
    return fk_measured(worst, 0);
}

const fk_claim fk_pfode_claims[] = {
    {"C50",
     "The probability-flow ODE dx = (f x - g^2/2 score) dt carries p_t along: the residual of its "
     "continuity equation is 0",
     FK_OVERVIEW ", eq. 27",
     FK_EXACT,
     1e-14,
     "closed-form derivatives: some fifty roundings of 2^-53, relative to the sum of the terms' "
     "sizes",
     continuity,
     {"g^2/2 score", 0, 0.5},
     {{"g^2 score", 0, 1}, {"+ g^2/2 score", 0, -0.5}, {"no score", 0, 0}},
     .reading = FK_TRUE},
    {"C50-map",
     "In one dimension the solution of the probability-flow ODE from t to s is F_s^-1(F_t(x))",
     FK_OVERVIEW ", eq. 27",
     FK_EXACT,
     1e-8,
     "rk8pd at tolerance 1e-11 over at most 1000 steps, errors measured over the slope of the map",
     flow_map,
     {"g^2/2 score", 0, 1},
     {{"g^2 score", 0, 2}, {"+ g^2/2 score", 0, -1}, {"0.999 g^2/2 score", 0, 0.999}},
     .reading = FK_TRUE},
    {"C51",
     "Started from p_T, the reverse SDE, the ODE and all between them have the marginals p_t: "
     "closed "
     "form for Gaussian data. Started from another law they do not",
     FK_OVERVIEW ", text below eq. 27",
     FK_EXACT,
     1e-14,
     "closed forms by complex steps: forty roundings of 2^-53, relative to the sum of the terms' "
     "sizes",
     gaussian_family,
     {"started from p_T", FROM_P_T, 0},
     {{"started from N(0, 1)", FROM_NORMAL, 0},
      {"g^2/2 score with the SDE's noise", SDE_WITH_ODE_SCORE, 0},
      {"g^2 score without noise", ODE_WITH_SDE_SCORE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "both processes have the same marginals p_t, with no word of the start"},
    {"C53",
     "An ODE trajectory is fixed by its initial value: there and back again returns to it, to the "
     "tolerance (mixtures with positive variance, a closed interval of finite drift)",
     FK_OVERVIEW ", Advantage",
     FK_EXACT,
     1e3,
     "in units of the tolerance: at most 1000 steps of local errors at the tolerance; the way back "
     "contracts what the way down expands",
     round_trip,
     {"the same ODE back", 0, 1},
     {{"back by g^2 score", 0, 2}, {"back by 0.99 g^2/2 score", 0, 0.99}},
     .reading = FK_TRUE_IF,
     .printed = "an ODE trajectory is fixed by its initial value"},
    {.id = NULL},
};
