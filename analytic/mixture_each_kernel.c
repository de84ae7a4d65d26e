/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "analytic/mixture_each.h"
#include "core/vector_math.h"

#define INLINE static inline __attribute__((always_inline))

/* FK_LANES particles' worth of one number. */
typedef double lanes[FK_LANES];

/* Sums over components, relative to 2^top, the largest of their logits. */
typedef struct {
    lanes top;
    lanes total;  /* sum_k e_k */
    lanes bend;   /* sum_k e_k (|u_k - score|^2 - tr S_k^-1) */
    lanes *score; /* (dim): sum_k e_k u_k / total */
} sums;

typedef struct {
    sums tile, all;       /* the components in hand, and those of all tiles so far */
    lanes log_det;        /* of S_k^-1/2, base 2 */
    lanes *inverse;       /* (dim, or 1 where isotropic): diagonal of S_k^-1 in its axes */
    lanes *along;         /* (dim): u_k in the axes */
    lanes *logit, *trace; /* (tile) */
    lanes *u;             /* (tile, dim) */
} workspace;

/* Long pieces of code, which need not be there once for each dimension and kind. */
#define APART static __attribute__((noinline))

APART void exp2_of(lanes x)
{
    fk_lanes_exp2(x);
}

/* S_k^-1 and its determinant. */
APART void spread(const double *var, size_t dim, bool isotropic, const double *s,
                  const double *sigma, workspace *w)
{
    const size_t rows = isotropic ? 1 : dim;
    const double power = -0.5 * FK_LOG2E * (isotropic ? (double)dim : 1);
    FK_FOR_LANES(l) w->log_det[l] = 0;
    for (size_t i = 0; i < rows; i++) {
        lanes v;
        FK_FOR_LANES(l)
        {
            v[l] = fma(s[l] * s[l], var[i], sigma[l] * sigma[l]);
            w->inverse[i][l] = 1 / v[l];
        }
        fk_lanes_log(v);
        FK_FOR_LANES(l) w->log_det[l] = fma(power, v[l], w->log_det[l]);
    }
}

/* u and logit of component k, and the largest logit. In small dimensions one loop over the lanes.
 */
INLINE void component(const fk_mixture *m, size_t k, const size_t dim, const bool small,
                      const fk_covariance kind, const double *s, const double *x, size_t ld,
                      workspace *w, lanes logit, lanes *u)
{
    const double *mean = m->mean + k * dim,
                 *axes = kind == FK_FULL ? m->axes + k * dim * dim : NULL;
    lanes q;
    if (small) {
        FK_FOR_LANES(l)
        {
            double d[3], a[3], sum = 0;
            for (size_t i = 0; i < dim; i++) a[i] = d[i] = fma(s[l], mean[i], -x[i * ld + l]);
            if (kind == FK_FULL)
                for (size_t j = 0; j < dim; j++) {
                    a[j] = axes[j * dim] * d[0];
                    for (size_t i = 1; i < dim; i++) a[j] = fma(axes[j * dim + i], d[i], a[j]);
                }
            for (size_t j = 0; j < dim; j++) {
                const double b = a[j] * w->inverse[kind == FK_ISOTROPIC ? 0 : j][l];
                sum = fma(a[j], b, sum);
                a[j] = b;
            }
            for (size_t i = 0; i < dim; i++) {
                if (kind != FK_FULL) u[i][l] = a[i];
                if (kind != FK_FULL) continue;
                double back = axes[i] * a[0];
                for (size_t j = 1; j < dim; j++) back = fma(axes[j * dim + i], a[j], back);
                u[i][l] = back;
            }
            sum = fma(sum, -0.5 * FK_LOG2E, w->log_det[l]);
            logit[l] = sum;
            w->tile.top[l] = w->tile.top[l] > sum ? w->tile.top[l] : sum;
        }
        return;
    }
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) u[i][l] = fma(s[l], mean[i], -x[i * ld + l]);
    FK_FOR_LANES(l) q[l] = 0;
    for (size_t j = 0; j < dim; j++) {
        const double *inverse = w->inverse[kind == FK_ISOTROPIC ? 0 : j];
        lanes a;
        FK_FOR_LANES(l) a[l] = kind == FK_FULL ? axes[j * dim] * u[0][l] : u[j][l];
        for (size_t i = 1; kind == FK_FULL && i < dim; i++)
            FK_FOR_LANES(l) a[l] = fma(axes[j * dim + i], u[i][l], a[l]);
        lanes *out = kind == FK_FULL ? &w->along[j] : &u[j];
        FK_FOR_LANES(l)
        {
            const double b = a[l] * inverse[l];
            q[l] = fma(a[l], b, q[l]);
            (*out)[l] = b;
        }
    }
    for (size_t i = 0; kind == FK_FULL && i < dim; i++) {
        FK_FOR_LANES(l) u[i][l] = axes[i] * w->along[0][l];
        for (size_t j = 1; j < dim; j++)
            FK_FOR_LANES(l) u[i][l] = fma(axes[j * dim + i], w->along[j][l], u[i][l]);
    }
    FK_FOR_LANES(l)
    {
        const double sum = fma(q[l], -0.5 * FK_LOG2E, w->log_det[l]);
        logit[l] = sum;
        w->tile.top[l] = w->tile.top[l] > sum ? w->tile.top[l] : sum;
    }
}

