/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise: known answers, the kernels against the scalar reference, and statistics. Each statistical
 * test is at six standard errors, or at a p-value of 2e-9: some twenty of them, so that a random
 * seed raises a false alarm with probability below 1e-7. */
#include "core/noise.h"

#include <gsl/gsl_cdf.h>
#include <string.h>

#include "core/stats.h"
#include "core/vmath.h"
#include "tests/suite.h"

static const fk_key key = {0x9e3779b97f4a7c15, FK_STREAM_USER + 3};
static const char *const isas[] = {"portable", "avx2", "avx512"};

START_TEST(words_are_random123s_known_answers)
{
    /* Random123 1.14, tests/kat_vectors: threefry2x64 13, counter, key, result. Their counters
     * are (particle, step << 32 | draw) here. */
    static const uint64_t kat[3][6] = {
        {0, 0, 0, 0, 0xf167b032c3b480bd, 0xe91f9fee4b7a6fb5},
        {~0ull, ~0ull, ~0ull, ~0ull, 0xccdec5c917a874b1, 0x4df53abca26ceb01},
        {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
         0xc3aac71561042993, 0x3fe7ae8801aff316}};
    for (int i = 0; i < 3; i++) {
        uint64_t word[2];
        fk_random_words((fk_key){kat[i][2], kat[i][3]}, kat[i][0], kat[i][1] >> 32,
                        kat[i][1] & 0xffffffff, word);
        ck_assert(word[0] == kat[i][4] && word[1] == kat[i][5]);
    }
}
END_TEST

static fk_block normals(double *z, size_t n, size_t rows, uint64_t first, uint64_t step)
{
    fk_block b = {z, n, rows, n};
    fk_random_normals(key, first, step, b);
    return b;
}

/* A run's, of dimension 1. */
static fk_block normals_1d(double *z, size_t n, size_t rows, uint64_t first, uint64_t step)
{
    fk_block b = {z, n, rows, n};
    const fk_noise noise = fk_noise_independent(&key, 1);
    noise.fill(noise.self, step, first, b);
    return b;
}

START_TEST(every_kernel_agrees_with_the_scalar_words)
{
    enum { N = 48, ROWS = 5 };
    const uint64_t first = 0xfffffffffffffff0 - 7, step = 0x83a1b2c3; /* wraps around */
    double *z = fk_alloc(N * ROWS, sizeof *z);
    for (int k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        fk_block b = normals(z, N, ROWS, first, step);
        for (size_t m = 0; m < ROWS; m++)
            for (size_t p = 0; p < N; p++) {
                uint64_t w[2];
                double c, s;
                fk_random_words(key, first + p, step, m / 2, w);
                double u = ((double)(w[0] >> 12) + 0.5) * 0x1p-52;
                double v = ((double)(w[1] >> 12) + 0.5) * 0x1p-52;
                double r = sqrt(-2 * fk_lane_log(u));
                fk_lane_turn(v, &c, &s);
                double same = m % 2 ? r * s : r * c, got = b.x[m * b.ld + p];
                ck_assert(memcmp(&same, &got, sizeof got) == 0);
                long double angle = 2 * 3.14159265358979323846264338327950288L * (long double)v;
                long double far = sqrtl(-2 * logl((long double)u));
                /* radius within 2 ulps (log 2, sqrt halves it, its own rounding), angle 1.5 */
                fk_assert_near(got, (double)(far * (m % 2 ? sinl(angle) : cosl(angle))),
                               0x1p-51 * (double)far);
            }
    }
    unsetenv("FOKKER_ISA");
    free(z);
}
END_TEST

START_TEST(uniforms_of_many_are_those_of_each)
{
    enum { N = 3 * FK_LANES };
    const uint64_t first = 0xfffffffffffffff0 - 7;
    double u[N];
    for (int k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        fk_random_uniforms(key, first, 9, 4, u, N);
        for (size_t p = 0; p < N; p++) ck_assert(u[p] == fk_random_uniform(key, first + p, 9, 4));
    }
    unsetenv("FOKKER_ISA");
}
END_TEST

START_TEST(in_dimension_1_two_particles_are_the_coordinates_of_one)
{
    enum { N = 11 * FK_LANES, ROWS = 3, HALF = 6 * FK_LANES }; /* all groups of all kernels */
    const uint64_t first = 0x92385a4be6, step = 0x83a1b2c3;
    double *z = fk_alloc(N * ROWS, sizeof *z), *pair = fk_alloc(HALF * 2 * ROWS, sizeof *pair);
    normals(pair, HALF, 2 * ROWS, first / 2, step);
    for (int k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        normals_1d(z, N, ROWS, first, step);
        for (size_t m = 0; m < ROWS; m++)
            for (size_t p = 0; p < N; p++)
                ck_assert(z[m * N + p] == pair[(2 * m + p % 2) * HALF + p / 2]);
    }
    unsetenv("FOKKER_ISA");
    free(z), free(pair);
}
END_TEST

