/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions on a periodic box, by their Fourier coefficients (FFTW): derivative, heat flow, and
 * densities of samples. A density that has fallen to rounding at the box's ends is as good as
 * periodic, and if it is smooth the error of all this falls faster than any power of the number of
 * points (Trefethen 2000, chapters 1 to 4). */
#ifndef FK_ANALYTIC_SPECTRAL_H
#define FK_ANALYTIC_SPECTRAL_H

#include <complex.h>

#include "core/base.h"

typedef struct fk_spectral fk_spectral;

/* n points x_j = lo + j width/n, n even and at least 8. The plans are made here, behind a lock;
 * two objects may be used at the same time, one object by one thread at a time. */
fk_spectral *fk_spectral_new(size_t n, double lo, double width);
void fk_spectral_free(fk_spectral *);

size_t fk_spectral_points(const fk_spectral *);
double fk_spectral_x(const fk_spectral *, size_t j);

/* The coefficients u^_k of u = sum_k u^_k exp(2 pi i k (x - lo)/width), k = 0 .. n/2, and back.
 * u (n), coefficient (n/2 + 1). */
void fk_spectral_forward(fk_spectral *, const double *u, double complex *coefficient);
void fk_spectral_backward(fk_spectral *, const double complex *coefficient, double *u);
/* 2 pi k/width; the derivative multiplies u^_k by i times this, and drops k = n/2, of which the
 * points see only one phase. */
double fk_spectral_wave(const fk_spectral *, size_t k);

/* du/dx at the points; u and du (n) may be the same. */
void fk_spectral_derivative(fk_spectral *, const double *u, double *du);

/* The convolution of u with N(0, variance): u_k exp(-wave^2 variance/2). u and out (n) may be the
 * same. variance >= 0. */
void fk_spectral_heat(fk_spectral *, double variance, const double *u, double *out);

/* The density at the points of n samples convolved with N(0, bandwidth^2): each sample is shared
 * between its two neighbours, then smoothed as above. Sharing adds to the variance at most 1/4 of
 * the spacing squared. Samples outside the box are left out, and count in n. */
void fk_spectral_density(fk_spectral *, const double *sample, size_t n, double bandwidth,
                         double *p);

#endif