/* tr S_k^-1. */
INLINE void take_trace(const size_t dim, const fk_covariance kind, lanes *inverse, lanes trace)
{
    const double times = kind == FK_ISOTROPIC ? (double)dim : 1;
    FK_FOR_LANES(l) trace[l] = times * inverse[0][l];
    for (size_t i = 1; kind != FK_ISOTROPIC && i < dim; i++)
        FK_FOR_LANES(l) trace[l] += inverse[i][l];
}

/* The logit becomes e; its share in the tile's sums. */
INLINE void accumulate(const double weight, const size_t dim, lanes logit, lanes *u, sums *tile)
{
    FK_FOR_LANES(l) logit[l] -= tile->top[l];
    exp2_of(logit);
    FK_FOR_LANES(l)
    {
        logit[l] *= weight;
        tile->total[l] += logit[l];
    }
    for (size_t i = 0; i < dim; i++)
        FK_FOR_LANES(l) tile->score[i][l] = fma(logit[l], u[i][l], tile->score[i][l]);
}

/* One component's share in the divergence, about the tile's own score. */
INLINE void scatter(const size_t dim, const lanes e, const lanes trace, lanes *u, sums *tile)
{
    lanes square;
    FK_FOR_LANES(l) square[l] = -trace[l];
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l)
        {
            const double d = u[i][l] - tile->score[i][l];
            square[l] = fma(d, d, square[l]);
        }
    FK_FOR_LANES(l) tile->bend[l] = fma(e[l], square[l], tile->bend[l]);
}

/* Means and sums of squares about them of two sets make those of their union (Chan, Golub and
 * LeVeque 1983). */
APART void merge(sums *all, const sums *tile, size_t dim)
{
    lanes a, b, old, share, bend, apart;
    FK_FOR_LANES(l)
    {
        const double top = all->top[l] > tile->top[l] ? all->top[l] : tile->top[l];
        a[l] = all->top[l] - top, b[l] = tile->top[l] - top;
        all->top[l] = top;
    }
    exp2_of(a), exp2_of(b);
    FK_FOR_LANES(l)
    {
        old[l] = a[l] * all->total[l];
        all->total[l] = fma(b[l], tile->total[l], old[l]);
        share[l] = b[l] * tile->total[l] / all->total[l];
        bend[l] = fma(a[l], all->bend[l], b[l] * tile->bend[l]);
        apart[l] = 0;
    }
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l)
        {
            const double d = tile->score[i][l] - all->score[i][l];
            all->score[i][l] = fma(share[l], d, all->score[i][l]);
            apart[l] = fma(d, d, apart[l]);
        }
    FK_FOR_LANES(l) all->bend[l] = fma(old[l] * share[l], apart[l], bend[l]);
}

