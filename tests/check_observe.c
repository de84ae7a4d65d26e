/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The observers, driven by hand as core/integrate.h drives them: blocks of any size at multiples of
 * FK_LANES, in any order, over any number of thread states. */
#include <string.h>

#include "core/observe.h"
#include "core/observe_kernel.h"
#include "core/stats.h"
#include "tests/suite.h"

enum { N = 1003, DIM = 3, TIMES = 2 };

/* Coordinate i of particle p at time j: skewed, and far from 0 in the last coordinate. */
static double value(size_t j, uint64_t p, size_t i)
{
    double u = fmod(0.5 + 0.6180339887498949 * (double)(p + 1), 1);
    double v = fmod(0.3 + 0.7548776662466927 * (double)(p * 3 + i + 1), 1);
    return (double)(j + 1) * (u * u - 2.385 * v) + (i == 2 ? 1e3 : 0);
}

/* Let an observer see all particles in blocks of `size`, dealt to `threads` states in an order that
 * `salt` shuffles. */
static void observe(fk_observer obs, size_t size, size_t threads, size_t salt)
{
    size_t blocks = (N + size - 1) / size;
    char *state = fk_alloc(threads, obs.state_size + FK_ALIGN);
    double *x = fk_alloc(DIM * size, sizeof *x);
    for (size_t k = 0; k < blocks; k++) {
        size_t b = salt ? blocks - 1 - k : k, first = b * size;
        for (size_t j = 0; j < TIMES; j++) {
            for (size_t i = 0; i < DIM; i++)
                for (size_t p = 0; p < size; p++) x[i * size + p] = value(j, first + p, i);
            size_t thread = (b * 7 + salt) % threads;
            obs.see(obs.self, state + thread * obs.state_size, j, first,
                    N - first < size ? N - first : size, (fk_block){x, size, DIM, size});
        }
    }
    if (obs.merge)
        for (size_t t = 0; t < threads; t++)
            obs.merge(obs.self, obs.total, state + ((t + salt) % threads) * obs.state_size);
    free(x);
    free(state);
}

START_TEST(snapshots_hold_every_particle_at_every_time)
{
    fk_snapshots *snap = fk_snapshots_new(TIMES, N, DIM);
    observe(fk_observe_snapshots(snap), 48, 1, 1);
    for (size_t j = 0; j < TIMES; j++)
        for (size_t p = 0; p < N; p++)
            for (size_t i = 0; i < DIM; i++)
                ck_assert(snap->x[(j * N + p) * DIM + i] == value(j, p, i));
    fk_snapshots_free(snap);
}
END_TEST

/* Two passes in long double. */
static void moments_by_two_passes(size_t j, size_t i, double *mean, double *variance)
{
    long double sum = 0, squares = 0;
    for (size_t p = 0; p < N; p++) sum += value(j, p, i);
    for (size_t p = 0; p < N; p++) {
        long double d = value(j, p, i) - sum / N;
        squares += d * d;
    }
    *mean = (double)(sum / N);
    *variance = (double)(squares / (N - 1));
}

/* Sixteen roundings of 2^-53 each in a mean; in a variance those of the squares, relative to
 * 1 + mean^2/variance (1e6 in the last coordinate). */
START_TEST(moments_equal_those_of_two_passes)
{
    fk_moments *mom = fk_moments_new(TIMES, DIM);
    observe(fk_observe_moments(mom), 64, 3, 0);
    for (size_t j = 0; j < TIMES; j++)
        for (size_t i = 0; i < DIM; i++) {
            double mean, variance;
            moments_by_two_passes(j, i, &mean, &variance);
            double scale = variance + mean * mean;
            fk_assert_near(fk_moments_mean(mom, j, i), mean, 8 * 0x1p-53 * sqrt(scale));
            fk_assert_near(fk_moments_variance(mom, j, i), variance, 8 * 0x1p-53 * scale);
            ck_assert(fabs(variance * (N - 1) / N - variance) > 8 * 0x1p-53 * scale); /* control */
        }
    fk_moments_free(mom);
}
END_TEST

