/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/functionals.h"

#include <assert.h>
#include <math.h>

static const double width = 0.2;

fk_functionals fk_functionals_new(const fk_marginal *exact)
{
    const fk_mixture *mix = exact->mixture;
    assert(mix->dim == 1);
    fk_functionals f = {.mean = 0};
    for (size_t k = 0; k < mix->k; k++) {
        double w = mix->weight[k], M = exact->mean[k], S = exact->var[k];
        f.mean += w * M;
        f.exact[FK_COS2] += w * exp(-2 * S) * cos(2 * M);
    }
    for (size_t k = 0; k < mix->k; k++) {
        double d = exact->mean[k] - f.mean;
        f.var += mix->weight[k] * (exact->var[k] + d * d);
    }
    f.exact[FK_MEAN] = f.mean;
    f.exact[FK_SQUARE] = f.var + f.mean * f.mean;
    /* E Phi((X - c)/width) = P(X + width xi > c): one more Gaussian in the law */
    fk_marginal *wider = fk_marginal_new(mix, exact->s, hypot(exact->sigma, width));
    for (int j = 0; j < FK_N_CDF; j++) {
        f.centre[j] = fk_marginal_quantile(exact, (j + 0.5) / FK_N_CDF, false);
        f.exact[FK_CDF + j] = fk_marginal_cdf(wider, f.centre[j], true);
    }
    fk_marginal_free(wider);
    return f;
}

void fk_functionals_at(const fk_functionals *f, double x, double *value)
{
    value[FK_MEAN] = x;
    value[FK_SQUARE] = x * x;
    value[FK_COS2] = cos(2 * x);
    for (int j = 0; j < FK_N_CDF; j++)
        value[FK_CDF + j] = 0.5 * erfc((f->centre[j] - x) / width * FK_SQRT1_2);
}

void fk_normal_powers(double mean, double var, double power[FK_N_CENTRAL])
{
    power[0] = 1, power[1] = mean;
    for (int k = 2; k < FK_N_CENTRAL; k++) /* by parts */
        power[k] = mean * power[k - 1] + (k - 1) * var * power[k - 2];
}

fk_law_record fk_law_record_empty(void)
{
    fk_law_record r = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, {0}, NAN, {0}};
    for (int k = 0; k < FK_N_FUNCTIONALS; k++) r.error[k] = NAN;
    for (int k = 0; k < FK_N_CENTRAL; k++) r.central[k] = NAN;
    return r;
}

double fk_functional_slope(const fk_functionals *f, int j, double x)
{
    double z = (x - f->centre[j]) / width;
    return exp(-0.5 * (z * z + FK_LOG_2PI)) / width;
}

void fk_law_record_set_errors(fk_law_record *r, const fk_functionals *f, double mass,
                              const double *error)
{
    r->mass = mass;
    r->mean_error = error[FK_MEAN];
    r->mean = f->mean + r->mean_error;
    r->var_error = error[FK_SQUARE] - r->mean_error * (r->mean + f->mean);
    r->var = f->var + r->var_error;
    r->worst_cdf = 0;
    for (int k = 0; k < FK_N_FUNCTIONALS; k++) {
        r->error[k] = error[k];
        double e = fabs(error[k]);
        if (k >= FK_CDF && !(e <= r->worst_cdf)) r->worst_cdf = e; /* NaN stays */
    }
}

void fk_law_record_set(fk_law_record *r, const fk_functionals *f, double mass,
                       const double *expectation)
{
    double error[FK_N_FUNCTIONALS];
    for (int k = 0; k < FK_N_FUNCTIONALS; k++) error[k] = expectation[k] - f->exact[k];
    fk_law_record_set_errors(r, f, mass, error);
}
