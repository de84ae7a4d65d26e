/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/multiprecision.h"

#include <assert.h>
#include <string.h>

static const mpfr_rnd_t nearest = MPFR_RNDN;

void fk_mp_init(mpfr_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mpfr_init2(x[i], FK_BITS);
        mpfr_set_zero(x[i], 1);
    }
}

void fk_mp_clear(mpfr_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) mpfr_clear(x[i]);
}

/* beta_0 + (beta_1 - beta_0) t, or with `half` its integral over t: beta_0 + (beta_1 - beta_0) t/2.
 */
static void beta_at(const fk_schedule *schedule, mpfr_srcptr t, bool half, mpfr_ptr out)
{
    mpfr_set_d(out, schedule->param[1], nearest);
    mpfr_sub_d(out, out, schedule->param[0], nearest);
    mpfr_mul(out, out, t, nearest);
    if (half) mpfr_div_ui(out, out, 2, nearest);
    mpfr_add_d(out, out, schedule->param[0], nearest);
}

static void beta_scale(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s)
{
    beta_at(schedule, t, true, s);
    mpfr_mul(s, s, t, nearest);
    mpfr_div_si(s, s, -2, nearest);
    mpfr_exp(s, s, nearest);
}

/* 1 - x^power */
static void one_less(mpfr_srcptr x, unsigned long power, mpfr_ptr out)
{
    mpfr_pow_ui(out, x, power, nearest);
    mpfr_ui_sub(out, 1, out, nearest);
}

static void vp_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    beta_scale(schedule, t, s);
    one_less(s, 2, var);
}

static void vp_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    beta_at(schedule, t, false, g2);
    mpfr_div_si(f, g2, -2, nearest);
}

static void sub_vp_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    vp_scales(schedule, t, s, var);
    mpfr_sqr(var, var, nearest);
}

/* beta (1 - exp(-2 int beta)) */
static void sub_vp_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    beta_scale(schedule, t, f);
    one_less(f, 4, g2);
    beta_at(schedule, t, false, f);
    mpfr_mul(g2, g2, f, nearest);
    mpfr_div_si(f, f, -2, nearest);
}

/* pi (t + c)/(2 (1 + c)), and with t = NULL its rate pi/(2 (1 + c)). */
static void angle(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr out)
{
    mpfr_t offset;
    mpfr_init2(offset, FK_BITS);
    mpfr_set_d(offset, schedule->param[0], nearest);
    mpfr_const_pi(out, nearest);
    if (t) {
        mpfr_t sum;
        mpfr_init2(sum, FK_BITS);
        mpfr_add(sum, t, offset, nearest);
        mpfr_mul(out, out, sum, nearest);
        mpfr_clear(sum);
    }
    mpfr_add_ui(offset, offset, 1, nearest);
    mpfr_mul_ui(offset, offset, 2, nearest);
    mpfr_div(out, out, offset, nearest);
    mpfr_clear(offset);
}

static void cosine_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    mpfr_set_zero(s, 1);
    angle(schedule, s, var);
    mpfr_cos(var, var, nearest);
    angle(schedule, t, s);
    mpfr_cos(s, s, nearest);
    mpfr_div(s, s, var, nearest);
    one_less(s, 2, var);
}

/* f = -angle' tan(angle), g^2 = -2 f */
static void cosine_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    angle(schedule, t, f);
    mpfr_tan(f, f, nearest);
    angle(schedule, NULL, g2);
    mpfr_mul(f, f, g2, nearest);
    mpfr_mul_ui(g2, f, 2, nearest);
    mpfr_neg(f, f, nearest);
}

/* log(sigma_max/sigma_min) */
static void log_range(const fk_schedule *schedule, mpfr_ptr out)
{
    mpfr_set_d(out, schedule->param[1], nearest);
    mpfr_div_d(out, out, schedule->param[0], nearest);
    mpfr_log(out, out, nearest);
}

static void ve_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    log_range(schedule, var);
    mpfr_mul(var, var, t, nearest);
    mpfr_exp(var, var, nearest);
    mpfr_mul_d(var, var, schedule->param[0], nearest);
    mpfr_sqr(var, var, nearest);
    mpfr_set_ui(s, 1, nearest);
}

static void ve_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    ve_scales(schedule, t, f, g2);
    log_range(schedule, f);
    mpfr_mul(g2, g2, f, nearest);
    mpfr_mul_ui(g2, g2, 2, nearest);
    mpfr_set_zero(f, 1);
}

static void edm_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    (void)schedule;
    mpfr_set_ui(s, 1, nearest);
    mpfr_sqr(var, t, nearest);
}

static void edm_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    (void)schedule;
    mpfr_set_zero(f, 1);
    mpfr_mul_ui(g2, t, 2, nearest);
}

static void flow_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    (void)schedule;
    mpfr_ui_sub(s, 1, t, nearest);
    mpfr_sqr(var, t, nearest);
}

/* -1/(1 - t) and 2 t/(1 - t) */
static void flow_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    (void)schedule;
    mpfr_ui_sub(f, 1, t, nearest);
    mpfr_si_div(f, -1, f, nearest);
    mpfr_mul(g2, f, t, nearest);
    mpfr_mul_si(g2, g2, -2, nearest);
}

