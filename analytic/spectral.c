/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/spectral.h"

#include <assert.h>
#include <fftw3.h> /* after complex.h: its numbers are then C's own */
#include <math.h>
#include <stdlib.h>

struct fk_spectral {
    size_t n;
    double lo, width;
    double *real;             /* (n) */
    double complex *spectrum; /* (n/2 + 1) */
    fftw_plan to, from;
};

/* FFTW's planner keeps tables of its own: one thread at a time. Estimated plans, since measured
 * ones differ from run to run, and results with them in the last bits. */
static void make_plans(fk_spectral *b)
{
#pragma omp critical(fk_fftw_planner)
    {
        b->to = fftw_plan_dft_r2c_1d((int)b->n, b->real, b->spectrum, FFTW_ESTIMATE);
        b->from = fftw_plan_dft_c2r_1d((int)b->n, b->spectrum, b->real, FFTW_ESTIMATE);
    }
}

fk_spectral *fk_spectral_new(size_t n, double lo, double width)
{
    assert(n >= 8 && n % 2 == 0 && n <= 1u << 30 && width > 0);
    fk_spectral *b = fk_alloc(1, sizeof *b);
    *b = (fk_spectral){.n = n, .lo = lo, .width = width};
    b->real = fk_alloc(n, sizeof *b->real);
    b->spectrum = fk_alloc(n / 2 + 1, sizeof *b->spectrum);
    make_plans(b);
    return b;
}

void fk_spectral_free(fk_spectral *b)
{
    if (!b) return;
#pragma omp critical(fk_fftw_planner)
    {
        fftw_destroy_plan(b->to);
        fftw_destroy_plan(b->from);
    }
    free(b->spectrum);
    free(b->real);
    free(b);
}

size_t fk_spectral_points(const fk_spectral *b)
{
    return b->n;
}

double fk_spectral_x(const fk_spectral *b, size_t j)
{
    return b->lo + b->width * ((double)j / (double)b->n);
}

double fk_spectral_wave(const fk_spectral *b, size_t k)
{
    return 2 * FK_PI * (double)k / b->width;
}

void fk_spectral_forward(fk_spectral *b, const double *u, double complex *coefficient)
{
    for (size_t j = 0; j < b->n; j++) b->real[j] = u[j] / (double)b->n;
    fftw_execute(b->to);
    for (size_t k = 0; k <= b->n / 2; k++) coefficient[k] = b->spectrum[k];
}

void fk_spectral_backward(fk_spectral *b, const double complex *coefficient, double *u)
{
    for (size_t k = 0; k <= b->n / 2; k++) b->spectrum[k] = coefficient[k];
    fftw_execute(b->from);
    for (size_t j = 0; j < b->n; j++) u[j] = b->real[j];
}

void fk_spectral_derivative(fk_spectral *b, const double *u, double *du)
{
    for (size_t j = 0; j < b->n; j++) b->real[j] = u[j] / (double)b->n;
    fftw_execute(b->to);
    for (size_t k = 0; k < b->n / 2; k++) b->spectrum[k] *= I * fk_spectral_wave(b, k);
    b->spectrum[b->n / 2] = 0;
    fftw_execute(b->from);
    for (size_t j = 0; j < b->n; j++) du[j] = b->real[j];
}

void fk_spectral_heat(fk_spectral *b, double variance, const double *u, double *out)
{
    assert(variance >= 0);
    for (size_t j = 0; j < b->n; j++) b->real[j] = u[j] / (double)b->n;
    fftw_execute(b->to);
    for (size_t k = 0; k <= b->n / 2; k++) {
        double wave = fk_spectral_wave(b, k);
        b->spectrum[k] *= exp(-wave * wave * variance / 2);
    }
    fftw_execute(b->from);
    for (size_t j = 0; j < b->n; j++) out[j] = b->real[j];
}

void fk_spectral_density(fk_spectral *b, const double *sample, size_t n, double bandwidth,
                         double *p)
{
    const double dx = b->width / (double)b->n, share = 1 / (dx * (double)n);
    for (size_t j = 0; j < b->n; j++) p[j] = 0;
    for (size_t i = 0; i < n; i++) {
        double at = (sample[i] - b->lo) / dx, cell = floor(at);
        if (!(cell >= 0 && cell < (double)b->n)) continue;
        size_t j = (size_t)cell;
        p[j] += share * (1 - (at - cell));
        p[(j + 1) % b->n] += share * (at - cell);
    }
    fk_spectral_heat(b, bandwidth * bandwidth, p, p);
}
