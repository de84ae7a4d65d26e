/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block score of a mixture against the formula in long double, by Cholesky where the field uses
 * eigenvectors. Errors are measured in the condition of the score at the point. */
#include "analytic/marginal.h"
#include "tests/mixture_oracle.h"

/* The field at n points (a multiple of FK_LANES), x and score (dim, n). */
static void by_field(const fk_mixture *m, double s, double sigma, double *x, double *score,
                     size_t n)
{
    fk_field f = fk_mixture_field(m);
    void *frozen = fk_alloc(1, f.frozen_size);
    f.freeze(f.self, s, sigma, frozen);
    f.eval(f.self, frozen, (fk_block){x, n, m->dim, n}, (fk_block){score, n, m->dim, n});
    free(frozen);
}

/* The logits expanded, c + b.x + A |x|^2, isotropic and 1-D: what must not be done. */
static void by_expansion(const fk_mixture *m, double s, double sigma, const double *x,
                         double *score, size_t n)
{
    for (size_t p = 0; p < n; p++) {
        double top = -HUGE_VAL, total = 0, sum = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t k = 0; k < m->k; k++) {
                double v = s * s * m->var[k] + sigma * sigma, mean = s * m->mean[k];
                double logit = log(m->weight[k]) - 0.5 * log(v) - 0.5 * mean * mean / v +
                               mean / v * x[p] - 0.5 / v * x[p] * x[p];
                if (pass == 0) top = fmax(top, logit);
                double e = pass ? exp(logit - top) : 0;
                total += e, sum += e * (mean - x[p]) / v;
            }
        score[p] = sum / total;
    }
}

typedef void (*method)(const fk_mixture *, double s, double sigma, double *x, double *score,
                       size_t n);

static void expansion(const fk_mixture *m, double s, double sigma, double *x, double *score,
                      size_t n)
{
    by_expansion(m, s, sigma, x, score, n);
}

/* The worst error at n points within `reach` of the means, in 2^-53 of the condition. */
static double worst_error(method f, sample from, double s, double sigma, double reach, size_t n,
                          uint64_t *count)
{
    const fk_mixture *m = from.mixture;
    size_t dim = m->dim, padded = fk_pad(n);
    double *x = fk_alloc(dim * padded, sizeof *x), *score = fk_alloc(dim * padded, sizeof *score);
    inputs in = noised(from, s, sigma);
    for (size_t p = 0; p < padded; p++) {
        size_t k = (size_t)((double)m->k * uniform(count));
        for (size_t i = 0; i < dim; i++)
            x[i * padded + p] = s * m->mean[k * dim + i] + reach * (2 * uniform(count) - 1);
    }
    f(m, s, sigma, x, score, padded);
    double worst = 0;
    for (size_t p = 0; p < n; p++) {
        real want[MAX_DIM], cond[MAX_DIM];
        for (size_t i = 0; i < dim; i++) in.a[in.n - dim + i] = x[i * padded + p];
        formula(&in, want);
        condition(&in, cond);
        for (size_t i = 0; i < dim; i++) {
            double error = (double)(fabsl(score[i * padded + p] - want[i]) / cond[i] * 0x1p53L);
            worst = error <= worst ? worst : error;
        }
    }
    free(x), free(score), free(in.a);
    return worst;
}

static const struct {
    double s, sigma, reach;
} levels[] = {
    {0.91, 0.35, 3}, {0.9993, 0.01, 0.05}, {0.9993, 0.01, 1000}, {0.006, 1, 5}, {1, 50, 200}};

START_TEST(the_score_is_within_64_ulps_of_its_condition)
{
    static const size_t dims[] = {1, 2, 3, 5}, ks[] = {1, 3, 8, 40};
    uint64_t count = 0;
    for (int kind = FK_ISOTROPIC; kind <= FK_FULL; kind++)
        for (int d = kind == FK_ISOTROPIC ? 0 : 1; d < 4; d++)
            for (int k = 0; k < 4; k++) {
                sample m = random_mixture(dims[d], ks[k], (fk_covariance)kind, 0.3, &count);
                for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
                    size_t n = ks[k] > 8 ? 1 : 8;
                    double worst = worst_error(by_field, m, levels[l].s, levels[l].sigma,
                                               levels[l].reach, n, &count);
                    ck_assert_msg(worst <= 64, "kind %d dim %zu k %zu level %zu: %g", kind, dims[d],
                                  ks[k], l, worst);
                }
                sample_free(m);
            }
}
END_TEST

