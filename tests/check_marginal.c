/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The marginal at a point: derivatives against differences, Tweedie against the score, the time
 * derivative against Fokker-Planck. */
#include <string.h>

#include "analytic/marginal.h"
#include "tests/suite.h"

enum { MAX_DIM = 3, N_CASES = 3 };

static fk_mixture *mixture_1d(void)
{
    const double w[] = {0.31, 0.47, 0.22}, m[] = {-2.13, 0.52, 1.77}, v[] = {0.171, 0.0613, 0.37};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("1d", 1, 3, w, m, v, &mix, &err), 0);
    return mix;
}

static fk_mixture *mixture_2d_diagonal(void)
{
    const double w[] = {0.63, 0.37}, m[] = {-1.13, 0.52, 0.77, 1.19}, v[] = {0.171, 0.613, 0, 0.29};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("2d", 2, 2, w, m, v, &mix, &err), 0);
    return mix;
}

static fk_mixture *mixture_3d_full(void)
{
    const double w[] = {0.59, 0.41}, m[] = {-1.13, 0.52, 0.31, 0.77, 1.19, -0.53};
    const double c[] = {0.93, 0.21, -0.34, 0.21, 0.57, 0.13, -0.34, 0.13, 0.71,
                        0.31, -0.1, 0.07,  -0.1, 0.83, 0.29, 0.07,  0.29, 0.45};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new("3d", 3, 2, w, m, c, &mix, &err), 0);
    return mix;
}

static fk_mixture *(*const cases[N_CASES])(void) = {mixture_1d, mixture_2d_diagonal,
                                                    mixture_3d_full};

static const double LEVEL[][2] = {{0.983, 0.187}, {0.61, 0.79}, {1, 2.385}, {0.13, 0.991}};
static const double X[][MAX_DIM] = {{0.21, -0.43, 0.87}, {-1.71, 0.93, 1.31}, {3.9, 2.7, -2.1}};
enum { N_LEVELS = sizeof LEVEL / sizeof *LEVEL, N_X = sizeof X / sizeof *X };

typedef struct {
    fk_mixture *mixture;
    fk_marginal *g;
    size_t n, k;
    const double *x;
    double s, sigma, log_p, score[3], hessian[9], divergence, x0hat[3], covariance[9], weight[3];
} seen;

typedef void inspector(const seen *);

static void for_all(inspector *inspect)
{
    for (size_t i = 0; i < N_CASES * N_LEVELS * N_X; i++) {
        const double *level = LEVEL[i / N_X % N_LEVELS];
        seen v = {.mixture = cases[i / N_X / N_LEVELS](), .x = X[i % N_X]};
        v.s = level[0], v.sigma = level[1];
        v.g = fk_marginal_new(v.mixture, v.s, v.sigma);
        v.n = v.mixture->dim, v.k = v.mixture->k;
        v.log_p = fk_marginal_at(
            v.g, v.x,
            &(fk_point){v.score, v.hessian, &v.divergence, v.x0hat, v.covariance, v.weight});
        inspect(&v);
        fk_marginal_free(v.g);
        fk_mixture_free(v.mixture);
    }
}

/* Central difference of log p along coordinate i, and of score j along i. */
static double slope_of_log_p(const seen *v, size_t i, double h)
{
    double a[MAX_DIM], b[MAX_DIM];
    memcpy(a, v->x, sizeof a);
    memcpy(b, v->x, sizeof b);
    a[i] -= h;
    b[i] += h;
    return (fk_marginal_at(v->g, b, NULL) - fk_marginal_at(v->g, a, NULL)) / (b[i] - a[i]);
}

static double slope_of_score(const seen *v, size_t j, size_t i, double h)
{
    double a[MAX_DIM], b[MAX_DIM], below[MAX_DIM], above[MAX_DIM];
    memcpy(a, v->x, sizeof a);
    memcpy(b, v->x, sizeof b);
    a[i] -= h;
    b[i] += h;
    fk_marginal_at(v->g, a, &(fk_point){.score = below});
    fk_marginal_at(v->g, b, &(fk_point){.score = above});
    return (above[j] - below[j]) / (b[i] - a[i]);
}

