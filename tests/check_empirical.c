/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of many points in many dimensions, against all of them in long double, and against
 * itself without the sieve. */
#include <string.h>

#include "analytic/empirical.h"
#include "analytic/marginal.h"
#include "core/noise.h"
#include "tests/suite.h"

enum { DIM = 24, POINTS = 703, N = 3 * FK_LANES };

/* Nine clouds of points about `centre`, of unequal weights. */
static fk_mixture *cloud(double centre, double std)
{
    const fk_key key = {2385, FK_STREAM_USER};
    double *weight = fk_alloc(POINTS, sizeof *weight), *mean = fk_alloc(POINTS * DIM, sizeof *mean);
    double *var = fk_alloc(POINTS * DIM, sizeof *var), sum = 0;
    for (size_t k = 0; k < POINTS; k++) {
        sum += weight[k] = 0.1 + fk_random_uniform(key, k, 0, 0);
        for (size_t i = 0; i < DIM; i++) {
            mean[k * DIM + i] =
                centre + 3 * fk_random_uniform(key, k % 9, i, 1) + fk_random_uniform(key, k, i, 2);
            var[k * DIM + i] = std * std;
        }
    }
    for (size_t k = 0; k < POINTS; k++) weight[k] /= sum;
    fk_mixture *m;
    fk_error err;
    ck_assert(fk_mixture_new_diagonal("cloud", DIM, POINTS, weight, mean, var, &m, &err) == FK_OK);
    ck_assert(fk_is_empirical(m));
    free(weight), free(mean), free(var);
    return m;
}

/* x (DIM, N): points of the marginal at (s, sigma). */
static void draw(const fk_mixture *m, double s, double sigma, double *x)
{
    const fk_key key = {71, FK_STREAM_USER};
    for (size_t p = 0; p < N; p++)
        for (size_t i = 0; i < DIM; i++) {
            /* a sum of twelve uniforms is near enough to a normal for a point */
            double z = -6;
            for (uint64_t j = 0; j < 12; j++) z += fk_random_uniform(key, p, i, j);
            x[i * N + p] = s * m->mean[(p * 37 % POINTS) * DIM + i] + sigma * z;
        }
}

static fk_frozen_empirical *frozen(const fk_field *f, double s, double sigma)
{
    fk_frozen_empirical *e = fk_alloc(1, f->frozen_size);
    f->freeze(f->self, s, sigma, e);
    return e;
}

static void score_of(const fk_field *f, const fk_frozen_empirical *e, double *x, double *score)
{
    f->eval(f->self, e, (fk_block){x, N, DIM, N}, (fk_block){score, N, DIM, N});
}

/* The worst error over what a logit's rounding may do: (DIM + 8) 2^-53 of the largest exponent that
 * counts, in bits, times the longest of the terms. */
static double worst_error(const fk_mixture *m, double s, double sigma, const double *x,
                          const double *score)
{
    const long double v = (long double)s * s * m->var[0] + (long double)sigma * sigma;
    double worst = 0;
    for (size_t p = 0; p < N; p++) {
        long double top = -HUGE_VALL, total = 0, sum[DIM] = {0}, longest = 0;
        static long double logit[POINTS];
        for (size_t k = 0; k < POINTS; k++) {
            long double q = 0;
            for (size_t i = 0; i < DIM; i++) {
                long double d = x[i * N + p] - (long double)s * m->mean[k * DIM + i];
                q += d * d;
            }
            logit[k] = logl(m->weight[k]) - q / (2 * v);
            top = fmaxl(top, logit[k]);
        }
        for (size_t k = 0; k < POINTS; k++) {
            long double w = expl(logit[k] - top), length = 0;
            total += w;
            for (size_t i = 0; i < DIM; i++) {
                long double d = x[i * N + p] - (long double)s * m->mean[k * DIM + i];
                sum[i] -= w * d / v;
                length += d * d;
            }
            if (w > 0x1p-53L) longest = fmaxl(longest, sqrtl(length) / v);
        }
        double bound = (DIM + 8) * 0x1p-53 * (53 - (double)top / log(2)) * (double)longest;
        for (size_t i = 0; i < DIM; i++)
            worst = fk_worse(worst, (double)fabsl(score[i * N + p] - sum[i] / total) / bound);
    }
    return worst;
}

static const double at[][2] = {{1, 0.05}, {0.98, 0.3}, {0.7, 0.9}, {0.3, 0.5}, {0.3, 1}, {0.1, 3}};
enum { TIMES = sizeof at / sizeof *at };

