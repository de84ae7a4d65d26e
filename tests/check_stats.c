/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <string.h>

#include "core/distance.h"
#include "core/stats.h"
#include "tests/suite.h"

/* The normal law, and n draws that are not quite from it. */
typedef struct {
    double mean, sd;
} gaussian;

static double gaussian_cdf(const void *law, double x)
{
    const gaussian *g = law;
    return gsl_cdf_ugaussian_P((x - g->mean) / g->sd);
}

static uint64_t next_word(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double uniform(uint64_t *state)
{
    return ((double)(next_word(state) >> 12) + 0.5) * 0x1p-52;
}

static void draw(double *x, size_t n, gaussian g, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) x[i] = g.mean + g.sd * gsl_cdf_ugaussian_Pinv(uniform(&seed));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(sorting_agrees_with_qsort)
{
    static double x[30000], y[30000];
    uint64_t state = 5;
    size_t size[] = {0, 1, 2, 17, 64, 65, 1000, 30000};
    for (size_t k = 0; k < sizeof size / sizeof *size; k++)
        for (int kind = 0; kind < 3; kind++) {
            size_t n = size[k];
            for (size_t i = 0; i < n; i++) {
                uint64_t word = next_word(&state);
                memcpy(&x[i], &word, sizeof *x);
                if (isnan(x[i])) x[i] = i % 2 ? INFINITY : -INFINITY;
                if (kind == 1) x[i] = (double)(word % 10) - 4.5; /* many ties */
                if (kind == 2) x[i] = ldexp((double)(word % 999) - 499, -1074);
            }
            memcpy(y, x, n * sizeof *x);
            fk_sort(x, n);
            qsort(y, n, sizeof *y, ascending);
            for (size_t i = 0; i < n; i++) ck_assert(x[i] == y[i]);
        }
}
END_TEST

/* By definition: the largest |F_n - F| at the samples and just before them, F_n by counting. */
static double ks_by_counting(const double *x, size_t n, const gaussian *g)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t upto = 0, before = 0;
        for (size_t j = 0; j < n; j++) {
            upto += x[j] <= x[i];
            before += x[j] < x[i];
        }
        double f = gaussian_cdf(g, x[i]);
        most = fmax(most, fabs((double)upto / (double)n - f));
        most = fmax(most, fabs((double)before / (double)n - f));
    }
    return most;
}

START_TEST(ks_is_the_largest_gap_on_either_side_of_a_sample)
{
    enum { N = 400 };
    double x[N];
    gaussian law = {0.3, 1.7}, other = {0.5, 1.5};
    draw(x, N, other, 11);
    for (size_t i = 0; i < N; i += 9) x[i] = floor(x[i]); /* ties */
    fk_sort(x, N);
    fk_assert_near(fk_ks(x, N, gaussian_cdf, &law), ks_by_counting(x, N, &law), 1e-15);
    double shifted[1] = {5.3};
    fk_assert_near(fk_ks(shifted, 1, gaussian_cdf, &law), gaussian_cdf(&law, 5.3), 1e-16);
    double after = fabs(1 - gaussian_cdf(&law, 5.3)); /* the control: one side alone */
    ck_assert(after < gaussian_cdf(&law, 5.3) - 0.5);
    shifted[0] = NAN;
    ck_assert(isnan(fk_ks(shifted, 1, gaussian_cdf, &law)));
}
END_TEST

/* The result is that of looking at every sample, to the bit, wherever the largest gap is: anywhere
 * for a sample of the law itself, in the middle for one that is too narrow, at a single place where
 * a few samples are missing. The control looks at every 128th alone. */
START_TEST(ks_of_many_samples_is_that_of_every_sample)
{
    enum { N = 20011 };
    static double x[N];
    const gaussian law = {0.3, 1.7};
    int missed = 0;
    for (size_t kind = 0; kind < 12; kind++) {
        draw(x, N, (gaussian){0.3 + (kind == 1 ? 0.02 : 0), kind == 2 ? 1.5 : 1.7}, 40 + kind);
        fk_sort(x, N);
        for (size_t i = 0; kind >= 3 && i < 300; i++) x[1700 * kind + i] = x[1700 * kind + 300];
        double every = 0, few = 0;
        for (size_t i = 0; i < N; i++) {
            const double f = gaussian_cdf(&law, x[i]);
            const double gap = fmax((double)(i + 1) / N - f, f - (double)i / N);
            every = fmax(every, gap);
            if (i % 128 == 0) few = fmax(few, gap);
        }
        ck_assert(fk_ks(x, N, gaussian_cdf, &law) == every);
        missed += few != every;
    }
    ck_assert_int_gt(missed, 8);
}
END_TEST

/* E K = sqrt(pi/2) log 2 and E K^2 = pi^2/12 for the law of K = lim sqrt(n) D_n, as integrals of
 * its tail; and either series, with enough terms, at every z. */
