/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/ddim_family.h"

#include <assert.h>
#include <math.h>

void fk_ddim_deviations(const fk_coeffs *node, size_t n, double eta, double *sd)
{
    assert(eta >= 0 && eta <= 1);
    sd[0] = 0;
    for (size_t t = 1; t < n; t++) {
        double h = node[t - 1].lambda - node[t].lambda;
        assert(h > 0);
        sd[t] = eta * node[t - 1].sigma * sqrt(-expm1(-2 * h));
    }
}

static int check(const fk_coeffs *node, size_t n, const double *sd, fk_error *err)
{
    for (size_t t = 0; t < n; t++) assert(node[t].sigma > 0);
    for (size_t t = 1; t < n; t++)
        if (!(sd[t] >= 0 && sd[t] <= node[t - 1].sigma))
            return fk_fail(err, FK_USAGE,
                           "deviation %zu of DDIM's process is %g; it must lie between 0 and "
                           "sigma = %g of the node before",
                           t + 1, sd[t], node[t - 1].sigma);
    return FK_OK;
}

/* 1 - r_t^2 */
static double fresh(const fk_coeffs *node, const double *sd, size_t t)
{
    double share = sd[t] / node[t - 1].sigma;
    return share * share;
}

int fk_ddim_covariance(const fk_coeffs *node, size_t n, const double *sd, double *cov,
                       fk_error *err)
{
    int status = check(node, n, sd, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) {
        double r = 1;
        for (size_t j = i; j < n; j++) {
            if (j > i) r *= sqrt(1 - fresh(node, sd, j));
            cov[i * n + j] = cov[j * n + i] = node[i].sigma * node[j].sigma * r;
        }
    }
    return FK_OK;
}

int fk_ddim_precision(const fk_coeffs *node, size_t n, const double *sd, double *diagonal,
                      double *beside, fk_error *err)
{
    int status = check(node, n, sd, err);
    if (status) return status;
    for (size_t t = 0; t < n; t++) diagonal[t] = 1;
    for (size_t t = 1; t < n; t++) {
        double noise = fresh(node, sd, t);
        if (noise == 0)
            return fk_fail(err, FK_USAGE,
                           "deviation %zu of DDIM's process is 0: its covariance has no inverse",
                           t + 1);
        /* 1/(1 - r^2) - 1 on either side of the step */
        diagonal[t - 1] += (1 - noise) / noise;
        diagonal[t] += (1 - noise) / noise;
        beside[t - 1] = -sqrt(1 - noise) / noise / (node[t - 1].sigma * node[t].sigma);
    }
    for (size_t t = 0; t < n; t++) diagonal[t] /= node[t].sigma * node[t].sigma;
    return FK_OK;
}

void fk_ddim_joint(const fk_coeffs *node, size_t n, const double *cov, double var_0, double *joint)
{
    size_t m = n + 1;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            double s_i = i ? node[i - 1].s : 1, s_j = j ? node[j - 1].s : 1;
            double own = i && j ? cov[(i - 1) * n + j - 1] : 0;
            joint[i * m + j] = s_i * s_j * var_0 + own;
        }
}
