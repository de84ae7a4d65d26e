/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analytic/empirical.h"
#include "analytic/mixture_score.h"
#include "core/vmath.h"

bool fk_is_empirical(const fk_mixture *m)
{
    enum { MIN_DIM = 16, MIN_POINTS = 512 };
    if (m->kind != FK_ISOTROPIC || m->dim < MIN_DIM || m->k < MIN_POINTS) return false;
    for (size_t k = 1; k < m->k; k++)
        if (m->var[k * m->dim] != m->var[0]) return false;
    return true;
}

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_mixture *m = self;
    fk_frozen_empirical *f = frozen;
    const size_t dim = m->dim, n = m->k;
    const double a = -FK_LOG2E / 2 / fma(s * s, m->var[0], sigma * sigma);
    double longest = 0;
    *f = (fk_frozen_empirical){.m = m,
                               .s = s,
                               .a = a,
                               .near = 60 + ceil(log2((double)n)),
                               .slack = 4 * fabs(a) * (double)(dim + 8) * 0x1p-53};
    f->log_weight = f->numbers;
    f->offset = f->numbers + n;
    for (size_t k = 0; k < n; k++) {
        double square = 0;
        for (size_t i = 0; i < dim; i++)
            square = fma(m->mean[k * dim + i], m->mean[k * dim + i], square);
        if (square > longest) longest = square;
        f->log_weight[k] = fk_lane_log(m->weight[k]) * FK_LOG2E;
        f->offset[k] = fma(a * s * s, square, f->log_weight[k]);
    }
    f->reach = s * sqrt(longest);
    f->sieve = fabs(a) * f->reach * f->reach > f->near;
}

/* near and twice the slack, by particle; and no logit yet. */
static void set_floor(const fk_frozen_empirical *f, fk_block x, double *floor, double *top)
{
    for (size_t p = 0; p < x.n; p++) {
        double square = 0;
        for (size_t i = 0; i < x.dim; i++)
            square = fma(x.x[i * x.ld + p], x.x[i * x.ld + p], square);
        const double size = sqrt(square) + f->reach;
        floor[p] = f->near + 2 * (f->slack * size * size + 0x1p-40);
        top[p] = -HUGE_VAL;
    }
}

/* The points that may be near, which a block's chunks see one tile after the other, for each chunk
 * of a block; list (chunks, stride), n (chunks). */
static void sift(const fk_frozen_empirical *f, fk_block x, const double *floor, double *top,
                 uint32_t *list, size_t stride, size_t *n)
{
    size_t (*kernel)(const fk_frozen_empirical *, size_t, size_t, const double *, size_t,
                     const double *, double *, uint32_t *, size_t) =
        FK_CHOOSE_KERNEL(fk_empirical_sift);
    for (size_t first = 0; first < f->m->k; first += FK_POINTS) {
        const size_t last = f->m->k - first < FK_POINTS ? f->m->k : first + FK_POINTS;
        for (size_t c = 0, p = 0; p < x.n; c++, p += FK_LANES)
            n[c] =
                kernel(f, first, last, x.x + p, x.ld, floor + p, top + p, list + c * stride, n[c]);
    }
}

static void by_products(const fk_frozen_empirical *f, fk_block x, fk_block score)
{
    void (*kernel)(const fk_frozen_empirical *, fk_block, fk_block, double *) =
        FK_CHOOSE_KERNEL(fk_empirical_products);
    double *tile = fk_alloc(FK_POINTS * FK_GROUP, sizeof *tile);
    for (size_t p = 0; p < x.n; p += FK_GROUP) {
        const size_t n = x.n - p < FK_GROUP ? x.n - p : FK_GROUP;
        kernel(f, (fk_block){x.x + p, n, x.dim, x.ld},
               (fk_block){score.x + p, n, score.dim, score.ld}, tile);
    }
    free(tile);
}

static void by_sieve(const fk_frozen_empirical *f, fk_block x, fk_block score)
{
    void (*kernel)(const fk_frozen_empirical *, const uint32_t *, size_t, size_t, const double *,
                   size_t, double *, size_t, double *, double *) =
        FK_CHOOSE_KERNEL(fk_empirical_score);
    const size_t chunks = x.n / FK_LANES, stride = f->m->k + FK_ABREAST;
    double *floor = fk_alloc(2 * x.n, sizeof *floor), *top = floor + x.n, *logit = NULL;
    double *sum = fk_alloc(f->m->dim * FK_LANES, sizeof *sum);
    uint32_t *list = fk_alloc(chunks * stride, sizeof *list);
    size_t *n = fk_alloc(chunks, sizeof *n), room = 0;
    set_floor(f, x, floor, top);
    sift(f, x, floor, top, list, stride, n);
    for (size_t c = 0, p = 0; p < x.n; c++, p += FK_LANES) {
        uint32_t *mine = list + c * stride;
        const size_t real = n[c];
        size_t filled = real;
        for (; filled % FK_ABREAST; filled++) mine[filled] = mine[real - 1];
        if (filled > room) {
            free(logit);
            logit = fk_alloc(room = filled, FK_LANES * sizeof *logit);
        }
        kernel(f, mine, filled, real, x.x + p, x.ld, score.x + p, score.ld, logit, sum);
    }
    free(logit), free(n), free(list), free(sum), free(floor);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const fk_frozen_empirical *f = frozen;
    (void)self;
    (f->sieve ? by_sieve : by_products)(f, x, score);
}

fk_field fk_empirical_field(const fk_mixture *m)
{
    return (fk_field){.self = m,
                      .dim = m->dim,
                      .frozen_size = sizeof(fk_frozen_empirical) + 2 * m->k * sizeof(double),
                      .freeze = freeze,
                      .eval = eval,
                      .divergence = fk_mixture_divergence};
}
