/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Brownian tree: a run's normals read off one Brownian path per particle and coordinate, so that
 * runs with different step counts see the same path. A cell of length h carries
 *     W = increment,   H = I10/h - W/2,   I10 = int_0^h (W_s - W_0) ds,
 * W ~ N(0, h) and H ~ N(0, h/12), independent; and a cell is split exactly, given both. There are
 * N0 root cells, cell i/N0 of the grid; a run of N = N0 2^k steps splits each k times at the grid's
 * own times. Every cell is a pure function of (seed, particle, coordinate, cell, the times that
 * were split at): runs whose grids nest, that is, whose times for 2N steps contain those for N,
 * read the same path. All grids that are functions of n/N do (core knows no others to compare with;
 * see fk_brownian_nests). */
#ifndef FK_CORE_BROWNIAN_H
#define FK_CORE_BROWNIAN_H

#include "core/error.h"
#include "core/noise.h"
#include "core/step.h"

/* A cell of length h1 + h2 in two, h1 first, with X1 and X2 standard normals of the split (Foster
 * 2020, thesis, theorem 6.1.6; Jelincic et al. 2024, arXiv 2405.06464):
 *     W1 = w1_w W + w1_h H + w1_x X1            W2 = W - W1
 *     H1 = h1_h H + h1_x1 X1 + h1_x2 X2         H2 = h2_h H + h2_x1 X1 + h2_x2 X2
 * which keeps W = W1 + W2 and I10 = I10_1 + I10_2 + h2 W1 on every path. */
typedef struct {
    double w1_w, w1_h, w1_x, h1_h, h1_x1, h1_x2, h2_h, h2_x1, h2_x2;
} fk_brownian_split;
fk_brownian_split fk_brownian_split_at(double h1, double h2);

typedef struct fk_brownian fk_brownian;

/* The tree for a run of these steps at times t (n_steps + 1), strictly monotone. Normals of the
 * kernels FK_W and FK_H are read off the path in t. A run whose normals are all of kernel FK_E
 * reads them off a path in the clock (n_steps + 1), strictly monotone and finite, whose increments
 * they are: 1/rho^2 (a path of its own, nested in the same way). FK_USAGE with one line: n_steps is
 * not roots 2^k; a normal of kernel FK_FRESH, or FK_E beside others; a clock that is not finite. */
int fk_brownian_new(uint64_t seed, size_t roots, const fk_step *step, size_t n_steps,
                    const double *t, const double *clock, fk_brownian **tree,
                    fk_error *err) FK_CHECKED;
void fk_brownian_free(fk_brownian *);

/* The noise of that run; the tree is borrowed. */
fk_noise fk_noise_brownian(const fk_brownian *);

/* Whether a grid of n_fine steps contains the grid of n_coarse steps node by node, n_fine/n_coarse
 * being a power of 2: whether one path serves both. */
bool fk_brownian_nests(const double *coarse, size_t n_coarse, const double *fine, size_t n_fine);

#endif
