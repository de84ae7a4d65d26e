/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/line_field.h"

#include <assert.h>
#include <stdlib.h>

enum { NODES = 2048 };

static const double REACH = 10;

typedef struct {
    double lo, step;
    double value[NODES];
} frozen_line;

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const fk_line_field *line = self;
    const fk_field *of = line->of;
    frozen_line *f = frozen;
    f->lo = -REACH * hypot(s * line->size, sigma);
    f->step = -2 * f->lo / (NODES - 1);
    double *x = fk_alloc(2 * NODES, sizeof *x), *score = x + NODES;
    void *own = fk_alloc(of->frozen_size, 1);
    for (size_t i = 0; i < NODES; i++) x[i] = f->lo + f->step * (double)i;
    of->freeze(of->self, s, sigma, own);
    of->eval(of->self, own, (fk_block){x, NODES, 1, NODES}, (fk_block){score, NODES, 1, NODES});
    for (size_t i = 0; i < NODES; i++) f->value[i] = score[i];
    free(own), free(x);
}

static double at(const frozen_line *f, double x)
{
    const double xi = (x - f->lo) / f->step;
    const double *v = f->value, *end = v + NODES - 1;
    if (!(xi > 0)) return v[0] + xi * (v[1] - v[0]);
    if (!(xi < NODES - 1)) return end[0] + (xi - (NODES - 1)) * (end[0] - end[-1]);
    size_t k = (size_t)xi;
    k = k < 1 ? 1 : k > NODES - 3 ? NODES - 3 : k;
    const double u = xi - (double)k, p = u + 1, q = u - 1, r = u - 2; /* nodes k - 1 .. k + 2 */
    v += k;
    return -v[-1] * u * q * r / 6 + v[0] * p * q * r / 2 - v[1] * p * u * r / 2 +
           v[2] * p * u * q / 6;
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    (void)self;
    for (size_t i = 0; i < x.n; i++) score.x[i] = at(frozen, x.x[i]);
}

fk_field fk_line_field_of(const fk_line_field *self)
{
    assert(self->of->dim == 1);
    return (fk_field){
        .self = self, .dim = 1, .frozen_size = sizeof(frozen_line), .freeze = freeze, .eval = eval};
}