typedef void law(const fk_schedule *, mpfr_srcptr t, mpfr_ptr, mpfr_ptr);
static const struct {
    const char *name;
    law *scales, *rates;
} laws[] = {
    {"vp-linear", vp_scales, vp_rates},      {"vp-cosine", cosine_scales, cosine_rates},
    {"sub-vp", sub_vp_scales, sub_vp_rates}, {"ve", ve_scales, ve_rates},
    {"edm", edm_scales, edm_rates},          {"flow", flow_scales, flow_rates},
};

static size_t law_of(const fk_schedule *schedule)
{
    size_t i = 0;
    while (strcmp(laws[i].name, schedule->row.name) != 0) {
        i++;
        assert(i < sizeof laws / sizeof *laws); /* a new schedule has its line in the table */
    }
    return i;
}

void fk_mp_scales(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr s, mpfr_ptr var)
{
    laws[law_of(schedule)].scales(schedule, t, s, var);
}

void fk_mp_rates(const fk_schedule *schedule, mpfr_srcptr t, mpfr_ptr f, mpfr_ptr g2)
{
    laws[law_of(schedule)].rates(schedule, t, f, g2);
}

void fk_mp_density(const fk_mixture *mix, mpfr_srcptr s, mpfr_srcptr var, mpfr_srcptr x, mpfr_ptr p,
                   mpfr_ptr slope)
{
    assert(mix->dim == 1);
    enum { AWAY, VARIANCE, DENSITY, FACTOR, NUMBERS };
    mpfr_t y[NUMBERS];
    fk_mp_init(y, NUMBERS);
    if (p) mpfr_set_zero(p, 1);
    if (slope) mpfr_set_zero(slope, 1);
    for (size_t k = 0; k < mix->k; k++) {
        mpfr_mul_d(y[AWAY], s, mix->mean[k], nearest);
        mpfr_sub(y[AWAY], x, y[AWAY], nearest);
        mpfr_sqr(y[VARIANCE], s, nearest);
        mpfr_mul_d(y[VARIANCE], y[VARIANCE], mix->var[k], nearest);
        mpfr_add(y[VARIANCE], y[VARIANCE], var, nearest);

        mpfr_sqr(y[DENSITY], y[AWAY], nearest);
        mpfr_div(y[DENSITY], y[DENSITY], y[VARIANCE], nearest);
        mpfr_div_si(y[DENSITY], y[DENSITY], -2, nearest);
        mpfr_exp(y[DENSITY], y[DENSITY], nearest);
        mpfr_const_pi(y[FACTOR], nearest);
        mpfr_mul_ui(y[FACTOR], y[FACTOR], 2, nearest);
        mpfr_mul(y[FACTOR], y[FACTOR], y[VARIANCE], nearest);
        mpfr_sqrt(y[FACTOR], y[FACTOR], nearest);
        mpfr_d_div(y[FACTOR], mix->weight[k], y[FACTOR], nearest);
        mpfr_mul(y[DENSITY], y[DENSITY], y[FACTOR], nearest);
        if (p) mpfr_add(p, p, y[DENSITY], nearest);

        mpfr_mul(y[DENSITY], y[DENSITY], y[AWAY], nearest);
        mpfr_div(y[DENSITY], y[DENSITY], y[VARIANCE], nearest);
        if (slope) mpfr_sub(slope, slope, y[DENSITY], nearest);
    }
    fk_mp_clear(y, NUMBERS);
}

void fk_mp_derivative(fk_mp_function *of, const void *self, mpfr_srcptr at, int order, mpfr_ptr out)
{
    enum { H, UP, DOWN, NUMBERS };
    assert(order == 1 || order == 2);
    mpfr_t y[NUMBERS];
    fk_mp_init(y, NUMBERS);
    mpfr_set_ui_2exp(y[H], 1, -100, nearest);
    mpfr_add(y[UP], at, y[H], nearest);
    mpfr_sub(y[DOWN], at, y[H], nearest);
    of(self, y[UP], y[UP]);
    of(self, y[DOWN], y[DOWN]);
    if (order == 1) {
        mpfr_sub(out, y[UP], y[DOWN], nearest);
        mpfr_div_ui(out, out, 2, nearest);
    } else {
        of(self, at, out);
        mpfr_mul_si(out, out, -2, nearest);
        mpfr_add(out, out, y[UP], nearest);
        mpfr_add(out, out, y[DOWN], nearest);
        mpfr_div(out, out, y[H], nearest);
    }
    mpfr_div(out, out, y[H], nearest);
    fk_mp_clear(y, NUMBERS);
}

double fk_mp_residual(mpfr_t *term, size_t n)
{
    enum { SUM, SIZE, ONE, NUMBERS };
    mpfr_t y[NUMBERS];
    fk_mp_init(y, NUMBERS);
    for (size_t i = 0; i < n; i++) {
        mpfr_add(y[SUM], y[SUM], term[i], nearest);
        mpfr_abs(y[ONE], term[i], nearest);
        mpfr_add(y[SIZE], y[SIZE], y[ONE], nearest);
    }
    mpfr_abs(y[SUM], y[SUM], nearest);
    if (mpfr_zero_p(y[SIZE]) == 0) mpfr_div(y[SUM], y[SUM], y[SIZE], nearest);
    const double residual = mpfr_get_d(y[SUM], nearest);
    fk_mp_clear(y, NUMBERS);
    return residual;
}
