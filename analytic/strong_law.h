/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local strong error of a scheme on 1-D mixture data: one step from t to t - h, started at
 * x ~ p_t on the exact process, against the solution of
 *     dx = [ f x - (1 + eta^2)/2 g^2 score ] dt + eta g dW       (time decreasing)
 * on the same Brownian path. A scheme has strong order p where (Milstein 1987; Milstein and
 * Tretyakov 2004, theorem 1.1)
 *     rms  = sqrt E|x' - x_exact|^2          = O(h^(p + 1/2))
 *     mean = sqrt E|E[x' - x_exact | x]|^2   = O(h^(p + 1))
 * and both are needed: a method whose rms is that of order 3/2 but that misses the mean of
 * int W^2 dt, by h^2 a step and always on one side, has order 1.
 *
 * The path over the step is known by its increment W and space-time Levy area H on each of 16 cells
 * of equal length, from which the step's own W, H and E (core/step.h) are composed, and x_exact is
 * the solution averaged over what they leave open: it is wrong by order 3/2 at h/16. The same
 * starts and normals serve all h, the paths being scaled copies of one another. So the leading
 * terms of the errors have the same sampling error, and slopes have next to none.
 *
 * A multistep scheme gets exact history: its model outputs at the nodes before t on the same path,
 * which is followed from the earliest of them on. */
#ifndef FK_ANALYTIC_STRONG_LAW_H
#define FK_ANALYTIC_STRONG_LAW_H

#include "analytic/marginal.h"
#include "schedules/scheme.h"

typedef struct {
    const fk_mixture *data; /* dim 1; the rest is borrowed too */
    const fk_field *field;  /* the score; NULL: the exact one */
    const fk_schedule *schedule;
    const fk_scheme *scheme;
    double eta;   /* the amplitude of the noise of the process that the scheme follows, > 0 */
    size_t paths; /* 4096 give rms to 2 to 10 percent, and slopes at h < t/1000 to 0.01 */
    uint64_t seed;
} fk_strong_problem;

typedef struct {
    double h;
    double rms, rms_se; /* with its standard error */
    /* Not sampled: quadrature over x and the step's normals against the exact conditional mean; NAN
     * where that is not known (history, eta other than 1, a field that is not the exact score).
     * Right to about 1e-15. */
    double mean;
    /* Local slopes of log rms and log mean in log h from the entry before; NAN at the first. */
    double rms_slope, rms_slope_se, mean_slope;
} fk_strong_error;

/* The errors at step sizes h (n), decreasing, each below t/2: the step is neither the last nor,
 * with history, the first of its axis. FK_USAGE where a normal of the scheme is no functional of
 * the path, or it draws none, and where a node leaves the schedule's usable interval. */
int fk_strong_law(const fk_strong_problem *, double t, const double *h, size_t n,
                  fk_strong_error *error, fk_error *err) FK_CHECKED;

#endif
