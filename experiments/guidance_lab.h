/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What experiments/guidance.c measures. Laws live on one grid of places; nothing is sampled in one
 * dimension. */
#ifndef FK_EXPERIMENTS_GUIDANCE_LAB_H
#define FK_EXPERIMENTS_GUIDANCE_LAB_H

#include "analytic/tilted.h"
#include "schedules/schedule.h"

enum { PLACES = 4001, SHOWN = 3 };

typedef struct {
    fk_mixture *mixture;
    fk_schedule schedule;
    size_t label;           /* of which component, from 0 */
    fk_coeffs first, last;  /* the noise levels between which samplers run */
    double t_first, t_last; /* and their times */
    double lo, hi;          /* the places: evenly from lo to hi */
    size_t ode_steps, sde_steps;
    int threads;
} guided_lab;

/* Distribution functions at the places, of the law at noise level `last`. */
typedef struct {
    double gamma;
    double *tilted, *ode, *sde; /* (PLACES) */
} guided_laws;

/* Place number i. */
double guided_place(const guided_lab *, size_t i);

/* The three laws for one scale. The guided ODE's: quantiles of p_T(x | y) carried by dp5; the
 * SDE's: Chapman-Kolmogorov through Euler-Maruyama steps, extrapolated from N and 2 N. At scale 0
 * the start is p_T, at any other p_T given the label. */
int guided_laws_new(const guided_lab *, double gamma, guided_laws *, fk_error *) FK_CHECKED;
/* The ODE's alone: sde is NULL. */
int guided_ode_new(const guided_lab *, double gamma, guided_laws *, fk_error *) FK_CHECKED;
void guided_laws_free(guided_laws *);

/* int |F - G| dy over the places. */
double guided_w1(const guided_lab *, const double *f, const double *g);

/* sigma times the rms, over the noised tilted law at log(s/sigma), of its score less the guided one
 * of scale `guided`. */
double guided_residual(const guided_lab *, const fk_tilted *, double guided, double lambda);

/* Samples of the guided ODE on full-2d at noise level `last` of the schedule: x (n, 2), freed with
 * free(). */
int guided_samples(const fk_guidance *, const guided_lab *, size_t n, uint64_t seed, double **x,
                   fk_error *) FK_CHECKED;

#endif
