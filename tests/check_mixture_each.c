/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score and its divergence with a time of its own in each lane, against analytic/marginal.h,
 * which works in double-double and freezes. */
#include <string.h>

#include "analytic/marginal.h"
#include "claims/setting.h"
#include "core/noise.h"
#include "tests/suite.h"

enum { N = 3 * FK_LANES, MAX_DIM = 64 };

/* A mixture of k components with `distinct` sets of axes' variances in turn. */
static fk_mixture *drawn(size_t dim, size_t k, size_t distinct, bool diagonal, double scale)
{
    const fk_key key = {385, FK_STREAM_USER};
    double *weight = fk_alloc(k, sizeof *weight), *mean = fk_alloc(k * dim, sizeof *mean),
           *var = fk_alloc(k * dim, sizeof *var), sum = 0;
    for (size_t c = 0; c < k; c++) sum += weight[c] = 0.2 + fk_random_uniform(key, c, 0, 0);
    for (size_t c = 0; c < k; c++) {
        weight[c] /= sum;
        for (size_t i = 0; i < dim; i++) {
            const uint64_t axis = diagonal ? i : 0;
            mean[c * dim + i] = 6 * fk_random_uniform(key, c, 1, i) - 3;
            var[c * dim + i] = scale * fk_random_uniform(key, c % distinct, 2, (uint32_t)axis);
        }
    }
    fk_mixture *m;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_mixture_new_diagonal("drawn", dim, k, weight, mean, var, &m, &err) == FK_OK,
                  "%s", err.text);
    free(weight), free(mean), free(var);
    return m;
}

static fk_mixture *subject(size_t i)
{
    static const char *const named[] = {"three-1d", "ring-8", "full-2d", "grid-25", "random-16d"};
    if (i < sizeof named / sizeof *named) return fk_setting_mixture(named[i]);
    switch (i) {
    case 5: /* two tiles */
        return drawn(1, 70, 70, false, 0.1);
    case 6:
        return drawn(2, 33, 3, true, 0.1);
    case 7:
        return drawn(3, 5, 5, true, 2.385);
    case 8: /* tiles of fewer components */
        return drawn(20, 25, 2, true, 1);
    case 9: /* scratch on the heap */
        return drawn(MAX_DIM, 3, 3, false, 1);
    default: /* point masses */
        return drawn(2, 40, 1, false, 0);
    }
}
enum { SUBJECTS = 11 };

/* Lanes at noise levels from 1e-3 to 30, at points of the marginals there. */
static void lanes_of(const fk_mixture *m, double *s, double *sigma, double *x)
{
    for (size_t p = 0; p < N; p++) {
        const double turn = atan(1e-3 * pow(3e4, (double)p / (N - 1)));
        double point[MAX_DIM];
        s[p] = 1.1385 * cos(turn), sigma[p] = 1.1385 * sin(turn);
        fk_marginal *at = fk_marginal_new(m, s[p], sigma[p]);
        fk_setting_point(at, p, point);
        fk_marginal_free(at);
        for (size_t i = 0; i < m->dim; i++) x[i * N + p] = point[i];
    }
}

/* Worst errors: of the score over the root of the largest trace of S_k^-1, of the divergence over
 * that trace. */
static void errors(const fk_mixture *m, double slip, double *of_score, double *of_divergence)
{
    static double x[MAX_DIM * N], score[MAX_DIM * N];
    double s[N], sigma[N], divergence[N];
    const fk_field field = fk_mixture_field(m);
    lanes_of(m, s, sigma, x);
    for (size_t p = 0; p < N; p++) sigma[p] *= 1 + slip;
    field.eval_each(field.self, s, sigma, (fk_block){x, N, m->dim, N},
                    (fk_block){score, N, m->dim, N}, divergence);
    *of_score = *of_divergence = 0;
    for (size_t p = 0; p < N; p++) {
        fk_marginal *at = fk_marginal_new(m, s[p], sigma[p] / (1 + slip));
        double point[MAX_DIM], exact[MAX_DIM], bend, largest = 0;
        for (size_t k = 0; k < m->k; k++) {
            double trace = 0;
            for (size_t i = 0; i < m->dim; i++) trace += 1 / at->var[k * m->dim + i];
            largest = fk_worse(largest, trace);
        }
        for (size_t i = 0; i < m->dim; i++) point[i] = x[i * N + p];
        fk_marginal_at(at, point, &(fk_point){.score = exact, .divergence = &bend});
        for (size_t i = 0; i < m->dim; i++)
            *of_score = fk_worse(*of_score, fabs(score[i * N + p] - exact[i]) / sqrt(largest));
        *of_divergence = fk_worse(*of_divergence, fabs(divergence[p] - bend) / largest);
        fk_marginal_free(at);
    }
}

