/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel for its fused multiply-adds, of which double-double numbers are made: without the
 * instruction each is a call. */
#include <string.h>

#include "analytic/mixture_score.h"
#include "core/vmath.h"

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

void FK_KERNEL(fk_mixture_whiten)(const fk_mixture *m, size_t k, double s, double sigma, fk_dd *l,
                                  double *w)
{
    factorise(m, k, s, sigma, l);
    invert(m->dim, l, w);
}
