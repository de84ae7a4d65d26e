/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in mixtures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_parts.h"
#include "core/noise.h"

typedef int builder(const char *name, fk_mixture **mixture, fk_error *err);

static int gaussian_1d(const char *name, fk_mixture **mixture, fk_error *err)
{
    const double weight[] = {1}, mean[] = {0.7}, var[] = {0.3};
    return fk_mixture_new_diagonal(name, 1, 1, weight, mean, var, mixture, err);
}

static int bimodal_1d(const char *name, fk_mixture **mixture, fk_error *err)
{
    const double weight[] = {0.6, 0.4}, mean[] = {-1.5, 1.2}, var[] = {0.3 * 0.3, 0.5 * 0.5};
    return fk_mixture_new_diagonal(name, 1, 2, weight, mean, var, mixture, err);
}

static int three_1d(const char *name, fk_mixture **mixture, fk_error *err)
{
    const double weight[] = {0.3, 0.5, 0.2}, mean[] = {-2, 0.5, 1.8};
    const double var[] = {0.4 * 0.4, 0.25 * 0.25, 0.6 * 0.6};
    return fk_mixture_new_diagonal(name, 1, 3, weight, mean, var, mixture, err);
}

static int ring_8(const char *name, fk_mixture **mixture, fk_error *err)
{
    /* Every second centre lies on an axis, the others on the diagonals: no rounded cosines. */
    static const double direction[8][2] = {
        {1, 0},  {FK_SQRT1_2, FK_SQRT1_2},   {0, 1},  {-FK_SQRT1_2, FK_SQRT1_2},
        {-1, 0}, {-FK_SQRT1_2, -FK_SQRT1_2}, {0, -1}, {FK_SQRT1_2, -FK_SQRT1_2}};
    double weight[8], mean[16], var[16];
    for (size_t k = 0; k < 8; k++) weight[k] = 0.125;
    for (size_t i = 0; i < 16; i++) {
        mean[i] = 4 * direction[i / 2][i % 2];
        var[i] = 0.3 * 0.3;
    }
    return fk_mixture_new_diagonal(name, 2, 8, weight, mean, var, mixture, err);
}

static int grid_25(const char *name, fk_mixture **mixture, fk_error *err)
{
    double weight[25], mean[50], var[50];
    for (size_t k = 0; k < 25; k++) {
        weight[k] = 0.04;
        mean[2 * k] = 2 * ((double)(k % 5) - 2);
        mean[2 * k + 1] = 2 * ((double)(k / 5) - 2);
        var[2 * k] = var[2 * k + 1] = 0.1 * 0.1;
    }
    return fk_mixture_new_diagonal(name, 2, 25, weight, mean, var, mixture, err);
}

/* cov (n, n) += var axis axis^T, symmetric to the last bit. */
static void add_axis(size_t n, double var, const double *axis, double *cov)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) cov[i * n + j] += var * (axis[i] * axis[j]);
}

static int full_2d(const char *name, fk_mixture **mixture, fk_error *err)
{
    const double weight[] = {0.3, 0.45, 0.25}, mean[] = {-2, -1, 0.5, 2, 2.2, -0.7};
    const double degrees[] = {30, 75, 120};
    const double longer[] = {1.1, 1.2, 0.6}, shorter[] = {0.05, 0.03, 0.01}; /* 22, 40, 60 */
    double cov[12] = {0};
    for (size_t k = 0; k < 3; k++) {
        double c = cos(degrees[k] * FK_PI / 180), s = sin(degrees[k] * FK_PI / 180);
        add_axis(2, longer[k], (double[]){c, s}, cov + 4 * k);
        add_axis(2, shorter[k], (double[]){-s, c}, cov + 4 * k);
    }
    return fk_mixture_new(name, 2, 3, weight, mean, cov, mixture, err);
}

/* Rows of a square matrix made orthonormal in order, twice for full orthogonality (Gram-Schmidt
 * with one repetition: Giraud, Langou and Rozloznik 2005). */
