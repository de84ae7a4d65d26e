/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guided score fields and tilted laws. */
#include <string.h>

#include "analytic/tilted.h"
#include "tests/suite.h"

static fk_mixture *three(void)
{
    const double w[] = {0.31, 0.47, 0.22}, m[] = {-2.13, 0.52, 1.77}, v[] = {0.171, 0.0613, 0.37};
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("three", 1, 3, w, m, v, &mix, &err), FK_OK);
    return mix;
}

static fk_mixture *built_in(const char *name)
{
    fk_mixture *mix = NULL;
    fk_error err;
    ck_assert_int_eq(fk_mixture_read(name, &mix, &err), FK_OK);
    return mix;
}

static fk_guidance guided(const fk_mixture *m, const size_t *label, size_t n, double gamma)
{
    fk_guidance g;
    fk_error err;
    ck_assert_int_eq(fk_guidance_new(m, label, n, gamma, &g, &err), FK_OK);
    return g;
}

/* Responsibilities and scores of the components, by definition, against the block field. */
START_TEST(a_guided_field_adds_the_gradient_of_the_label)
{
    const char *const name[] = {"three-1d", "full-2d", "random-16d", "ring-8"};
    for (size_t m = 0; m < 4; m++) {
        fk_mixture *mix = built_in(name[m]);
        const size_t label[] = {2, 0}, dim = mix->dim;
        fk_guidance g = guided(mix, label, 2, 2.385);
        fk_field field = fk_guidance_field(&g);
        enum { N = 3 * FK_LANES };
        double *x = fk_alloc(dim * N, sizeof *x), *out = fk_alloc(dim * N, sizeof *out);
        for (size_t i = 0; i < dim; i++)
            for (size_t p = 0; p < N; p++)
                x[i * N + p] = 3 * sin(1.7 * (double)(i + 3) * (double)(p + 1)) - 0.3;
        char *frozen = fk_alloc(1, field.frozen_size);
        field.freeze(field.self, 0.715, 0.83, frozen);
        field.eval(field.self, frozen, (fk_block){x, N, dim, N}, (fk_block){out, N, dim, N});
        fk_marginal *all = fk_marginal_new(mix, 0.715, 0.83);
        fk_marginal *given = fk_marginal_new(g.given, 0.715, 0.83);
        double worst = 0, unguided = 0, apart = 0;
        for (size_t p = 0; p < N; p++) {
            double at[16], score[16], gradient[16], weight[25];
            for (size_t i = 0; i < dim; i++) at[i] = x[i * N + p];
            fk_marginal_at(all, at, &(fk_point){.score = score, .weight = weight});
            double log_y = fk_guidance_log_label(&g, all, given, at, gradient);
            fk_assert_near(log_y, log(weight[0] + weight[2]), 1e-11 * (1 + fabs(log_y)));
            for (size_t i = 0; i < dim; i++) {
                double size = 1 + fabs(score[i]) + fabs(gradient[i]), got = out[i * N + p];
                worst = fk_worse(worst, fabs(got - score[i] - 2.385 * gradient[i]) / size);
                unguided = fk_worse(unguided, fabs(got - score[i]) / size);
                apart = fk_worse(apart, fabs(got - score[i] - 1.385 * gradient[i]) / size);
            }
        }
        fk_assert_near(worst, 0, 1e-11);
        ck_assert(unguided > 0.1 && apart > 0.1);
        fk_marginal_free(all);
        fk_marginal_free(given);
        free(frozen);
        free(x);
        free(out);
        fk_guidance_free(&g);
        fk_mixture_free(mix);
    }
}
END_TEST

/* grad log p(y|x) by central differences of order eight. */
START_TEST(the_gradient_of_the_label_is_one)
{
    fk_mixture *mix = three();
    const size_t label[] = {1};
    fk_guidance g = guided(mix, label, 1, 1);
    fk_marginal *all = fk_marginal_new(mix, 0.83, 0.55),
                *given = fk_marginal_new(g.given, 0.83, 0.55);
    static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    for (double x = -3.1; x < 3; x += 0.385) {
        double slope, sum = 0, h = 0.01;
        fk_guidance_log_label(&g, all, given, &x, &slope);
        for (int k = 1; k <= 4; k++) {
            double right = x + k * h, left = x - k * h;
            sum += weight[k - 1] * (fk_guidance_log_label(&g, all, given, &right, NULL) -
                                    fk_guidance_log_label(&g, all, given, &left, NULL));
        }
        fk_assert_near(sum / h, slope, 1e-10 * (1 + fabs(slope)));
    }
    fk_marginal_free(all);
    fk_marginal_free(given);
    fk_guidance_free(&g);
    fk_mixture_free(mix);
}
END_TEST

