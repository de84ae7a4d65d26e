/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Components stand in lanes. Each number is summed in the order of its terms, and the sums that a
 * term goes to are taken one after the other: none waits for the one before it. */
#include <string.h>

#include "analytic/dd.h"
#include "analytic/mixture_score.h"
#include "core/vmath.h"

typedef struct {
    double hi[FK_LANES], lo[FK_LANES];
} lanes;

static inline fk_dd get(const lanes *a, size_t l)
{
    return (fk_dd){a->hi[l], a->lo[l]};
}

static inline void set(lanes *a, size_t l, fk_dd x)
{
    a->hi[l] = x.hi, a->lo[l] = x.lo;
}

static inline void add_product(lanes *sum, const lanes *a, const lanes *b)
{
    FK_FOR_LANES(l) set(sum, l, fk_dd_add(get(sum, l), fk_dd_multiply(get(a, l), get(b, l))));
}

static inline void subtract_product(lanes *sum, const lanes *a, const lanes *b)
{
    FK_FOR_LANES(l) set(sum, l, fk_dd_subtract(get(sum, l), fk_dd_multiply(get(a, l), get(b, l))));
}

static inline void divide(lanes *a, const lanes *b)
{
    FK_FOR_LANES(l) set(a, l, fk_dd_divide(get(a, l), get(b, l)));
}

/* Numbers `stride` apart, one for each component; the last of them fills up. */
static inline void gather(lanes *a, const double *hi, const double *lo, size_t stride, size_t count)
{
    for (size_t l = 0; l < FK_LANES; l++) {
        const size_t at = (l < count ? l : count - 1) * stride;
        a->hi[l] = hi[at], a->lo[l] = lo[at];
    }
}

/* S = sum_j (s^2 lambda_j + sigma^2) a_j a_j^T, the lower triangle. */
static void compose(const fk_mixture *m, size_t k, size_t count, double s, double sigma, lanes *a,
                    lanes *matrix)
{
    const size_t dim = m->dim;
    const fk_dd scale = fk_dd_product(s, s), noise = fk_dd_product(sigma, sigma);
    memset(matrix, 0, dim * dim * sizeof *matrix);
    for (size_t j = 0; j < dim; j++) {
        const size_t var = k * dim + j, axis = var * dim;
        lanes v;
        gather(&v, m->var + var, m->var_low + var, dim, count);
        FK_FOR_LANES(l) set(&v, l, fk_dd_add(fk_dd_multiply(scale, get(&v, l)), noise));
        for (size_t i = 0; i < dim; i++)
            gather(a + i, m->axes + axis + i, m->axes_low + axis + i, dim * dim, count);
        for (size_t i = 0; i < dim; i++) {
            lanes left;
            FK_FOR_LANES(l) set(&left, l, fk_dd_multiply(get(&v, l), get(a + i, l)));
            for (size_t p = 0; p <= i; p++) add_product(matrix + i * dim + p, &left, a + p);
        }
    }
}

/* Its Cholesky factor L, in place. */
static void factorise(size_t dim, lanes *matrix)
{
    for (size_t p = 0; p < dim; p++) {
        lanes *root = matrix + p * dim + p;
        FK_FOR_LANES(l) set(root, l, fk_dd_sqrt(get(root, l)));
        for (size_t i = p + 1; i < dim; i++) divide(matrix + i * dim + p, root);
        for (size_t i = p + 1; i < dim; i++)
            for (size_t j = p + 1; j <= i; j++)
                subtract_product(matrix + i * dim + j, matrix + i * dim + p, matrix + j * dim + p);
    }
}

/* L^-1 in place, row after row: those above are inverse already. */
static void invert(size_t dim, lanes *sum, lanes *matrix)
{
    for (size_t i = 0; i < dim; i++) {
        lanes *row = matrix + i * dim;
        memset(sum, 0, dim * sizeof *sum);
        for (size_t l = 0; l < FK_LANES; l++) sum[i].hi[l] = 1;
        for (size_t p = 0; p < i; p++)
            for (size_t j = 0; j <= p; j++)
                subtract_product(sum + j, row + p, matrix + p * dim + j);
        for (size_t j = 0; j <= i; j++) divide(sum + j, row + i);
        memcpy(row, sum, (i + 1) * sizeof *row);
    }
}

void FK_KERNEL(fk_mixture_whiten)(const fk_mixture *m, size_t k, size_t count, double s,
                                  double sigma, double *scratch, double *w, size_t stride)
{
    const size_t dim = m->dim;
    lanes *row = (lanes *)scratch, *matrix = row + dim;
    compose(m, k, count, s, sigma, row, matrix);
    factorise(dim, matrix);
    invert(dim, row, matrix);
    for (size_t c = 0; c < count; c++, w += stride) {
        memset(w, 0, fk_band_size(dim) * sizeof *w);
        for (size_t i = 0; i < dim; i++)
            for (size_t j = 0; j <= i; j++)
                w[fk_band_at(dim, i, j)] = matrix[i * dim + j].hi[c] * sqrt(FK_LOG2E / 2);
    }
}
