/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log p, score and their conditions in 320-bit arithmetic, by another route than the product's: s
 * and sigma from the schedules' formulas, S_k = s^2 C_k + sigma^2 I inverted by its adjugate, no
 * axes. For 1-D and 2-D mixtures. */
#ifndef FK_TESTS_EVAL_ORACLE_H
#define FK_TESTS_EVAL_ORACLE_H

#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <string.h>

enum { BITS = 320, MAX_K = 8, MAX_DIM = 2 };
static const double STEP =
    0x1p-90; /* of the difference in t: truncation and rounding below 1e-40 */

/* dim, k, weights, means, and covariances as (xx, xy, yy) */
typedef struct {
    const char *name;
    size_t dim, k;
    double w[MAX_K], m[MAX_K][MAX_DIM], c[MAX_K][3];
} data;

/* --- the schedules' formulas --- */

/* (b0 t + (b1 - b0) t^2/2) into y */
static void beta_integral(mpfr_t y, mpfr_t t)
{
    mpfr_set_d(y, 20, MPFR_RNDN);
    mpfr_sub_d(y, y, 0.1, MPFR_RNDN);
    mpfr_mul(y, y, t, MPFR_RNDN);
    mpfr_div_ui(y, y, 2, MPFR_RNDN);
    mpfr_add_d(y, y, 0.1, MPFR_RNDN);
    mpfr_mul(y, y, t, MPFR_RNDN);
}

static void schedule_exactly(const char *name, mpfr_t t, mpfr_t s, mpfr_t sigma)
{
    mpfr_t a;
    mpfr_init(a);
    mpfr_set_ui(s, 1, MPFR_RNDN);
    if (strcmp(name, "vp-linear") == 0 || strcmp(name, "sub-vp") == 0) {
        beta_integral(a, t);
        mpfr_neg(a, a, MPFR_RNDN);
        mpfr_expm1(sigma, a, MPFR_RNDN);
        mpfr_neg(sigma, sigma, MPFR_RNDN);
        if (name[0] == 'v') mpfr_sqrt(sigma, sigma, MPFR_RNDN);
        mpfr_div_ui(a, a, 2, MPFR_RNDN);
        mpfr_exp(s, a, MPFR_RNDN);
    } else if (strcmp(name, "vp-cosine") == 0) {
        mpfr_t b;
        mpfr_init_set_d(b, 0.008, MPFR_RNDN); /* s = cos(q (t + c)) / cos(q c), q = pi/2/(1 + c) */
        mpfr_const_pi(sigma, MPFR_RNDN);
        mpfr_div_ui(sigma, sigma, 2, MPFR_RNDN);
        mpfr_add_ui(a, b, 1, MPFR_RNDN);
        mpfr_div(sigma, sigma, a, MPFR_RNDN);
        mpfr_add(a, t, b, MPFR_RNDN);
        mpfr_mul(a, a, sigma, MPFR_RNDN);
        mpfr_mul(b, b, sigma, MPFR_RNDN);
        mpfr_cos(s, a, MPFR_RNDN);
        mpfr_cos(b, b, MPFR_RNDN);
        mpfr_div(s, s, b, MPFR_RNDN);
        mpfr_sqr(sigma, s, MPFR_RNDN);
        mpfr_ui_sub(sigma, 1, sigma, MPFR_RNDN);
        mpfr_sqrt(sigma, sigma, MPFR_RNDN);
        mpfr_clear(b);
    } else if (strcmp(name, "ve") == 0) {
        mpfr_set_d(a, 50, MPFR_RNDN);
        mpfr_div_d(a, a, 0.01, MPFR_RNDN);
        mpfr_pow(a, a, t, MPFR_RNDN);
        mpfr_mul_d(sigma, a, 0.01, MPFR_RNDN);
    } else {
        mpfr_set(sigma, t, MPFR_RNDN);
        if (strcmp(name, "flow") == 0) mpfr_ui_sub(s, 1, t, MPFR_RNDN);
    }
    mpfr_clear(a);
}

/* --- the marginal at one t, and what one x sees of it --- */

typedef struct {
    size_t dim, k;
    mpfr_t s, sigma, mean[MAX_K][MAX_DIM], inverse[MAX_K][3], log_norm[MAX_K];
} level;

typedef struct {
    mpfr_t log_p, score[MAX_DIM], r[MAX_K], u[MAX_K][MAX_DIM], a, b, top;
} view;

