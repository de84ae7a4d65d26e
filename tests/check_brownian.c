/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Brownian tree: one path for all step counts, with the right law. */
#include <string.h>

#include "core/brownian.h"
#include "schedules/axis.h"
#include "tests/suite.h"

enum { ROOTS = 5, DIM = 3, P = 4 * FK_LANES };

static fk_step *steps_with(size_t n, size_t normals, fk_noise_kernel first, fk_noise_kernel second)
{
    fk_step *step = fk_alloc(n, sizeof *step);
    for (size_t i = 0; i < n; i++) {
        step[i].normals = normals;
        step[i].kernel[0] = first, step[i].kernel[1] = second;
    }
    return step;
}

static fk_brownian *tree_of(uint64_t seed, size_t roots, const double *t, size_t n)
{
    fk_brownian *tree;
    fk_error err = {.code = 0};
    fk_step *step = steps_with(n, 2, FK_W, FK_H);
    ck_assert_msg(fk_brownian_new(seed, roots, step, n, t, NULL, &tree, &err) == FK_OK, "%s",
                  err.text);
    free(step);
    return tree;
}

/* Increment and I10 of every step, (n, DIM, P) each. */
typedef struct {
    size_t n;
    double *w, *i10, *h;
} path;

static path path_of(uint64_t seed, const double *t, size_t n)
{
    fk_brownian *tree = tree_of(seed, ROOTS, t, n);
    fk_noise noise = fk_noise_brownian(tree);
    path b = {n, fk_alloc(n * DIM * P, sizeof(double)), fk_alloc(n * DIM * P, sizeof(double)),
              fk_alloc(n, sizeof(double))};
    double *z = fk_alloc((size_t)2 * DIM * P, sizeof *z);
    for (size_t i = 0; i < n; i++) {
        double h = b.h[i] = fabs(t[i + 1] - t[i]);
        noise.fill(noise.self, i, 32, (fk_block){z, P, (size_t)2 * DIM, P});
        for (size_t k = 0; k < (size_t)DIM * P; k++) {
            b.w[i * DIM * P + k] = sqrt(h) * z[k];
            b.i10[i * DIM * P + k] =
                h * (sqrt(h) * z[k] / 2 + sqrt(h / 12) * z[(size_t)DIM * P + k]);
        }
    }
    free(z);
    fk_brownian_free(tree);
    return b;
}

static void path_free(path *b)
{
    free(b->w), free(b->i10), free(b->h);
}

/* Two steps into one: W = W1 + W2, I10 = I10_1 + I10_2 + h2 W1. */
static void coarsen(path *b)
{
    b->n /= 2;
    for (size_t i = 0; i < b->n; i++) {
        const size_t one = 2 * i * DIM * P, two = one + (size_t)DIM * P, to = i * DIM * P;
        for (size_t k = 0; k < (size_t)DIM * P; k++) {
            double w1 = b->w[one + k],
                   area = b->i10[one + k] + b->i10[two + k] + b->h[2 * i + 1] * w1;
            b->w[to + k] = w1 + b->w[two + k];
            b->i10[to + k] = area;
        }
        b->h[i] = b->h[2 * i] + b->h[2 * i + 1];
    }
}

static double worst_gap(const path *a, const path *b)
{
    double worst = 0;
    ck_assert_uint_eq(a->n, b->n);
    for (size_t k = 0; k < a->n * DIM * P; k++) {
        double gap = fk_worse(fabs(a->w[k] - b->w[k]), fabs(a->i10[k] - b->i10[k]));
        worst = fk_worse(worst, gap);
    }
    return worst;
}

static fk_schedule schedule;

static fk_axis axis_of(const char *grid, size_t n)
{
    fk_axis axis;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse("vp-linear", &schedule, &err), FK_OK);
    ck_assert_msg(fk_axis_on_schedule(&schedule, grid, n, 0.985, 0.0385, &axis, &err) == FK_OK,
                  "%s", err.text);
    return axis;
}

static const char *grids[] = {"uniform", "quadratic", "lambda", "karras"};

