/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/spline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* B at 0, 1, 2, 3 */
static const double at_nodes[] = {2416. / 5040, 1191. / 5040, 120. / 5040, 1. / 5040};
enum { BANDS = 3 };

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
    assert(n >= 16 && modes >= 1 && modes <= FK_SPLINE_MODES);
    fk_spline s = {.n = n, .modes = modes};
    s.coef = fk_alloc((n + 2 * FK_SPLINE_MARGIN) * modes * FK_SPLINE_WIDTH, sizeof *s.coef);
    s.factor = fk_alloc(n * (BANDS + 1), sizeof *s.factor);
    factorise(n, (double(*)[BANDS + 1]) s.factor);
    return s;
}

void fk_spline_free(fk_spline *s)
{
    free(s->coef), free(s->factor);
    *s = (fk_spline){0};
}

double *fk_spline_values(fk_spline *s, size_t i)
{
    return s->coef + (i + FK_SPLINE_MARGIN) * s->modes * FK_SPLINE_WIDTH;
}

double fk_spline_node(size_t modes, size_t j)
{
    return cos(FK_PI * ((double)j + 0.5) / (double)modes);
}

void fk_spline_fit_modes(size_t places, size_t modes, double *value)
{
    enum { WIDTH = FK_SPLINE_WIDTH };
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

static void add_rows(size_t width, double *to, double weight, const double *from)
{
    for (size_t f = 0; f < width; f++) to[f] += weight * from[f];
}

/* Add c times the straight line through the end values. */
static void add_line(fk_spline *s, double c, const double *first, const double *last)
{
    const size_t width = s->modes * FK_SPLINE_WIDTH;
    for (size_t i = 0; i < s->n; i++) {
        double u = (double)i / (double)(s->n - 1);
        add_rows(width, fk_spline_values(s, i), c * (1 - u), first);
        add_rows(width, fk_spline_values(s, i), c * u, last);
    }
}

/* Many right-hand sides lie side by side: that is what a solver of one's own is for. */
static void solve(fk_spline *s)
{
    const size_t n = s->n, width = s->modes * FK_SPLINE_WIDTH;
    double(*l)[BANDS + 1] = (double(*)[BANDS + 1]) s->factor;
    for (size_t i = 2; i + 1 < n; i++)
        for (size_t j = i > BANDS + 1 ? i - BANDS : 1; j < i; j++)
            add_rows(width, fk_spline_values(s, i), -l[i][BANDS + j - i], fk_spline_values(s, j));
    for (size_t i = n - 2; i >= 1; i--) {
        double *at = fk_spline_values(s, i);
        for (size_t f = 0; f < width; f++) at[f] /= l[i][BANDS];
        for (size_t j = i + 1; j <= i + BANDS && j + 1 < n; j++)
            add_rows(width, at, -l[j][BANDS + i - j], fk_spline_values(s, j));
    }
}

void fk_spline_fit(fk_spline *s)
{
    const size_t width = s->modes * FK_SPLINE_WIDTH;
    if (s->modes > 1) fk_spline_fit_modes(s->n, s->modes, fk_spline_values(s, 0));
    double *first = fk_alloc(2 * width, sizeof *first), *last = first + width;
    memcpy(first, fk_spline_values(s, 0), width * sizeof *first);
    memcpy(last, fk_spline_values(s, s->n - 1), width * sizeof *last);
    add_line(s, -1, first, last);
    solve(s);
    add_line(s, 1, first, last);
    memcpy(fk_spline_values(s, 0), first, width * sizeof *first);
    memcpy(fk_spline_values(s, s->n - 1), last, width * sizeof *last);
    for (size_t k = 1; k <= FK_SPLINE_MARGIN; k++)
        for (size_t f = 0; f < width; f++) {
            fk_spline_values(s, 0)[f - k * width] = 2 * first[f] - fk_spline_values(s, k)[f];
            fk_spline_values(s, s->n - 1 + k)[f] =
                2 * last[f] - fk_spline_values(s, s->n - 1 - k)[f];
        }
    free(first);
}
