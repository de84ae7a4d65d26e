/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score field of a mixture: freezing, and handing blocks to the kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/empirical.h"
#include "analytic/marginal.h"
#include "analytic/mixture_each.h"
#include "analytic/mixture_score.h"
#include "core/vmath.h"

/* Scratch on the stack, doubles: a tile of all FK_TILE components, of 8 of them at dim 16 with
 * correlations. A single component of more than 167 dimensions (52 with correlations) needs more,
 * and gets it from the heap, once a block. */
enum { STACK = 168 * FK_LANES };

static size_t scratch_size(const fk_mixture *m, size_t tile)
{
    const size_t width = fk_band_width(m->dim);
    const size_t numbers = m->kind == FK_FULL ? 2 * width + tile * (1 + width) : tile + m->dim;
    return numbers * FK_GROUP(m->dim, m->kind);
}

static size_t choose_tile(const fk_mixture *m)
{
    size_t tile = FK_TILE;
    while (tile > 1 && scratch_size(m, tile) > STACK) tile--;
    return tile;
}

/* Numbers of M in a row. */
static size_t mean_length(const fk_mixture *m)
{
    return m->kind == FK_FULL ? fk_band_width(m->dim) : m->dim;
}

static size_t row_length(const fk_mixture *m)
{
    const size_t more[] = {0, m->dim, fk_band_size(m->dim)};
    return 2 + mean_length(m) + more[m->kind];
}

static void freeze_component(const fk_mixture *m, size_t k, double s, double sigma, double *row)
{
    size_t dim = m->dim;
    double *mean = row + 2, *more = mean + mean_length(m);
    memset(row, 0, (size_t)(more - row) * sizeof *row);
    row[0] = fk_lane_log(m->weight[k]) * FK_LOG2E;
    for (size_t i = 0; i < dim; i++) {
        double v = fma(s * s, m->var[k * dim + i], sigma * sigma);
        row[0] -= fk_lane_log(v) * (FK_LOG2E / 2);
        mean[i] = s * m->mean[k * dim + i];
        if (m->kind == FK_ISOTROPIC) row[1] = -FK_LOG2E / 2 / v;
        if (m->kind == FK_DIAGONAL) more[i] = -FK_LOG2E / 2 / v;
    }
}

static void whiten(const fk_mixture *m, double s, double sigma, fk_frozen_mixture *f)
{
    const size_t dim = m->dim, stride = f->stride;
    double *scratch = fk_alloc(dim * (dim + 1) * 2 * FK_LANES, sizeof *scratch);
    for (size_t k = 0; k < m->k; k += FK_LANES) {
        const size_t count = m->k - k < FK_LANES ? m->k - k : FK_LANES;
        FK_CHOOSE_KERNEL(fk_mixture_whiten)
        (m, k, count, s, sigma, scratch, f->row + k * stride + 2 + mean_length(m), stride);
    }
    free(scratch);
}

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_mixture *m = self;
    fk_frozen_mixture *f = frozen;
    size_t dim = m->dim;
    *f = (fk_frozen_mixture){.score = m->kind == FK_FULL ? FK_CHOOSE_KERNEL(fk_mixture_score_full)
                                                         : FK_CHOOSE_KERNEL(fk_mixture_score),
                             .dim = dim,
                             .k = m->k,
                             .tile = choose_tile(m),
                             .stride = row_length(m),
                             .kind = m->kind};
    for (size_t k = 0; k < m->k; k++) freeze_component(m, k, s, sigma, f->row + k * f->stride);
    if (m->kind == FK_FULL) whiten(m, s, sigma, f);
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