START_TEST(refining_and_coarsening_keep_increments_and_areas)
{
    for (int g = 0; g < 4; g++) {
        fk_axis axis[4];
        path level[4];
        for (size_t k = 0; k < 4; k++) {
            axis[k] = axis_of(grids[g], (size_t)ROOTS << (k + 1)); /* 10, 20, 40, 80 steps */
            level[k] = path_of(7, axis[k].t, axis[k].n_steps);
            if (k > 0)
                ck_assert(fk_brownian_nests(axis[k - 1].t, axis[k - 1].n_steps, axis[k].t,
                                            axis[k].n_steps));
        }
        for (size_t k = 3; k > 0; k--) { /* over one, two and three levels */
            path fine = path_of(7, axis[k].t, axis[k].n_steps);
            for (size_t to = k; to-- > 0;) {
                coarsen(&fine);
                double gap = worst_gap(&fine, &level[to]);
                ck_assert_msg(gap <= 1e-14, "%s, %zu to %zu: %g", grids[g], k, to, gap);
            }
            path_free(&fine);
        }
        path other = path_of(8, axis[3].t, axis[3].n_steps); /* another seed, another path */
        ck_assert(worst_gap(&other, &level[3]) > 1e-2);
        path_free(&other);
        for (size_t k = 0; k < 4; k++) path_free(&level[k]), fk_axis_free(&axis[k]);
    }
}
END_TEST

/* With (W, H) of variances h and h/12 the four results must have covariance
 * diag(h1, h1/12, h2, h2/12) and W1 + W2 = W, I10 = I10_1 + I10_2 + h2 W1 for every path. */
static double split_residual(const fk_brownian_split *c, double h1, double h2)
{
    const double h = h1 + h2, sd[4] = {sqrt(h), sqrt(h / 12), 1, 1};
    const double of[4][4] = {{c->w1_w, c->w1_h, c->w1_x, 0},
                             {0, c->h1_h, c->h1_x1, c->h1_x2},
                             {1 - c->w1_w, -c->w1_h, -c->w1_x, 0},
                             {0, c->h2_h, c->h2_x1, c->h2_x2}};
    const double var[4] = {h1, h1 / 12, h2, h2 / 12};
    double worst = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            double cov = i == j ? -var[i] : 0;
            for (int k = 0; k < 4; k++) cov += of[i][k] * sd[k] * of[j][k] * sd[k];
            worst = fmax(worst, fabs(cov) / h);
        }
    for (int k = 0; k < 4;
         k++) { /* I10 = h (W/2 + H) against its parts, for each of W, H, X1, X2 */
        double whole = k == 0 ? h / 2 : k == 1 ? h : 0;
        double parts =
            h1 * (of[0][k] / 2 + of[1][k]) + h2 * (of[2][k] / 2 + of[3][k]) + h2 * of[0][k];
        worst = fmax(worst, fabs(whole - parts) * sd[k] / pow(h, 1.5));
    }
    return worst;
}

START_TEST(a_split_cell_has_the_law_and_the_area_of_the_path)
{
    const double halves[][2] = {{0.5, 0.5}, {0.3, 0.7}, {1, 0.1}, {2.385e-4, 7.385e-6}, {3, 500}};
    const double bound = 4e-15; /* a dozen roundings, relative to h */
    for (int i = 0; i < 5; i++) {
        const double h1 = halves[i][0], h2 = halves[i][1], q = h2 / (h1 + h2);
        const fk_brownian_split right = fk_brownian_split_at(h1, h2);
        double residual = split_residual(&right, h1, h2);
        ck_assert_msg(residual <= bound, "%g %g: %g", h1, h2, residual);
        fk_brownian_split wrong = right;
        wrong.w1_h = 0; /* a bridge that does not know of the area */
        ck_assert(split_residual(&wrong, h1, h2) > bound);
        wrong = right, wrong.h1_x1 *= -1;
        ck_assert(split_residual(&wrong, h1, h2) > bound);
        wrong = right, wrong.h1_x2 = wrong.h2_x2 = 0; /* the bridge's noise left out */
        ck_assert(split_residual(&wrong, h1, h2) > bound);
        wrong = fk_brownian_split_at((h1 + h2) / 2, (h1 + h2) / 2); /* always split in the middle */
        ck_assert(q == 0.5 || split_residual(&wrong, h1, h2) > bound);
    }
    /* the midpoint formula as printed */
    const fk_brownian_split c = fk_brownian_split_at(0.7385, 0.7385);
    const double root = sqrt(2 * 0.7385);
    fk_assert_near(c.w1_h, 1.5, 1e-15);
    fk_assert_near(c.w1_x, root / 4, 1e-15);
    fk_assert_near(c.h1_x1, -root / 8, 1e-15);
    fk_assert_near(c.h1_x2, sqrt(3) * root / 12, 1e-15);
    fk_assert_near(c.h2_x2, -sqrt(3) * root / 12, 1e-15);
}
END_TEST

