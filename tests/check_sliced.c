/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sliced Wasserstein distance against what is known of it for laws that differ by a shift or by
 * a factor, and against a plain program. */
#include <gsl/gsl_sf_gamma.h>
#include <string.h>

#include "core/noise.h"
#include "core/stats.h"
#include "tests/suite.h"

/* x (n, dim): standard normals through a triangular matrix, plus `shift`. */
static void draw(double *x, size_t n, size_t dim, uint64_t seed, const double *shift)
{
    const fk_key key = {seed, FK_STREAM_USER};
    const size_t ld = fk_pad(n);
    double *z = fk_alloc(ld * dim, sizeof *z);
    fk_random_normals(key, 0, 0, (fk_block){z, ld, dim, ld});
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < dim; i++) {
            double sum = shift ? shift[i] : 0;
            for (size_t j = 0; j <= i; j++)
                sum += (i == j ? 0.7 + 0.1 * (double)i : 0.385) * z[j * ld + p];
            x[p * dim + i] = sum;
        }
    free(z);
}

/* E|u_1| over the sphere. */
static double mean_cosine(size_t dim)
{
    return gsl_sf_gamma((double)dim / 2) / (sqrt(FK_PI) * gsl_sf_gamma((double)(dim + 1) / 2));
}

START_TEST(directions_are_unit_vectors_in_orthogonal_frames)
{
    enum { N = 23, DIM = 5 };
    double u[N * DIM];
    fk_directions(N, DIM, u);
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b <= a; b++) {
            double dot = 0;
            for (size_t i = 0; i < DIM; i++) dot += u[a * DIM + i] * u[b * DIM + i];
            if (a == b) fk_assert_near(dot, 1, 8 * 0x1p-53);
            if (a / DIM == b / DIM && a != b) fk_assert_near(dot, 0, 8 * 0x1p-53);
            if (a / DIM != b / DIM) ck_assert(fabs(dot) > 1e-9); /* the control: frames differ */
        }
}
END_TEST

/* In the plane the midpoint rule of |cos|, with a kink: (pi/n)^2 / (3 pi) at most (core/stats.h).
 * Above that, the mean over 500 frames of the mean of |u_1| in each: the standard error from the
 * frames themselves, six of them. The control: the mean of another dimension. */
START_TEST(the_mean_cosine_over_the_directions_is_that_of_the_sphere)
{
    enum { FRAMES = 500, MOST_DIM = 6 };
    static double u[FRAMES * MOST_DIM * MOST_DIM];
    for (size_t dim = 2; dim <= MOST_DIM; dim++) {
        const size_t n = FRAMES * dim;
        double sum = 0, squares = 0;
        fk_directions(n, dim, u);
        for (size_t f = 0; f < FRAMES; f++) {
            double frame = 0;
            for (size_t k = 0; k < dim; k++) frame += fabs(u[(f * dim + k) * dim]) / (double)dim;
            sum += frame / FRAMES, squares += frame * frame / FRAMES;
        }
        const double se = sqrt((squares - sum * sum) / FRAMES), h = FK_PI / (double)n,
                     bound = dim == 2 ? h * h / (3 * FK_PI) : 6 * se;
        fk_assert_near(sum, mean_cosine(dim), bound);
        ck_assert(fabs(sum - mean_cosine(dim + 1)) > bound);
        if (dim > 2) ck_assert(fabs(sum - mean_cosine(dim - 1)) > bound);
    }
}
END_TEST

/* The same points moved by D lie |u.D| apart along u, whatever their law: the distance is |D| times
 * the mean of |cos| over the directions, here 64 in the plane. The control pairs points by their
 * index with those of another draw, as if the sorting were forgotten. */
START_TEST(a_shift_has_the_length_of_its_mean_shadow)
{
    enum { N = 4001, DIRECTIONS = 64 };
    static double x[2 * N], y[2 * N];
    const double shift[2] = {1.3, -0.385}, length = hypot(shift[0], shift[1]),
                 h = FK_PI / DIRECTIONS, bound = length * h * h / (3 * FK_PI);
    draw(x, N, 2, 5, NULL);
    for (size_t p = 0; p < N; p++)
        y[2 * (N - 1 - p)] = x[2 * p] + shift[0], y[2 * (N - 1 - p) + 1] = x[2 * p + 1] + shift[1];
    const double right = length * mean_cosine(2);
    fk_assert_near(fk_sliced_w1(x, N, y, N, 2, DIRECTIONS, 1, NULL), right, bound);
    double unsorted = 0;
    for (size_t p = 0; p < N; p++)
        unsorted += hypot(y[2 * p] - x[2 * p], y[2 * p + 1] - x[2 * p + 1]) * mean_cosine(2) / N;
    ck_assert(fabs(unsorted - right) > bound);
    ck_assert(fabs(length - right) > bound); /* the control: W1 itself */
}
END_TEST

/* Two Gaussians of one covariance, samples of n and m: along u the distance is wrong by at most W1
 * between two samples of one law, whose mean is at most sd(u) sqrt(1/n + 1/m) int sqrt(F (1 - F)),
 * 1.62 for a Gaussian, and whose standard deviation at most sd(u) sqrt(1/n + 1/m), of which six.
 * Controls: the sample that is not moved, and the mean cosine of the plane. */
