/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/curve_cells.h"

void fk_curve_cdf(fk_curve *law, const fk_marginal *exact, size_t n, const double *y, double *F)
{
    if (exact->singular || !fk_curve_trim(law)) {
        for (size_t i = 0; i < n; i++) F[i] = (double)NAN;
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
        F[i] = inside ? fk_marginal_cdf(exact, y[i], false) + fk_cells_D(&c, low, y[i])
                      : y[i] >= c.y[c.n - 1];
    }
    fk_cells_free(&c);
}