START_TEST(a_uniform_is_never_zero_or_one)
{
    double sum = 0, least = 1, most = 0;
    enum { N = 100000 };
    for (uint64_t i = 0; i < N; i++) {
        double u = fk_random_uniform(key, i, 7, 0);
        sum += u, least = fmin(least, u), most = fmax(most, u);
    }
    ck_assert(least > 0 && least < 1e-3 && most < 1 && most > 1 - 1e-3);
    fk_assert_near(sum / N, 0.5, 6 / sqrt(12.0 * N));
    /* the extreme words */
    ck_assert(((double)(0ull >> 12) + 0.5) * 0x1p-52 > 0);
    ck_assert(((double)(~0ull >> 12) + 0.5) * 0x1p-52 < 1);
}
END_TEST

START_TEST(a_scheme_with_one_normal_more_sees_the_others_unchanged)
{
    enum { N = 32, DIM = 3 };
    double *few = fk_alloc(N * DIM, sizeof *few), *many = fk_alloc(N * DIM * 4, sizeof *many);
    normals(few, N, DIM, 64, 5);
    normals(many, N, DIM * 4, 64, 5);
    ck_assert(memcmp(few, many, N * DIM * sizeof *few) == 0);
    normals(few, N, DIM, 64 + 16, 5); /* and particles do not depend on the block */
    for (size_t m = 0; m < DIM; m++)
        ck_assert(memcmp(few + m * N, many + m * N + 16, 16 * sizeof *few) == 0);
    normals(few, N, DIM, 64, 6);
    ck_assert(memcmp(few, many, N * sizeof *few) != 0);
    normals_1d(few, N, 1, 64, 5); /* the same of particles that share pairs */
    normals_1d(many, N, 4, 64, 5);
    ck_assert(memcmp(few, many, N * sizeof *few) == 0);
    normals_1d(few, N, 1, 64 + 2, 5);
    ck_assert(memcmp(few, many + 2, (N - 2) * sizeof *few) == 0);
    normals_1d(few, N, 1, 64, 6);
    ck_assert(memcmp(few, many, N * sizeof *few) != 0);
    free(few), free(many);
}
END_TEST

static double phi(const void *law, double x)
{
    (void)law;
    return gsl_cdf_ugaussian_P(x);
}

/* The worst of mean, variance and kurtosis in standard errors, and of KS (as sqrt(n) D). */
static void measure(const double *z, size_t n, double *worst, double *ks)
{
    double m1 = 0, m2 = 0, m4 = 0, root = sqrt((double)n);
    double *sorted = fk_alloc(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        double q = z[i] * z[i];
        m1 += z[i], m2 += q, m4 += q * q;
    }
    m1 /= (double)n, m2 /= (double)n, m4 /= (double)n;
    /* variances of z, z^2, z^4 under the normal law: 1, 2, 96 */
    *worst = root * fmax(fabs(m1), fmax(fabs(m2 - 1) / sqrt(2), fabs(m4 - 3) / sqrt(96)));
    memcpy(sorted, z, n * sizeof *z);
    fk_sort(sorted, n);
    *ks = root * fk_ks(sorted, n, phi, NULL);
    free(sorted);
}

START_TEST(normals_have_the_moments_and_the_law_of_normals)
{
    enum { N = 1 << 20, ROWS = 4 };
    double *z = fk_alloc((size_t)N * ROWS, sizeof *z), worst, ks;
    normals(z, N, ROWS, 1000, 3);
    measure(z, (size_t)N * ROWS, &worst, &ks);
    ck_assert_double_le(worst, 6);
    ck_assert_double_ge(fk_ks_tail(ks), 2e-9);
    for (size_t i = 0; i < (size_t)N * ROWS; i++) z[i] *= 1.01; /* control: one percent too wide */
    measure(z, (size_t)N * ROWS, &worst, &ks);
    ck_assert_double_gt(worst, 6);
    ck_assert_double_lt(fk_ks_tail(ks), 2e-9);
    free(z);
}
END_TEST

/* The worse of the correlations of (x, y) and of (x^2, y^2), in standard errors. */
static double correlation(const double *x, const double *y, size_t n)
{
    double plain = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        plain += x[i] * y[i];
        squares += (x[i] * x[i] - 1) * (y[i] * y[i] - 1) / 2;
    }
    return fmax(fabs(plain), fabs(squares)) / sqrt((double)n);
}

