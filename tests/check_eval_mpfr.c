/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log p and score against 320-bit arithmetic (tests/eval_oracle.h).
 *
 * The error is measured in units of 2^-53 times the condition of F in all its inputs a (x, t,
 * weights, means, covariances), |F| + sum |a dF/da|, which is what rounding the inputs and the
 * result once would cost. The bound is 64 of them. */
#include <gsl/gsl_eigen.h>
#include <stdio.h>

#include "analytic/marginal.h"
#include "core/noise.h"
#include "schedules/schedule.h"
#include "tests/eval_oracle.h"
#include "tests/suite.h"

enum { BOUND = 64 };

static const data three_1d = {
    "three-1d", 1, 3, {0.3, 0.5, 0.2}, {{-2}, {0.5}, {1.8}}, {{0.16}, {0.0625}, {0.36}}};
static const data full_2d = {"full 2-D",
                             2,
                             3,
                             {0.31, 0.45, 0.24},
                             {{-2.13, -1.07}, {0.52, 1.97}, {2.21, -0.73}},
                             {{0.61, 0.513, 0.47}, {0.117, 0.27, 1.09}, {0.159, -0.25, 0.45}}};
static const data graded = {"graded 2-D",
                            2,
                            2,
                            {0.37, 0.63},
                            {{-2.13, 0.71}, {13.7, 0.3}},
                            {{1e4, 1e-3, 1e-4}, {1e-6, -3e-5, 1e2}}};
static const data points_1d = {
    "point masses",      1, 4, {0.1, 0.2, 0.3, 0.4}, {{-1.31}, {0.27}, {0.2701}, {2.83}},
    {{0}, {0}, {0}, {0}}};
static const data points_2d = {
    "point masses 2-D",  2, 4, {0.25, 0.25, 0.25, 0.25}, {{0, 4}, {2, 4}, {0, -4}, {2, -4}},
    {{0}, {0}, {0}, {0}}};
static const data narrow_2d = {
    "narrow 2-D", 2, 2, {0.5, 0.5}, {{0, 4}, {2, 4}}, {{0.01, 0, 0.01}, {0.011, 0.001, 0.009}}};
static const data correlated = {"correlated 2-D",
                                2,
                                2,
                                {0.37, 0.63},
                                {{0.71, -2.13}, {0.3, 13.7}},
                                {{1, 0.999999999, 1}, {2, -3e-9, 2}}};
/* Nearly point masses with a trace of correlation, seen from equal distances. */
static const data specks = {
    "specks 2-D",
    2,
    4,
    {0.25, 0.25, 0.25, 0.25},
    {{0, 4}, {2, 4}, {0, -4}, {2, -4}},
    {{1e-6, 1e-8, 1e-6}, {1.1e-6, 1e-8, 1e-6}, {1e-6, 1e-8, 1e-6}, {1e-6, 1e-8, 1e-6}}};
static const data twins = {"nearly coincident",
                           2,
                           2,
                           {0.47, 0.53},
                           {{1.317, -0.71}, {1.3170000001, -0.7100000002}},
                           {{0.5, 0.1, 0.3}, {0.5000000003, 0.1, 0.3000000001}}};
/* As ring-8: far out only the last digits of a distance tell one component from another. */
static const data ring = {
    "ring",
    2,
    8,
    {0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125},
    {{4, 0}, {2.83, 2.83}, {0, 4}, {-2.83, 2.83}, {-4, 0}, {-2.83, -2.83}, {0, -4}, {2.83, -2.83}},
    {{0.09, 0, 0.09},
     {0.09, 0, 0.09},
     {0.09, 0, 0.09},
     {0.09, 0, 0.09},
     {0.09, 0, 0.09},
     {0.09, 0, 0.09},
     {0.09, 0, 0.09},
     {0.09, 0, 0.09}}};
static const data uneven = {
    "tiny weights",         1, 3, {1e-12, 1 - 2e-12, 1e-12}, {{-7.31}, {0.13}, {9.71}},
    {{0.01}, {2.3}, {1e-8}}};

static fk_mixture *mixture_of(const data *d)
{
    double mean[MAX_K * MAX_DIM], cov[MAX_K * MAX_DIM * MAX_DIM];
    for (size_t k = 0; k < d->k; k++) {
        for (size_t i = 0; i < d->dim; i++) mean[k * d->dim + i] = d->m[k][i];
        if (d->dim == 1)
            cov[k] = d->c[k][0];
        else
            for (size_t i = 0; i < 4; i++) cov[4 * k + i] = d->c[k][i / 2 + i % 2];
    }
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new(d->name, d->dim, d->k, d->w, mean, cov, &mix, &err), 0);
    return mix;
}

