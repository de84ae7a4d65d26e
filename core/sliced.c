/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sliced Wasserstein distance. Directions are dealt to threads, their distances added exactly:
 * the result does not depend on the number of threads. */
#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "core/noise.h"
#include "core/stats.h"
#include "core/sum.h"

static double dot(const double *a, const double *b, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) sum += a[i] * b[i];
    return sum;
}

/* u less its parts along the `before` unit vectors of its frame, to length 1. Twice: the first time
 * leaves parts of the order of the rounding over the length that was left. */
static void orthonormalise(const double *frame, size_t before, double *u, size_t dim)
{
    for (int turn = 0; turn < 2; turn++) {
        for (size_t k = 0; k < before; k++) {
            const double part = dot(frame + k * dim, u, dim);
            for (size_t i = 0; i < dim; i++) u[i] -= part * frame[k * dim + i];
        }
        const double length = sqrt(dot(u, u, dim));
        for (size_t i = 0; i < dim; i++) u[i] /= length;
    }
}

/* Normals of one fixed key, orthonormalised frame by frame: each frame is uniform over all. */
static void random_frames(double *u, size_t n, size_t dim)
{
    const fk_key key = {0x51ced, FK_STREAM_USER};
    const size_t ld = fk_pad(n);
    double *z = fk_alloc(ld * dim, sizeof *z);
    fk_random_normals(key, 0, 0, (fk_block){z, ld, dim, ld});
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < dim; i++) u[k * dim + i] = z[i * ld + k];
        orthonormalise(u + k / dim * dim * dim, k % dim, u + k * dim, dim);
    }
    free(z);
}

void fk_directions(size_t n, size_t dim, double *u)
{
    assert(n > 0 && dim > 0);
    if (dim > 2) {
        random_frames(u, n, dim);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        const double angle = FK_PI * ((double)k + 0.5) / (double)n;
        u[k * dim] = dim == 1 ? 1 : cos(angle);
        if (dim == 2) u[k * dim + 1] = sin(angle);
    }
}

static void project(const double *x, size_t n, size_t dim, const double *u, double *line)
{
    for (size_t p = 0; p < n; p++) line[p] = dot(x + p * dim, u, dim);
    fk_sort(line, n);
}

/* int sqrt(P (1 - P)) dx of both sorted samples together. */
static double spread(const double *x, size_t n, const double *y, size_t m)
{
    const double all = (double)(n + m);
    double sum = 0, last = fmin(x[0], y[0]);
    for (size_t i = 0, j = 0; i < n || j < m;) {
        const double at = j == m || (i < n && x[i] <= y[j]) ? x[i++] : y[j++];
        const double below = (double)(i + j - 1) / all;
        sum += sqrt(below * (1 - below)) * (at - last);
        last = at;
    }
    return sum;
}

double fk_sliced_w1(const double *x, size_t n, const double *y, size_t m, size_t dim,
                    size_t directions, int threads, double *null_bound)
{
    assert(n > 0 && m > 0);
    if (dim == 1) directions = 1; /* there is no other */
    double *u = fk_alloc(directions * dim, sizeof *u);
    fk_directions(directions, dim, u);
    fk_sum total = {0}, spreads = {0};
#pragma omp parallel num_threads(threads > 0 ? threads : omp_get_max_threads())
    {
        double *a = fk_alloc(n, sizeof *a), *b = fk_alloc(m, sizeof *b);
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < directions; k++) {
            project(x, n, dim, u + k * dim, a);
            project(y, m, dim, u + k * dim, b);
            const double distance = fk_w1_samples(a, n, b, m);
            const double wide = null_bound ? spread(a, n, b, m) : 0;
#pragma omp critical(fk_sliced)
            fk_sum_add(&total, distance), fk_sum_add(&spreads, wide);
        }
        free(a), free(b);
    }
    free(u);
    const double p = (double)n, q = (double)m;
    if (null_bound)
        *null_bound = fk_sum_value(&spreads) / (double)directions *
                      sqrt((1 / p + 1 / q) * (p + q) / (p + q - 1));
    return fk_sum_value(&total) / (double)directions;
}
