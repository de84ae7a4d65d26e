/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside analytic/mixture_field: score and divergence where each particle has a time of its own, so
 * that nothing can be frozen. In a lane with (s, sigma), component k has S_k = s^2 C_k + sigma^2 I,
 * in the axes of C_k a diagonal, and with u_k = S_k^-1 (s m_k - x), its own score,
 *     e_k = w_k det(S_k)^-1/2 exp(-(x - s m_k) . S_k^-1 (x - s m_k) / 2),   r_k = e_k / sum_j e_j,
 *     score = sum_k r_k u_k,   div score = sum_k r_k (|u_k - score|^2 - tr S_k^-1). */
#ifndef FK_ANALYTIC_MIXTURE_EACH_H
#define FK_ANALYTIC_MIXTURE_EACH_H

#include "analytic/mixture.h"
#include "core/field.h"
#include "core/isa.h"

/* Components go in tiles, whose logits, traces and u_k wait in scratch. */
static inline size_t fk_mixture_each_scratch(size_t dim, size_t tile)
{
    return (tile * (dim + 2) + 4 * dim) * FK_LANES;
}

/* divergence (x.n) or NULL; scratch (fk_mixture_each_scratch). */
FK_DECLARE_KERNEL(void, fk_mixture_each,
                  (const fk_mixture *, const double *s, const double *sigma, fk_block x,
                   fk_block score, double *divergence, size_t tile, double *scratch));

/* fk_field's eval_each of a mixture. */
void fk_mixture_eval_each(const void *self, const double *s, const double *sigma, fk_block x,
                          fk_block score, double *divergence);

#endif