START_TEST(moments_have_the_same_bits_for_every_block_size_and_thread_count)
{
    fk_moments *first = fk_moments_new(TIMES, DIM);
    observe(fk_observe_moments(first), 16, 1, 0);
    double plain[2] = {0, 0};
    for (size_t p = 0; p < N; p++) {
        plain[0] += value(0, p, 2);
        plain[1] += value(0, N - 1 - p, 2);
    }
    ck_assert(plain[0] != plain[1]); /* the control: a running sum does depend on the order */
    size_t size[] = {16, 32, 48, 64, 256, 1008, 2048};
    for (size_t k = 0; k < sizeof size / sizeof *size; k++)
        for (size_t threads = 1; threads <= 5; threads += 2) {
            fk_moments *mom = fk_moments_new(TIMES, DIM);
            observe(fk_observe_moments(mom), size[k], threads, k % 2);
            for (size_t j = 0; j < TIMES; j++)
                for (size_t i = 0; i < DIM; i++) {
                    ck_assert(fk_moments_mean(mom, j, i) == fk_moments_mean(first, j, i));
                    ck_assert(fk_moments_variance(mom, j, i) == fk_moments_variance(first, j, i));
                }
            fk_moments_free(mom);
        }
    fk_moments_free(first);
}
END_TEST

/* The exact sums of what the kernel makes of x (count), and those of its integers, of which one may
 * be dropped: the control. */
static bool split(const double *x, size_t count, fk_sum exact[2], fk_sum by_parts[2], bool drop_one)
{
    double term[2][FK_MOST_GROUPS];
    int64_t part[2][FK_SPLITS];
    bool whole;
    const size_t groups = FK_CHOOSE_KERNEL(fk_lane_sums)(x, count, term[0], term[1], part, &whole);
    for (size_t k = 0; k < 2; k++) {
        if (drop_one) part[k][1] = 0;
        fk_sum_add_all(&exact[k], term[k], groups);
        fk_sum_add_split(&by_parts[k], part[k]);
    }
    return whole;
}

START_TEST(sums_of_groups_as_integers_are_exact)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    static double x[FK_MOST_GROUPS * FK_LANES];
    for (int i = 0; i < 3; i++) {
        setenv("FOKKER_ISA", isas[i], 1);
        int caught = 0;
        for (size_t count = 1; count <= FK_MOST_GROUPS * FK_LANES; count += 37) {
            fk_sum exact[2] = {{.pending = 0}}, parts[2] = {{.pending = 0}};
            fk_sum again[2] = {{.pending = 0}}, fewer[2] = {{.pending = 0}};
            for (size_t p = 0; p < count; p++) /* from 1e-5 to 2^18 */
                x[p] = value(0, p, 0) * exp2(16 - 30 * fmod(0.618 * (double)p, 1));
            ck_assert(split(x, count, exact, parts, false));
            ck_assert(split(x, count, again, fewer, true));
            for (size_t k = 0; k < 2; k++) {
                ck_assert(fk_sum_value(&parts[k]) == fk_sum_value(&exact[k]));
                caught += fk_sum_value(&fewer[k]) != fk_sum_value(&exact[k]);
            }
        }
        ck_assert_int_gt(caught, 20);
        static const double outside[] = {0x1p40,    -0x1p41, 1e300,   0x1p-111,
                                         2.385e-40, NAN,     INFINITY};
        for (size_t k = 0; k < sizeof outside / sizeof *outside; k++) {
            fk_sum exact[2] = {{.pending = 0}}, parts[2] = {{.pending = 0}};
            memset(x, 0, sizeof x);
            ck_assert(split(x, 50, exact, parts, false));
            x[17 + k] = outside[k];
            ck_assert(!split(x, 50, exact, parts, false));
        }
    }
    unsetenv("FOKKER_ISA");
}
END_TEST

/* Of coordinates from 1e-40 to 1e30, so that some sums go as integers and some do not, as blocks
 * happen to fall; and of so many that integers are carried over. */
