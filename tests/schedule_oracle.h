/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schedules by MPFR. The oracle knows only s(t) and V(t) = sigma^2(t), written as their papers
 * print them; f, g^2 and every slope come from central differences at 512 bits, which also works
 * at t = 0 and 1 since s and V are analytic there. */
#ifndef FK_TESTS_SCHEDULE_ORACLE_H
#define FK_TESTS_SCHEDULE_ORACLE_H

#include <check.h>
#include <mpfr.h>
#include <string.h>

#include "schedules/schedule.h"
#include "tests/suite.h"

enum { BITS = 512 };
static const mpfr_rnd_t nearest = MPFR_RNDN;

/* Units of 2^-53 in the condition |F| + |t dF/dt|: the longest formulas (g^2 of ve, tan of cosine)
 * pass eight roundings of one unit or, in libm, at most two halves more. */
#define UNITS 8

/* --- the oracle: s and V at t --- */

typedef void law(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var);

static inline void beta_integral(const double *param, mpfr_srcptr t, mpfr_ptr y)
{
    mpfr_set_d(y, param[1], nearest);
    mpfr_sub_d(y, y, param[0], nearest);
    mpfr_mul(y, y, t, nearest);
    mpfr_div_ui(y, y, 2, nearest);
    mpfr_add_d(y, y, param[0], nearest);
    mpfr_mul(y, y, t, nearest);
}

static inline void one_minus_square(mpfr_srcptr s, mpfr_ptr out)
{
    mpfr_sqr(out, s, nearest);
    mpfr_ui_sub(out, 1, out, nearest);
}

static inline void vp_linear(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    beta_integral(param, t, s);
    mpfr_div_si(s, s, -2, nearest);
    mpfr_exp(s, s, nearest);
    one_minus_square(s, var);
}

static inline void sub_vp(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    vp_linear(param, t, s, var);
    mpfr_sqr(var, var, nearest);
}

static inline void cos_of(double offset, mpfr_srcptr t, mpfr_ptr out)
{
    mpfr_t pi, c;
    mpfr_inits2(BITS, pi, c, (mpfr_ptr)0);
    mpfr_const_pi(pi, nearest);
    mpfr_add_d(out, t, offset, nearest);
    mpfr_mul(out, out, pi, nearest);
    mpfr_set_d(c, offset, nearest);
    mpfr_add_ui(c, c, 1, nearest);
    mpfr_mul_ui(c, c, 2, nearest);
    mpfr_div(out, out, c, nearest);
    mpfr_cos(out, out, nearest);
    mpfr_clears(pi, c, (mpfr_ptr)0);
}

static inline void vp_cosine(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    mpfr_set_zero(var, 1);
    cos_of(param[0], var, s);
    cos_of(param[0], t, var);
    mpfr_div(s, var, s, nearest);
    one_minus_square(s, var);
}

static inline void ve(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    mpfr_set_d(s, param[1], nearest);
    mpfr_div_d(s, s, param[0], nearest);
    mpfr_pow(var, s, t, nearest);
    mpfr_mul_d(var, var, param[0], nearest);
    mpfr_sqr(var, var, nearest);
    mpfr_set_ui(s, 1, nearest);
}

static inline void edm(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    (void)param;
    mpfr_sqr(var, t, nearest);
    mpfr_set_ui(s, 1, nearest);
}

static inline void flow(const double *param, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    (void)param;
    mpfr_sqr(var, t, nearest);
    mpfr_ui_sub(s, 1, t, nearest);
}

static const struct {
    const char *name, *other; /* another spec, with parameters of its own */
    law *law;
} oracles[] = {
    {"vp-linear", "vp-linear:beta0=0.385,beta1=13.7", vp_linear},
    {"vp-cosine", "vp-cosine:offset=23.85", vp_cosine},
    {"sub-vp", "sub-vp:beta0=2.385,beta1=1.27", sub_vp},
    {"ve", "ve:sigma_min=0.0237,sigma_max=31.7", ve},
    {"edm", "edm:sigma_min=0.0137,sigma_max=23.85", edm},
    {"flow", "flow", flow},
};

static inline law *oracle_of(const char *name)
{
    for (size_t i = 0; i < sizeof oracles / sizeof *oracles; i++)
        if (strcmp(oracles[i].name, name) == 0) return oracles[i].law;
    ck_abort_msg("schedule '%s' has no oracle in this test: write one", name);
    return NULL;
}

