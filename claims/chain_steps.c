/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the SDE to the chain: one Euler-Maruyama step, one step of DDPM and the exact transition,
 *     (1 - b/2) x + sqrt(b) z,    sqrt(1 - b) x + sqrt(b) z,    e^(-b/2) x + sqrt(1 - e^(-b)) z,
 * with b = beta dt, and what their differences add up to. */
#include <math.h>

#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/setting.h"

/* The limit of f(b)/b^2 as b -> 0 from b, b/2, b/4: what b and b^2 leave is O(b^3), 1e-9 at b =
 * 1/256. */
static double constant_of(double (*f)(double))
{
    double value[3];
    for (int k = 0; k < 3; k++) {
        const double b = ldexp(1, -8 - k);
        value[k] = f(b) / (b * b);
    }
    return fk_setting_limit(value);
}

static double em_mean(double b)
{
    return -(expm1(-b / 2) + b / 2);
}

static double em_variance(double b)
{
    return b + expm1(-b);
}

/* Written without cancellation: 1 - b/2 - sqrt(1 - b) = (b/2)^2/(1 - b/2 + sqrt(1 - b)). */
static double em_less_ddpm(double b)
{
    return b * b / 4 / (1 - b / 2 + sqrt(1 - b));
}

static double ddpm_mean(double b)
{
    return em_mean(b) - em_less_ddpm(b);
}

/* --- C136 --- */

static fk_verdict em_constants(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const double mean[] = {-1.0 / 8, 0, -1.0 / 4, -1.0 / 8};
    static const double var[] = {1.0 / 2, 0, 1.0 / 2, 1.0 / 3};
    fk_verdict worst = fk_measured(0, 0);
    fk_keep_worst(&worst, mean[v->which], constant_of(em_mean), 0);
    fk_keep_worst(&worst, var[v->which], constant_of(em_variance), 0);
    return worst;
}

/* T (variance after T steps - exact variance) as T -> inf, for the forward process of constant rate
 * B on data of variance v: with V = e^(-B) v + 1 - e^(-B), each step of Euler-Maruyama misses by
 * b^2/4 V - .. : its stationary variance is 1/(1 - b/4) and its decay (1 - b/2)^2 = e^(-b - b^2/4 +
 * ..), so the limit is (B/4) (1 - e^(-B)) - (B^2/4) e^(-B) (v - 1). */
static fk_verdict weak_order(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const double rate = 2.385, var = 0.3;
    double scaled[3];
    for (int k = 0; k < 3; k++) {
        const int steps = 2000 << k;
        const double b = rate / steps;
        double x = var;
        for (int i = 0; i < steps; i++)
            x = (v->which == 1 ? 1 - b : (1 - b / 2) * (1 - b / 2)) * x + b;
        scaled[k] = steps * (x - (exp(-rate) * var - expm1(-rate)));
    }
    const double decay = exp(-rate);
    return fk_measured(
        fk_setting_limit(scaled),
        v->which == 2 ? 0 : rate / 4 * (1 - decay) - rate * rate / 4 * decay * (var - 1));
}

/* --- C137 --- */

static double over_b_third(double b)
{
    return (em_less_ddpm(b) - b * b / 8) / b;
}

static fk_verdict ddpm_and_em(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    static const double apart[] = {1.0 / 8, 0, 1.0 / 4, 1.0 / 8};
    static const double next[] = {1.0 / 16, 0, 1.0 / 16, 1.0 / 8};
    fk_verdict worst = fk_measured(0, 0);
    fk_keep_worst(&worst, apart[v->which], constant_of(em_less_ddpm), 0);
    fk_keep_worst(&worst, next[v->which], constant_of(over_b_third), 0);
    return worst;
}

/* The variances that steps keep: DDPM's 1; Euler-Maruyama's 1/(1 - b/4). And the farther of the two
 * from the exact transition's mean is DDPM's, b^2/4 against b^2/8. */
static fk_verdict kept_variance(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    for (size_t j = 1; j < 8; j++) {
        const double b = 0.0385 * (double)j;
        double em = 1 / (1 - b / 4), gain = 1 - b / 2;
        if (v->which == 1) em = 1;
        if (v->which == 2) em = 1 / (1 + b / 4);
        fk_keep_worst(&worst, gain * gain * em + b, em, 0);
        fk_keep_worst(&worst, (1 - b) * 1 + b, 1, 0);
    }
    fk_keep_worst(&worst, v->which == 3 ? 0.5 : 2, constant_of(ddpm_mean) / constant_of(em_mean),
                  0);
    return worst;
}

/* --- C138 --- */

/* The square of the mean's factor over a step dt, against the exact transition's. */
static fk_verdict step_of_dt(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_verdict worst = fk_measured(0, 0);
    fk_schedule vp = fk_setting_schedule("vp-linear");
    const double dt = 1e-3;
    for (size_t j = 0; j < 40; j++) {
        const double t = 0.0385 + 0.0231 * (double)j;
        const fk_coeffs from = fk_schedule_at(&vp, t), to = fk_schedule_at(&vp, t + dt);
        const double beta = fk_schedule_at(&vp, t + dt / 2).g2, ratio = to.s / from.s;
        double factor = 1 - beta * dt;
        if (v->which == 1) factor = 1 - beta;
        if (v->which == 2) factor = 1 - beta * sqrt(dt);
        fk_keep_worst(&worst, factor, ratio * ratio, 0);
    }
    return worst;
}

/* --- C139 --- */

/* T log of the ratio of the two products, x_t -> x_{t+1} by beta(t) against x_{t-1} -> x_t by
 * beta(t): beta(1) - beta(0) in the limit. */