/* A right derivative is missed by C h^2: quartering h divides the gap by 16. Where the gap is below
 * what rounding leaves of the differences (1e-15 |value| / h), only its size counts. */
static void assert_second_order(double exact, double wide, double narrow, double scale, double h)
{
    double gap_wide = fabs(wide - exact), gap_narrow = fabs(narrow - exact);
    double noise = 1e-14 * scale / h;
    ck_assert_msg(gap_narrow <= gap_wide / 14 + noise, "gap %g then %g, noise %g", gap_wide,
                  gap_narrow, noise);
    ck_assert_msg(gap_wide <= 1e4 * h * h * scale, "gap %g at h = %g", gap_wide, h);
}

static void check_derivatives(const seen *v)
{
    const double h = 1.6e-3;
    double trace = 0;
    for (size_t i = 0; i < v->n; i++) {
        double scale = 1 + fabs(v->log_p) + fabs(v->score[i]);
        assert_second_order(v->score[i], slope_of_log_p(v, i, h), slope_of_log_p(v, i, h / 4),
                            scale, h / 4);
        for (size_t j = 0; j < v->n; j++) {
            double entry = v->hessian[i * v->n + j];
            assert_second_order(entry, slope_of_score(v, j, i, h), slope_of_score(v, j, i, h / 4),
                                scale + fabs(entry) + fabs(v->score[j]), h / 4);
            fk_assert_near(entry, v->hessian[j * v->n + i], 1e-15 * (1 + fabs(entry)));
        }
        trace += v->hessian[i * v->n + i];
    }
    fk_assert_near(v->divergence, trace, 1e-13 * (1 + fabs(trace)));
}

START_TEST(score_and_hessian_are_derivatives_of_log_density)
{
    for_all(check_derivatives);
}
END_TEST

/* x0hat = (x + sigma^2 score)/s, Cov = (sigma^2/s^2)(I + sigma^2 Hess); the right sides cancel,
 * which costs them 1/s^2 of their size in rounding. */
static double tweedie_gap(const seen *v, double wrong)
{
    double worst = 0, s2 = v->s * v->s, var = v->sigma * v->sigma;
    for (size_t i = 0; i < v->n; i++) {
        double x0 = (v->x[i] + wrong * var * v->score[i]) / v->s;
        worst = fk_worse(fabs(x0 - v->x0hat[i]), worst);
        for (size_t j = 0; j < v->n; j++) {
            double c = var / s2 * ((i == j) + wrong * var * v->hessian[i * v->n + j]);
            worst = fk_worse(fabs(c - v->covariance[i * v->n + j]), worst);
        }
    }
    return worst;
}

static void check_tweedie(const seen *v)
{
    double bound = 1e-13 * fmax(1, v->sigma * v->sigma) / (v->s * v->s);
    ck_assert_msg(tweedie_gap(v, 1) <= bound, "gap %g", tweedie_gap(v, 1));
    ck_assert_msg(tweedie_gap(v, 0.99) > bound, "the control passes");
}

START_TEST(denoiser_and_posterior_covariance_satisfy_tweedie)
{
    for_all(check_tweedie);
}
END_TEST

/* d/dt log p = -n f - f x.score + (g2/2)(tr Hess + |score|^2), where the left side differentiates
 * the mixture in its parameters. */
static double fokker_planck_gap(const seen *v, double half, double *scale)
{
    const double f = -0.731, g2 = 1.613;
    double inner = 0, square = 0;
    for (size_t i = 0; i < v->n; i++) {
        inner += v->x[i] * v->score[i];
        square += v->score[i] * v->score[i];
    }
    double left = fk_marginal_log_rate(v->g, f, g2, v->x);
    *scale = fabs((double)v->n * f) + fabs(f * inner) + g2 * (fabs(v->divergence) + square);
    return fabs(left - (-(double)v->n * f - f * inner + half * g2 * (v->divergence + square)));
}

