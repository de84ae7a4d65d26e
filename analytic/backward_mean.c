/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step of the backward expectation: E u_{n+1} over the images of each state. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_parts.h"

/* POINTS: images at a time, whose arrays fit the second-level cache. SHARE: fewer images are not
 * worth a second thread. */
enum { POINTS = 1024, SHARE = 1 << 15 };

/* A thread's memory. */
typedef struct {
    double *y, *e, *scratch, *row;
} desk;

typedef struct {
    void (*weigh)(const fk_spline *, size_t, const double *, const double *, const double *, size_t,
                  size_t, double *);
    void (*sum)(const fk_spline *, size_t, size_t, const double *, double *);
} kernels;

static desk desk_new(const fk_move *v, const fk_spline *next, size_t count)
{
    const size_t points = count * v->m;
    desk d = {.y = fk_alloc(2 * points, sizeof *d.y)};
    d.e = d.y + points;
    d.scratch = fk_alloc(fk_move_scratch(v, count), sizeof *d.scratch);
    d.row = fk_alloc((next->n + 2 * FK_SPLINE_MARGIN) * next->modes, sizeof *d.row);
    return d;
}

static void desk_free(desk *d)
{
    free(d->y), free(d->scratch), free(d->row);
}

/* From places to units of the spline, put on the edge where they lie beyond. */
static void to_units(size_t n, double *y, double lo, double scale, double from, double to)
{
    for (size_t p = 0; p < n; p++) {
        double at = (y[p] - lo) * scale;
        at = at > from ? at : from;
        y[p] = at < to ? at : to;
    }
}

/* out (width): the mean of u_{n+1} over the images of one state. */
static void average(const kernels *k, const fk_move *v, const fk_spline *next, const double *xi,
                    const double *e, double *row, double *out)
{
    double first = xi[0], last = xi[0];
    for (size_t p = 1; p < v->m; p++) {
        first = xi[p] < first ? xi[p] : first;
        last = xi[p] > last ? xi[p] : last;
    }
    const size_t cells = next->n - 1, begin = (size_t)first < cells ? (size_t)first : cells - 1;
    const size_t end = (size_t)last < cells ? (size_t)last : cells - 1;
    const size_t stride = end - begin + FK_SPLINE_TAPS;
    memset(row, 0, stride * next->modes * sizeof *row);
    k->weigh(next, v->m, xi, e, v->weight, begin, stride, row);
    k->sum(next, begin, stride, row, out);
}

bool fk_backward_mean(const fk_backward_run *r, const fk_move *v, size_t n, const fk_states *s,
                      const fk_spline *next, double *out)
{
    const fk_extent *to = &r->extent[n + 1];
    const size_t all = s->places * s->modes, count = v->m < POINTS ? POINTS / v->m : 1;
    const size_t chunks = (all + count - 1) / count;
    const double x_scale = (double)(r->nodes - 1) / (to->hi - to->lo);
    const double e_middle = (to->e_lo + to->e_hi) / 2,
                 e_scale = to->e_hi > to->e_lo ? 2 / (to->e_hi - to->e_lo) : 0;
    const kernels k = {FK_CHOOSE_KERNEL(fk_spline_weigh), FK_CHOOSE_KERNEL(fk_spline_sum)};
    const int threads = all * v->m >= SHARE ? r->threads : 1;
    bool finite = true;
#pragma omp parallel num_threads(threads)
    {
        desk d = desk_new(v, next, count);
#pragma omp for schedule(static) reduction(&& : finite)
        for (size_t chunk = 0; chunk < chunks; chunk++) {
            size_t at = chunk * count, here = all - at < count ? all - at : count;
            finite =
                fk_move_apply(v, here, s->x + at, s->h ? s->h + at : NULL, d.y, d.e, d.scratch) &&
                finite;
            if (!finite) continue;
            to_units(here * v->m, d.y, to->lo, x_scale, 0, (double)(r->nodes - 1));
            to_units(here * v->m, d.e, e_middle, e_scale, -1, 1);
            for (size_t i = 0; i < here; i++)
                average(&k, v, next, d.y + i * v->m, d.e + i * v->m, d.row,
                        out + (at + i) * FK_SPLINE_WIDTH);
        }
        desk_free(&d);
    }
    return finite;
}
