/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shortest augmenting paths with potentials (Jonker and Volgenant 1987): things are placed one
 * after another; each path is found by Dijkstra's algorithm on costs reduced by potentials u, v,
 * cost_ij - u_i - v_j >= 0, with equality where i is placed at j. */
#include "claims/assignment.h"

#include <math.h>
#include <stdlib.h>

#include "core/base.h"

typedef struct {
    size_t n;
    const double *cost;
    double *u, *v, *distance; /* distance (n): to place j along the path */
    size_t *thing, *before;   /* thing at place j, n: none; the place before j on the path */
    bool *done;
} search;

/* Place thing `first`; returns nothing but the new matching. */
static void augment(search *s, size_t first)
{
    size_t thing = first, end = s->n, last = s->n; /* last: the place just reached */
    double reached = 0;
    for (size_t j = 0; j < s->n; j++) s->distance[j] = INFINITY, s->done[j] = false;
    while (end == s->n) {
        size_t nearest = s->n;
        double least = INFINITY;
        for (size_t j = 0; j < s->n; j++) {
            if (s->done[j]) continue;
            const double through = reached + s->cost[thing * s->n + j] - s->u[thing] - s->v[j];
            if (through < s->distance[j]) s->distance[j] = through, s->before[j] = last;
            if (s->distance[j] < least) least = s->distance[j], nearest = j;
        }
        s->done[nearest] = true;
        reached = least;
        last = nearest;
        if (s->thing[nearest] == s->n)
            end = nearest;
        else
            thing = s->thing[nearest];
    }
    s->u[first] += reached;
    for (size_t j = 0; j < s->n; j++)
        if (s->done[j] && j != end) {
            s->u[s->thing[j]] += reached - s->distance[j];
            s->v[j] -= reached - s->distance[j];
        }
    for (size_t j = end; j != s->n;) {
        const size_t back = s->before[j];
        s->thing[j] = back == s->n ? first : s->thing[back];
        j = back;
    }
}

void fk_assign(size_t n, const double *cost, size_t *place)
{
    search s = {n,
                cost,
                fk_alloc(n, sizeof(double)),
                fk_alloc(n, sizeof(double)),
                fk_alloc(n, sizeof(double)),
                fk_alloc(n, sizeof(size_t)),
                fk_alloc(n, sizeof(size_t)),
                fk_alloc(n, sizeof(bool))};
    for (size_t j = 0; j < n; j++) s.thing[j] = n;
    for (size_t i = 0; i < n; i++) augment(&s, i);
    for (size_t j = 0; j < n; j++) place[s.thing[j]] = j;
    free(s.u);
    free(s.v);
    free(s.distance);
    free(s.thing);
    free(s.before);
    free(s.done);
}

double *fk_transport_cost(size_t n, size_t dim, const double *x, const double *y, double power)
{
    double *cost = fk_alloc(n * n, sizeof *cost);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double square = 0;
            for (size_t k = 0; k < dim; k++) {
                const double d = x[i * dim + k] - y[j * dim + k];
                square += d * d;
            }
            cost[i * n + j] = power == 2 ? square : pow(square, power / 2);
        }
    return cost;
}

double fk_transport_excess(size_t n, size_t dim, const double *x, const double *y, double power,
                           size_t *place)
{
    double *cost = fk_transport_cost(n, dim, x, y, power), least = 0, own = 0;
    size_t *to = place ? place : fk_alloc(n, sizeof *to);
    fk_assign(n, cost, to);
    for (size_t i = 0; i < n; i++) {
        own += cost[i * n + i];
        least += cost[i * n + to[i]];
    }
    if (!place) free(to);
    free(cost);
    return own / least - 1;
}