static void orthonormalise(size_t n, double *row)
{
    for (size_t j = 0; j < n; j++) {
        double *a = row + j * n, norm = 0;
        for (size_t pass = 0; pass < 2 * j; pass++) {
            const double *b = row + pass % j * n;
            double dot = 0;
            for (size_t i = 0; i < n; i++) dot += a[i] * b[i];
            for (size_t i = 0; i < n; i++) a[i] -= dot * b[i];
        }
        for (size_t i = 0; i < n; i++) norm += a[i] * a[i];
        for (size_t i = 0; i < n; i++) a[i] /= sqrt(norm);
    }
}

/* 16 components in 16 dimensions: means 2 N(0, I), axes the orthonormalised rows of normal
 * matrices, variances from 1 to 1e-3 in equal ratios, weights in the ratios 5 : 6 : .. : 20. */
static int random_16d(const char *name, fk_mixture **mixture, fk_error *err)
{
    enum { N = 16, K = 16, NORMALS = N * (N + 1) };
    const fk_key key = {20, FK_STREAM_DATA}; /* any fixed seed */
    double *z = fk_alloc(NORMALS * FK_LANES, sizeof *z), *axes = fk_alloc(N * N, sizeof *axes);
    double *cov = fk_alloc(K * N * N, sizeof *cov), weight[K], mean[K * N];
    fk_random_normals(key, 0, 0, (fk_block){z, FK_LANES, NORMALS, FK_LANES});
    for (size_t k = 0; k < K; k++) { /* component k reads lane k */
        weight[k] = (double)(k + 5) / 200;
        for (size_t i = 0; i < N; i++) mean[k * N + i] = 2 * z[i * FK_LANES + k];
        for (size_t i = 0; i < N * N; i++) axes[i] = z[(N + i) * FK_LANES + k];
        orthonormalise(N, axes);
        for (size_t j = 0; j < N; j++)
            add_axis(N, pow(1e-3, (double)j / (N - 1)), axes + j * N, cov + k * N * N);
    }
    int status = fk_mixture_new(name, N, K, weight, mean, cov, mixture, err);
    free(cov);
    free(axes);
    free(z);
    return status;
}
_Static_assert(FK_LANES >= 16, "random-16d takes one component from each of 16 lanes");

static const char HOUSE[] = "built in";
const fk_row fk_mixture_rows[] = {
    {"gaussian-1d", "one Gaussian, mean 0.7, variance 0.3", HOUSE, NULL},
    {"bimodal-1d", "0.6 N(-1.5, 0.3^2) + 0.4 N(1.2, 0.5^2)", HOUSE, NULL},
    {"three-1d", "0.3 N(-2, 0.4^2) + 0.5 N(0.5, 0.25^2) + 0.2 N(1.8, 0.6^2)", HOUSE, NULL},
    {"ring-8", "8 equal components on a ring of radius 4, std 0.3", HOUSE, NULL},
    {"grid-25", "5 x 5 equal components, spacing 2, std 0.1", HOUSE, NULL},
    {"full-2d", "3 long thin components with axes at 30, 75 and 120 degrees", HOUSE, NULL},
    {"random-16d", "16 components in 16 dimensions, full covariance of condition 1000", HOUSE,
     NULL},
};
const size_t fk_n_mixtures = sizeof fk_mixture_rows / sizeof *fk_mixture_rows;

static builder *const build[] = {gaussian_1d, bimodal_1d, three_1d,  ring_8,
                                 grid_25,     full_2d,    random_16d};
_Static_assert(sizeof build / sizeof *build == sizeof fk_mixture_rows / sizeof *fk_mixture_rows,
               "one builder a row");

int fk_mixture_read(const char *spec, fk_mixture **mixture, fk_error *err)
{
    for (size_t i = 0; i < fk_n_mixtures; i++)
        if (strcmp(spec, fk_mixture_rows[i].name) == 0) return build[i](spec, mixture, err);
    if (strstr(spec, ".json") || strchr(spec, '/')) return fk_mixture_read_json(spec, mixture, err);
    const char *name[sizeof build / sizeof *build];
    for (size_t i = 0; i < fk_n_mixtures; i++) name[i] = fk_mixture_rows[i].name;
    char near[300];
    fk_near_names(spec, name, fk_n_mixtures, near, sizeof near);
    return fk_fail(err, FK_USAGE, "no mixture '%s': near are %s; a file's name ends in .json", spec,
                   near);
}
