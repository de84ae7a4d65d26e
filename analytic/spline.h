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

enum {
    FK_SPLINE_TAPS = 8,
    FK_SPLINE_WIDTH = 24,
    FK_SPLINE_MARGIN = 3,
    FK_SPLINE_MODES = 64,
    FK_SPLINE_LEAST = 15
};

typedef struct {
    size_t n, modes;
    double *value;  /* (n, modes, width): at nodes; mode j is at e_j = fk_spline_node(modes, j) */
    double *coef;   /* (modes, n + 2 margin, width), the first of a row k = -margin */
    double *factor; /* (n, 4): L D L^T of the collocation matrix, which has 3 bands */
} fk_spline;

/* n > FK_SPLINE_LEAST nodes; values and coefficients zero. */
fk_spline fk_spline_new(size_t n, size_t modes);
void fk_spline_free(fk_spline *);

/* The Chebyshev nodes cos(pi (j + 1/2) / modes). */
double fk_spline_node(size_t modes, size_t j);
/* value (places, modes, width): from values at these nodes to coefficients of T_0, T_1, .. */
void fk_spline_fit_modes(size_t places, size_t modes, double *value);

/* From values to coefficients; the values are lost. */
void fk_spline_fit(fk_spline *);

/* row (modes, stride) += the weights of points (xi_p, e_p) over the coefficients, each times
 * weight_p: xi in [0, n - 1], e in [-1, 1]; count is a multiple of FK_LANES. row begins with the
 * coefficients of cell `begin`, at or below all the points. */
FK_DECLARE_KERNEL(void, fk_spline_weigh,
                  (const fk_spline *, size_t count, const double *xi, const double *e,
                   const double *weight, size_t begin, size_t stride, double *row));

/* out (width) = sum of row (modes, stride) times the coefficients. */
FK_DECLARE_KERNEL(void, fk_spline_sum,
                  (const fk_spline *, size_t begin, size_t stride, const double *row, double *out));

#endif
