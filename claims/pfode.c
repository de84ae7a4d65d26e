/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE, exactly: its continuity equation, its map, its way back, and what it
 * shares with the reverse SDE on Gaussian data. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "analytic/gaussian_law.h"
#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/fokker_planck.h"
#include "claims/sampling.h"
#include "claims/setting.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"

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
        bool ok = fk_flow_paths(&schedule, mix, variant->param, t, 2, POINTS, 3e-15, x);
        for (size_t p = 0; p < POINTS; p++)
            fk_worst(&worst, ok ? fabs(x[POINTS + p] - y[p]) / fmax(1, slope[p]) : NAN);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C53 --- */

/* How much farther apart two curves of the flow are at `from` than where they come closest on the
 * way to `to`, at most: errors made there come back enlarged by so much. */
static double contraction(const fk_mixture *mix, const fk_schedule *schedule, const fk_coeffs *from,
                          const fk_coeffs *to, const double *x)
{
    double most = 1, y[POINTS], slope[POINTS];
    for (int level = 1; level <= 24; level++) {
        double lambda = from->lambda + (to->lambda - from->lambda) * level / 24;
        fk_coeffs c = fk_schedule_at(schedule, schedule->time_of(schedule, lambda));
        fk_flow(mix, from, &c, POINTS, x, y, slope);
        for (size_t p = 0; p < POINTS; p++) most = fmax(most, 1 / slope[p]);
    }
    return most;
}

/* One particle from x through t[0], t[1] by rk8pd; counts its steps, rejected ones as well, by the
 * thirteen stages of each. */
static bool one_way(const fk_schedule *schedule, const fk_mixture *mix, double factor,
                    const double t[2], double tolerance, double x[2], double *steps)
{
    const fk_field exact = fk_mixture_field(mix);
    const fk_scaled scaled = {&exact, factor};
    const fk_field field = fk_scaled_field(&scaled);
    fk_adaptive_options options = {.rtol = tolerance, .atol = tolerance, .threads = 1};
    fk_error err;
    bool ok = fk_adaptive_solve(&fk_rk8pd, schedule, &field, t, 2, 1, x, &options, &err) == FK_OK;
    *steps += (double)options.evaluations / 13;
    return ok;
}

/* Down and up again, over three tolerances: the error at the start, over the tolerance at every
 * step, carried back by the contraction where the variances are positive. which 1: point masses,
 * from t = 1e-10. */
static fk_verdict round_trip(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double tolerance[] = {1e-6, 1e-8, 1e-10};
    static const char *const spec[] = {"vp-linear", "ve"};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d"), *atoms;
    fk_error err;
    if (fk_mixture_new_diagonal("atoms", 1, mix->k, mix->weight, mix->mean, (double[3]){0}, &atoms,
                                &err) != FK_OK)
        return fk_measured(NAN, 0);
    for (size_t i = 0; i < 6; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i % 2]);
        fk_coeffs from = fk_schedule_at(&schedule, schedule.t_max);
        fk_coeffs to = fk_schedule_at(&schedule, schedule.t_min);
        double start[POINTS];
        quantiles(mix, &from, POINTS, start);
        const double back = contraction(mix, &schedule, &from, &to, start);
        if (variant->which == 1 && i % 2 == 0) schedule.t_min = 1e-10;
        const double down[2] = {schedule.t_max, schedule.t_min}, up[2] = {down[1], down[0]};
        const fk_mixture *data = variant->which == 1 ? atoms : mix;
        for (size_t p = 0; p < POINTS; p++) {
            double x[2] = {start[p], NAN}, y[2] = {NAN, NAN}, steps = 0;
            bool ok = one_way(&schedule, data, 1, down, tolerance[i / 2], x, &steps);
            y[0] = x[1];
            ok = ok && one_way(&schedule, data, variant->param, up, tolerance[i / 2], y, &steps);
            double each = tolerance[i / 2] * (1 + fmax(fabs(x[0]), fabs(x[1])));
            fk_worst(&worst, ok ? fabs(y[1] - x[0]) / (back * steps * each) : NAN);
        }
    }
    fk_mixture_free(atoms);
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C52: Gaussian data --- */

/* E (x_SDE - x_ODE)^2/Var(x_s) from a common start drawn from p_t: the joint law of a fine rk4 run
 * of the ODE and of the SDE's exact solution from the same start. Both are marginally p_s, and
 * E(x_SDE | x_t) is rho times the ODE's point (about the mean), rho =
 * sqrt((V_s/s_s^2)/(V_t/s_t^2)). */
static fk_verdict different_paths(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    enum { STEPS = 400 };
    const fk_gaussian data = {0.7315, 0.285};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    fk_axis axis;
    fk_plan plan;
    fk_error err;
    if (fk_axis_on_schedule(&schedule, "lambda", STEPS, 0.3385, 0.0385, &axis, &err) != FK_OK)
        return fk_measured(NAN, 0);
    double rms[STEPS + 1], apart = NAN, said = NAN;
    if (fk_plan_new(&axis, &fk_rk4, &plan, &err) == FK_OK) {
        const fk_coeffs *from = &axis.node[0], *to = &axis.node[STEPS];
        fk_gaussian_law law = fk_gaussian_law_start(fk_gaussian_marginal(data, from));
        if (fk_gaussian_law_strong(data, &axis, &plan, 1, &law, rms, &err) == FK_OK) {
            const double v = fk_gaussian_marginal(data, to).var;
            const double v_t = fk_gaussian_marginal(data, from).var;
            const double rho = sqrt(v / (to->s * to->s) / (v_t / (from->s * from->s)));
            const double formula[] = {2 * (1 - rho), 0, 1 - rho * rho, 2};
            apart = rms[STEPS] * rms[STEPS] / v, said = formula[variant->which];
        }
        fk_plan_free(&plan);
    }
    fk_axis_free(&axis);
    return fk_measured(said, apart);
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
     1e-12,
     "rk8pd at tolerance 3e-15 over at most 300 steps, errors measured over the slope of the map",
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
    {"C52",
     "Equal marginals are not equal paths: from one start, E (x_SDE - x_ODE)^2 is 2 (1 - rho) "
     "Var(x) on Gaussian data, not 0",
     FK_OVERVIEW ", text below eq. 27",
     FK_EXACT,
     1e-9,
     "the ODE by rk4 at 400 steps of 0.006 in log(s/sigma), error below the fourth power of that, "
     "1.3e-9, over 4!; the SDE exactly, by Gauss-Legendre to rounding",
     different_paths,
     {"2 (1 - rho)", 0, 0},
     {{"0: the same result", 1, 0},
      {"1 - rho^2: the SDE's spread alone", 2, 0},
      {"2: nothing in common", 3, 0}},
     .reading = FK_TRUE},
    {"C53",
     "An ODE trajectory is fixed by its initial value where the drift is Lipschitz on the closed "
     "interval: there and back again returns to it, to the tolerance of every step",
     FK_OVERVIEW ", Advantage",
     FK_EXACT,
     1.1,
     "a step's error is at most 1.1 tolerances (GSL's controller), and comes back enlarged by the "
     "flow's contraction at most: the sum over the steps taken, in these units, is below 1.1",
     round_trip,
     {"the same ODE back", 0, 1},
     {{"point masses, down to t = 1e-10", 1, 1},
      {"back by g^2 score", 0, 2},
      {"back by 0.99 g^2/2 score", 0, 0.99}},
     .reading = FK_TRUE_IF,
     .printed = "an ODE trajectory is fixed by its initial value"},
    {.id = NULL},
};
