/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/grid_spread.h"

#include <math.h>
#include <stdlib.h>

#include "analytic/spread.h"

/* Sources are dealt to PARTS buffers, whose sums are added in order: no result depends on the
 * number of threads. */
enum { PARTS = 16 };

fk_nodes fk_nodes_new(size_t n)
{
    fk_nodes w = {.n = n, .last = n - 1};
    w.y = fk_alloc(fk_pad(n), sizeof *w.y), w.mass = fk_alloc(fk_pad(n), sizeof *w.mass);
    return w;
}

void fk_nodes_free(fk_nodes *w)
{
    free(w->y), free(w->mass);
}

static size_t reach_of(const fk_target *t)
{
    return (size_t)ceil(FK_REACH * t->sd / t->dx);
}

/* The first source of a part. */
static size_t part_start(const fk_nodes *from, size_t part)
{
    return from->first + (from->last - from->first + 1) * part / PARTS;
}

fk_nodes fk_grid_spread(const fk_nodes *from, const fk_target *t, int threads)
{
    void (*kernel)(double *, const double *, size_t, double, double) = FK_CHOOSE_KERNEL(fk_spread);
    const double step = t->dx / t->sd;
    const size_t reach = reach_of(t), count = fk_pad(2 * reach + 1), margin = count;
    const size_t length = t->n + 2 * margin;
    double *table = fk_alloc(count, sizeof *table), *sum = fk_alloc(PARTS * length, sizeof *sum);
    for (size_t j = 0; j <= 2 * reach; j++) {
        double z = ((double)j - (double)reach) * step;
        table[j] = exp(-0.5 * (z * z + FK_LOG_2PI)) * step;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t part = 0; part < PARTS; part++)
        for (size_t i = part_start(from, part); i < part_start(from, part + 1); i++) {
            double place = (from->y[i] - t->lo) / t->dx, centre = rint(place);
            double off = (place - centre) * step; /* in sd */
            double *out = sum + part * length + margin + (size_t)centre - reach;
            double first = exp(-off * (0.5 * off + step * (double)reach));
            kernel(out, table, count, from->mass[i] * first, exp(off * step));
        }
    fk_nodes to = fk_nodes_new(t->n);
    for (size_t j = 0; j < t->n; j++) {
        for (size_t part = 0; part < PARTS; part++) to.mass[j] += sum[part * length + margin + j];
        to.y[j] = t->lo + t->dx * (double)j;
    }
    free(sum), free(table);
    return to;
}

/* What the sources of one part say of the distribution function on the new grid. */
typedef struct {
    double *below, *above; /* (n): within reach, by erfc */
    double *rise,
        *fall; /* (n + 1): beyond it; mass below all nodes from j on, above all before j */
} tails;

static tails tails_in(double *memory, size_t n)
{
    return (tails){memory, memory + n, memory + 2 * n, memory + 3 * n + 1};
}

static void add_source(const fk_nodes *from, const fk_target *t, size_t i, const tails *sum)
{
    double place = (from->y[i] - t->lo) / t->dx, mass = from->mass[i];
    long centre = lrint(place), reach = (long)reach_of(t), last = (long)t->n - 1;
    long lo = centre > reach ? centre - reach : 0,
         hi = centre + reach < last ? centre + reach : last;
    for (long j = lo; j <= hi; j++) {
        double z = ((double)j - place) * t->dx / t->sd;
        double tail = 0.5 * erfc(fabs(z) * FK_SQRT1_2);
        sum->below[j] += mass * (z < 0 ? tail : 1 - tail);
        sum->above[j] += mass * (z < 0 ? 1 - tail : tail);
    }
    sum->rise[hi + 1] += mass;
    sum->fall[lo] += mass;
}

void fk_grid_tails(const fk_nodes *from, const fk_target *t, int threads, double *below,
                   double *above)
{
    const size_t n = t->n, length = 4 * n + 2;
    double *memory = fk_alloc(PARTS * length, sizeof *memory);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t part = 0; part < PARTS; part++) {
        const tails sum = tails_in(memory + part * length, n);
        for (size_t i = part_start(from, part); i < part_start(from, part + 1); i++)
            add_source(from, t, i, &sum);
    }
    for (size_t part = 1; part < PARTS; part++)
        for (size_t j = 0; j < length; j++) memory[j] += memory[part * length + j];
    const tails all = tails_in(memory, n);
    double rise = 0, fall = 0;
    for (size_t j = 0; j < n; j++) {
        rise += all.rise[j], fall += all.fall[n - j];
        below[j] = all.below[j] + rise;
        above[n - 1 - j] = all.above[n - 1 - j] + fall;
    }
    free(memory);
}
