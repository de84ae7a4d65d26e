/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the names of lines stand beside a panel: each as near its line's end as the others let it.
 */
#ifndef FK_EXPERIMENTS_COMMON_LABELS_H
#define FK_EXPERIMENTS_COMMON_LABELS_H

#include <stddef.h>

/* y (n) ascending: wanted heights in, heights out. They keep their order and lie `gap` apart or
 * more, within [lo, hi] as long as (n - 1) gap fits there, else with the gap that fits; under these
 * conditions the sum of squared shifts is least. */
void fk_labels_spread(double *y, size_t n, double gap, double lo, double hi);

#endif
