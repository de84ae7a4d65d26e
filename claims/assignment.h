/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of n things goes to which of n places at the least total cost: optimal transport between
 * two samples of equal size. */
#ifndef FK_CLAIMS_ASSIGNMENT_H
#define FK_CLAIMS_ASSIGNMENT_H

#include <stddef.h>

/* cost (n, n), finite: of thing i at place j. place[i] <- where i goes, each place once. O(n^3): a
 * second at n = 1000. Exact but for rounding in the sums of costs. */
void fk_assign(size_t n, const double *cost, size_t *place);

/* cost_ij = |x_i - y_j|^power of points x, y (n, dim); n numbers a row, newly allocated. */
double *fk_transport_cost(size_t n, size_t dim, const double *x, const double *y, double power);

/* How much more it costs to send every x_i to y_i than the least does, relative to the least: 0 for
 * the points of an optimal map (they are cyclically monotone), else above. `place` as above, or
 * NULL. */
double fk_transport_excess(size_t n, size_t dim, const double *x, const double *y, double power,
                           size_t *place);

#endif
