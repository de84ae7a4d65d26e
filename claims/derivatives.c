/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/derivatives.h"

#include <assert.h>

enum { MOST = 64 };

double fk_log_third(const fk_marginal *g, double x)
{
    double r[MOST], score, sum = 0;
    assert(g->mixture->dim == 1 && g->mixture->k <= MOST);
    fk_marginal_at(g, &x, &(fk_point){.score = &score, .weight = r});
    for (size_t k = 0; k < g->mixture->k; k++) {
        double d = (g->mean[k] - x) / g->var[k] - score;
        sum += r[k] * (d * d * d - 3 * d / g->var[k]);
    }
    return sum;
}

double fk_score_rate(const fk_marginal *g, double f, double g2, double x)
{
    double r[MOST], score, sum = 0;
    assert(g->mixture->dim == 1 && g->mixture->k <= MOST);
    fk_marginal_at(g, &x, &(fk_point){.score = &score, .weight = r});
    for (size_t k = 0; k < g->mixture->k; k++) {
        double var = g->var[k], u = (g->mean[k] - x) / var;
        double mean_rate = f * g->mean[k], var_rate = 2 * f * var + g2;
        double log_rate = -u * mean_rate + var_rate / 2 * (u * u - 1 / var);
        sum += r[k] * ((mean_rate - u * var_rate) / var + (u - score) * log_rate);
    }
    return sum;
}
