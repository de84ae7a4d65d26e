/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/panels.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { REACH = 9 };

typedef struct {
    double x, sd;
} mark;

static int by_place(const void *a, const void *b)
{
    double x = ((const mark *)a)->x, y = ((const mark *)b)->x;
    return (x > y) - (x < y);
}

/* Each component's M - 9 sd .. M + 9 sd in steps of its own sd, less those that come within half of
 * it after the last one kept. */
double *fk_panel_ends(const fk_marginal *p, size_t *n)
{
    assert(p->mixture->dim == 1 && !p->singular);
    const size_t most = p->mixture->k * (2 * REACH + 1);
    mark *all = fk_alloc(most, sizeof *all);
    double *end = fk_alloc(most, sizeof *end);
    size_t marks = 0, kept = 0;
    for (size_t k = 0; k < p->mixture->k; k++)
        for (int j = -REACH; j <= REACH; j++) {
            const double sd = sqrt(p->var[k]);
            all[marks++] = (mark){p->mean[k] + j * sd, sd};
        }
    qsort(all, marks, sizeof *all, by_place);
    for (size_t i = 0; i < marks; i++)
        if (kept == 0 || all[i].x - end[kept - 1] >= all[i].sd / 2) end[kept++] = all[i].x;
    free(all);
    *n = kept;
    return end;
}
