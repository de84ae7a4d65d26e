/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Fokker-Planck equation of a process on 1-D mixture data, solved: the density follows from
 * that at one end, the coefficients of the schedule and the exact score, or another one; p_t is
 * only compared with.
 *
 *     dp/dt = -d/dx (b p) + direction noise g^2/2 d^2p/dx^2,   b = f x - drift g^2 score
 *
 * Method: pseudo-spectral in x (products at the points, derivatives by FFTW), in time the classical
 * Runge-Kutta method of order 4 for the drift with the diffusion as an integrating factor (Lawson
 * 1967), which no step is too long for. The box moves: x = scale(t) xi, with scale^2 = E x_t^2 at
 * the nodes and exponential in between, and xi in [-reach, reach), where reach leaves out 10^-17 of
 * the greatest density. So the six schedules are one problem, whether x stays at 1 or grows to 80.
 * Nodes are uniform in log(scale/s) and log(s/sigma) together. */
#ifndef FK_ANALYTIC_FOKKER_PLANCK_H
#define FK_ANALYTIC_FOKKER_PLANCK_H

#include "analytic/mixture.h"
#include "core/error.h"
#include "core/field.h"
#include "schedules/schedule.h"

/* The process dx = ((1 + f_change) f x - drift g^2 score) dt + sqrt(noise) g dw, run with dt < 0
 * (direction -1) or dt > 0 (+1): {0, 1, 1} forward, {1, 1, -1} the reverse SDE, {0.5, 0, -1} the
 * probability-flow ODE; the reverse family is drift = (1 + noise)/2, direction -1. noise < 0 is no
 * process but an equation that one may write down by a slip of the sign, as f_change = -2 is. */
typedef struct {
    double drift, noise, direction;
    double f_change; /* 0 in all right ones */
} fk_process;

typedef struct {
    const fk_mixture *mixture; /* dim 1 */
    const fk_schedule *schedule;
    fk_process process;
    double t_from, t_to;     /* either may be the later one */
    const fk_mixture *start; /* the law at t_from is its marginal there; NULL: of `mixture` */
    size_t points;           /* even, at least 8 */
    size_t steps;            /* at least as many as are stable are taken; 0: those */
    size_t kept;           /* densities to keep, at nodes equally spaced in number; 2: both ends */
    double reach;          /* of the box, if more than is needed: two solutions on one grid */
    const fk_field *score; /* dim 1: in place of the exact one; as smooth; NULL: of `mixture` */
} fk_fokker_planck;

typedef struct {
    size_t points, steps, kept; /* kept: fewer than asked for where the solution grew too large */
    double reach;
    double *t, *scale; /* (kept) */
    double *p;         /* (kept, points): the density at x = scale fk_density_xi */
    bool grew; /* past 10^6 times the greatest density at the start: the equation is ill-posed, or
                  the steps are unstable. The last of the kept ones is the one that did */
} fk_densities;

/* xi_j = reach (2 j/points - 1). */
double fk_density_xi(const fk_densities *, size_t j);

/* As many steps as are stable: the Courant number, the step times the greatest speed |dxi/dt| times
 * the greatest wave number, is at most this. The limit of order 4 on the imaginary axis is 2.83
 * (2 sqrt 2). */
#define FK_COURANT 1.8

/* FK_USAGE where the schedule's usable interval does not hold the times, or more than 10^6 steps
 * were needed. */
int fk_fokker_planck_solve(const fk_fokker_planck *, fk_densities *, fk_error *err) FK_CHECKED;
void fk_densities_free(fk_densities *);

/* Steps that fk_fokker_planck_solve takes where `steps` is 0. */
size_t fk_fokker_planck_steps(const fk_fokker_planck *);

/* The greatest |p - exact| over the greatest exact density, of kept density i against the marginal
 * of a mixture at its time. */
double fk_densities_error(const fk_densities *, size_t i, const fk_mixture *, const fk_schedule *);

#endif
