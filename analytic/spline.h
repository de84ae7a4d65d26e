/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interpolation on an even grid by splines of degree 7, for FK_SPLINE_WIDTH functions at once: for
 * f that varies on the scale L the error is about 8e-7 (dx/L)^8, a thousandth of that of the
 * polynomial through the eight nearest nodes. In xi, the place in spacings from node 0,
 *     f(xi) = sum_k coef_k B(xi - k),    k = floor(xi) - 3 .. floor(xi) + 4,
 * B the cardinal spline of degree 7. At the ends f is continued as an odd function about its end
 * point, which keeps straight lines; with other functions the last 25 cells are less good.
 *
 * There may be a second variable e in [-1, 1], in which f is a sum of `modes` Chebyshev
 * polynomials, one spline each. Linear in f, interpolation at many points is one row of weights
 * over the coefficients. Internal to analytic/. */
#ifndef FK_ANALYTIC_SPLINE_H
#define FK_ANALYTIC_SPLINE_H

#include "core/base.h"
#include "core/isa.h"

enum { FK_SPLINE_TAPS = 8, FK_SPLINE_WIDTH = 24, FK_SPLINE_MARGIN = 3, FK_SPLINE_MODES = 64 };

typedef struct {
    size_t n, modes;
    double *coef;   /* (n + 2 margin, modes, width), the first of them k = -margin */
    double *factor; /* (n, 4): L D L^T of the collocation matrix, which has 3 bands */
} fk_spline;

/* n >= 16 nodes; values and coefficients zero. */
fk_spline fk_spline_new(size_t n, size_t modes);
void fk_spline_free(fk_spline *);

/* Where the values of node i go: (modes, width), mode j for e_j = fk_spline_node. */
double *fk_spline_values(fk_spline *, size_t i);
/* The Chebyshev nodes cos(pi (j + 1/2) / modes). */
double fk_spline_node(size_t modes, size_t j);
/* value (places, modes, width): from values at these nodes to coefficients of T_0, T_1, .. */
void fk_spline_fit_modes(size_t places, size_t modes, double *value);

/* From values to coefficients, in place. */
void fk_spline_fit(fk_spline *);

/* row (n + 2 margin, modes) += the weights of points (xi_p, e_p), each times weight_p: count is a
 * multiple of FK_LANES, xi in [0, n - 1], e in [-1, 1] or NULL with one mode. */
FK_DECLARE_KERNEL(void, fk_spline_weigh,
                  (size_t n, size_t modes, size_t count, const double *xi, const double *e,
                   const double *weight, double *row));

/* out (width) = sum_{k < count} row_k coef_k, coef (count, width) */
FK_DECLARE_KERNEL(void, fk_spline_sum,
                  (size_t count, const double *row, const double *coef, double *out));

#endif
