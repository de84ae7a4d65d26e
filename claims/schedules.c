/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two VP schedules compared: where the cosine keeps more signal than the linear one, where it
 * decays faster. Each crossing is found twice: by Brent's method on the lab's schedules, and by a
 * fixed-point iteration on closed forms. */
#include <math.h>

#include "claims/claims.h"
#include "claims/setting.h"

/* beta(t) = 0.1 + 19.9 t; s_cos = cos k(t + c) / cos kc, c = 0.008, k = pi/2 / (1 + c). */
static const double beta_0 = 0.1, beta_slope = 19.9, offset = 0.008;

typedef struct {
    fk_schedule linear, cosine;
} pair;

typedef double (*difference)(double t, void *pair);

/* s_cos - s_lin, |s_cos'| - |s_lin'|, |f_cos| - |f_lin|. */
static double signals(double t, void *of)
{
    pair *p = of;
    return fk_schedule_at(&p->cosine, t).s - fk_schedule_at(&p->linear, t).s;
}

static double slopes(double t, void *of)
{
    pair *p = of;
    fk_coeffs a = fk_schedule_at(&p->cosine, t), b = fk_schedule_at(&p->linear, t);
    return fabs(a.f * a.s) - fabs(b.f * b.s);
}

static double rates(double t, void *of)
{
    pair *p = of;
    return fabs(fk_schedule_at(&p->cosine, t).f) - fabs(fk_schedule_at(&p->linear, t).f);
}

/* The same roots as fixed points t <- h(t), each a contraction (|h'| below 0.3 at the root). */
static double angle_rate(void)
{
    return FK_PI / 2 / (1 + offset);
}

static double s_linear(double t)
{
    return exp(-(beta_0 * t / 2 + beta_slope * t * t / 4));
}

/* sin k(1 - t) = s_lin cos kc */
static double equal_signals(double t)
{
    double k = angle_rate();
    return 1 - asin(s_linear(t) * cos(k * offset)) / k;
}

/* k sin k(t + c) / cos kc = beta s_lin / 2, solved for the Gaussian factor of s_lin */
static double equal_slopes(double t)
{
    double k = angle_rate(), beta = beta_0 + beta_slope * t;
    double log_s = log(2 * k * sin(k * (t + offset)) / (beta * cos(k * offset)));
    return sqrt(-4 * (log_s + beta_0 * t / 2) / beta_slope);
}

/* k tan k(t + c) = beta/2 */
static double equal_rates(double t)
{
    double k = angle_rate();
    return atan((beta_0 + beta_slope * t) / (2 * k)) / k - offset;
}

static double fixed_point(double (*map)(double), double t)
{
    for (int i = 0; i < 200; i++) t = map(t);
    return t;
}

/* How often, on either side of the root, the difference has not the sign that it should have. */
static double violations(difference of, pair *p, double root, double from, double sign)
{
    double n = 0;
    for (int j = 1; j < 997; j++) {
        double t = from + (1 - from) * (j + 0.385) / 997.5;
        double wanted = t < root ? sign : -sign;
        if (fabs(t - root) > 1e-9) n += !(of(t, p) * wanted > 0);
    }
    return n;
}

enum { RIGHT, MORE_AT_ALL_TIMES, NO_OFFSET, OTHER_RATE };

static pair the_two(const fk_variant *variant)
{
    return (pair){
        fk_setting_schedule(variant->which == OTHER_RATE ? "vp-linear:beta1=19.9" : "vp-linear"),
        fk_setting_schedule(variant->which == NO_OFFSET ? "vp-cosine:offset=0" : "vp-cosine")};
}

static fk_verdict cosine_keeps_more(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    pair p = the_two(variant);
    double root = fk_setting_root(signals, &p, 0.5, 1), again = fixed_point(equal_signals, 0.9);
    double until = variant->which == MORE_AT_ALL_TIMES ? 1 : root;
    return fk_measured(root + violations(signals, &p, until, 0, 1), again);
}

/* Both roots in one number: the two ways agree on each, and the cosine is the faster one later. */
static fk_verdict cosine_decays_faster_late(const fk_claim_env *env, const fk_claim *claim,
                                            const fk_variant *variant)
{
    (void)env, (void)claim;
    pair p = the_two(variant);
    double slope = fk_setting_root(slopes, &p, 0.2, 0.99),
           rate = fk_setting_root(rates, &p, 0.5, 0.99);
    double gap = fabs(slope - fixed_point(equal_slopes, 0.5));
    fk_worst(&gap, fabs(rate - fixed_point(equal_rates, 0.8)));
    bool printed = variant->which == MORE_AT_ALL_TIMES;
    fk_worst(&gap, violations(slopes, &p, printed ? 1 : slope, 0, -1));
    fk_worst(&gap, violations(rates, &p, printed ? 1 : rate, 0, -1));
    return fk_measured(gap, 0);
}

const fk_claim fk_schedules_claims[] = {
    {"C16",
     "Cosine-VP keeps more signal than linear VP exactly for 0 < t < t*, with one crossing t* in "
     "(0, 1), and less after it",
     FK_OVERVIEW ", text below the second figure",
     FK_EXACT,
     1e-13,
     "s_cos - s_lin has slope 1.5 at t* and is known to 1e-17 there; the bracket closes at 1e-15",
     cosine_keeps_more,
     {"more signal up to t*", RIGHT, 0},
     {{"as printed: at late times up to t = 1", MORE_AT_ALL_TIMES, 0},
      {"no offset", NO_OFFSET, 0},
      {"beta1 = 19.9, the slope, for 20", OTHER_RATE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "compared to linear VP, cosine-VP retains more signal at late times"},
    {"C17",
     "Near t = 1 cosine-VP decays faster than linear VP: |s'| is larger from t = 0.550 on, |f| "
     "from "
     "t = 0.889 on; printed as \"slower decay near t = 1\"",
     FK_OVERVIEW ", text below the second figure",
     FK_EXACT,
     1e-13,
     "the differences have slopes 6 and 72 at their roots and rounding below 1e-14",
     cosine_decays_faster_late,
     {"faster after the crossings", RIGHT, 0},
     {{"as printed: slower up to t = 1", MORE_AT_ALL_TIMES, 0},
      {"no offset", NO_OFFSET, 0},
      {"beta1 = 19.9, the slope, for 20", OTHER_RATE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "slower decay near t = 1 (cosine-VP against linear VP)"},
    {.id = NULL},
};