/* --- the functions of t that are tested --- */

enum { S, SIGMA, F, G2, LAMBDA, N_FUNCTIONS, G2_AS_RHO };
static const char *const function_name[] = {"s", "sigma", "f", "g2", "lambda"};

/* out = F(t); f and g2 by central differences with step 2^-160, whose error of 2^-320 relative to
 * the scale of t is far below a double's. */
static inline void function_at(int which, law *l, const double *param, mpfr_srcptr t, mpfr_ptr out)
{
    mpfr_t s, var, u, s_up, var_up, s_down, var_down, h;
    mpfr_inits2(BITS, s, var, u, s_up, var_up, s_down, var_down, h, (mpfr_ptr)0);
    l(param, t, s, var);
    mpfr_set_ui_2exp(h, 1, -160, nearest);
    mpfr_add(u, t, h, nearest);
    l(param, u, s_up, var_up);
    mpfr_sub(u, t, h, nearest);
    l(param, u, s_down, var_down);
    mpfr_mul_ui(h, h, 2, nearest);

    switch (which) {
    case S:
        mpfr_set(out, s, nearest);
        break;
    case SIGMA:
        mpfr_sqrt(out, var, nearest);
        break;
    case LAMBDA: /* (log s^2 - log V) / 2 */
        mpfr_sqr(s, s, nearest);
        mpfr_log(s, s, nearest);
        mpfr_log(var, var, nearest);
        mpfr_sub(out, s, var, nearest);
        mpfr_div_ui(out, out, 2, nearest);
        break;
    case F:
    case G2:
        mpfr_sub(u, s_up, s_down, nearest); /* f = s'/s */
        mpfr_div(u, u, h, nearest);
        mpfr_div(out, u, s, nearest);
        if (which == F) break;
        mpfr_mul(u, out, var, nearest); /* V' - 2 f V */
        mpfr_mul_ui(u, u, 2, nearest);
        mpfr_sub(out, var_up, var_down, nearest);
        mpfr_div(out, out, h, nearest);
        mpfr_sub(out, out, u, nearest);
        break;
    default: /* s^2 d(V/s^2)/dt */
        mpfr_sqr(s_up, s_up, nearest);
        mpfr_div(var_up, var_up, s_up, nearest);
        mpfr_sqr(s_down, s_down, nearest);
        mpfr_div(var_down, var_down, s_down, nearest);
        mpfr_sub(out, var_up, var_down, nearest);
        mpfr_div(out, out, h, nearest);
        mpfr_sqr(s, s, nearest);
        mpfr_mul(out, out, s, nearest);
    }
    mpfr_clears(s, var, u, s_up, var_up, s_down, var_down, h, (mpfr_ptr)0);
}

/* |value - F(t)| in units of 2^-53 (|F| + |t F'|), F' by a central difference of its own. */
static inline double units_off(int which, const fk_schedule *schedule, double t, double value)
{
    law *l = oracle_of(schedule->row.name);
    mpfr_t x, h, exact, up, condition;
    mpfr_inits2(BITS, x, h, exact, up, condition, (mpfr_ptr)0);
    mpfr_set_d(x, t, nearest);
    function_at(which, l, schedule->param, x, exact);
    mpfr_abs(condition, exact, nearest);
    if (t > 0) {
        mpfr_set_ui_2exp(h, 1, -40, nearest); /* u F'(u) by a relative step: 12 digits are enough */
        mpfr_mul_d(h, h, t, nearest);
        mpfr_add(x, x, h, nearest);
        function_at(which, l, schedule->param, x, up);
        mpfr_sub(up, up, exact, nearest);
        mpfr_mul_2ui(up, up, 40, nearest);
        mpfr_abs(up, up, nearest);
        mpfr_add(condition, condition, up, nearest);
    }
    mpfr_set_ui_2exp(h, 1, -250, nearest); /* the differences' own error, where F is 0 */
    mpfr_add(condition, condition, h, nearest);
    mpfr_sub_d(exact, exact, value, nearest);
    mpfr_abs(exact, exact, nearest);
    mpfr_mul_2ui(exact, exact, 53, nearest);
    mpfr_div(exact, exact, condition, nearest);
    double units = mpfr_get_d(exact, nearest);
    mpfr_clears(x, h, exact, up, condition, (mpfr_ptr)0);
    return units;
}

#endif