START_TEST(ks_tail_has_the_known_moments_and_is_one_theta_function)
{
    double first = 0, second = 0, step = 1.0 / 1024; /* smooth, flat at both ends: trapezia do */
    for (int i = 1; i < 8 * 1024; i++) {
        double z = i * step, tail = fk_ks_tail(z);
        first += tail * step;
        second += 2 * z * tail * step;
        if (z < 0.2) continue;
        double sum = 0;
        for (int k = 80; k >= 1; k--) sum = exp(-2.0 * k * k * z * z) - sum;
        fk_assert_near(tail, 2 * sum, 4e-15);
    }
    first += step / 2;         /* half the end at z = 0, where the tail is 1 */
    second += step * step / 6; /* Euler-Maclaurin: the slope at z = 0 is 2 */
    fk_assert_near(first, sqrt(FK_PI / 2) * log(2), 1e-13);
    fk_assert_near(second, FK_PI * FK_PI / 12, 1e-13);
    ck_assert(fk_ks_tail(0) == 1 && fk_ks_tail(-1) == 1 && isnan(fk_ks_tail(NAN)));
}
END_TEST

/* int (Phi - c) in closed form: the antiderivative of Phi is z Phi + phi. */
static double area(const gaussian *g, double c, double a, double b)
{
    double za = (a - g->mean) / g->sd, zb = (b - g->mean) / g->sd;
    double ga = za * gsl_cdf_ugaussian_P(za) + gsl_ran_ugaussian_pdf(za);
    double gb = zb * gsl_cdf_ugaussian_P(zb) + gsl_ran_ugaussian_pdf(zb);
    return g->sd * (gb - ga - c * (zb - za));
}

static double w1_in_closed_form(const double *x, size_t n, const gaussian *g, double lo, double hi,
                                bool split)
{
    double sum = 0;
    for (size_t i = 0; i <= n; i++) {
        double a = i > 0 ? x[i - 1] : fmin(lo, x[0]), b = i < n ? x[i] : fmax(hi, x[n - 1]);
        double c = (double)i / (double)n;
        double root = c > 0 && c < 1 ? g->mean + g->sd * gsl_cdf_ugaussian_Pinv(c) : a;
        if (split && root > a && root < b)
            sum += fabs(area(g, c, a, root)) + fabs(area(g, c, root, b));
        else
            sum += fabs(area(g, c, a, b));
    }
    return sum;
}

/* Range 20 times an agreement of 1e-12 per unit length, and 1e-18 rounding in each of 1e4 parts. */
START_TEST(w1_to_a_law_agrees_with_its_closed_form)
{
    enum { N = 3000 };
    static double x[N];
    gaussian law = {0.3, 1.1}, drawn[] = {{0.3, 1.1}, {0.7, 1.1}, {0.3, 0.05}, {40, 1}};
    for (size_t k = 0; k < sizeof drawn / sizeof *drawn; k++)
        for (size_t n = 1; n <= N; n = n * 7 + 2) {
            draw(x, n, drawn[k], 30 + k);
            fk_sort(x, n);
            double value = fk_w1(x, n, gaussian_cdf, &law, -10, 10);
            fk_assert_near(value, w1_in_closed_form(x, n, &law, -10, 10, true), 2e-11);
            /* the control: no split where the difference changes its sign */
            double unsplit = w1_in_closed_form(x, n, &law, -10, 10, false);
            if (k == 0 && n > 1) ck_assert(fabs(unsplit - value) > 2e-11);
        }
}
END_TEST

/* Two needles far from each other and one sample between them: steps that nodes may miss. */
static double needles_cdf(const void *law, double x)
{
    (void)law;
    return 0.4 * gsl_cdf_ugaussian_P((x + 3.1) / 1e-5) +
           0.6 * gsl_cdf_ugaussian_P((x - 2.9) / 1e-5);
}

START_TEST(w1_sees_needles_between_samples)
{
    double x[1] = {-0.2};
    /* exactly: needles of width 1e-5 move mass 0.4 by 2.9 and 0.6 by 3.1 */
    fk_assert_near(fk_w1(x, 1, needles_cdf, NULL, -10, 10), 0.4 * 2.9 + 0.6 * 3.1, 2e-11);
}
END_TEST

/* The energy distance of the line is 2 int (F_n - G_m)^2. */
static double energy_by_cdfs(double *x, size_t n, double *y, size_t m)
{
    fk_sort(x, n);
    fk_sort(y, m);
    double sum = 0, last = fmin(x[0], y[0]);
    for (size_t i = 0, j = 0; i < n || j < m;) {
        double at = j == m || (i < n && x[i] <= y[j]) ? x[i] : y[j];
        double gap = (double)i / (double)n - (double)j / (double)m;
        sum += 2 * gap * gap * (at - last);
        last = at;
        if (j == m || (i < n && x[i] <= y[j]))
            i++;
        else
            j++;
    }
    return sum;
}

