/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common_labels.h"

#include <math.h>
#include <stdlib.h>

#include "core/base.h"

/* With z_i = y_i - i gap the conditions are that z ascends and stays within bounds: a monotone
 * regression by pooling adjacent violators (Ayer et al. 1955), then clamped, which keeps it best.
 */
void fk_labels_spread(double *y, size_t n, double gap, double lo, double hi)
{
    if (n == 0) return;
    if (n > 1) gap = fmin(gap, (hi - lo) / (double)(n - 1));
    struct {
        double sum;
        size_t count;
    } *pool = fk_alloc(n, sizeof *pool);
    size_t pools = 0;
    for (size_t i = 0; i < n; i++) {
        pool[pools].sum = y[i] - gap * (double)i;
        pool[pools++].count = 1;
        while (pools > 1 && pool[pools - 2].sum * (double)pool[pools - 1].count >
                                pool[pools - 1].sum * (double)pool[pools - 2].count) {
            pool[pools - 2].sum += pool[pools - 1].sum;
            pool[pools - 2].count += pool[pools - 1].count;
            pools--;
        }
    }
    const double top = fmax(lo, hi - gap * (double)(n - 1));
    for (size_t p = 0, i = 0; p < pools; p++) {
        const double z = fmin(fmax(pool[p].sum / (double)pool[p].count, lo), top);
        for (size_t k = 0; k < pool[p].count; k++, i++) y[i] = z + gap * (double)i;
    }
    free(pool);
}
