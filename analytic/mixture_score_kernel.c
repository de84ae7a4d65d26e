/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/mixture_score.h"

#include "core/vmath.h"

#define INLINE static inline __attribute__((always_inline))

/* FK_LANES particles' worth of one number. */
typedef double lanes[FK_LANES];

/* sum_r += sum_i a_ri y_i over one square of W^T, its columns from `from` on. */
INLINE void add_square(const double *square, const size_t rows, const size_t from, lanes *y,
                       lanes *sum)
{
    for (size_t i = from; i < rows; i++)
        for (size_t r = 0; r < rows; r++)
            FK_FOR_LANES(l) sum[r][l] = fma(square[r * rows + i], y[i][l], sum[r][l]);
}

/* y = W d and then g = -W^T y, each in place of what it is made from: band by band, y wants d up to
 * its own rows, g wants y from its own on. Takes |y|^2 from q. A band has four sums (or dim)
 * running side by side, in registers, which hides the latency of one. */
INLINE void whiten(const double *w, const size_t dim, const size_t rows, lanes q, lanes *g)
{
    const size_t bands = fk_band_width(dim) / rows;
    for (size_t i = dim; i < bands * rows; i++) FK_FOR_LANES(l) g[i][l] = 0;
    for (size_t b = bands; b-- > 0;) {
        const double *band = w + fk_band_start(dim, b);
        lanes y[4];
        for (size_t r = 0; r < rows; r++) FK_FOR_LANES(l) y[r][l] = band[r] * g[0][l];
        for (size_t j = 1; j < (b + 1) * rows; j++)
            for (size_t r = 0; r < rows; r++)
                FK_FOR_LANES(l) y[r][l] = fma(band[j * rows + r], g[j][l], y[r][l]);
        for (size_t r = 0; r < rows; r++)
            FK_FOR_LANES(l) q[l] = fma(-y[r][l], y[r][l], q[l]), g[b * rows + r][l] = y[r][l];
    }
    for (size_t c = 0; c < bands; c++) {
        const double *square = w + fk_band_start(dim, c) + c * rows * rows;
        lanes sum[4];
        for (size_t r = 0; r < rows; r++)
            FK_FOR_LANES(l) sum[r][l] = square[r * rows] * g[c * rows][l];
        add_square(square, rows, 1, g + c * rows, sum);
        for (size_t b = c + 1; b < bands; b++)
            add_square(w + fk_band_start(dim, b) + c * rows * rows, rows, 0, g + b * rows, sum);
        for (size_t r = 0; r < rows; r++) FK_FOR_LANES(l) g[c * rows + r][l] = -sum[r][l];
    }
}

/* logit and g of one component, and the largest logit; x (dim, ld). Small dimensions are one loop
 * over the lanes, so that what is summed up stays in registers. */
INLINE void component(const double *row, const size_t dim, const bool small,
                      const fk_covariance kind, const double *x, size_t ld, lanes top, lanes logit,
                      lanes *g)
{
    const double *mean = row + 2, *more = mean + dim;
    lanes q;
    if (small && kind != FK_FULL) {
        FK_FOR_LANES(l)
        {
            double sum = 0;
            for (size_t i = 0; i < dim; i++) {
                double d = x[i * ld + l] - mean[i], a = kind == FK_DIAGONAL ? more[i] * d : d;
                sum = i ? fma(a, d, sum) : a * d;
            }
            sum = kind == FK_ISOTROPIC ? fma(row[1], sum, row[0]) : sum + row[0];
            logit[l] = sum;
            top[l] = top[l] > sum ? top[l] : sum;
        }
        return;
    }
    FK_FOR_LANES(l) q[l] = kind == FK_ISOTROPIC ? 0 : row[0];
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l)
        {
            double d = x[i * ld + l] - mean[i];
            g[i][l] = kind == FK_DIAGONAL ? more[i] * d : d;
            if (kind != FK_FULL) q[l] = fma(g[i][l], d, q[l]);
        }
    if (kind == FK_FULL && small) whiten(more, dim, dim, q, g);
    if (kind == FK_FULL && !small) whiten(more, dim, 4, q, g);
    FK_FOR_LANES(l)
    {
        double sum = kind == FK_ISOTROPIC ? fma(row[1], q[l], row[0]) : q[l];
        logit[l] = sum;
        top[l] = top[l] > sum ? top[l] : sum;
    }
}