/* gamma 0 and 1 are mixtures: the data, and those given y. */
START_TEST(tilts_of_zero_and_one_are_the_data_and_the_data_given_the_label)
{
    fk_mixture *mix = three();
    const size_t label[] = {0, 2};
    fk_guidance g = guided(mix, label, 2, 1);
    for (int gamma = 0; gamma < 2; gamma++) {
        fk_tilted *q = fk_tilted_new(&g, gamma);
        const double level[][2] = {{0.93, 0.0385}, {0.5, 0.715}, {0.01, 0.99}};
        for (size_t j = 0; j < 3; j++) {
            double s = level[j][0], sigma = level[j][1];
            fk_marginal *p = fk_marginal_new(gamma ? g.given : mix, s, sigma);
            for (double x = -2.9; x < 2.9; x += 0.2385) {
                double score, expected;
                double log_q = fk_tilted_noised(q, s, sigma, x, &score);
                double log_p = fk_marginal_at(p, &x, &(fk_point){.score = &expected});
                fk_assert_near(log_q, log_p, 1e-11);
                fk_assert_near(score, expected, 1e-10 * (1 + fabs(expected)) / sigma);
                for (int upper = 0; upper < 2; upper++)
                    fk_assert_near(fk_tilted_cdf(q, s, sigma, x, upper),
                                   fk_marginal_cdf(p, x, upper), 1e-12);
            }
            fk_marginal_free(p);
        }
        fk_marginal *p = fk_marginal_new(gamma ? g.given : mix, 1, 0);
        for (double x = -4.9; x < 4.9; x += 0.0785) {
            fk_assert_near(fk_tilted_at(q, x), fk_marginal_at(p, &x, NULL),
                           1e-11 * (1 + x * x * 20));
            fk_assert_near(fk_tilted_cdf(q, 1, 0, x, false), fk_marginal_cdf(p, x, false), 1e-13);
        }
        fk_marginal_free(p);
        fk_tilted_free(q);
    }
    fk_guidance_free(&g);
    fk_mixture_free(mix);
}
END_TEST

/* p_0 r^2 by the trapezium rule, which on such functions is as good as the grid is fine. */
START_TEST(a_tilt_of_two_has_the_mass_of_the_trapezium_rule)
{
    fk_mixture *mix = three();
    const size_t label[] = {2};
    fk_guidance g = guided(mix, label, 1, 2);
    fk_tilted *q = fk_tilted_new(&g, 2);
    fk_marginal *p = fk_marginal_new(mix, 1, 0);
    double z = 0, mean = 0, once = 0, h = 1.0 / 256;
    for (double x = -6; x < 8; x += h) {
        double r[3], density = exp(fk_marginal_at(p, &x, &(fk_point){.weight = r}));
        z += h * density * r[2] * r[2];
        mean += h * x * density * r[2] * r[2];
        once += h * density * r[2];
    }
    fk_assert_near(exp(q->log_z), z, 1e-13);
    ck_assert(fabs(once - z) > 1e-2); /* the control: a tilt of one */
    double sum = 0;
    for (size_t i = 0; i < q->n; i++) sum += q->mass[i] * q->x[i];
    fk_assert_near(sum, mean / z, 1e-13);
    fk_marginal_free(p);
    fk_tilted_free(q);
    fk_guidance_free(&g);
    fk_mixture_free(mix);
}
END_TEST

START_TEST(a_label_that_makes_no_sense_is_refused_in_one_line)
{
    fk_mixture *mix = three();
    fk_guidance g;
    fk_error err;
    ck_assert_int_eq(fk_guidance_new(mix, NULL, 0, 1, &g, &err), FK_USAGE);
    ck_assert_int_eq(fk_guidance_new(mix, (size_t[]){3}, 1, 1, &g, &err), FK_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "no component 4"));
    ck_assert_int_eq(fk_guidance_new(mix, (size_t[]){1, 1}, 2, 1, &g, &err), FK_USAGE);
    ck_assert_int_eq(fk_guidance_new(mix, (size_t[]){1}, 1, NAN, &g, &err), FK_USAGE);
    ck_assert_int_eq(fk_guidance_new(mix, (size_t[]){1}, 1, -1.5, &g, &err), FK_OK);
    fk_assert_near(g.share, 0.47, 1e-16);
    fk_guidance_free(&g);
    fk_mixture_free(mix);
}
END_TEST

FK_SUITE("guidance", a_guided_field_adds_the_gradient_of_the_label,
         the_gradient_of_the_label_is_one,
         tilts_of_zero_and_one_are_the_data_and_the_data_given_the_label,
         a_tilt_of_two_has_the_mass_of_the_trapezium_rule,
         a_label_that_makes_no_sense_is_refused_in_one_line)
