/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interpolation on a uniform grid by the polynomial of degree 7 through the eight nearest nodes; at
 * the ends of the grid through the outermost eight. For f that varies on the scale L its error is
 * about 3e-4 (dx/L)^8, and that of the derivative 2e-3 (dx/L)^8 / dx. Internal to analytic/. */
#ifndef FK_ANALYTIC_LOCAL_POLY_H
#define FK_ANALYTIC_LOCAL_POLY_H

#include "core/base.h"

enum { FK_STENCIL = 8 };

/* The first of the eight nodes for the place xi (in units of the spacing, from node 0) on a grid of
 * n >= 8 nodes. */
static inline size_t fk_stencil_first(double xi, size_t n)
{
    const double left = FK_STENCIL / 2 - 1;
    if (!(xi > left)) return 0;
    size_t first = (size_t)(xi - left), last = n - FK_STENCIL;
    return first < last ? first : last;
}

/* Their weights for the value at distance d (in spacings) from the first. */
static inline void fk_stencil_weights(double d, double w[FK_STENCIL])
{
    /* 1 / prod_{k != j} (j - k) = (-1)^(7-j) / (j! (7-j)!) */
    static const double scale[FK_STENCIL] = {-1. / 5040, 1. / 720, -1. / 240, 1. / 144,
                                             -1. / 144,  1. / 240, -1. / 720, 1. / 5040};
    double below[FK_STENCIL], above = 1; /* products of d - k over k < j and over k > j */
    below[0] = 1;
    for (int j = 1; j < FK_STENCIL; j++) below[j] = below[j - 1] * (d - (j - 1));
    for (int j = FK_STENCIL - 1; j >= 0; j--) {
        w[j] = below[j] * above * scale[j];
        above *= d - j;
    }
}

#endif
