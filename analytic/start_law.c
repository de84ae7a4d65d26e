/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/start_law.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

double fk_start_density(const fk_start_law *start, double x)
{
    if (!(start->std > 0)) return exp(fk_marginal_at(start->marginal, &x, NULL));
    double z = x / start->std;
    return exp(-0.5 * (z * z + FK_LOG_2PI)) / start->std;
}

double fk_start_cdf(const fk_start_law *start, double x, bool upper)
{
    if (!(start->std > 0)) return fk_marginal_cdf(start->marginal, x, upper);
    double z = x / start->std;
    return 0.5 * erfc((upper ? z : -z) * FK_SQRT1_2);
}

void fk_marginal_range(const fk_marginal *g, double tail, double range[2])
{
    range[0] = fk_marginal_quantile(g, tail, false);
    range[1] = fk_marginal_quantile(g, tail, true);
}

void fk_start_range(const fk_start_law *start, double tail, double range[2])
{
    if (!(start->std > 0)) {
        fk_marginal_range(start->marginal, tail, range);
        return;
    }
    range[1] = start->std * gsl_cdf_ugaussian_Qinv(tail);
    range[0] = -range[1];
}