START_TEST(energy_distance_on_the_line_is_twice_the_integral_of_the_squared_cdf_difference)
{
    enum { N = 701, M = 1234 };
    static double x[N], y[M];
    draw(x, N, (gaussian){0.2, 1.3}, 3);
    draw(y, M, (gaussian){0.9, 0.8}, 4);
    double null_mean, value = fk_energy_distance(x, N, y, M, 1, 0, &null_mean);
    fk_assert_near(value, energy_by_cdfs(x, N, y, M), 1e-13);
    fk_assert_near(fk_energy_distance(x, N, y, M, 1, 1, NULL), value, 1e-13);
    ck_assert(value > 20 * null_mean);
}
END_TEST

static double distance(const double *x, const double *y, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(sum);
}

static double mean_distance(const double *x, size_t n, const double *y, size_t m, size_t dim)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) sum += distance(x + i * dim, y + j * dim, dim);
    return (double)(sum / n / m);
}

START_TEST(energy_distance_in_any_dimension_agrees_with_the_double_loop_and_with_itself)
{
    enum { N = 203, M = 130, MOST_DIM = 5 };
    static double x[N * MOST_DIM], y[M * MOST_DIM];
    for (size_t dim = 1; dim <= MOST_DIM; dim++) {
        draw(x, N * dim, (gaussian){0.2, 1.3}, 3);
        draw(y, M * dim, (gaussian){0.3, 1.2}, 4);
        double xy = mean_distance(x, N, y, M, dim), xx = mean_distance(x, N, x, N, dim);
        double yy = mean_distance(y, M, y, M, dim);
        double one = fk_energy_distance(x, N, y, M, dim, 1, NULL);
        fk_assert_near(one, 2 * xy - xx - yy, 1e-13);
        ck_assert(fabs(xy - xx - yy - one) > 1e-13); /* the control: the factor 2 lost */
        for (int threads = 2; threads <= 5; threads++)
            ck_assert(fk_energy_distance(x, N, y, M, dim, threads, NULL) == one);
    }
}
END_TEST

/* Over all ways to deal five points into two and three, the mean is exactly null_mean. */
START_TEST(the_null_mean_is_the_mean_over_relabellings)
{
    double pool[5][2] = {{0.3, 1.2}, {-2.385, 0.1}, {0.7, 0.7}, {1.9, -3.3}, {0.25, 2.5}};
    double sum = 0, null_mean = 0;
    for (int a = 0; a < 5; a++)
        for (int b = a + 1; b < 5; b++) {
            double x[2][2], y[3][2];
            for (int i = 0, k = 0; i < 5; i++)
                memcpy(i == a ? x[0] : i == b ? x[1] : y[k++], pool[i], sizeof pool[i]);
            sum += fk_energy_distance(x[0], 2, y[0], 3, 2, 1, &null_mean) / 10;
        }
    fk_assert_near(sum, null_mean, 1e-14);
    ck_assert(fabs(sum - null_mean * 4 / 5) > 1e-14); /* the control: V- for U-statistic */
}
END_TEST

START_TEST(every_instruction_set_gives_the_same_distance_sums)
{
    enum { N = 1003, DIM = 4 };
    static double y[N * DIM], x[DIM] = {0.1, -0.7, 2.385, 0.4};
    draw(y, N * DIM, (gaussian){0.2, 1.3}, 3);
    for (size_t dim = 1; dim <= DIM; dim++)
        for (size_t n = 0; n <= N; n += 59) {
            double portable = fk_distance_sum_portable(x, y, n, dim, N);
            ck_assert(FK_CHOOSE_KERNEL(fk_distance_sum)(x, y, n, dim, N) == portable);
#if defined(__x86_64__)
            if (fk_isa() >= FK_ISA_AVX2)
                ck_assert(fk_distance_sum_avx2(x, y, n, dim, N) == portable);
#endif
        }
}
END_TEST

START_TEST(sample_quantiles_interpolate_between_order_statistics)
{
    double x[5] = {-1, 0.5, 2, 2.5, 10};
    fk_assert_near(fk_quantile_sorted(x, 5, 0), -1, 0);
    fk_assert_near(fk_quantile_sorted(x, 5, 1), 10, 0);
    fk_assert_near(fk_quantile_sorted(x, 5, 0.5), 2, 0);
    fk_assert_near(fk_quantile_sorted(x, 5, 0.9), 7, 1e-14);
    fk_assert_near(fk_quantile_sorted(x, 5, 0.05), -0.7, 1e-15);
    fk_assert_near(fk_w1_samples(x, 5, (double[]){0, 0.25, 2, 2.5, 9}, 5), 2.25 / 5, 1e-16);
}
END_TEST

FK_SUITE("stats", sorting_agrees_with_qsort, ks_is_the_largest_gap_on_either_side_of_a_sample,
         ks_of_many_samples_is_that_of_every_sample,
         ks_tail_has_the_known_moments_and_is_one_theta_function,
         w1_to_a_law_agrees_with_its_closed_form, w1_sees_needles_between_samples,
         energy_distance_on_the_line_is_twice_the_integral_of_the_squared_cdf_difference,
         energy_distance_in_any_dimension_agrees_with_the_double_loop_and_with_itself,
         the_null_mean_is_the_mean_over_relabellings,
         every_instruction_set_gives_the_same_distance_sums,
         sample_quantiles_interpolate_between_order_statistics)
