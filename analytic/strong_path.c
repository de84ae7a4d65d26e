/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With u from 0 to 1 over a cell of length k, the path from its beginning is, given W and H,
 *     W_u = u W + 6 u (1 - u) H + fluctuations of variance k (u (1 - u) - 3 u^2 (1 - u)^2)
 * (Foster, Lyons and Oberhauser 2020, SIAM J. Numer. Anal. 58). The solution over the cell is
 *     x' = x + k int a(u, x_u) du + int b dW,   x_u = x + k int_0^u a + b W_u,
 * a the drift in the direction of the steps, b = eta g. Three Radau nodes, of degree 4 as W_u^2
 * is, integrate a; at each the fluctuation is replaced by one of two points of the same variance.
 * What remains is the fluctuation of int W_u^2 du about its mean, a'' b^2 times O(k^2), and terms
 * of order k^(5/2) with mean zero, k^3 without: strong order 3/2 in k. No tableau of sde/ is used.
 *
 * A weight q that moves over the cell has, by its projection on 1 and 2u - 1,
 *     int q dW = q_0 W - 2 q_1 H,   q_0 = int q du,   q_1 = 3 int q (2u - 1) du,
 * H being int (1/2 - u) dW, up to q'' k^(5/2)/sqrt(720). */
#include "analytic/strong_path.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define SQRT6 2.44948974278317809819728407470589
enum { NODES = 3 };
static const double node[NODES] = {0, (6 - SQRT6) / 10, (6 + SQRT6) / 10};
static const double weight[NODES] = {1. / 9, (16 + SQRT6) / 36, (16 - SQRT6) / 36};

/* int q dW = w W + h H over a cell. */
typedef struct {
    double w, h;
} functional;

static functional integral_of(const double q[NODES])
{
    functional out = {0};
    for (int j = 0; j < NODES; j++) {
        out.w += weight[j] * q[j];
        out.h -= 6 * weight[j] * q[j] * (2 * node[j] - 1);
    }
    return out;
}

static void coefficients(const fk_path *path, size_t cell, fk_coeffs at[NODES])
{
    for (int j = 0; j < NODES; j++) {
        double elapsed = ((double)cell + node[j]) / FK_PATH_CELLS;
        at[j] = fk_schedule_at(path->schedule, path->from - elapsed * (path->from - path->to));
    }
}

/* Scratch of n paths each. */
typedef struct {
    const fk_field *field;
    double eta;
    void *frozen;
    double *y, *first, *next, *sum; /* a point, drifts there, and their integral over the cell */
} solver;

static void freeze(const solver *s, const fk_coeffs *at)
{
    s->field->freeze(s->field->self, at->s, at->sigma, s->frozen);
}

/* out <- a(y), the drift of the family with its sign turned, since time decreases. */
static void drift(const solver *s, const fk_coeffs *at, size_t n, double *y, double *out)
{
    const double p = -at->f, q = (1 + s->eta * s->eta) / 2 * at->g2;
    s->field->eval(s->field->self, s->frozen, (fk_block){y, n, 1, n}, (fk_block){out, n, 1, n});
    for (size_t i = 0; i < n; i++) out[i] = p * y[i] + q * out[i];
}

/* Add k weight[j] times the drift at node j, j > 0, to the sum. */
static void add_node(const solver *s, const fk_coeffs *at, int j, double k, double b, size_t n,
                     const double *x, const double *zw, const double *zh)
{
    const double u = node[j], v = u * (1 - u);
    const double w = b * sqrt(k) * u, h = b * sqrt(k / 12) * 6 * v;
    const double rest = b * sqrt(k * (v - 3 * v * v));
    freeze(s, at);
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t i = 0; i < n; i++)
            s->y[i] = x[i] + u * k * s->first[i] + w * zw[i] + h * zh[i] + sign * rest;
        drift(s, at, n, s->y, s->next);
        for (size_t i = 0; i < n; i++) s->sum[i] += k * weight[j] / 2 * s->next[i];
    }
}

static void solve_cell(const solver *s, const fk_path *path, size_t cell, double *x)
{
    const size_t n = path->n;
    const double k = (path->from - path->to) / FK_PATH_CELLS;
    const double *zw = path->z + 2 * n * cell, *zh = zw + n;
    fk_coeffs at[NODES];
    double b[NODES];
    coefficients(path, cell, at);
    for (int j = 0; j < NODES; j++) b[j] = s->eta * sqrt(at[j].g2);
    const functional noise = integral_of(b);

    freeze(s, &at[0]);
    drift(s, &at[0], n, x, s->first);
    for (size_t i = 0; i < n; i++) s->sum[i] = k * weight[0] * s->first[i];
    for (int j = 1; j < NODES; j++) add_node(s, &at[j], j, k, noise.w, n, x, zw, zh);
    const double w = noise.w * sqrt(k), h = noise.h * sqrt(k / 12);
    for (size_t i = 0; i < n; i++) x[i] += s->sum[i] + w * zw[i] + h * zh[i];
}

void fk_path_solve(const fk_path *path, const fk_field *field, double eta, double *x)
{
    assert(field->dim == 1 && path->n % FK_LANES == 0 && path->from > path->to);
    double *memory = fk_alloc(4 * path->n, sizeof *memory), *next = memory;
    solver s = {.field = field, .eta = eta, .frozen = fk_alloc(1, field->frozen_size)};
    s.y = next, s.first = next += path->n, s.next = next += path->n, s.sum = next += path->n;
    for (size_t cell = 0; cell < FK_PATH_CELLS; cell++) solve_cell(&s, path, cell, x);
    free(s.frozen);
    free(memory);
}

/* The density over the path of a normal that is the integral of a density in t; E's is that of the
 * clock 1/rho^2, (g/s) / rho^2. */
static double density(fk_noise_kernel kernel, const fk_coeffs *at, double elapsed)
{
    if (kernel == FK_W) return 1;
    if (kernel == FK_H) return 0.5 - elapsed;
    return sqrt(at->g2) / at->s * exp(2 * at->lambda);
}

/* The variance of that integral over the stretch. */
static double variance(const fk_path *path, fk_noise_kernel kernel)
{
    if (kernel == FK_W) return path->from - path->to;
    if (kernel == FK_H) return (path->from - path->to) / 12;
    return exp(2 * fk_schedule_at(path->schedule, path->to).lambda) -
           exp(2 * fk_schedule_at(path->schedule, path->from).lambda);
}

void fk_path_normal(const fk_path *path, fk_noise_kernel kernel, double *z)
{
    assert(kernel != FK_FRESH);
    const size_t n = path->n;
    const double k = (path->from - path->to) / FK_PATH_CELLS, unit = sqrt(variance(path, kernel));
    for (size_t i = 0; i < n; i++) z[i] = 0;
    for (size_t cell = 0; cell < FK_PATH_CELLS; cell++) {
        const double *zw = path->z + 2 * n * cell, *zh = zw + n;
        fk_coeffs at[NODES];
        double q[NODES];
        coefficients(path, cell, at);
        for (int j = 0; j < NODES; j++)
            q[j] = density(kernel, &at[j], ((double)cell + node[j]) / FK_PATH_CELLS) / unit;
        const functional part = integral_of(q);
        const double w = part.w * sqrt(k), h = part.h * sqrt(k / 12);
        for (size_t i = 0; i < n; i++) z[i] += w * zw[i] + h * zh[i];
    }
}