/* --- the run --- */

typedef double evaluate(const fk_marginal *g, const double *x, double *score);

static double product(const fk_marginal *g, const double *x, double *score)
{
    return fk_marginal_at(g, x, &(fk_point){.score = score});
}

static double uniform(uint64_t i, uint64_t draw)
{
    return fk_random_uniform((fk_key){20, FK_STREAM_USER}, i, 7, draw);
}

static double pick_time(const fk_schedule *schedule, uint64_t i)
{
    double u = uniform(i, 1), lo = schedule->t_min, hi = schedule->t_max;
    if (i % 2 == 0) return lo + u * (hi - lo);
    lo = fmax(lo, 1e-6); /* VE begins at 0 */
    return fmin(hi, lo * pow(hi / lo, u));
}

/* A third of the points each: |x| up to 1000 evenly; |x_i| over nine decades, a quarter of them
 * over thirty above; near a mode. */
static void pick_point(const data *d, const fk_coeffs *c, uint64_t i, double *x)
{
    size_t k = (size_t)(uniform(i, 9) * (double)d->k);
    for (size_t j = 0; j < d->dim; j++) {
        double u = 2 * uniform(i, 10 + 2 * j) - 1, v = uniform(i, 11 + 2 * j);
        double sd = sqrt(c->s * c->s * d->c[k][2 * j] + c->sigma * c->sigma);
        if (i % 3 == 0) x[j] = 1000 * u;
        if (i % 3 == 1) x[j] = copysign(1000 * pow(1e-9, v), u);
        if (i % 12 == 4) x[j] = copysign(1e33 * pow(1e-30, v), u);
        if (i % 3 == 2) x[j] = c->s * d->m[k][j] + 8 * u * v * sd;
    }
    if (d->dim == 2 && i % 12 == 1) x[0] = 0.5 * c->s * (d->m[0][0] + d->m[1][0]) * (1 + x[0]);
}

/* The worst error in units of 2^-53 of the condition, of log p and of the score. */
static void worst_errors(const data *d, evaluate *eval, size_t n_t, size_t n_x, double worst[2])
{
    mpfr_set_default_prec(BITS);
    level at[3];
    view v[3];
    for (size_t i = 0; i < 3; i++) level_life(&at[i], true), view_life(&v[i], true);
    fk_mixture *m = mixture_of(d);
    worst[0] = worst[1] = 0;
    for (size_t i = 0; i < n_t; i++) {
        const fk_schedule *schedule = &fk_schedules[i % fk_n_schedules];
        double t = pick_time(schedule, i / fk_n_schedules);
        fk_coeffs c = fk_schedule_at(schedule, t);
        fk_marginal *g = fk_marginal_new(m, c.s, c.sigma);
        for (size_t j = 0; j < 3; j++)
            level_set(&at[j], d, schedule->row.name, t, ((double)j - 1) * STEP);
        for (size_t j = 0; j < n_x; j++) {
            double x[MAX_DIM], f[1 + MAX_DIM], cond[1 + MAX_DIM];
            pick_point(d, &c, i * n_x + j, x);
            f[0] = eval(g, x, f + 1);
            for (size_t a = 0; a < 3; a++) look(&at[a], x, &v[a]);
            condition(d, &at[1], x, &v[1], &v[0], &v[2], cond);
            const bool beyond = (i * n_x + j) % 12 == 4; /* what the header leaves out */
            for (size_t a = 0; a < (beyond ? 1 : 1 + d->dim); a++) {
                mpfr_sub_d(v[1].a, a ? v[1].score[a - 1] : v[1].log_p, f[a], MPFR_RNDN);
                double units = fabs(mpfr_get_d(v[1].a, MPFR_RNDN)) / (0x1p-53 * cond[a]);
                worst[a > 0] = fk_worse(units, worst[a > 0]);
            }
        }
        fk_marginal_free(g);
    }
    fk_mixture_free(m);
    for (size_t i = 0; i < 3; i++) level_life(&at[i], false), view_life(&v[i], false);
    mpfr_free_cache();
}

static void assert_accurate(const data *d, size_t n_t, size_t n_x)
{
    double worst[2];
    worst_errors(d, product, n_t, n_x, worst);
    printf("%-18s log p %5.2f, score %5.2f units of the condition at worst\n", d->name, worst[0],
           worst[1]);
    fflush(stdout);
    ck_assert_msg(worst[0] <= BOUND && worst[1] <= BOUND, "%s: log p %g, score %g units", d->name,
                  worst[0], worst[1]);
}

