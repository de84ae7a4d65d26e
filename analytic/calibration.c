/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/calibration.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

enum { CELLS = 1024, GAUSS = 4 };

static const double TAIL = 1e-9;

/* The denoiser frozen; evaluated on whole blocks. */
typedef struct {
    const fk_marginal *p;
    const fk_field *field;
    void *frozen;
} denoiser;

/* d (n) at x (n), n a multiple of FK_LANES. */
static void denoise(const denoiser *of, size_t n, double *x, double *d)
{
    const double s = of->p->s, noise = of->p->sigma * of->p->sigma;
    of->field->eval(of->field->self, of->frozen, (fk_block){x, n, 1, n}, (fk_block){d, n, 1, n});
    for (size_t i = 0; i < n; i++) d[i] = (x[i] + noise * d[i]) / s;
}

/* Where D is `level` between a and b, which lie on either side of it: each pass leaves a
 * seventeenth of the interval. */
static double crossing(const denoiser *of, double a, double b, bool rising, double level)
{
    _Alignas(FK_ALIGN) double x[FK_LANES], d[FK_LANES];
    for (int pass = 0; pass < 10; pass++) {
        for (size_t i = 0; i < FK_LANES; i++) x[i] = a + (b - a) * (double)(i + 1) / (FK_LANES + 1);
        denoise(of, FK_LANES, x, d);
        size_t i = 0;
        while (i < FK_LANES && (d[i] < level) == rising) i++;
        const double left = i > 0 ? x[i - 1] : a, right = i < FK_LANES ? x[i] : b;
        a = left, b = right;
    }
    return a + (b - a) / 2;
}

typedef struct {
    size_t n, room;
    double *x;
} places;

static void add(places *all, double x)
{
    if (all->n == all->room) {
        const size_t room = 2 * all->room;
        double *more = fk_alloc(room, sizeof *more);
        for (size_t i = 0; i < all->n; i++) more[i] = all->x[i];
        free(all->x);
        all->x = more, all->room = room;
    }
    all->x[all->n++] = x;
}

/* Even places in x, and where D passes from one bin to the next. */
static places cut(const denoiser *of, size_t n, fk_calibration *bin)
{
    const size_t padded = fk_pad(CELLS + 1);
    double *x = fk_alloc(2 * padded, sizeof *x), *d = x + padded;
    const double lo = fk_marginal_quantile(of->p, TAIL, false);
    const double hi = fk_marginal_quantile(of->p, TAIL, true);
    for (size_t i = 0; i < padded; i++) x[i] = lo + (hi - lo) * fmin((double)i / CELLS, 1);
    denoise(of, padded, x, d);
    double least = d[0], most = d[0];
    for (size_t i = 0; i <= CELLS; i++) least = fmin(least, d[i]), most = fmax(most, d[i]);
    for (size_t j = 0; j < n; j++) {
        bin[j] = (fk_calibration){.lo = least + (most - least) * (double)j / (double)n};
        if (j > 0) bin[j - 1].hi = bin[j].lo;
    }
    bin[n - 1].hi = most;
    places all = {0, 2 * CELLS, fk_alloc(2 * CELLS, sizeof(double))};
    for (size_t i = 0; i < CELLS; i++) {
        const bool rising = d[i + 1] > d[i];
        add(&all, x[i]);
        for (size_t k = 1; k < n; k++) {
            const double level = bin[rising ? k : n - k].lo;
            if ((d[i] < level) == rising && (d[i + 1] < level) != rising && d[i] != d[i + 1])
                add(&all, crossing(of, x[i], x[i + 1], rising, level));
        }
    }
    add(&all, x[CELLS]);
    free(x);
    return all;
}

/* E[x_0; x < a], and P(x < a). */
static double mean_below(const fk_marginal *p, double a, double *probability)
{
    const fk_mixture *m = p->mixture;
    double mean = 0;
    *probability = 0;
    for (size_t k = 0; k < m->k; k++) {
        const double sd = sqrt(p->var[k]), z = (a - p->mean[k]) / sd;
        const double below = erfc(-z * FK_SQRT1_2) / 2;
        const double density = exp(-z * z / 2) / (sd * sqrt(2 * FK_PI));
        *probability += m->weight[k] * below;
        mean += m->weight[k] * (m->mean[k] * below - p->s * m->var[k] * density);
    }
    return mean;
}

void fk_calibration_of(const fk_marginal *p, const fk_field *field, size_t n, fk_calibration *bin)
{
    assert(p->mixture->dim == 1 && p->sigma > 0 && n > 0);
    const denoiser of = {p, field, fk_alloc(field->frozen_size, 1)};
    field->freeze(field->self, p->s, p->sigma, of.frozen);
    places at = cut(&of, n, bin);
    const size_t cells = at.n - 1, padded = fk_pad(cells * GAUSS);
    double *x = fk_alloc(3 * padded, sizeof *x), *d = x + padded, *w = d + padded;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(GAUSS);
    for (size_t i = 0; i < padded; i++) x[i] = at.x[0];
    for (size_t i = 0; i < cells * GAUSS; i++)
        gsl_integration_glfixed_point(at.x[i / GAUSS], at.x[i / GAUSS + 1], i % GAUSS, &x[i], &w[i],
                                      rule);
    gsl_integration_glfixed_table_free(rule);
    denoise(&of, padded, x, d);
    double below, before = mean_below(p, at.x[0], &below);
    for (size_t i = 0; i < cells; i++) {
        /* the middle of a cell tells its bin: at its ends D may be on the bin's edge */
        const double middle = (d[i * GAUSS + GAUSS / 2 - 1] + d[i * GAUSS + GAUSS / 2]) / 2;
        const double place = (middle - bin[0].lo) / (bin[n - 1].hi - bin[0].lo) * (double)n;
        fk_calibration *b = &bin[(size_t)fmin(fmax(place, 0), (double)(n - 1))];
        double up_to;
        const double mean = mean_below(p, at.x[i + 1], &up_to);
        b->probability += up_to - below;
        b->true_mean += mean - before;
        for (size_t k = i * GAUSS; k < (i + 1) * GAUSS; k++)
            b->said += w[k] * d[k] * exp(fk_marginal_at(p, &x[k], &(fk_point){0}));
        below = up_to, before = mean;
    }
    for (size_t j = 0; j < n; j++) {
        bin[j].said = bin[j].probability > 0 ? bin[j].said / bin[j].probability : NAN;
        bin[j].true_mean = bin[j].probability > 0 ? bin[j].true_mean / bin[j].probability : NAN;
    }
    free(x), free(at.x), free(of.frozen);
}

double fk_calibration_error(size_t n, const fk_calibration *bin)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double gap = bin[j].true_mean - bin[j].said;
        if (bin[j].probability > 0) sum += bin[j].probability * gap * gap;
    }
    return sqrt(sum);
}