static void each_number(mpfr_t *x, size_t n, bool init)
{
    for (size_t i = 0; i < n; i++) init ? mpfr_init(x[i]) : mpfr_clear(x[i]);
}
static void level_life(level *l, bool init)
{
    each_number(&l->s, 1, init);
    each_number(&l->sigma, 1, init);
    each_number(&l->mean[0][0], MAX_K * MAX_DIM, init);
    each_number(&l->inverse[0][0], (size_t)MAX_K * 3, init);
    each_number(l->log_norm, MAX_K, init);
}
static void view_life(view *v, bool init)
{
    each_number(&v->log_p, 1, init);
    each_number(v->score, MAX_DIM, init);
    each_number(v->r, MAX_K, init);
    each_number(&v->u[0][0], MAX_K * MAX_DIM, init);
    each_number(&v->a, 1, init);
    each_number(&v->b, 1, init);
    each_number(&v->top, 1, init);
}

/* t (1 + relative) */
static void level_set(level *l, const data *d, const char *schedule, double t, double relative)
{
    mpfr_t s2, sigma2, det, entry[3];
    each_number(&s2, 1, true);
    each_number(&sigma2, 1, true);
    each_number(&det, 1, true);
    each_number(entry, 3, true);
    mpfr_set_d(det, relative, MPFR_RNDN);
    mpfr_add_ui(det, det, 1, MPFR_RNDN);
    mpfr_mul_d(det, det, t, MPFR_RNDN);
    schedule_exactly(schedule, det, l->s, l->sigma);
    mpfr_sqr(s2, l->s, MPFR_RNDN);
    mpfr_sqr(sigma2, l->sigma, MPFR_RNDN);
    l->dim = d->dim;
    l->k = d->k;
    for (size_t k = 0; k < d->k; k++) {
        for (size_t i = 0; i < d->dim; i++) mpfr_mul_d(l->mean[k][i], l->s, d->m[k][i], MPFR_RNDN);
        for (size_t i = 0; i < 3; i++) {
            mpfr_mul_d(entry[i], s2, d->c[k][i], MPFR_RNDN);
            if (i != 1) mpfr_add(entry[i], entry[i], sigma2, MPFR_RNDN);
        }
        if (d->dim == 1) mpfr_set_ui(entry[2], 1, MPFR_RNDN);
        mpfr_mul(det, entry[0], entry[2], MPFR_RNDN);
        mpfr_sqr(l->inverse[k][1], entry[1], MPFR_RNDN);
        mpfr_sub(det, det, l->inverse[k][1], MPFR_RNDN);
        mpfr_div(l->inverse[k][0], entry[2], det, MPFR_RNDN);
        mpfr_div(l->inverse[k][1], entry[1], det, MPFR_RNDN);
        mpfr_neg(l->inverse[k][1], l->inverse[k][1], MPFR_RNDN);
        mpfr_div(l->inverse[k][2], entry[0], det, MPFR_RNDN);
        /* log w - (log det + dim log 2 pi)/2 */
        mpfr_const_pi(l->log_norm[k], MPFR_RNDN);
        mpfr_mul_ui(l->log_norm[k], l->log_norm[k], 2, MPFR_RNDN);
        mpfr_pow_ui(l->log_norm[k], l->log_norm[k], d->dim, MPFR_RNDN);
        mpfr_mul(det, det, l->log_norm[k], MPFR_RNDN);
        mpfr_sqrt(det, det, MPFR_RNDN);
        mpfr_d_div(det, d->w[k], det, MPFR_RNDN);
        mpfr_log(l->log_norm[k], det, MPFR_RNDN);
    }
    each_number(&s2, 1, false);
    each_number(&sigma2, 1, false);
    each_number(&det, 1, false);
    each_number(entry, 3, false);
}