START_TEST(the_score_is_as_good_in_up_to_sixteen_dimensions)
{
    static const size_t dims[] = {4, 8, 11, 16}; /* bands of covariances: half, whole, both, two */
    uint64_t count = 7000;
    for (int d = 0; d < 4; d++)
        for (int kind = FK_ISOTROPIC; kind <= FK_FULL; kind++) {
            sample m = random_mixture(dims[d], 9, (fk_covariance)kind, 0.3, &count);
            ck_assert_double_le(worst_error(by_field, m, 0.97, 0.2, 2, 2, &count), 64);
            sample_free(m);
        }
}
END_TEST

START_TEST(narrow_components_far_from_the_origin_need_the_differences)
{
    uint64_t count = 9000;
    sample m = random_mixture(1, 60, FK_ISOTROPIC, 1000, &count);
    memset(m.mixture->var, 0, m.mixture->k * sizeof(double)); /* point masses, apart */
    memset(m.cov, 0, m.mixture->k * sizeof(double));
    ck_assert_double_le(worst_error(by_field, m, 1, 0.01, 0.02, 40, &count), 64);
    ck_assert_double_gt(worst_error(expansion, m, 1, 0.01, 0.02, 40, &count), 64);
    sample_free(m);
}
END_TEST

START_TEST(point_masses_at_tiny_noise_pull_to_the_nearest_and_never_give_nan)
{
    uint64_t count = 11000;
    for (size_t dim = 1; dim <= 5; dim++) {
        sample m = random_mixture(dim, 70, FK_ISOTROPIC, 0, &count);
        const fk_mixture *mix = m.mixture;
        memset(mix->var, 0, mix->k * dim * sizeof *mix->var);
        double x[5 * FK_LANES], score[5 * FK_LANES], sigma = 1e-9;
        for (size_t i = 0; i < dim; i++)
            for (size_t p = 0; p < FK_LANES; p++)
                x[i * FK_LANES + p] = 2000 * uniform(&count) - 1000;
        by_field(mix, 1, sigma, x, score, FK_LANES);
        for (size_t p = 0; p < FK_LANES; p++) {
            size_t near = 0;
            double least = HUGE_VAL;
            for (size_t k = 0; k < mix->k; k++) {
                double r = 0;
                for (size_t i = 0; i < dim; i++)
                    r += pow(x[i * FK_LANES + p] - mix->mean[k * dim + i], 2);
                if (r < least) least = r, near = k;
            }
            for (size_t i = 0; i < dim; i++) {
                double want = (mix->mean[near * dim + i] - x[i * FK_LANES + p]) / (sigma * sigma);
                fk_assert_near(score[i * FK_LANES + p], want, 1e-14 * fabs(want));
            }
        }
        sample_free(m);
    }
}
END_TEST

START_TEST(a_particle_that_is_no_number_stays_none)
{
    uint64_t count = 12000;
    for (int kind = FK_ISOTROPIC; kind <= FK_FULL; kind++) {
        sample m = random_mixture(2, 5, (fk_covariance)kind, 0, &count);
        double x[2 * FK_LANES] = {[3] = NAN, [7] = HUGE_VAL}, score[2 * FK_LANES];
        by_field(m.mixture, 0.9, 0.3, x, score, FK_LANES);
        for (size_t p = 0; p < FK_LANES; p++) ck_assert((p == 3 || p == 7) == !isfinite(score[p]));
        /* nor does one suffer that is far out in the same lane of the register before or after */
        for (size_t far = 5; far < FK_LANES; far += FK_LANES / 2) {
            double y[2 * FK_LANES] = {0}, alone[2 * FK_LANES];
            y[far] = 1e12;
            by_field(m.mixture, 0.9, 0.3, y, alone, FK_LANES);
            y[(far + FK_LANES / 2) % FK_LANES] = NAN;
            by_field(m.mixture, 0.9, 0.3, y, score, FK_LANES);
            ck_assert(score[far] == alone[far] && isfinite(score[far]));
        }
        sample_free(m);
    }
}
END_TEST

START_TEST(a_neighbour_far_out_moves_no_bit)
{
    uint64_t count = 12500;
    for (int trial = 0; trial < 200; trial++) { /* narrow: the largest logits are positive */
        sample m = random_mixture(2, 9, FK_ISOTROPIC, 0, &count);
        double x[2 * FK_LANES], near[2 * FK_LANES], far[2 * FK_LANES];
        for (size_t k = 0; k < 18; k++) m.mixture->mean[k] *= 1e-3, m.mixture->var[k] *= 1e-6;
        for (size_t i = 0; i < 2 * FK_LANES; i++) x[i] = 4e-3 * (2 * uniform(&count) - 1);
        by_field(m.mixture, 1, 1e-3, x, near, FK_LANES);
        x[5] = 1e9;
        by_field(m.mixture, 1, 1e-3, x, far, FK_LANES);
        near[5] = far[5], near[FK_LANES + 5] = far[FK_LANES + 5];
        ck_assert(memcmp(near, far, sizeof near) == 0);
        sample_free(m);
    }
}
END_TEST