/* Add one component's share. */
INLINE void accumulate(const double *row, const size_t dim, const bool small,
                       const fk_covariance kind, const double *x, size_t ld, const lanes top,
                       const lanes logit, lanes *g, lanes total, lanes *sum)
{
    const double weight = row[1], *mean = row + 2, *more = mean + dim;
    if (small) {
        FK_FOR_LANES(l)
        {
            double e = fk_lane_exp2(logit[l] - top[l]), w = kind == FK_ISOTROPIC ? e * weight : e;
            total[l] += e;
            for (size_t i = 0; i < dim; i++) {
                double d = kind == FK_FULL ? g[i][l] : x[i * ld + l] - mean[i];
                if (kind == FK_DIAGONAL) d *= more[i];
                sum[i][l] = fma(w, d, sum[i][l]);
            }
        }
        return;
    }
    lanes w;
    FK_FOR_LANES(l)
    {
        double e = fk_lane_exp2(logit[l] - top[l]);
        total[l] += e;
        w[l] = kind == FK_ISOTROPIC ? e * weight : e;
    }
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) sum[i][l] = fma(w[l], g[i][l], sum[i][l]);
}

/* One chunk of FK_LANES particles, tile after tile: the sums so far are kept relative to the
 * largest logit so far, so that its term is 1 and nothing overflows, nor does all underflow. */
INLINE void chunk(const fk_frozen_mixture *f, const size_t dim, const bool small,
                  const fk_covariance kind, const double *x, size_t x_ld, double *score,
                  size_t score_ld, double *scratch)
{
    const size_t width = fk_band_width(dim);
    lanes *logit = (lanes *)scratch, *g = logit + f->tile;
    lanes top, total, few[3];
    lanes *sum = small ? few : g + f->tile * width;
    FK_FOR_LANES(l) top[l] = -HUGE_VAL, total[l] = 0;
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) sum[i][l] = 0;
    for (size_t first = 0; first < f->k; first += f->tile) {
        size_t n = f->k - first < f->tile ? f->k - first : f->tile;
        const double *row = f->row + first * f->stride;
        lanes next;
        FK_FOR_LANES(l) next[l] = top[l];
        for (size_t k = 0; k < n; k++)
            component(row + k * f->stride, dim, small, kind, x, x_ld, next, logit[k],
                      g + k * width);
        if (first > 0) {
            lanes shrink;
            FK_FOR_LANES(l) shrink[l] = fk_lane_exp2(top[l] - next[l]), total[l] *= shrink[l];
            for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) sum[i][l] *= shrink[l];
        }
        FK_FOR_LANES(l) top[l] = next[l];
        for (size_t k = 0; k < n; k++)
            accumulate(row + k * f->stride, dim, small, kind, x, x_ld, top, logit[k], g + k * width,
                       total, sum);
    }
    FK_FOR_LANES(l) total[l] = 2 * FK_LN2 / total[l];
    for (size_t i = 0; i < dim; i++) FK_FOR_LANES(l) score[i * score_ld + l] = sum[i][l] * total[l];
}

INLINE void block(const fk_frozen_mixture *f, const size_t dim, const bool small,
                  const fk_covariance kind, fk_block x, fk_block score, double *scratch)
{
    for (size_t p = 0; p < x.n; p += FK_LANES)
        chunk(f, dim, small, kind, x.x + p, x.ld, score.x + p, score.ld, scratch);
}

/* Small dimensions, up to 3, are known at compile time. */
INLINE void of_kind(const fk_frozen_mixture *f, const fk_covariance kind, fk_block x,
                    fk_block score, double *scratch)
{
    switch (f->dim) {
    case 1:
        block(f, 1, true, kind, x, score, scratch);
        break;
    case 2:
        block(f, 2, true, kind, x, score, scratch);
        break;
    case 3:
        block(f, 3, true, kind, x, score, scratch);
        break;
    default:
        block(f, f->dim, false, kind, x, score, scratch);
    }
}

void FK_KERNEL(fk_mixture_score)(const fk_frozen_mixture *f, fk_block x, fk_block score,
                                 double *scratch)
{
    switch (f->kind) {
    case FK_ISOTROPIC:
        of_kind(f, FK_ISOTROPIC, x, score, scratch);
        break;
    case FK_DIAGONAL:
        of_kind(f, FK_DIAGONAL, x, score, scratch);
        break;
    case FK_FULL:
        of_kind(f, FK_FULL, x, score, scratch);
        break;
    }
}