START_TEST(moments_of_any_size_have_the_same_bits_for_every_block_size)
{
    enum { MANY = 50 * N };
    static double x[MANY + FK_LANES];
    double mean[4], variance[4];
    for (size_t p = 0; p < MANY; p++)
        x[p] = value(0, p, 0) *
               (p / 5000 % 3 == 0 ? pow(10, 70 * fmod(0.618 * (double)p, 1) - 40) : 1);
    for (size_t k = 0; k < 4; k++) {
        const size_t size = (size_t[]){48, 16, 992, 5008}[k];
        fk_moments *mom = fk_moments_new(1, 1);
        fk_observer obs = fk_observe_moments(mom);
        char *state = fk_alloc(2, obs.state_size);
        for (size_t first = 0; first < MANY; first += size)
            obs.see(obs.self, state + first / size % 2 * obs.state_size, 0, first,
                    MANY - first < size ? MANY - first : size,
                    (fk_block){x + first, size, 1, size});
        for (size_t t = 0; t < 2; t++) obs.merge(obs.self, obs.total, state + t * obs.state_size);
        mean[k] = fk_moments_mean(mom, 0, 0), variance[k] = fk_moments_variance(mom, 0, 0);
        ck_assert(mean[k] == mean[0] && variance[k] == variance[0] && isfinite(variance[0]));
        free(state);
        fk_moments_free(mom);
    }
}
END_TEST

START_TEST(histograms_count_every_particle_once)
{
    double lo[TIMES] = {-1.5, -3.1}, hi[TIMES] = {0.4, 1.3};
    enum { BINS = 37 };
    fk_histogram *h = fk_histogram_new(TIMES, BINS, 1, lo, hi);
    observe(fk_observe_histogram(h), 32, 4, 1);
    for (size_t j = 0; j < TIMES; j++) {
        uint64_t all = 0;
        const double width = (hi[j] - lo[j]) / BINS;
        for (size_t b = 0; b < BINS + 2; b++) {
            uint64_t here = 0;
            double from = b == 0 ? -INFINITY : lo[j] + (double)(b - 1) * width;
            double to = b == BINS + 1 ? INFINITY : b == BINS ? hi[j] : lo[j] + (double)b * width;
            if (b == BINS + 1) from = hi[j];
            for (size_t p = 0; p < N; p++) here += value(j, p, 1) >= from && value(j, p, 1) < to;
            ck_assert_uint_eq(fk_histogram_counts(h, j)[b], here);
            all += here;
        }
        ck_assert_uint_eq(all, N);
        ck_assert_uint_gt(fk_histogram_counts(h, j)[0], 0);
        ck_assert_uint_gt(fk_histogram_counts(h, j)[BINS + 1], 0);
    }
    fk_histogram_free(h);
}
END_TEST

/* Each edge, and the number just below it, of ranges where products and quotients round; and what
 * no bin holds. Control: the neighbour of each is told apart, as they are counted one by one. */
