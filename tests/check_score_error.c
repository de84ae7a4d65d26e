/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expectations over marginals in one and two dimensions, and the errors of score fields by them. */
#include "analytic/score_error.h"
#include "tests/suite.h"

static fk_mixture *read_mixture(const char *name)
{
    fk_mixture *m;
    fk_error err;
    ck_assert_msg(fk_mixture_read(name, &m, &err) == FK_OK, "%s", err.text);
    return m;
}

static fk_schedule read_schedule(const char *spec)
{
    fk_schedule s;
    fk_error err;
    ck_assert_msg(fk_schedule_parse(spec, &s, &err) == FK_OK, "%s", err.text);
    return s;
}

/* The exact score and a known error: a sin(b.x + c) in every coordinate, b.x of the first two. */
typedef struct {
    fk_field exact;
    double a, b[2], c;
} wave;

static void freeze_wave(const void *self, double s, double sigma, void *frozen)
{
    const wave *w = self;
    w->exact.freeze(w->exact.self, s, sigma, frozen);
}

static void eval_wave(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const wave *w = self;
    w->exact.eval(w->exact.self, frozen, x, score);
    for (size_t p = 0; p < x.n; p++) {
        double phase = w->c;
        for (size_t i = 0; i < x.dim && i < 2; i++) phase += w->b[i] * x.x[i * x.ld + p];
        for (size_t i = 0; i < x.dim; i++) score.x[i * score.ld + p] += w->a * sin(phase);
    }
}

static fk_field wave_field(const wave *w)
{
    return (fk_field){.self = w,
                      .dim = w->exact.dim,
                      .frozen_size = w->exact.frozen_size,
                      .freeze = freeze_wave,
                      .eval = eval_wave};
}

/* dim a^2 E sin^2(b.x + c) by the characteristic function of the mixture. */
static double wave_error(const wave *w, const fk_mixture *m, double s, double sigma)
{
    double sum = 0;
    for (size_t k = 0; k < m->k; k++) {
        double cov[4] = {0}, phase = 2 * w->c, var = 0;
        fk_mixture_covariance(m, k, cov);
        for (size_t i = 0; i < m->dim; i++) {
            phase += 2 * w->b[i] * s * m->mean[k * m->dim + i];
            var += 4 * w->b[i] * w->b[i] * sigma * sigma;
            for (size_t j = 0; j < m->dim; j++)
                var += 4 * w->b[i] * w->b[j] * s * s * cov[i * m->dim + j];
        }
        sum += m->weight[k] * (1 - exp(-var / 2) * cos(phase)) / 2;
    }
    return (double)m->dim * w->a * w->a * sum;
}

static const char *const lines[] = {"gaussian-1d", "bimodal-1d", "three-1d"};
static const char *const planes[] = {"ring-8", "grid-25", "full-2d"};
static const double level[] = {0.0385, 0.2385, 0.7385, 1.385};

START_TEST(a_known_error_is_found_in_one_and_two_dimensions)
{
    double worst = 0, wrong = INFINITY;
    for (size_t i = 0; i < 6; i++) {
        fk_mixture *m = read_mixture(i < 3 ? lines[i] : planes[i - 3]);
        const wave w = {fk_mixture_field(m), 0.385, {1.385, 0.7385}, 0.2385};
        const fk_field field = wave_field(&w);
        for (size_t j = 0; j < 4; j++) {
            const double s = 0.9385, sigma = level[j];
            const fk_score_error e = fk_score_error_at(m, &field, s, sigma, &(fk_score_rule){0});
            const double error = wave_error(&w, m, s, sigma);
            worst = fk_worse(worst, fabs(e.error - error) / error);
            worst = fk_worse(worst, fabs(e.excess - sigma * sigma * error) / error);
            /* control: the marginal of another level */
            const fk_score_error other =
                fk_score_error_at(m, &field, s, sigma + 0.0385, &(fk_score_rule){0});
            wrong = fmin(wrong, fabs(other.error - error) / error);
        }
        fk_mixture_free(m);
    }
    ck_assert_double_le(worst, 1e-9);
    ck_assert(!(wrong <= 1e-9));
}
END_TEST

/* Of independent coordinates J is the sum. */
START_TEST(fisher_information_in_two_dimensions_is_that_of_its_two_axes)
{
    const double weight[2][2] = {{0.385, 0.615}, {0.2385, 0.7615}};
    const double mean[2][2] = {{-1.385, 0.7385}, {-0.385, 1.2385}};
    const double var[2][2] = {{0.2385, 0.1385}, {0.385, 0.07385}};
    double w[4], mu[8], v[8];
    fk_mixture *axis[2], *both;
    fk_error err;
    for (size_t k = 0; k < 4; k++) {
        const size_t a = k / 2, b = k % 2;
        w[k] = weight[0][a] * weight[1][b];
        mu[2 * k] = mean[0][a], mu[2 * k + 1] = mean[1][b];
        v[2 * k] = var[0][a], v[2 * k + 1] = var[1][b];
    }
    ck_assert_int_eq(fk_mixture_new_diagonal("both", 2, 4, w, mu, v, &both, &err), FK_OK);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(
            fk_mixture_new_diagonal("axis", 1, 2, weight[i], mean[i], var[i], &axis[i], &err),
            FK_OK);
    for (size_t j = 0; j < 4; j++) {
        const fk_score_rule rule = {.part = 0.15};
        double sum = 0;
        for (size_t i = 0; i < 2; i++)
            sum += fk_score_error_at(axis[i], NULL, 0.9385, level[j], &rule).fisher;
        const fk_score_error e = fk_score_error_at(both, NULL, 0.9385, level[j], &rule);
        ck_assert(!e.drawn);
        fk_assert_near(e.fisher, sum, 1e-9 * sum);
        const double noise = level[j] * level[j];
        fk_assert_near(e.floor, 2 - noise * sum, 1e-9 * noise * sum);
        ck_assert(isnan(e.error) && isnan(e.excess));
        ck_assert(!(fabs(fk_score_error_at(axis[0], NULL, 0.9385, level[j], &rule).fisher - sum) <
                    1e-3 * sum));
    }
    for (size_t i = 0; i < 2; i++) fk_mixture_free(axis[i]);
    fk_mixture_free(both);
}
END_TEST

