/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score field of a mixture: freezing, and handing blocks to the kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/dd.h"
#include "analytic/empirical.h"
#include "analytic/marginal.h"
#include "analytic/mixture_each.h"
#include "analytic/mixture_score.h"
#include "core/vmath.h"

/* Scratch on the stack, doubles: a tile of all FK_TILE components, of 6 of them at dim 16 with
 * correlations. A single component of more than 126 dimensions (62 with correlations) needs more,
 * and gets it from the heap, once a block. */
enum { STACK = 128 * FK_LANES };

static size_t scratch_size(const fk_mixture *m, size_t tile)
{
    const size_t numbers = tile + m->dim + (m->kind == FK_FULL ? tile * fk_band_width(m->dim) : 0);
    return numbers * FK_GROUP(m->dim, m->kind);
}

static size_t choose_tile(const fk_mixture *m)
{
    size_t tile = FK_TILE;
    while (tile > 1 && scratch_size(m, tile) > STACK) tile--;
    return tile;
}

static size_t row_length(const fk_mixture *m)
{
    size_t bands = fk_band_width(m->dim) / fk_band(m->dim);
    size_t more[] = {0, m->dim, fk_band_start(m->dim, bands)};
    return 2 + m->dim + more[m->kind];
}

/* S = sum_j (s^2 lambda_j + sigma^2) a_j a_j^T and its Cholesky factor L, in place (dim, dim): the
 * lower triangles. In double-double, since neither the entries (where S is nearly diagonal) nor the
 * small eigenvalues (where it is nearly singular) may lose what the other can spare. */
static void factorise(const fk_mixture *m, size_t k, double s, double sigma, fk_dd *l)
{
    size_t dim = m->dim;
    const double *var = m->var + k * dim, *axes = m->axes + k * dim * dim;
    const double *var_low = m->var_low + k * dim, *axes_low = m->axes_low + k * dim * dim;
    memset(l, 0, dim * dim * sizeof *l);
    for (size_t a = 0; a < dim; a++) {
        fk_dd v = fk_dd_multiply(fk_dd_product(s, s), (fk_dd){var[a], var_low[a]});
        v = fk_dd_add(v, fk_dd_product(sigma, sigma));
        for (size_t i = 0; i < dim; i++) {
            fk_dd left = {axes[a * dim + i], axes_low[a * dim + i]};
            left = fk_dd_multiply(v, left);
            for (size_t j = 0; j <= i; j++) {
                fk_dd right = {axes[a * dim + j], axes_low[a * dim + j]}, *at = &l[i * dim + j];
                *at = fk_dd_add(*at, fk_dd_multiply(left, right));
            }
        }
    }
    for (size_t i = 0; i < dim; i++)
        for (size_t j = 0; j <= i; j++) {
            fk_dd sum = l[i * dim + j];
            for (size_t p = 0; p < j; p++)
                sum = fk_dd_subtract(sum, fk_dd_multiply(l[i * dim + p], l[j * dim + p]));
            l[i * dim + j] = i == j ? fk_dd_sqrt(sum) : fk_dd_divide(sum, l[j * dim + j]);
        }
}

/* W = L^-1 sqrt((log2 e)/2), rounded, in bands; l is spent. */
static void invert(size_t dim, fk_dd *l, double *w)
{
    size_t rows = fk_band(dim);
    memset(w, 0, fk_band_start(dim, fk_band_width(dim) / rows) * sizeof *w);
    for (size_t i = 0; i < dim; i++)
        for (size_t j = 0; j <= i; j++) {
            /* rows above i hold the inverse already, and so does row i before j */
            fk_dd sum = {i == j, 0};
            for (size_t p = j; p < i; p++)
                sum = fk_dd_subtract(sum, fk_dd_multiply(l[i * dim + p], l[p * dim + j]));
            sum = l[i * dim + j] = fk_dd_divide(sum, l[i * dim + i]);
            w[fk_band_start(dim, i / rows) + j * rows + i % rows] = sum.hi * sqrt(FK_LOG2E / 2);
        }
}

static void freeze_component(const fk_mixture *m, size_t k, double s, double sigma, double *row)
{
    size_t dim = m->dim;
    double *mean = row + 2, *more = mean + dim;
    row[0] = fk_lane_log(m->weight[k]) * FK_LOG2E;
    for (size_t i = 0; i < dim; i++) {
        double v = fma(s * s, m->var[k * dim + i], sigma * sigma);
        row[0] -= fk_lane_log(v) * (FK_LOG2E / 2);
        mean[i] = s * m->mean[k * dim + i];
        if (m->kind == FK_ISOTROPIC) row[1] = -FK_LOG2E / 2 / v;
        if (m->kind == FK_DIAGONAL) more[i] = -FK_LOG2E / 2 / v;
    }
    if (m->kind != FK_FULL) return;
    fk_dd *l = fk_alloc(dim * dim, sizeof *l);
    factorise(m, k, s, sigma, l);
    invert(dim, l, more);
    free(l);
}

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_mixture *m = self;
    fk_frozen_mixture *f = frozen;
    size_t dim = m->dim;
    *f = (fk_frozen_mixture){.score = FK_CHOOSE_KERNEL(fk_mixture_score),
                             .dim = dim,
                             .k = m->k,
                             .tile = choose_tile(m),
                             .stride = row_length(m),
                             .kind = m->kind};
    for (size_t k = 0; k < m->k; k++) freeze_component(m, k, s, sigma, f->row + k * f->stride);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const fk_frozen_mixture *f = frozen;
    _Alignas(FK_ALIGN) double stack[STACK];
    size_t size = scratch_size(self, f->tile);
    double *scratch = size <= STACK ? stack : fk_alloc(size, sizeof *scratch);
    f->score(f, x, score, scratch);
    if (scratch != stack) free(scratch);
}

fk_field fk_mixture_field(const fk_mixture *m)
{
    if (fk_is_empirical(m)) return fk_empirical_field(m);
    return (fk_field){.self = m,
                      .dim = m->dim,
                      .frozen_size =
                          sizeof(fk_frozen_mixture) + m->k * row_length(m) * sizeof(double),
                      .freeze = freeze,
                      .eval = eval,
                      .divergence = fk_mixture_divergence,
                      .eval_each = fk_mixture_eval_each};
}