/* The sums of n components from number `first` on, for FK_LANES particles. */
INLINE void sum_tile(const fk_mixture *m, size_t first, size_t n, const size_t dim,
                     const bool small, const fk_covariance kind, const double *s,
                     const double *sigma, const double *x, size_t ld, bool bends, workspace *w)
{
    sums *tile = &w->tile;
    FK_FOR_LANES(l) tile->top[l] = -HUGE_VAL, tile->total[l] = 0, tile->bend[l] = 0;
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) tile->score[i][l] = 0;
    for (size_t c = 0; c < n; c++) {
        const double *var = m->var + (first + c) * dim;
        if (first + c == 0 || memcmp(var, var - dim, dim * sizeof *var) != 0)
            spread(var, dim, kind == FK_ISOTROPIC, s, sigma, w);
        component(m, first + c, dim, small, kind, s, x, ld, w, w->logit[c], w->u + c * dim);
        if (bends) take_trace(dim, kind, w->inverse, w->trace[c]);
    }
    for (size_t c = 0; c < n; c++)
        accumulate(m->weight[first + c], dim, w->logit[c], w->u + c * dim, tile);
    lanes inverse;
    FK_FOR_LANES(l) inverse[l] = 1 / tile->total[l];
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) tile->score[i][l] *= inverse[l];
    for (size_t c = 0; bends && c < n; c++)
        scatter(dim, w->logit[c], w->trace[c], w->u + c * dim, tile);
}

/* FK_LANES particles. */
INLINE void chunk(const fk_mixture *m, const size_t dim, const bool small, const fk_covariance kind,
                  const double *s, const double *sigma, const double *x, size_t ld, double *score,
                  size_t score_ld, double *divergence, size_t tile, workspace *w)
{
    const sums *end = m->k > tile ? &w->all : &w->tile;
    for (size_t first = 0; first < m->k; first += tile) {
        const size_t n = m->k - first < tile ? m->k - first : tile;
        sum_tile(m, first, n, dim, small, kind, s, sigma, x, ld, divergence, w);
        if (m->k <= tile) break;
        if (first == 0) {
            FK_FOR_LANES(l) w->all.top[l] = -HUGE_VAL, w->all.total[l] = 0, w->all.bend[l] = 0;
            for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) w->all.score[i][l] = 0;
        }
        merge(&w->all, &w->tile, dim);
    }
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) score[i * score_ld + l] = end->score[i][l];
    if (divergence) FK_FOR_LANES(l) divergence[l] = end->bend[l] / end->total[l];
}

INLINE void block(const fk_mixture *m, const size_t dim, const bool small, const fk_covariance kind,
                  const double *s, const double *sigma, fk_block x, fk_block score,
                  double *divergence, size_t tile, double *scratch)
{
    lanes *at = (lanes *)scratch;
    workspace w = {.inverse = at, .along = at + dim};
    w.tile.score = at + 2 * dim, w.all.score = at + 3 * dim;
    w.logit = at + 4 * dim, w.trace = w.logit + tile, w.u = w.trace + tile;
    for (size_t p = 0; p < x.n; p += FK_LANES)
        chunk(m, dim, small, kind, s + p, sigma + p, x.x + p, x.ld, score.x + p, score.ld,
              divergence ? divergence + p : NULL, tile, &w);
}

/* Small dimensions, up to 3, are known at compile time. */
INLINE void of_kind(const fk_mixture *m, const fk_covariance kind, const double *s,
                    const double *sigma, fk_block x, fk_block score, double *divergence,
                    size_t tile, double *scratch)
{
    switch (m->dim) {
    case 1:
        block(m, 1, true, kind, s, sigma, x, score, divergence, tile, scratch);
        break;
    case 2:
        block(m, 2, true, kind, s, sigma, x, score, divergence, tile, scratch);
        break;
    case 3:
        block(m, 3, true, kind, s, sigma, x, score, divergence, tile, scratch);
        break;
    default:
        block(m, m->dim, false, kind, s, sigma, x, score, divergence, tile, scratch);
    }
}

void FK_KERNEL(fk_mixture_each)(const fk_mixture *m, const double *s, const double *sigma,
                                fk_block x, fk_block score, double *divergence, size_t tile,
                                double *scratch)
{
    switch (m->kind) {
    case FK_ISOTROPIC:
        of_kind(m, FK_ISOTROPIC, s, sigma, x, score, divergence, tile, scratch);
        break;
    case FK_DIAGONAL:
        of_kind(m, FK_DIAGONAL, s, sigma, x, score, divergence, tile, scratch);
        break;
    case FK_FULL:
        of_kind(m, FK_FULL, s, sigma, x, score, divergence, tile, scratch);
        break;
    }
}