static double fisher(const fk_mixture *m, const fk_coeffs *at, double part)
{
    fk_marginal *p = fk_marginal_new(m, at->s, at->sigma);
    fk_cloud c = fk_cloud_nodes(p, part);
    const fk_field field = fk_mixture_field(m);
    double *score = fk_cloud_score(&c, p, &field), sum = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < c.x.n; k++)
            sum += c.weight[k] * score[i * c.x.ld + k] * score[i * c.x.ld + k];
    free(score);
    fk_cloud_free(&c);
    fk_marginal_free(p);
    return sum;
}

/* What the header says of the built-in mixtures. */
START_TEST(twice_the_nodes_change_nothing_in_two_dimensions)
{
    const fk_schedule schedule = read_schedule("vp-linear");
    double worst = 0, coarse = 0;
    for (size_t i = 0; i < 3; i++) {
        fk_mixture *m = read_mixture(planes[i]);
        for (size_t j = 0; j < 12; j++) {
            const double t = 1e-3 + 0.999 * pow((double)j / 11, 2);
            const fk_coeffs at = fk_schedule_at(&schedule, t);
            const double J[] = {fisher(m, &at, 1.5), fisher(m, &at, 0.25), fisher(m, &at, 0.125)};
            const fk_score_error e =
                fk_score_error_at(m, NULL, at.s, at.sigma, &(fk_score_rule){0});
            ck_assert(!e.drawn && fabs(e.fisher - J[1]) <= 1e-14 * J[1]);
            worst = fk_worse(worst, fabs(J[1] - J[2]) / J[2]);
            coarse = fk_worse(coarse, fabs(J[0] - J[2]) / J[2]);
        }
        fk_mixture_free(m);
    }
    ck_assert_double_le(worst, 1e-5);
    ck_assert(!(coarse <= 1e-5));
}
END_TEST

/* Draws where there is no quadrature: the same error, to six standard errors. A wave's error has a
 * mean square below that of a value in [0, a^2 dim]. */
START_TEST(draws_stand_in_where_there_are_too_many_dimensions_or_nodes)
{
    fk_mixture *m = read_mixture("random-16d");
    const wave w = {fk_mixture_field(m), 0.385, {0, 0}, 0.2385};
    const fk_field field = wave_field(&w);
    const fk_score_error e = fk_score_error_at(m, &field, 0.9385, 0.2385, &(fk_score_rule){0});
    ck_assert(e.drawn);
    fk_assert_near(e.error, 16 * 0.385 * 0.385 * pow(sin(0.2385), 2), 1e-12);
    fk_mixture_free(m);

    m = read_mixture("full-2d");
    const wave v = {fk_mixture_field(m), 0.385, {1.385, 0.7385}, 0.2385};
    const fk_field other = wave_field(&v);
    const fk_score_rule fine = {.part = 1e-3};
    const fk_score_error d = fk_score_error_at(m, &other, 0.9385, 0.2385, &fine);
    ck_assert(d.drawn);
    fk_assert_near(d.error, wave_error(&v, m, 0.9385, 0.2385), 6 * 2 * 0.385 * 0.385 / 2 / 128);
    fk_mixture_free(m);
}
END_TEST

/* At 1e30 no double lies between one standard deviation and the next: an error of 0 would be a lie.
 */
START_TEST(data_out_of_reach_have_no_error_rather_than_none)
{
    const double weight[2] = {0.385, 0.615}, var[2] = {0.2385, 0.385};
    for (int far = 0; far < 2; far++) {
        const double size = far ? 1e30 : 1e3, mean[2] = {-size, size};
        fk_mixture *m;
        fk_error err;
        ck_assert_int_eq(fk_mixture_new_diagonal("m", 1, 2, weight, mean, var, &m, &err), FK_OK);
        const fk_score_error e = fk_score_error_at(m, NULL, 0.9385, 0.2385, &(fk_score_rule){0});
        ck_assert_int_eq(far, isnan(e.floor) != 0);
        fk_mixture_free(m);
    }
}
END_TEST

FK_SUITE("score error", a_known_error_is_found_in_one_and_two_dimensions,
         fisher_information_in_two_dimensions_is_that_of_its_two_axes,
         twice_the_nodes_change_nothing_in_two_dimensions,
         draws_stand_in_where_there_are_too_many_dimensions_or_nodes,
         data_out_of_reach_have_no_error_rather_than_none)