START_TEST(gaussians_of_one_covariance_lie_their_means_apart)
{
    enum { N = 40000, M = 30000, DIM = 3, DIRECTIONS = 300 };
    static double x[N * DIM], y[M * DIM];
    const double shift[DIM] = {1.9, -1.385, 2.1};
    const double length = sqrt(1.9 * 1.9 + 1.385 * 1.385 + 2.1 * 2.1);
    draw(x, N, DIM, 7, NULL);
    draw(y, M, DIM, 8, shift);
    const double sd = 1.3, root = sqrt(1.0 / N + 1.0 / M); /* the largest sd along any direction */
    /* of the directions: 100 frames, whose means have a standard deviation below 0.1 */
    const double bound = (1.62 + 6) * sd * root + 6 * 0.1 * length / sqrt(DIRECTIONS / DIM);
    const double right = length * mean_cosine(DIM);
    fk_assert_near(fk_sliced_w1(x, N, y, M, DIM, DIRECTIONS, 1, NULL), right, bound);
    draw(y, M, DIM, 8, NULL);
    ck_assert(fabs(fk_sliced_w1(x, N, y, M, DIM, DIRECTIONS, 1, NULL) - right) > bound);
    ck_assert(fabs(length * mean_cosine(2) - right) > bound);
}
END_TEST

/* By quantiles: int_0^1 |F_n^-1 - G_m^-1|, the step functions refined to n m equal parts. */
static double w1_by_quantiles(const double *x, size_t n, const double *y, size_t m)
{
    long double sum = 0;
    for (size_t k = 0; k < n * m; k++) sum += fabsl((long double)x[k / m] - y[k / n]);
    return (double)(sum / (n * m));
}

START_TEST(distances_of_unequal_samples_agree_with_quantiles)
{
    enum { N = 37, M = 24, DIM = 4, DIRECTIONS = 9 };
    double x[N * DIM], y[M * DIM], u[DIRECTIONS * DIM], a[N], b[M], sum = 0, backwards = 0;
    draw(x, N, DIM, 11, NULL);
    draw(y, M, DIM, 12, (double[]){0.1, 0.2, 0.3, 0.4});
    fk_directions(DIRECTIONS, DIM, u);
    for (size_t k = 0; k < DIRECTIONS; k++) {
        memset(a, 0, sizeof a), memset(b, 0, sizeof b);
        for (size_t i = 0; i < DIM; i++) {
            for (size_t p = 0; p < N; p++) a[p] += u[k * DIM + i] * x[p * DIM + i];
            for (size_t p = 0; p < M; p++) b[p] += u[k * DIM + i] * y[p * DIM + i];
        }
        fk_sort(a, N), fk_sort(b, M);
        sum += w1_by_quantiles(a, N, b, M) / DIRECTIONS;
        backwards += w1_by_quantiles(a, M, b, M) / DIRECTIONS; /* the control: cut to one size */
    }
    const double value = fk_sliced_w1(x, N, y, M, DIM, DIRECTIONS, 1, NULL);
    fk_assert_near(value, sum, 1e-14);
    ck_assert(fabs(value - backwards) > 1e-3);
    for (int threads = 2; threads < 5; threads++)
        ck_assert(fk_sliced_w1(x, N, y, M, DIM, DIRECTIONS, threads, NULL) == value);
}
END_TEST

/* Over all ways to deal seven points into three and four: the bound is the integral of the root
 * mean square of F_n - G_m, and above the mean of the distance. */
START_TEST(the_null_bound_is_the_root_mean_square_over_relabellings)
{
    enum { N = 3, ALL = 7 };
    double pool[ALL] = {-2.385, -1.1, 0.3, 0.7, 1.9, 2.6, 5.2};
    double mean = 0, squares[ALL] = {0}, bound = 0, want = 0, ways = 0;
    for (unsigned deal = 0; deal < 1u << ALL; deal++) {
        double x[ALL], y[ALL];
        size_t n = 0, m = 0, of_x = 0;
        for (size_t i = 0; i < ALL; i++) *(deal >> i & 1 ? &x[n++] : &y[m++]) = pool[i];
        if (n != N) continue;
        ways++, mean += fk_sliced_w1(x, n, y, m, 1, 1, 1, &bound);
        for (size_t i = 0; i + 1 < ALL; i++) {
            of_x += deal >> i & 1;
            const double gap = (double)of_x / N - (double)(i + 1 - of_x) / (ALL - N);
            squares[i] += gap * gap;
        }
    }
    for (size_t i = 0; i + 1 < ALL; i++) want += sqrt(squares[i] / ways) * (pool[i + 1] - pool[i]);
    fk_assert_near(bound, want, 1e-14);
    ck_assert(fabs(bound * sqrt(6.0 / 7) - want) > 1e-14); /* the control: without N/(N - 1) */
    ck_assert(mean / ways < bound && mean / ways > 0.7 * bound);
}
END_TEST

START_TEST(on_the_line_it_is_w1)
{
    enum { N = 50, M = 70 };
    double x[N], y[M];
    draw(x, N, 1, 13, NULL);
    draw(y, M, 1, 14, (double[]){0.385});
    const double value = fk_sliced_w1(x, N, y, M, 1, 64, 0, NULL);
    ck_assert(isnan(fk_sliced_w1((double[]){NAN, 1}, 2, y, M, 1, 64, 0, NULL)));
    fk_sort(x, N), fk_sort(y, M);
    fk_assert_near(value, w1_by_quantiles(x, N, y, M), 1e-14);
}
END_TEST

FK_SUITE("sliced", directions_are_unit_vectors_in_orthogonal_frames,
         the_mean_cosine_over_the_directions_is_that_of_the_sphere,
         a_shift_has_the_length_of_its_mean_shadow,
         gaussians_of_one_covariance_lie_their_means_apart,
         distances_of_unequal_samples_agree_with_quantiles,
         the_null_bound_is_the_root_mean_square_over_relabellings, on_the_line_it_is_w1)