START_TEST(normals_are_independent_across_particle_step_draw_stream_and_seed)
{
    enum { N = 1 << 18 };
    double *a = fk_alloc((size_t)4 * N, sizeof *a), *b = fk_alloc((size_t)4 * N, sizeof *b);
    fk_block blocks[2] = {{a, N, 4, N}, {b, N, 4, N}};
    fk_random_normals(key, 0, 11, blocks[0]);
    ck_assert_double_le(correlation(a, a + N, N), 6);                 /* within a pair */
    ck_assert_double_le(correlation(a, a + (size_t)2 * N, N), 6);     /* draws */
    ck_assert_double_le(correlation(a + N, a + (size_t)2 * N, N), 6); /* draws */
    ck_assert_double_le(correlation(a, a + 1, (size_t)N - 1), 6);     /* particles */
    struct {
        fk_key key;
        uint64_t step;
    } other[] = {{key, 12},
                 {key, 10},
                 {{key.seed, key.stream + 1}, 11},
                 {{key.seed + 1, key.stream}, 11},
                 {{key.seed ^ 1ull << 63, key.stream}, 11}};
    for (size_t o = 0; o < sizeof other / sizeof *other; o++) {
        fk_random_normals(other[o].key, 0, other[o].step, blocks[1]);
        for (size_t m = 0; m < 4; m++) ck_assert_double_le(correlation(a + m * N, b + m * N, N), 6);
    }
    for (size_t i = 0; i < N; i++) b[i] = 0.02 * a[i] + sqrt(1 - 0.02 * 0.02) * b[i]; /* control */
    ck_assert_double_gt(correlation(a, b, N), 6);
    free(a), free(b);
}
END_TEST

START_TEST(particles_that_share_pairs_are_independent)
{
    enum { N = 1 << 19, PAIRS = N / 2 };
    double *z = fk_alloc((size_t)2 * N, sizeof *z), *next = z + N, worst, ks;
    double *even = fk_alloc(PAIRS, sizeof *even), *odd = fk_alloc(PAIRS, sizeof *odd);
    normals_1d(z, N, 2, 0, 11);
    measure(z, (size_t)2 * N, &worst, &ks);
    ck_assert_double_le(worst, 6);
    ck_assert_double_ge(fk_ks_tail(ks), 2e-9);
    for (size_t m = 0; m < 2; m++) {
        for (size_t lag = 1; lag <= 3; lag++)
            ck_assert_double_le(correlation(z + m * N, z + m * N + lag, N - lag), 6);
        for (size_t j = 0; j < PAIRS; j++)
            even[j] = z[m * N + 2 * j], odd[j] = z[m * N + 2 * j + 1];
        ck_assert_double_le(correlation(even, odd, PAIRS), 6);         /* within a pair */
        ck_assert_double_le(correlation(odd, even + 1, PAIRS - 1), 6); /* of two */
    }
    ck_assert_double_le(correlation(z, next, N), 6);         /* draws */
    ck_assert_double_le(correlation(z, next + 1, N - 1), 6); /* of neighbours */
    /* Control: neighbours that share the radius, but not the angle. */
    for (size_t j = 0; j + 1 < PAIRS; j++)
        odd[j] = hypot(even[j], odd[j]) * even[j + 1] / hypot(even[j + 1], odd[j + 1]);
    ck_assert_double_gt(correlation(even, odd, PAIRS - 1), 6);
    free(z), free(even), free(odd);
}
END_TEST

START_TEST(given_noise_is_read_as_steps_particles_coordinates_normals)
{
    enum { STEPS = 3, N = 5, DIM = 2, NORMALS = 3 };
    double z[STEPS * N * DIM * NORMALS];
    for (size_t i = 0; i < sizeof z / sizeof *z; i++) z[i] = 2.385 + (double)i;
    fk_noise_table table = {z, STEPS, N, DIM, NORMALS};
    fk_noise noise = fk_noise_given(&table);
    double out[DIM * 2 * FK_LANES];
    noise.fill(noise.self, 2, 3, (fk_block){out, FK_LANES, DIM * 2, FK_LANES});
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < DIM; i++)
            for (size_t p = 0; p < FK_LANES; p++) {
                size_t at = ((2 * N + 3 + p) * DIM + i) * NORMALS + l;
                ck_assert(out[(l * DIM + i) * FK_LANES + p] == (p < 2 ? z[at] : 0));
            }
}
END_TEST

FK_SUITE("noise", words_are_random123s_known_answers, every_kernel_agrees_with_the_scalar_words,
         uniforms_of_many_are_those_of_each,
         in_dimension_1_two_particles_are_the_coordinates_of_one, a_uniform_is_never_zero_or_one,
         a_scheme_with_one_normal_more_sees_the_others_unchanged,
         normals_have_the_moments_and_the_law_of_normals,
         normals_are_independent_across_particle_step_draw_stream_and_seed,
         particles_that_share_pairs_are_independent,
         given_noise_is_read_as_steps_particles_coordinates_normals)