START_TEST(instruction_sets_and_blocks_leave_every_bit)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    static const size_t dims[] = {1, 2, 3, 4, 7, 11, 16};
    enum { N = 5 * FK_LANES };
    uint64_t count = 13000;
    double x[16 * N], want[16 * N], got[16 * N];
    for (int kind = FK_ISOTROPIC; kind <= FK_FULL; kind++)
        for (int d = kind == FK_ISOTROPIC ? 0 : 1; d < 7; d++) {
            size_t dim = dims[d];
            sample m = random_mixture(dim, 45, (fk_covariance)kind, 0, &count);
            for (size_t i = 0; i < dim * N; i++)
                x[i] = (6 * uniform(&count) - 3) * (i % 11 ? 1 : 1e9); /* one in eleven far out */
            unsetenv("FOKKER_ISA");
            by_field(m.mixture, 0.9, 0.3, x, want, N);
            for (int k = 0; k < 3; k++) {
                setenv("FOKKER_ISA", isas[k], 1);
                by_field(m.mixture, 0.9, 0.3, x, got, N);
                ck_assert(memcmp(got, want, dim * N * sizeof *got) == 0);
            }
            unsetenv("FOKKER_ISA");
            fk_field f = fk_mixture_field(m.mixture);
            void *frozen = fk_alloc(1, f.frozen_size);
            f.freeze(f.self, 0.9, 0.3, frozen);
            memset(got, 0, sizeof got);
            for (size_t p = 0; p < N; p += FK_LANES)
                f.eval(f.self, frozen, (fk_block){x + p, FK_LANES, dim, N},
                       (fk_block){got + p, FK_LANES, dim, N});
            ck_assert(memcmp(got, want, dim * N * sizeof *got) == 0);
            free(frozen);
            sample_free(m);
        }
}
END_TEST

START_TEST(a_hundred_and_fifty_dimensions_fit_too)
{
    /* One Gaussian with the axes of a discrete cosine transform: score = -sum_j a_j a_j.x / v_j. */
    enum { DIM = 150 };
    double *axes = fk_alloc(DIM * DIM, sizeof *axes), *var = fk_alloc(DIM, sizeof *var);
    double *x = fk_alloc(DIM * FK_LANES, sizeof *x), *score = fk_alloc(DIM * FK_LANES, sizeof *x);
    double *mean = fk_alloc(DIM, sizeof *mean), *low = fk_alloc(DIM * DIM, sizeof *low);
    double weight = 1, s = 0.8, sigma = 0.3;
    uint64_t count = 15000;
    for (size_t j = 0; j < DIM; j++) {
        var[j] = 0.01 + uniform(&count);
        for (size_t i = 0; i < DIM; i++)
            axes[j * DIM + i] =
                sqrt((j ? 2.0 : 1.0) / DIM) * cos(FK_PI * (double)j * ((double)i + 0.5) / DIM);
    }
    fk_mixture m = {.name = NULL,
                    .dim = DIM,
                    .k = 1,
                    .kind = FK_FULL,
                    .weight = &weight,
                    .mean = mean,
                    .var = var,
                    .axes = axes,
                    .var_low = mean,
                    .axes_low = low};
    for (size_t i = 0; i < DIM * FK_LANES; i++) x[i] = 2 * uniform(&count) - 1;
    by_field(&m, s, sigma, x, score, FK_LANES);
    for (size_t p = 0; p < FK_LANES; p++)
        for (size_t i = 0; i < DIM; i++) {
            double want = 0;
            for (size_t j = 0; j < DIM; j++) {
                double along = 0;
                for (size_t r = 0; r < DIM; r++) along += axes[j * DIM + r] * x[r * FK_LANES + p];
                want -= along / (s * s * var[j] + sigma * sigma) * axes[j * DIM + i];
            }
            /* sums of 150 terms below 1/sigma^2 = 11: 150 * 11 * 2^-53 each way */
            fk_assert_near(score[i * FK_LANES + p], want, 2 * 150 * 11 * 0x1p-53);
        }
    free(axes), free(var), free(x), free(score), free(mean), free(low);
}
END_TEST

FK_SUITE("mixture field", the_score_is_within_64_ulps_of_its_condition,
         the_score_is_as_good_in_up_to_sixteen_dimensions,
         narrow_components_far_from_the_origin_need_the_differences,
         point_masses_at_tiny_noise_pull_to_the_nearest_and_never_give_nan,
         a_particle_that_is_no_number_stays_none, a_neighbour_far_out_moves_no_bit,
         instruction_sets_and_blocks_leave_every_bit, a_hundred_and_fifty_dimensions_fit_too)