/* Sample covariances of the eight normals of two root cells split in two: the identity, each entry
 * within 6 standard errors (1/sqrt(n), sqrt(2/n) on the diagonal): a false alarm in 1e-7. */
START_TEST(the_normals_are_standard_and_independent)
{
    enum { CELLS = 4, VARS = 2 * CELLS * 2, N = 1 << 16, BLOCK = 1 << 10 };
    const double t[] = {1, 0.8385, 0.6, 0.15, 0.01};
    fk_step *step = steps_with(CELLS, 2, FK_W, FK_H);
    fk_brownian *tree;
    fk_error err;
    ck_assert_int_eq(fk_brownian_new(11, 2, step, CELLS, t, NULL, &tree, &err), FK_OK);
    fk_noise noise = fk_noise_brownian(tree);
    double *z = fk_alloc(VARS * BLOCK, sizeof *z), sum[VARS][VARS] = {{0}}, mean[VARS] = {0};
    for (uint64_t first = 0; first < N; first += BLOCK) {
        for (size_t n = 0; n < CELLS; n++) /* two coordinates, two normals each */
            noise.fill(noise.self, n, first, (fk_block){z + n * 4 * BLOCK, BLOCK, 4, BLOCK});
        for (int a = 0; a < VARS; a++) {
            for (int p = 0; p < BLOCK; p++) mean[a] += z[a * BLOCK + p] / N;
            for (int b = 0; b <= a; b++)
                for (int p = 0; p < BLOCK; p++)
                    sum[a][b] += z[a * BLOCK + p] * z[b * BLOCK + p] / N;
        }
    }
    for (int a = 0; a < VARS; a++) {
        fk_assert_near(mean[a], 0, 6 / sqrt(N));
        for (int b = 0; b <= a; b++)
            fk_assert_near(sum[a][b], a == b, 6 * sqrt(1. + (a == b)) / sqrt(N));
    }
    free(z), free(step);
    fk_brownian_free(tree);
}
END_TEST

START_TEST(a_step_with_one_normal_sees_the_increments_of_the_others)
{
    fk_axis axis = axis_of("lambda", 20);
    fk_step *one = steps_with(20, 1, FK_W, FK_W), *two = steps_with(20, 2, FK_H, FK_W);
    fk_step *clocked = steps_with(20, 1, FK_E, FK_E);
    double z1[2 * FK_LANES], z2[4 * FK_LANES], clock[21];
    for (int n = 0; n <= 20; n++) clock[n] = exp(2 * axis.node[n].lambda);
    fk_brownian *a, *b, *c;
    fk_error err;
    ck_assert_int_eq(fk_brownian_new(3, 5, one, 20, axis.t, clock, &a, &err), FK_OK);
    ck_assert_int_eq(fk_brownian_new(3, 5, two, 20, axis.t, clock, &b, &err), FK_OK);
    ck_assert_int_eq(fk_brownian_new(3, 5, clocked, 20, axis.t, clock, &c, &err), FK_OK);
    for (size_t n = 0; n < 20; n++) {
        fk_noise from = fk_noise_brownian(a);
        from.fill(from.self, n, 0, (fk_block){z1, FK_LANES, 2, FK_LANES});
        from = fk_noise_brownian(b);
        from.fill(from.self, n, 0, (fk_block){z2, FK_LANES, 4, FK_LANES});
        ck_assert(memcmp(z1, z2 + 2 * FK_LANES, sizeof z1) == 0);
        from = fk_noise_brownian(c); /* in another clock, other splits */
        from.fill(from.self, n, 0, (fk_block){z2, FK_LANES, 2, FK_LANES});
        ck_assert(memcmp(z1, z2, sizeof z1) != 0);
    }
    fk_brownian_free(a), fk_brownian_free(b), fk_brownian_free(c);
    free(one), free(two), free(clocked);
    fk_axis_free(&axis);
}
END_TEST