static void check_fokker_planck(const seen *v)
{
    double scale, gap = fokker_planck_gap(v, 0.5, &scale);
    ck_assert_msg(gap <= 1e-13 * scale, "gap %g of %g", gap, scale);
    ck_assert_msg(fokker_planck_gap(v, 1, &scale) > 1e-13 * scale, "the control passes");
}

START_TEST(log_density_satisfies_fokker_planck)
{
    for_all(check_fokker_planck);
}
END_TEST

static void check_weights(const seen *v)
{
    double sum = 0, log_sum = 0;
    for (size_t k = 0; k < v->k; k++) sum += v->weight[k];
    fk_assert_near(sum, 1, 1e-15);
    if (v->mixture->kind == FK_FULL) return;
    for (size_t k = 0; k < v->k; k++) { /* Bayes by a product of 1-D densities */
        double density = v->mixture->weight[k];
        for (size_t i = 0; i < v->n; i++) {
            double d = v->x[i] - v->s * v->mixture->mean[k * v->n + i];
            double var = v->s * v->s * v->mixture->var[k * v->n + i] + v->sigma * v->sigma;
            density *= exp(-0.5 * d * d / var) / sqrt(2 * FK_PI * var);
        }
        log_sum += density;
        fk_assert_near(density / exp(v->log_p), v->weight[k], 1e-13);
    }
    fk_assert_near(log(log_sum), v->log_p, 1e-13 * (1 + fabs(v->log_p)));
}

START_TEST(density_and_responsibilities_are_those_of_bayes)
{
    for_all(check_weights);
}
END_TEST

/* At sigma = 0 the sample is known: x0hat = x/s with no spread, and nothing divides 0 by 0. */
START_TEST(denoiser_holds_without_noise)
{
    fk_mixture *m = mixture_3d_full();
    fk_marginal *g = fk_marginal_new(m, 0.83, 0);
    double x0[3], cov[9];
    fk_marginal_at(g, X[1], &(fk_point){.x0hat = x0, .covariance = cov});
    for (size_t i = 0; i < 3; i++) fk_assert_near(x0[i], X[1][i] / 0.83, 1e-14);
    for (size_t i = 0; i < 9; i++) fk_assert_near(cov[i], 0, 1e-28);
    fk_marginal_free(g);
    fk_mixture_free(m);
}
END_TEST

/* A point mass: at s = 0 nothing is known beyond the mean; at sigma = 0 there is no density. */
START_TEST(point_masses_have_a_density_only_with_noise)
{
    const double w[] = {0.37, 0.63}, mean[] = {-1.3, 2.1}, var[] = {0, 0}, x = 0.4;
    fk_mixture *m = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("points", 1, 2, w, mean, var, &m, &err), 0);
    fk_marginal *pure = fk_marginal_new(m, 0, 1), *bare = fk_marginal_new(m, 1, 0);
    double x0, score, weight[2];
    double log_p = fk_marginal_at(pure, &x, &(fk_point){.x0hat = &x0, .score = &score});
    fk_assert_near(log_p, -0.5 * (x * x + FK_LOG_2PI), 1e-15);
    fk_assert_near(score, -x, 1e-16);
    fk_assert_near(x0, 0.37 * -1.3 + 0.63 * 2.1, 1e-15);
    ck_assert(!pure->singular && bare->singular);
    ck_assert(isnan(fk_marginal_at(bare, &x, &(fk_point){.score = &score, .weight = weight})));
    ck_assert(isnan(score) && isnan(weight[0]));
    fk_marginal_free(pure);
    fk_marginal_free(bare);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("marginal", score_and_hessian_are_derivatives_of_log_density,
         denoiser_and_posterior_covariance_satisfy_tweedie, log_density_satisfies_fokker_planck,
         density_and_responsibilities_are_those_of_bayes, denoiser_holds_without_noise,
         point_masses_have_a_density_only_with_noise)