START_TEST(density_and_score_agree_with_mpfr_at_random_times_and_points)
{
    assert_accurate(&three_1d, 100, 100);
    assert_accurate(&full_2d, 100, 100);
}
END_TEST

START_TEST(density_and_score_agree_with_mpfr_on_hard_mixtures)
{
    const data *const hard[] = {&graded, &points_1d, &points_2d, &narrow_2d, &correlated,
                                &specks, &twins,     &uneven,    &ring};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) assert_accurate(hard[i], 120, 60);
}
END_TEST

/* --- controls --- */

static double in_float(const fk_marginal *g, const double *x, double *score)
{
    double log_p = fk_marginal_at(g, x, &(fk_point){.score = score});
    for (size_t i = 0; i < g->mixture->dim; i++) score[i] = (float)score[i];
    return (float)log_p;
}

/* (x - M)^2 written out. */
static double expanded(const fk_marginal *g, const double *x, double *score)
{
    double e[MAX_K], top = -INFINITY, sum = 0;
    for (size_t k = 0; k < g->mixture->k; k++) {
        double m = g->mean[k], q = (*x * *x - 2 * *x * m + m * m) / g->var[k];
        e[k] = g->log_norm[k] - 0.5 * q;
        top = fmax(top, e[k]);
    }
    *score = 0;
    for (size_t k = 0; k < g->mixture->k; k++) {
        double r = exp(e[k] - top);
        sum += r;
        *score += r * (g->mean[k] - *x) / g->var[k];
    }
    *score /= sum;
    return top + log(sum);
}

/* Axes and variances by gsl_eigen_symmv, all in double: what the code would be without dd.h. */
static double by_gsl(const fk_marginal *g, const double *x, double *score)
{
    double e[MAX_K], u[MAX_K][2], top = -INFINITY, sum = 0;
    gsl_matrix *c = gsl_matrix_alloc(2, 2), *axes = gsl_matrix_alloc(2, 2);
    gsl_vector *var = gsl_vector_alloc(2);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(2);
    for (size_t k = 0; k < g->mixture->k; k++) {
        fk_mixture_covariance(g->mixture, k, c->data);
        gsl_eigen_symmv(c, var, axes, work);
        double q = 0;
        u[k][0] = u[k][1] = 0;
        e[k] = log(g->mixture->weight[k]) - FK_LOG_2PI;
        for (size_t j = 0; j < 2; j++) {
            double s = g->s * g->s * gsl_vector_get(var, j) + g->sigma * g->sigma, y = 0;
            for (size_t i = 0; i < 2; i++)
                y += gsl_matrix_get(axes, i, j) * (x[i] - g->mean[2 * k + i]);
            for (size_t i = 0; i < 2; i++) u[k][i] -= gsl_matrix_get(axes, i, j) * y / s;
            q += y * y / s;
            e[k] -= 0.5 * log(s);
        }
        e[k] -= 0.5 * q;
        top = fmax(top, e[k]);
    }
    for (size_t k = 0; k < g->mixture->k; k++) sum += exp(e[k] - top);
    for (size_t i = 0; i < 2; i++) {
        score[i] = 0;
        for (size_t k = 0; k < g->mixture->k; k++) score[i] += exp(e[k] - top) / sum * u[k][i];
    }
    gsl_eigen_symmv_free(work);
    gsl_vector_free(var);
    gsl_matrix_free(axes);
    gsl_matrix_free(c);
    return top + log(sum);
}

static void assert_caught(const char *name, const data *d, evaluate *wrong)
{
    double worst[2];
    worst_errors(d, wrong, 60, 30, worst);
    printf("%-18s log p %.3g, score %.3g units: must fail\n", name, worst[0], worst[1]);
    fflush(stdout);
    ck_assert_msg(worst[0] > BOUND || worst[1] > BOUND, "%s passes", name);
}

START_TEST(coarser_evaluations_fail_the_same_bound)
{
    assert_caught("in float", &three_1d, in_float);
    assert_caught("expanded square", &points_1d, expanded);
    assert_caught("GSL's axes", &specks, by_gsl);
}
END_TEST

FK_SUITE("eval against MPFR", density_and_score_agree_with_mpfr_at_random_times_and_points,
         density_and_score_agree_with_mpfr_on_hard_mixtures,
         coarser_evaluations_fail_the_same_bound)
