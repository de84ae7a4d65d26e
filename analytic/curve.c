/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/curve.h"

#include <stdlib.h>
#include <string.h>

fk_curve fk_curve_new(size_t n)
{
    fk_curve c = {.n = n};
    double **row[] = {&c.x, &c.y, &c.below, &c.above, &c.mass};
    for (size_t r = 0; r < 5; r++) *row[r] = fk_alloc(n, sizeof **row[r]);
    return c;
}

void fk_curve_free(fk_curve *c)
{
    free(c->x), free(c->y), free(c->below), free(c->above), free(c->mass);
    *c = (fk_curve){.n = 0};
}

static void keep(fk_curve *c, size_t first, size_t last)
{
    double *row[] = {c->x, c->y, c->below, c->above, c->mass};
    for (size_t r = 0; r < 5; r++)
        if (row[r]) memmove(row[r], row[r] + first, (last - first + 1) * sizeof *row[r]);
    c->n = last - first + 1;
}

bool fk_curve_trim(fk_curve *c)
{
    const double little = 1e-12;
    size_t first = 0, last = c->n - 1;
    for (size_t i = 0; i + 1 < c->n && i < last; i++) {
        if (c->y[i + 1] > c->y[i]) continue;
        if (c->below[i + 1] < little)
            first = i + 1;
        else if (c->above[i] < little)
            last = i;
        else
            return false;
    }
    if (first > 0 || last < c->n - 1) keep(c, first, last);
    return c->n > 8;
}