START_TEST(what_is_left_out_is_below_the_rounding_of_the_rest)
{
    double x[DIM * N], score[DIM * N];
    for (int width = 0; width < 2; width++) {
        fk_mixture *m = cloud(0, width * 0.25);
        const fk_field f = fk_mixture_field(m);
        size_t sieved = 0, noticed = 0, products = 0, shifted = 0;
        for (size_t t = 0; t < TIMES; t++) {
            draw(m, at[t][0], at[t][1], x);
            fk_frozen_empirical *e = frozen(&f, at[t][0], at[t][1]);
            score_of(&f, e, x, score);
            ck_assert(worst_error(m, at[t][0], at[t][1], x, score) <= 1);
            sieved += e->sieve;
            e->near = 8; /* the control: points of 2^-8 of the largest are left out */
            score_of(&f, e, x, score);
            noticed += !(worst_error(m, at[t][0], at[t][1], x, score) <= 1);
            products += !e->sieve;
            for (size_t k = 0; k < POINTS; k += 2)
                e->offset[k] += 0x1p-24; /* and single precision */
            score_of(&f, e, x, score);
            shifted += !e->sieve && !(worst_error(m, at[t][0], at[t][1], x, score) <= 1);
            free(e);
        }
        ck_assert_uint_gt(sieved, 0);
        ck_assert_uint_gt(noticed, 0);
        ck_assert_uint_ge(products, 2);
        ck_assert_uint_eq(shifted, products);
        fk_mixture_free(m);
    }
}
END_TEST

/* Far from the origin the products cancel: an ulp of 24 (1e8)^2 is 32, against 4 between
 * neighbours. */
START_TEST(the_sieve_changes_no_bit_wherever_the_cloud_lies)
{
    static const double centre[] = {0, 40, 1e4, 1e8};
    double x[DIM * N], want[DIM * N], got[DIM * N];
    size_t sieved = 0, noticed = 0;
    for (size_t c = 0; c < 4; c++) {
        fk_mixture *m = cloud(centre[c], 0);
        const fk_field f = fk_mixture_field(m);
        for (size_t t = 0; t < TIMES; t++) {
            draw(m, at[t][0], at[t][1], x);
            fk_frozen_empirical *e = frozen(&f, at[t][0], at[t][1]);
            if (e->sieve) {
                sieved++;
                score_of(&f, e, x, got);
                e->slack = HUGE_VAL; /* every point passes */
                score_of(&f, e, x, want);
                ck_assert(memcmp(got, want, sizeof got) == 0);
                e->slack = 0; /* the control: rounding is not allowed for */
                score_of(&f, e, x, got);
                noticed += memcmp(got, want, sizeof got) != 0;
            }
            free(e);
        }
        fk_mixture_free(m);
    }
    ck_assert_uint_gt(sieved, 4);
    ck_assert_uint_gt(noticed, 0);
}
END_TEST

START_TEST(instruction_sets_and_blocks_leave_every_bit)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    double x[DIM * N], want[DIM * N], got[DIM * N];
    fk_mixture *m = cloud(0, 0.1);
    const fk_field f = fk_mixture_field(m);
    for (size_t t = 0; t < TIMES; t++) {
        draw(m, at[t][0], at[t][1], x);
        fk_frozen_empirical *e = frozen(&f, at[t][0], at[t][1]);
        score_of(&f, e, x, want);
        for (size_t k = 0; k < 3; k++) {
            setenv("FOKKER_ISA", isas[k], 1);
            score_of(&f, e, x, got);
            ck_assert(memcmp(got, want, sizeof got) == 0);
        }
        unsetenv("FOKKER_ISA");
        memset(got, 0, sizeof got);
        for (size_t p = 0; p < N; p += FK_LANES)
            f.eval(f.self, e, (fk_block){x + p, FK_LANES, DIM, N},
                   (fk_block){got + p, FK_LANES, DIM, N});
        ck_assert(memcmp(got, want, sizeof got) == 0);
        free(e);
    }
    fk_mixture_free(m);
}
END_TEST

START_TEST(a_particle_that_is_no_number_stays_none_and_spoils_no_other)
{
    double x[DIM * N], want[DIM * N], got[DIM * N];
    fk_mixture *m = cloud(0, 0);
    const fk_field f = fk_mixture_field(m);
    for (size_t t = 1; t < TIMES; t++) {
        fk_frozen_empirical *e = frozen(&f, at[t][0], at[t][1]);
        draw(m, at[t][0], at[t][1], x);
        score_of(&f, e, x, want);
        x[5 * N + 3] = NAN, x[2 * N + 20] = HUGE_VAL;
        score_of(&f, e, x, got);
        for (size_t j = 0; j < DIM * N; j++) {
            if (j % N == 3 || j % N == 20)
                ck_assert(!isfinite(got[j]) || j / N != (j % N == 3 ? 5 : 2));
            else
                ck_assert(got[j] == want[j]);
        }
        free(e);
    }
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("empirical", what_is_left_out_is_below_the_rounding_of_the_rest,
         the_sieve_changes_no_bit_wherever_the_cloud_lies,
         instruction_sets_and_blocks_leave_every_bit,
         a_particle_that_is_no_number_stays_none_and_spoils_no_other)
