/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/spline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* B at 0, 1, 2, 3 */
static const double at_nodes[] = {2416. / 5040, 1191. / 5040, 120. / 5040, 1. / 5040};
enum { BANDS = 3, WIDTH = FK_SPLINE_WIDTH };

/* The collocation matrix for odd functions about nodes 0 and n - 1, where they vanish: symmetric
 * and positive definite (B's transform is positive). */
static double entry(size_t n, size_t i, size_t j)
{
    size_t apart = i - j, left = i + j, right = 2 * (n - 1) - i - j;
    double a = apart <= BANDS ? at_nodes[apart] : 0;
    if (left <= BANDS) a -= at_nodes[left];
    if (right <= BANDS) a -= at_nodes[right];
    return a;
}

/* Row i: L_{i,i-3}, L_{i,i-2}, L_{i,i-1}, D_i, for the inner nodes. */
static void factorise(size_t n, double (*l)[BANDS + 1])
{
    for (size_t i = 1; i + 1 < n; i++) {
        size_t first = i > BANDS + 1 ? i - BANDS : 1;
        double d = entry(n, i, i);
        for (size_t j = first; j < i; j++) {
            double a = entry(n, i, j);
            for (size_t k = first; k < j; k++)
                a -= l[i][BANDS + k - i] * l[k][BANDS] * l[j][BANDS + k - j];
            l[i][BANDS + j - i] = a / l[j][BANDS];
            d -= a * a / l[j][BANDS];
        }
        l[i][BANDS] = d;
    }
}

fk_spline fk_spline_new(size_t n, size_t modes)
{
    assert(n > FK_SPLINE_LEAST && modes >= 1 && modes <= FK_SPLINE_MODES);
    fk_spline s = {.n = n, .modes = modes};
    s.value = fk_alloc(n * modes * WIDTH, sizeof *s.value);
    s.coef = fk_alloc((n + 2 * FK_SPLINE_MARGIN) * modes * WIDTH, sizeof *s.coef);
    s.factor = fk_alloc(n * (BANDS + 1), sizeof *s.factor);
    factorise(n, (double(*)[BANDS + 1]) s.factor);
    return s;
}

void fk_spline_free(fk_spline *s)
{
    free(s->value), free(s->coef), free(s->factor);
    *s = (fk_spline){0};
}

double fk_spline_node(size_t modes, size_t j)
{
    return cos(FK_PI * ((double)j + 0.5) / (double)modes);
}

void fk_spline_fit_modes(size_t places, size_t modes, double *value)
{
    double turn[FK_SPLINE_MODES][FK_SPLINE_MODES], old[FK_SPLINE_MODES * WIDTH];
    for (size_t k = 0; k < modes; k++)
        for (size_t j = 0; j < modes; j++)
            turn[k][j] = (k ? 2 : 1) / (double)modes *
                         cos(FK_PI * (double)k * ((double)j + 0.5) / (double)modes);
    for (size_t i = 0; i < places; i++) {
        double *at = value + i * modes * WIDTH;
        memcpy(old, at, modes * WIDTH * sizeof *at);
        memset(at, 0, modes * WIDTH * sizeof *at);
        for (size_t k = 0; k < modes; k++)
            for (size_t j = 0; j < modes; j++)
                for (size_t f = 0; f < WIDTH; f++)
                    at[k * WIDTH + f] += turn[k][j] * old[j * WIDTH + f];
    }
}

/* c (n, width) += weight times row j, to row i */
static void add_row(double *c, size_t i, double weight, size_t j)
{
    for (size_t f = 0; f < WIDTH; f++) c[i * WIDTH + f] += weight * c[j * WIDTH + f];
}

/* Many right-hand sides lie side by side: that is what a solver of one's own is for. */
static void solve(const fk_spline *s, double *c)
{
    const size_t n = s->n;
    double(*l)[BANDS + 1] = (double(*)[BANDS + 1]) s->factor;
    for (size_t i = 2; i + 1 < n; i++)
        for (size_t j = i > BANDS + 1 ? i - BANDS : 1; j < i; j++)
            add_row(c, i, -l[i][BANDS + j - i], j);
    for (size_t i = n - 2; i >= 1; i--) {
        for (size_t f = 0; f < WIDTH; f++) c[i * WIDTH + f] /= l[i][BANDS];
        for (size_t j = i + 1; j <= i + BANDS && j + 1 < n; j++)
            add_row(c, i, -l[j][BANDS + i - j], j);
    }
}

/* Add `sign` times the straight line through first and last (width). */
static void add_line(size_t n, double sign, const double *first, const double *last, double *c)
{
    for (size_t i = 0; i < n; i++) {
        double u = (double)i / (double)(n - 1);
        for (size_t f = 0; f < WIDTH; f++)
            c[i * WIDTH + f] += sign * ((1 - u) * first[f] + u * last[f]);
    }
}

/* One mode: c (n, width) within its margins, from values to coefficients. */
static void fit(const fk_spline *s, double *c)
{
    const size_t n = s->n;
    double first[WIDTH], last[WIDTH], *end = c + (n - 1) * WIDTH;
    memcpy(first, c, sizeof first);
    memcpy(last, end, sizeof last);
    add_line(n, -1, first, last, c);
    memset(c, 0, sizeof first);
    memset(end, 0, sizeof last);
    solve(s, c);
    add_line(n, 1, first, last, c);
    for (size_t k = 1; k <= FK_SPLINE_MARGIN; k++)
        for (size_t f = 0; f < WIDTH; f++) {
            *(c + f - k * WIDTH) = 2 * first[f] - c[k * WIDTH + f];
            end[k * WIDTH + f] = 2 * last[f] - *(end + f - k * WIDTH);
        }
}

void fk_spline_fit(fk_spline *s)
{
    const size_t row = (s->n + 2 * FK_SPLINE_MARGIN) * WIDTH;
    if (s->modes > 1) fk_spline_fit_modes(s->n, s->modes, s->value);
    for (size_t k = 0; k < s->modes; k++) {
        double *c = s->coef + k * row + FK_SPLINE_MARGIN * WIDTH;
        for (size_t i = 0; i < s->n; i++)
            memcpy(c + i * WIDTH, s->value + (i * s->modes + k) * WIDTH, WIDTH * sizeof *c);
        fit(s, c);
    }
}