START_TEST(every_instruction_set_and_block_gives_the_same_bits)
{
    static const char *const isas[] = {"portable", "avx2", "avx512"};
    enum { N = 4 * FK_LANES };
    const double t[] = {1, 0.7385, 0.6, 0.15, 0.01};
    double z[3][6 * N], part[6 * FK_LANES];
    fk_brownian *tree = tree_of(5, 1, t, 4);
    for (int k = 0; k < 3; k++) {
        setenv("FOKKER_ISA", isas[k], 1);
        fk_noise noise = fk_noise_brownian(tree);
        noise.fill(noise.self, 2, 48, (fk_block){z[k], N, 6, N});
        ck_assert(memcmp(z[k], z[0], sizeof z[0]) == 0);
        noise.fill(noise.self, 2, 48 + 2 * FK_LANES, (fk_block){part, FK_LANES, 6, FK_LANES});
        for (int row = 0; row < 6; row++)
            ck_assert(memcmp(part + row * FK_LANES, z[0] + row * N + 2 * FK_LANES,
                             FK_LANES * sizeof(double)) == 0);
    }
    unsetenv("FOKKER_ISA");
    fk_brownian_free(tree);
}
END_TEST

START_TEST(what_a_tree_cannot_serve_is_refused)
{
    double t[13], clock[13];
    for (int n = 0; n <= 12; n++) t[n] = 1 - n / 13., clock[n] = n + 1;
    const struct {
        size_t roots, steps, normals;
        fk_noise_kernel first, second;
        bool finite;
        int expect;
    } with[] = {
        {3, 12, 2, FK_W, FK_H, true, FK_OK},        {12, 12, 2, FK_W, FK_H, true, FK_OK},
        {1, 8, 1, FK_W, FK_W, true, FK_OK},         {3, 12, 1, FK_E, FK_E, true, FK_OK},
        {5, 12, 1, FK_W, FK_W, true, FK_USAGE},     {4, 12, 1, FK_W, FK_W, true, FK_USAGE},
        {24, 12, 1, FK_W, FK_W, true, FK_USAGE},    {3, 12, 1, FK_FRESH, FK_W, true, FK_USAGE},
        {3, 12, 2, FK_FRESH, FK_W, true, FK_USAGE}, {3, 12, 2, FK_E, FK_W, true, FK_USAGE},
        {3, 12, 1, FK_E, FK_E, false, FK_USAGE},    {3, 12, 0, FK_E, FK_E, false, FK_OK},
    };
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        fk_brownian *tree;
        fk_error err = {.code = 0};
        fk_step *step = steps_with(12, with[i].normals, with[i].first, with[i].second);
        clock[12] = with[i].finite ? 13 : INFINITY;
        int code = fk_brownian_new(1, with[i].roots, step, with[i].steps, t, clock, &tree, &err);
        ck_assert_msg(code == with[i].expect, "%zu", i);
        ck_assert(code == FK_OK || (err.text[0] && !strchr(err.text, '\n')));
        if (code == FK_OK) fk_brownian_free(tree);
        free(step);
    }
    /* grids that are no functions of n/N, or of the same one */
    double every_other[7], shifted[7];
    for (int n = 0; n <= 6; n++) every_other[n] = shifted[n] = t[2 * n];
    shifted[3] += 1e-15;
    ck_assert(fk_brownian_nests(every_other, 6, t, 12));
    ck_assert(fk_brownian_nests(t, 12, t, 12));
    ck_assert(!fk_brownian_nests(shifted, 6, t, 12));
    ck_assert(!fk_brownian_nests(every_other, 5, t, 12));
    ck_assert(!fk_brownian_nests(t, 12, every_other, 6));
}
END_TEST

FK_SUITE("brownian", refining_and_coarsening_keep_increments_and_areas,
         a_split_cell_has_the_law_and_the_area_of_the_path,
         the_normals_are_standard_and_independent,
         a_step_with_one_normal_sees_the_increments_of_the_others,
         every_instruction_set_and_block_gives_the_same_bits, what_a_tree_cannot_serve_is_refused)