START_TEST(a_bin_holds_what_lies_between_its_edges_to_the_last_bit)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    static const struct {
        double lo, hi;
        size_t bins;
    } range[] = {{-1.7, 2.385, 37},       {0.1, 0.7, 6},           {-0.3, 0.9, 120},   {-6, 6, 60},
                 {0x1p52, 0x1p52 + 9, 9}, {1e-300, 2.385e-298, 7}, {-1e300, 1e300, 99}};
    for (size_t k = 0; k < 3 * sizeof range / sizeof *range; k++) {
        const size_t bins = range[k / 3].bins;
        const double lo = range[k / 3].lo, hi = range[k / 3].hi;
        setenv("FOKKER_ISA", isas[k % 3], 1);
        fk_histogram *h = fk_histogram_new(1, bins, 0, &lo, &hi);
        const fk_observer obs = fk_observe_histogram(h);
        ck_assert(fk_histogram_edge(h, 0, 0) == lo);
        fk_assert_near(fk_histogram_edge(h, 0, bins), hi, 0x1p-51 * (fabs(lo) + fabs(hi)));
        for (size_t b = 0; b <= bins + 3; b++) {
            double x[FK_LANES] = {0};
            const double outside[] = {NAN, -INFINITY, INFINITY};
            size_t want[2] = {b, b + 1}, count = 2; /* just below edge b, at it */
            if (b <= bins) {
                x[0] = nextafter(fk_histogram_edge(h, 0, b), -INFINITY);
                x[1] = fk_histogram_edge(h, 0, b);
            } else {
                x[0] = outside[b - bins - 1], count = 1;
                want[0] = x[0] > 0 ? bins + 1 : 0;
            }
            uint64_t *counts = fk_alloc(1, obs.state_size);
            obs.see(obs.self, counts, 0, 0, count, (fk_block){x, FK_LANES, 1, FK_LANES});
            for (size_t c = 0; c < bins + 2; c++) {
                const uint64_t right = (size_t)(c == want[0]) + (count == 2 && c == want[1]);
                ck_assert_msg(counts[c] == right, "%g to %g, edge %zu, bin %zu", lo, hi, b, c);
            }
            free(counts);
        }
        fk_histogram_free(h);
    }
    unsetenv("FOKKER_ISA");
}
END_TEST

START_TEST(instruction_sets_leave_every_bit)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    enum { BINS = 37 };
    double lo[TIMES] = {-1.5, -3.1}, hi[TIMES] = {0.4, 1.3}, mean[3], variance[3];
    uint64_t counts[3][BINS + 2];
    for (int k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        fk_moments *mom = fk_moments_new(TIMES, DIM);
        fk_histogram *h = fk_histogram_new(TIMES, BINS, 0, lo, hi);
        observe(fk_observe_moments(mom), 48, 2, 0);
        observe(fk_observe_histogram(h), 48, 2, 0);
        mean[k] = fk_moments_mean(mom, 1, 1), variance[k] = fk_moments_variance(mom, 1, 1);
        memcpy(counts[k], fk_histogram_counts(h, 1), sizeof counts[k]);
        fk_moments_free(mom);
        fk_histogram_free(h);
        ck_assert(mean[k] == mean[0] && variance[k] == variance[0]);
        ck_assert(memcmp(counts[k], counts[0], sizeof counts[k]) == 0);
    }
    unsetenv("FOKKER_ISA");
}
END_TEST

START_TEST(histogram_quantiles_are_within_a_bin_of_those_of_the_sample)
{
    static double x[N];
    for (size_t p = 0; p < N; p++) x[p] = value(0, p, 0);
    fk_sort(x, N);
    double lo[TIMES] = {x[0], x[0]}, hi[TIMES] = {x[N - 1] + 1e-9, x[N - 1] + 1e-9};
    enum { BINS = 200 };
    fk_histogram *h = fk_histogram_new(TIMES, BINS, 0, lo, hi);
    observe(fk_observe_histogram(h), 16, 2, 0);
    double width = (hi[0] - lo[0]) / BINS;
    int caught = 0;
    for (int k = 0; k <= 100; k++) {
        double p = k / 100.0, right = fk_quantile_sorted(x, N, p);
        fk_assert_near(fk_histogram_quantile(h, 0, p), right, width);
        caught += fabs(fk_histogram_quantile(h, 0, p * 0.95) - right) > width; /* the control */
    }
    ck_assert_int_gt(caught, 50);
    fk_histogram_free(h);
}
END_TEST

FK_SUITE("observe", snapshots_hold_every_particle_at_every_time, moments_equal_those_of_two_passes,
         moments_have_the_same_bits_for_every_block_size_and_thread_count,
         sums_of_groups_as_integers_are_exact,
         moments_of_any_size_have_the_same_bits_for_every_block_size,
         histograms_count_every_particle_once,
         a_bin_holds_what_lies_between_its_edges_to_the_last_bit, instruction_sets_leave_every_bit,
         histogram_quantiles_are_within_a_bin_of_those_of_the_sample)
