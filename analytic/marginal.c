/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Freezing a mixture at a noise level. */
#include "analytic/marginal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/dd.h"

fk_marginal *fk_marginal_new(const fk_mixture *m, double s, double sigma)
{
    assert(s >= 0 && sigma >= 0 && isfinite(s) && isfinite(sigma));
    size_t kd = m->k * m->dim;
    fk_marginal *g = fk_alloc(1, sizeof *g);
    *g = (fk_marginal){.mixture = m, .s = s, .sigma = sigma};
    g->mean = fk_alloc(5 * kd + m->k, sizeof *g->mean);
    g->mean_low = g->mean + kd;
    g->var = g->mean_low + kd;
    g->inverse = g->var + kd;
    g->inverse_low = g->inverse + kd;
    g->log_norm = g->inverse_low + kd;

    const fk_dd s2 = fk_dd_product(s, s), sigma2 = fk_dd_product(sigma, sigma);
    for (size_t i = 0; i < kd; i++) {
        fk_dd lambda = {m->var[i], m->var_low ? m->var_low[i] : 0};
        fk_dd mean = fk_dd_product(s, m->mean[i]);
        fk_dd var = fk_dd_add(fk_dd_multiply(s2, lambda), sigma2);
        fk_dd inverse = fk_dd_divide((fk_dd){1, 0}, var);
        g->mean[i] = mean.hi;
        g->mean_low[i] = mean.lo;
        g->var[i] = var.hi;
        g->inverse[i] = inverse.hi;
        g->inverse_low[i] = inverse.lo;
        if (var.hi == 0) g->singular = true;
    }
    for (size_t k = 0; k < m->k; k++) {
        double log_det = 0;
        for (size_t j = 0; j < m->dim; j++) log_det += log(g->var[k * m->dim + j]);
        g->log_norm[k] = log(m->weight[k]) - 0.5 * ((double)m->dim * FK_LOG_2PI + log_det);
    }
    return g;
}

void fk_marginal_free(fk_marginal *g)
{
    if (!g) return;
    free(g->mean);
    free(g);
}