static void look(const level *l, const double *x, view *v)
{
    for (size_t k = 0; k < l->k; k++) {
        mpfr_t *u = v->u[k];
        mpfr_d_sub(v->a, x[0], l->mean[k][0], MPFR_RNDN);
        mpfr_set_ui(v->b, 0, MPFR_RNDN);
        if (l->dim == 2) mpfr_d_sub(v->b, x[1], l->mean[k][1], MPFR_RNDN);
        mpfr_fmma(u[0], l->inverse[k][0], v->a, l->inverse[k][1], v->b, MPFR_RNDN);
        mpfr_fmma(u[1], l->inverse[k][1], v->a, l->inverse[k][2], v->b, MPFR_RNDN);
        mpfr_fmma(v->r[k], v->a, u[0], v->b, u[1], MPFR_RNDN);
        mpfr_div_si(v->r[k], v->r[k], -2, MPFR_RNDN);
        mpfr_add(v->r[k], v->r[k], l->log_norm[k], MPFR_RNDN);
        mpfr_neg(u[0], u[0], MPFR_RNDN);
        mpfr_neg(u[1], u[1], MPFR_RNDN);
        if (k == 0 || mpfr_greater_p(v->r[k], v->top)) mpfr_set(v->top, v->r[k], MPFR_RNDN);
    }
    mpfr_set_ui(v->a, 0, MPFR_RNDN);
    for (size_t k = 0; k < l->k; k++) {
        mpfr_sub(v->r[k], v->r[k], v->top, MPFR_RNDN);
        mpfr_exp(v->r[k], v->r[k], MPFR_RNDN);
        mpfr_add(v->a, v->a, v->r[k], MPFR_RNDN);
    }
    for (size_t i = 0; i < l->dim; i++) mpfr_set_ui(v->score[i], 0, MPFR_RNDN);
    for (size_t k = 0; k < l->k; k++) {
        mpfr_div(v->r[k], v->r[k], v->a, MPFR_RNDN);
        for (size_t i = 0; i < l->dim; i++)
            mpfr_fma(v->score[i], v->r[k], v->u[k][i], v->score[i], MPFR_RNDN);
    }
    mpfr_log(v->a, v->a, MPFR_RNDN);
    mpfr_add(v->log_p, v->top, v->a, MPFR_RNDN);
}

/* --- the condition --- */

static double gap(const mpfr_t a, const mpfr_t b, view *scratch)
{
    mpfr_sub(scratch->b, a, b, MPFR_RNDN);
    return mpfr_get_d(scratch->b, MPFR_RNDN);
}

/* |t dF/dt| from F at t (1 - STEP) and t (1 + STEP) */
static double in_time(const mpfr_t below, const mpfr_t above, view *scratch)
{
    return fabs(gap(above, below, scratch) / (2 * STEP));
}

/* With l_k the exponent of component k: d log p = sum r dl, d score_i = sum r (d_i dl + du_i), d =
 * u - score; the derivatives of l and u in m and C follow from u = -S^-1 (x - s m). cond (1 + dim).
 */
static void condition(const data *d, const level *l, const double *x, view *v, view *below,
                      view *above, double *cond)
{
    size_t n = d->dim;
    double s = mpfr_get_d(l->s, MPFR_RNDN), hessian[MAX_DIM][MAX_DIM] = {{0}};
    cond[0] = fabs(mpfr_get_d(v->log_p, MPFR_RNDN)) + in_time(below->log_p, above->log_p, v);
    for (size_t i = 0; i < n; i++) {
        cond[0] += fabs(x[i] * mpfr_get_d(v->score[i], MPFR_RNDN));
        cond[1 + i] =
            fabs(mpfr_get_d(v->score[i], MPFR_RNDN)) + in_time(below->score[i], above->score[i], v);
    }
    for (size_t k = 0; k < d->k; k++) {
        double r = mpfr_get_d(v->r[k], MPFR_RNDN), u[2], off[2] = {0}, inv[2][2];
        for (size_t i = 0; i < 4; i++)
            inv[i / 2][i % 2] = mpfr_get_d(l->inverse[k][i / 2 + i % 2], MPFR_RNDN);
        for (size_t i = 0; i < n; i++) {
            u[i] = mpfr_get_d(v->u[k][i], MPFR_RNDN);
            off[i] = gap(v->u[k][i], v->score[i], v);
        }
        cond[0] += r;
        for (size_t i = 0; i < n; i++) cond[1 + i] += r * fabs(off[i]);
        for (size_t j = 0; j < n; j++) {
            cond[0] += fabs(d->m[k][j] * s * r * u[j]);
            for (size_t i = 0; i < n; i++) {
                hessian[i][j] += r * (off[i] * off[j] - inv[i][j]);
                cond[1 + i] += fabs(d->m[k][j] * s * r * (inv[i][j] - off[i] * u[j]));
            }
        }
        for (size_t ab = 0; ab < (n == 1 ? 1 : 3); ab++) { /* xx, xy, yy */
            size_t a = ab / 2, b = (ab + 1) / 2;
            double c = fabs(d->c[k][ab]) * s * s * r, twice = a == b ? 1 : 2;
            double dl = twice * 0.5 * (u[a] * u[b] - inv[a][b]);
            cond[0] += c * fabs(dl);
            for (size_t i = 0; i < n; i++) {
                double du = -0.5 * twice * (inv[i][a] * u[b] + inv[i][b] * u[a]);
                cond[1 + i] += c * fabs(off[i] * dl + du);
            }
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) cond[1 + i] += fabs(x[j] * hessian[i][j]);
}

#endif
