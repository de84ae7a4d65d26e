/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analytic/curve_cells.h"

/* At y, in a cell: never beyond what F is at its ends. */
static double between(const fk_cells *c, size_t cell, double y)
{
    const double F = fk_marginal_cdf(c->exact, y, false) + fk_cells_D(c, cell, y);
    if (F < c->below[cell]) return c->below[cell];
    return F > c->below[cell + 1] ? c->below[cell + 1] : F;
}

/* By how much the quintics of the cells beside miss that of the cell. */
static double spread(const fk_cells *c, size_t cell, double y)
{
    const double D = fk_cells_D(c, cell, y);
    const double left = cell > 0 ? fk_cells_D(c, cell - 1, y) : D;
    const double right = cell + 2 < c->n ? fk_cells_D(c, cell + 1, y) : D;
    return fabs(left - D) + fabs(right - D);
}

void fk_curve_cdf(fk_curve *law, const fk_marginal *exact, size_t n, const double *y, double *F,
                  double *doubt)
{
    if (exact->singular || !fk_curve_trim(law)) {
        for (size_t i = 0; i < n; i++) F[i] = doubt[i] = (double)NAN;
        return;
    }
    fk_cells c = fk_cells_new(law, exact);
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = c.n - 1;
        while (high - low > 1) {
            const size_t middle = (low + high) / 2;
            *(y[i] < c.y[middle] ? &high : &low) = middle;
        }
        const bool inside = y[i] > c.y[0] && y[i] < c.y[c.n - 1];
        F[i] = inside ? between(&c, low, y[i]) : y[i] >= c.y[c.n - 1];
        doubt[i] = inside ? spread(&c, low, y[i]) : 0;
    }
    fk_cells_free(&c);
}