static fk_verdict index_shift(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    fk_schedule vp = fk_setting_schedule("vp-linear");
    double scaled[3];
    for (int k = 0; k < 3; k++) {
        const int T = 4000 << k;
        double sum = 0;
        for (int i = 0; i < T; i++) {
            const double left = fk_schedule_at(&vp, (double)i / T).g2 / T;
            const double right = fk_schedule_at(&vp, (double)(i + 1) / T).g2 / T;
            sum += log1p(-left) - log1p(-right);
        }
        scaled[k] = T * sum;
    }
    const double gap = fk_schedule_at(&vp, 1).g2 - fk_schedule_at(&vp, 0).g2;
    static const double share[] = {1, 0, 0.5};
    return fk_measured(fk_setting_limit(scaled), share[v->which] * gap);
}

#define LIMIT "Richardson's extrapolation from b = 1/256, 1/512, 1/1024 leaves O(b^3) = 1e-9"

const fk_claim fk_chain_steps_claims[] = {
    {"C136",
     "x_{t+1} - x_t = -beta x_t dt/2 + sqrt(beta dt) N(0, 1) is Euler-Maruyama: per step b^2/8 off "
     "in the mean's factor and b^2/2 in the variance, b = beta dt",
     FK_NOTE_2024 ", 'From SDEs to DDPMs'",
     FK_EXACT,
     1e-7,
     LIMIT "; cancellation 2^-53/b^2 = 1e-10",
     em_constants,
     {"-b^2/8 and b^2/2", 0, 0},
     {{"as printed, an equality", 1, 0}, {"-b^2/4 and b^2/2", 2, 0}, {"-b^2/8 and b^2/3", 3, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "x_{t+1} - x_t = -(1/2) beta(t) x_t dt + sqrt(beta(t) dt) N(0, 1)"},
    {"C136-order",
     "So its law is of weak order 1: T times the error of the variance tends to B/4 (1 - e^-B) + "
     "B^2/4 e^-B (1 - v), B = int beta constant",
     FK_NOTE_2024 ", 'From SDEs to DDPMs'",
     FK_ORDER,
     1e-6,
     "Richardson's extrapolation from T = 2000, 4000, 8000 leaves B^3/T^3 = 1e-9; 8000 roundings "
     "times T: 1e-8",
     weak_order,
     {"(1 - b/2)^2 x + b", 0, 0},
     {{"no halving: (1 - b) x + b", 1, 0}, {"no error", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "x_{t+1} - x_t = -(1/2) beta(t) x_t dt + sqrt(beta(t) dt) N(0, 1)"},
    {"C137",
     "(1 - b/2) - sqrt(1 - b) = b^2/8 + b^3/16 + ..: Euler-Maruyama and DDPM agree to first order",
     FK_NOTE_2024 ", 'From SDEs to DDPMs', 2nd display",
     FK_EXACT,
     1e-7,
     LIMIT ", and cancellation in the second constant 2^-53/b^3 = 1e-7/8 at b = 1/256",
     ddpm_and_em,
     {"b^2/8, b^3/16", 0, 0},
     {{"as printed, where b^2 is dropped: 0", 1, 0}, {"b^2/4", 2, 0}, {"b^2/8, b^3/8", 3, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "(1 - beta dt/2) x + sqrt(beta dt) N ~ sqrt(1 - beta) x + sqrt(beta) N"},
    {"C137-variance",
     "DDPM's step keeps variance 1, Euler-Maruyama's 1/(1 - b/4); yet DDPM's mean is twice as far "
     "from the exact transition's, b^2/4 against b^2/8",
     FK_NOTE_2024 ", 'From SDEs to DDPMs', 2nd display",
     FK_EXACT,
     1e-7,
     LIMIT "; the variances are exact",
     kept_variance,
     {"1/(1 - b/4), twice", 0, 0},
     {{"Euler-Maruyama keeps 1", 1, 0}, {"1/(1 + b/4)", 2, 0}, {"DDPM is nearer", 3, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "(1 - beta dt/2) x + sqrt(beta dt) N ~ sqrt(1 - beta) x + sqrt(beta) N"},
    {"C138",
     "The chain's beta_t is beta(t) dt: the factor of x is sqrt(1 - beta(t) dt), as the exact "
     "transition has it to (beta dt)^2/2",
     FK_NOTE_2024 ", 'From SDEs to DDPMs', 2nd display",
     FK_EXACT,
     2.5e-4,
     "(beta dt)^2/2 with beta below 20, dt = 1e-3: 2e-4; the midpoint rule adds 1e-8",
     step_of_dt,
     {"1 - beta dt", 0, 0},
     {{"as printed: 1 - beta, -9 at beta = 10", 1, 0}, {"1 - beta sqrt(dt)", 2, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "(1 - beta(t) dt/2) x_t + sqrt(beta(t) dt) N ~ sqrt(1 - beta(t)) x_t + "
                "sqrt(beta(t)) N"},
    {"C139",
     "beta(t) from x_t to x_{t+1} or from x_{t-1} to x_t: an index apart, (beta(1) - beta(0))/T in "
     "log alpha_bar_T",
     FK_NOTE_2024 "; " FK_SERIES "; " FK_CHOCHO,
     FK_ORDER,
     1e-5,
     "Richardson's extrapolation from T = 4000, 8000, 16000 leaves (20/T)^3 T = 1e-7/..; rounding "
     "of T sums of T terms: 1e-8",
     index_shift,
     {"beta(1) - beta(0)", 0, 0},
     {{"as printed, taken as the same", 1, 0}, {"half of it", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "beta(t) drives x_t -> x_{t+1} in one text, x_{t-1} -> x_t in two"},
    {.id = NULL},
};