/* x - s m_k has an error of a rounding of x, up to 4 here, which is 4e-16/sigma standard
 * deviations: at sigma = 1e-3 4e-13 of the score, and as much of a logit, a few times over. */
START_TEST(score_and_divergence_are_those_of_the_marginal_in_every_lane)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        fk_mixture *m = subject(i);
        double score, divergence;
        errors(m, 0, &score, &divergence);
        ck_assert_msg(score <= 4e-12 && divergence <= 4e-12, "subject %zu: score %g, divergence %g",
                      i, score, divergence);
        errors(m, 1e-9, &score, &divergence); /* control */
        ck_assert_msg(score > 4e-12 && divergence > 4e-12, "subject %zu: score %g, divergence %g",
                      i, score, divergence);
        fk_mixture_free(m);
    }
}
END_TEST

START_TEST(neighbours_and_instruction_sets_leave_every_bit)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    static double x[MAX_DIM * N], want[MAX_DIM * N], got[MAX_DIM * N], turned[MAX_DIM * N];
    double s[N], sigma[N], divergence[N], again[N];
    for (size_t i = 0; i < SUBJECTS; i++) {
        fk_mixture *m = subject(i);
        const fk_field field = fk_mixture_field(m);
        const fk_block in = {x, N, m->dim, N}, out = {got, N, m->dim, N};
        lanes_of(m, s, sigma, x);
        field.eval_each(field.self, s, sigma, in, (fk_block){want, N, m->dim, N}, divergence);
        for (size_t k = 0; k < 3; k++) {
            setenv("FOKKER_ISA", isas[k], 1);
            field.eval_each(field.self, s, sigma, in, out, again);
            ck_assert(memcmp(got, want, m->dim * N * sizeof *got) == 0);
            ck_assert(memcmp(again, divergence, sizeof again) == 0);
        }
        unsetenv("FOKKER_ISA");
        field.eval_each(field.self, s, sigma, in, out, NULL); /* the divergence is no part of it */
        ck_assert(memcmp(got, want, m->dim * N * sizeof *got) == 0);
        double s_turned[N], sigma_turned[N];
        for (size_t p = 0; p < N; p++) {
            s_turned[p] = s[N - 1 - p], sigma_turned[p] = sigma[N - 1 - p];
            for (size_t j = 0; j < m->dim; j++) turned[j * N + p] = x[j * N + N - 1 - p];
        }
        field.eval_each(field.self, s_turned, sigma_turned, (fk_block){turned, N, m->dim, N}, out,
                        again);
        for (size_t p = 0; p < N; p++) {
            ck_assert(again[p] == divergence[N - 1 - p]);
            for (size_t j = 0; j < m->dim; j++)
                ck_assert(got[j * N + p] == want[j * N + N - 1 - p]);
        }
        fk_mixture_free(m);
    }
}
END_TEST

START_TEST(a_field_without_lanes_is_asked_one_particle_at_a_time)
{
    static double x[2 * N], score[2 * N], want[2 * N];
    double s[N], sigma[N], divergence[N], bend[N];
    fk_mixture *m = fk_setting_mixture("full-2d");
    fk_field field = fk_mixture_field(m);
    lanes_of(m, s, sigma, x);
    const fk_block in = {x, N, 2, N};
    fk_field_eval_each(&field, s, sigma, N, in, (fk_block){want, N, 2, N}, bend);
    field.eval_each = NULL;
    score[N - 1] = 0.385;
    fk_field_eval_each(&field, s, sigma, N - 1, in, (fk_block){score, N, 2, N}, divergence);
    for (size_t p = 0; p < N - 1; p++) {
        for (size_t i = 0; i < 2; i++)
            fk_assert_near(score[i * N + p], want[i * N + p], 1e-11 / sigma[p]);
        fk_assert_near(divergence[p], bend[p], 1e-11 / (sigma[p] * sigma[p]));
    }
    ck_assert(score[N - 1] == 0.385); /* nobody is there */
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("mixture-each", score_and_divergence_are_those_of_the_marginal_in_every_lane,
         neighbours_and_instruction_sets_leave_every_bit,
         a_field_without_lanes_is_asked_one_particle_at_a_time)
